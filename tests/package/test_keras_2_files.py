"""Real files of Keras 2 raise the messages that the page on Keras 2 code explains."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from support.model_files import list_files


def remove(value: Any, key: str) -> None:
    """Remove *key* from all dictionaries in *value*."""
    if isinstance(value, dict):
        value.pop(key, None)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            remove(each, key)


def find(model_files: Path, version: str, model: str, ending: str) -> Path:
    [path] = [
        file.path
        for file in list_files(model_files / version)
        if file.model == model and file.path.name == f"{model}{ending}"
    ]
    return path


def without_time_major(path: Path, folder: Path) -> Path:
    """Copy the file, and remove ``time_major`` as the page does."""
    copy = folder / path.name
    shutil.copyfile(path, copy)
    with h5py.File(copy, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        remove(config, "time_major")
        file.attrs["model_config"] = json.dumps(config)
    return copy


@pytest.mark.parametrize(
    ("version", "model", "message"),
    [
        ("tf-2.15", "m01", "Unrecognized keyword arguments passed to LSTM: {'time_major': False}"),
        ("tf-keras-2.21", "m01", "Unrecognized keyword arguments passed to LSTM: {'time_major'"),
        ("keras-2.2.4", "m12", "Unknown layer: 'CuDNNLSTM'"),
        ("keras-2.2.4", "m04", "Could not locate class 'LSTM'"),
        ("keras-2.2.4", "m02", "expected ndim=3, found ndim=4. Full shape received: (None, None, "),
        ("keras-2.2.4", "m03", "expects 1 input(s), but it received 3 input tensors"),
    ],
)
def test_message(model_files: Path, version: str, model: str, message: str) -> None:
    """A file of the version raises the message of a section."""
    with pytest.raises(Exception, match=re.escape(message)):
        keras.models.load_model(find(model_files, version, model, ".h5"))


def test_json(model_files: Path) -> None:
    """The JSON of Keras 2 names no modules."""
    text = find(model_files, "keras-2.2.4", "m02", ".json").read_text(encoding="utf-8")

    with pytest.raises(TypeError, match="Could not locate class 'Sequential'"):
        keras.models.model_from_json(text)


@pytest.mark.parametrize("version", ["tf-2.15", "tf-keras-2.21"])
def test_remove_time_major(model_files: Path, version: str, tmp_path: Path) -> None:
    """A file without ``time_major`` is loaded, but one that passes states in a list is not."""
    path = without_time_major(find(model_files, version, "m01", ".h5"), tmp_path)
    model = keras.models.load_model(path)
    with h5py.File(path) as file:
        kernels: list[Any] = []
        file["model_weights"].visititems(
            lambda name, item: kernels.append(item[()]) if name.endswith("/kernel:0") else None
        )

    np.testing.assert_array_equal(model.get_weights()[0], kernels[0])
    decoder = without_time_major(find(model_files, version, "m03", ".h5"), tmp_path)
    with pytest.raises(ValueError, match=r"expects 1 input\(s\), but it received 3 input tensors"):
        keras.models.load_model(decoder)


def test_weights_of_cudnn(model_files: Path) -> None:
    """A `CuDNNLSTM` has two biases, and its file has them where the page reads them."""
    with h5py.File(find(model_files, "keras-2.2.4", "m12", ".h5")) as file:
        group = file["model_weights"]["lstm"]
        kernel, recurrent, bias = (group[name][()] for name in group.attrs["weight_names"])

    units = recurrent.shape[0]
    assert kernel.shape[1] == recurrent.shape[1] == 4 * units
    assert bias.shape == (8 * units,)
