"""``python -m rnn_returns`` answers in a terminal, and refuses with one line."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.saving.serialization_lib import SafeModeScope

from rnn_returns import explain, observe
from rnn_returns.__main__ import main

Capture = pytest.CaptureFixture[str]


class Own(layers.Layer):  # type: ignore[misc]
    """A layer that only its author has."""

    def call(self, x: Any) -> Any:
        """Give back what comes in."""
        return x


def saved(file: Path, *middle: Any) -> Path:
    """Save a small model with some layers in its middle."""
    model = keras.Sequential([keras.Input((3, 2)), *middle, layers.GRU(4, name="gru")], name="mine")
    model.save(file)
    return file


# A saved model.


def test_a_model_in_a_terminal(tmp_path: Path, capsys: Capture) -> None:
    """A user sees the report, and no line of TensorFlow's on either side of it; or JSON."""
    file = saved(tmp_path / "model.keras")
    settings = ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS", "CUDA_VISIBLE_DEVICES")
    result = subprocess.run(
        [sys.executable, "-m", "rnn_returns", file.name],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name not in settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{explain(file)}\n"

    capsys.readouterr()
    assert main([str(file), "--json"]) == 0
    assert capsys.readouterr().out == f"{explain(file).to_json()}\n"


def archive(**members: str | bytes) -> Callable[[Path], None]:
    """Return a function that writes an archive with *members*."""

    def write(file: Path) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in members.items():
                archive.writestr(name.replace("_", "."), data)

    return write


def damaged(change: Callable[[bytes], bytes]) -> Callable[[Path], Any]:
    """Return a function that saves a model and changes the file."""
    return lambda file: file.write_bytes(change(saved(file).read_bytes()))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda file: None, "There is no file it.keras."),
        (Path.mkdir, "it.keras is a folder, not a .keras file."),
        (Path.touch, "it.keras is empty."),
        (lambda file: file.write_text("text"), "it.keras is damaged, or no Keras file"),
        (damaged(lambda data: data[: len(data) // 2]), "it.keras is damaged, or no Keras file"),
        (damaged(lambda data: data.replace(b"class_", b"_class", 1)), "it.keras is damaged, or"),
        (archive(a_txt="text"), "it.keras is not a Keras file: there is no config.json"),
        (archive(config_json="{"), "config.json in it says nothing"),
        (archive(config_json="[]"), "config.json in it says nothing"),
        (archive(config_json=b"\xff\xfe"), "config.json in it says nothing"),
        (archive(config_json="{}", model_weights_h5=""), "it.keras cannot be loaded: "),
        (archive(config_json=keras.Sequential().to_json()), "it.keras cannot be loaded: "),
        (lambda file: saved(file, Own()), "it needs the custom class 'Own'; import that"),
    ],
)
def test_what_is_no_model(
    make: Callable[[Path], Any], message: str, tmp_path: Path, capsys: Capture
) -> None:
    """What is no model that can be loaded gets one line that says why, and exit status 2."""
    file = tmp_path / "it.keras"
    make(file)
    capsys.readouterr()

    assert main([str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("rnn_returns: ")
    assert message in err
    assert err.count("\n") == 1
    assert str(tmp_path) not in err


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_code_in_a_file_is_not_run(tmp_path: Path, capsys: Capture) -> None:
    """A model with code in it is refused, also for a user who has switched safe mode off."""
    mark = str(tmp_path / "was_run")
    file = saved(
        tmp_path / "it.keras", layers.Lambda(lambda x: (__import__("os").mkdir(mark), x)[1])
    )
    Path(mark).rmdir()
    with SafeModeScope(True):  # Brings back what it was.
        keras.config.enable_unsafe_deserialization()
        assert main([str(file)]) == 2

    err = capsys.readouterr().err
    assert "there is a Python lambda in it, and code from a file is not run" in err
    assert err.count("\n") == 1
    assert not Path(mark).exists()


# A single layer.


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--return-state"],
        ["--return-sequences", "--return-state"],
        ["--return-sequences", "--return-state", "--go-backwards"],
        ["--bidirectional", "--return-sequences"],
        ["--bidirectional", "--return-state", "--merge-mode", "none"],
    ],
    ids=" ".join,
)
def test_a_layer_is_what_its_code_makes(kind: str, options: list[str], capsys: Capture) -> None:
    """The line of code that is shown runs, and gives the tensors that are listed with it."""
    sizes = ["--units", "4", "--timesteps", "3", "--features", "2"]
    assert main([kind, *sizes, *options, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    scope: dict[str, Any] = {"keras": keras, "x": np.ones((5, 3, 2), "float32")}
    exec(printed["code"], scope)

    returned = observe(eval(printed["code"].split(" = ")[1].removesuffix("(x)"), scope), scope["x"])
    assert [tensor["name"] for tensor in printed["tensors"]] == list(returned.names)
    for tensor in printed["tensors"]:
        assert scope[tensor["name"]].shape == (5, *tensor["shape"][1:])
        assert len(tensor["axes"]) == len(tensor["shape"])
    for equality in printed["equalities_without_a_mask"]:
        names = {name: np.array(value) for name, value in scope.items() if name in returned.names}
        assert np.all(eval(equality, names | {"units": 4}))


def test_a_layer_in_a_terminal(capsys: Capture) -> None:
    """The code, the tensors and what is always equal are there to be read."""
    assert main(["LSTM", "--units", "4", "--return-sequences", "--return-state"]) == 0

    out = capsys.readouterr().out
    code = "keras.layers.LSTM(4, return_sequences=True, return_state=True)(x)"
    assert out.splitlines()[0] == f"output, state_h, state_c = {code}"
    assert "for x of shape (None, None, 1): a tuple of 3" in out
    assert "state_c  (batch, units)             (None, 4)\n" in out
    assert out.endswith("without a mask, on any data: state_h == output[:, -1]\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["LSTM", "--units", "0"], "Keras needs a positive number of units, not 0."),
        (["GRU", "--timesteps", "0"], "so its timesteps axis is empty"),
        (["GRU", "--merge-mode", "sum"], "give --bidirectional as well"),
        (["GRU", "--bidirectional", "--go-backwards"], "leave it out"),
        (["it.keras", "--units", "3"], "--units is for a layer (LSTM, GRU, SimpleRNN)"),
        (["lstm"], "There is no file lstm."),
        ([__file__], "test_command_line.py is not a .keras file"),
    ],
)
def test_what_is_no_layer(arguments: list[str], message: str, capsys: Capture) -> None:
    """A layer that Keras would refuse gets one line that says why, and exit status 2."""
    assert main(arguments) == 2

    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
