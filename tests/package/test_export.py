"""What an exported model returns, as TensorFlow serves it."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

X = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")


def create_model(container: Any, batch: int | None = None, **flags: bool) -> Any:
    """Return a model whose outputs are those of an LSTM in a container."""
    inputs = keras.Input(batch_shape=(batch, 3, 5))
    output, state_h, state_c = layers.LSTM(4, return_state=True, **flags)(inputs)
    return keras.Model(inputs, container(output, state_h, state_c))


@pytest.mark.parametrize(
    ("container", "names"),
    [
        (lambda *tensors: list(tensors), ["output_0", "output_1", "output_2"]),
        (lambda *tensors: dict(zip(("out", "h", "c"), tensors, strict=True)), ["out", "h", "c"]),
    ],
    ids=["list", "dictionary"],
)
def test_names_of_outputs(container: Any, names: list[str], tmp_path: Path) -> None:
    """The outputs of a SavedModel are numbered, or named by the keys of a dictionary."""
    model = create_model(container)
    model.export(tmp_path, verbose=False)
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"](tf.constant(X))

    assert sorted(served) == sorted(names)
    for name, expected in zip(names, keras.tree.flatten(model(X)), strict=True):
        if names[0] == "out":
            expected = model(X)[name]
        np.testing.assert_allclose(served[name], expected, atol=1e-6)


def test_a_stateful_model_needs_a_batch_size(tmp_path: Path) -> None:
    """A stateful model with a fixed batch is exported, and keeps its state from call to call."""
    model = create_model(lambda *tensors: list(tensors), batch=2, stateful=True)
    model.export(tmp_path, verbose=False)
    serve = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    first, second = (serve(tf.constant(X))["output_0"] for _ in range(2))

    np.testing.assert_allclose(first, model(X)[0], atol=1e-6)
    np.testing.assert_allclose(second, model(X)[0], atol=1e-6)
    assert not np.allclose(first, second, atol=1e-3)
    with pytest.raises(ValueError, match="batch size must be static"):
        create_model(lambda *tensors: list(tensors), stateful=True)


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated.*:UserWarning")
def test_the_order_of_outputs_in_litert(tmp_path: Path) -> None:
    """A LiteRT file lists the outputs in another order; its signature names them."""
    flags = {"unroll": True, "return_sequences": True}
    model = create_model(lambda *tensors: list(tensors), batch=2, **flags)
    file = str(tmp_path / "model.tflite")
    model.export(file, format="litert", verbose=False)
    interpreter = tf.lite.Interpreter(file)
    served = interpreter.get_signature_runner()(**{model.inputs[0].name: X})
    listed = [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]
    expected = [np.array(output) for output in model(X)]

    for number, output in enumerate(expected):
        np.testing.assert_allclose(served[f"output_{number}"], output, atol=1e-6)
    assert not all(
        np.shape(a) == np.shape(b) and np.allclose(a, b, atol=1e-6)
        for a, b in zip(listed, expected, strict=True)
    )
