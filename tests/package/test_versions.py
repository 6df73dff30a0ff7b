"""A report says of a version what is true of it, and nothing if a text can be of several."""

import json
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from rnn_returns import explain
from rnn_returns.models.config.reader import read_config
from rnn_returns.models.explanation import build_report, explain_json


@pytest.mark.filterwarnings("ignore:.*destroy the mask")
@pytest.mark.parametrize(
    "make", [lambda: layers.Lambda(lambda x: x), layers.Identity, layers.UnitNormalization]
)
def test_a_mask_that_depends_on_the_version(make: Any) -> None:
    """A mask that is known of the newest release is not known of a text without a version."""
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            layers.Embedding(9, 3, mask_zero=True),
            make(),
            layers.GRU(4),
        ]
    )
    text = model.to_json()
    newest = build_report(read_config(json.loads(text), keras.__version__))

    assert newest.layers[0].mask == explain(model).layers[0].mask
    assert newest.layers[0].mask is not None
    assert explain_json(text).layers[0].mask is None


def old_model(folder: Path, model: str, layer: str, **arguments: Any) -> dict[str, Any]:
    """Return a model of TensorFlow 2.15 with other arguments of one layer."""
    path = folder / "tf-2.15" / f"{model}.json"
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    (found,) = (each for each in config["config"]["layers"] if each["config"]["name"] == layer)
    found["config"].update(arguments)
    return config


def list_codes(config: dict[str, Any]) -> list[str]:
    return [each.code for each in explain_json(json.dumps(config)).diagnostics]


def test_diagnostics_of_keras_2(model_files: Path) -> None:
    """What was measured on Keras 2 is reported of its files, and what only Keras 3 does is not."""
    penalty = {"class_name": "L2", "config": {"l2": 0.01}}

    assert list_codes(old_model(model_files, "m02", "lstm")) == []
    backwards = old_model(model_files, "m02", "lstm", go_backwards=True)
    assert list_codes(backwards) == ["RNN205"]
    zero = old_model(model_files, "m02", "lstm_1", zero_output_for_mask=True)
    assert list_codes(zero) == ["RNN206"]
    penalized = old_model(model_files, "m01", "lstm", activity_regularizer=penalty)
    assert list_codes(penalized) == ["RNN506"]
    # Keras 2 resets the states of stacked cells.
    assert list_codes(old_model(model_files, "m05", "stack", stateful=True)) == []


def test_keras_2_without_a_version(model_files: Path) -> None:
    """A text that can be of Keras 2 alone is read as such, also if it names no version."""
    config = old_model(model_files, "m05", "stack")
    del config["keras_version"]
    (report,) = explain_json(json.dumps(config)).layers

    assert report.container == "list"
    assert "Keras 3 returns a tuple, where this version returned a list." in report.changes
