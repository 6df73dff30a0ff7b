"""Masks in models: mixed precision, metrics, and `Softmax`."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from support.layers import BATCH, FEATURES, MASK, TIMESTEPS, UNITS, make_input

X = make_input("LSTM")


def mask_of(tensor: Any) -> Any:
    return getattr(tensor, "_keras_mask", None)


def test_padding_that_float16_cannot_store() -> None:
    """With mixed_float16, NaN or an infinite number at a masked time step skips the training."""
    inputs, mask = keras.Input((TIMESTEPS, FEATURES)), keras.Input((TIMESTEPS,), dtype="bool")
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = keras.Model([inputs, mask], layers.LSTM(UNITS)(inputs, mask=mask))
    finally:
        keras.config.set_dtype_policy(previous)
    model.compile(loss="mse")
    is_changed = []
    for padding in (np.nan, -1e5, 0):
        x = np.where(MASK[..., np.newaxis], X, padding)
        before = model.get_weights()
        model.train_on_batch([x, MASK], np.zeros((BATCH, UNITS)))
        pairs = zip(before, model.get_weights(), strict=True)
        is_changed.append(any(np.any(one != other) for one, other in pairs))

    assert is_changed == [False, False, True]


@pytest.mark.parametrize(("value", "is_exact"), [(-1.0, True), (-9999.0, False), (0.1, False)])
def test_mask_value_with_mixed_precision(value: float, is_exact: bool) -> None:
    """`Masking` masks nothing if its compute dtype cannot store the value exactly."""
    x = np.where(MASK[..., np.newaxis], 0.5, value)
    for dtype, works in (("float32", True), ("mixed_float16", is_exact)):
        mask = mask_of(layers.Masking(value, dtype=dtype)(x))
        np.testing.assert_array_equal(mask, MASK if works else np.ones_like(MASK))


@pytest.mark.parametrize("name", ["RootMeanSquaredError", "Precision", "MeanIoU"])
def test_metrics_that_ignore_the_mask(name: str) -> None:
    """A metric that is no mean of values per time step needs the mask as `sample_weight`."""
    make = getattr(keras.metrics, name)
    inputs = keras.Input((3, 1))
    opposite = layers.Dense(
        1, kernel_initializer=keras.initializers.Constant(-1), bias_initializer="ones"
    )
    model = keras.Model(inputs, opposite(layers.Masking(-1.0)(inputs)))
    arguments = {"num_classes": 2} if name == "MeanIoU" else {}
    model.compile(
        loss="mse",
        metrics=["mae", make(**arguments, name="plain")],
        weighted_metrics=[make(**arguments, name="weighted")],
    )
    # `Masking` sets the masked time step to 0, so the prediction is 1; its target is 0.
    x = np.array([[[0.0], [1.0], [-1.0]]])
    y = np.array([[[1.0], [0.0], [0.0]]])
    weight = np.array([[1, 1, 0]])
    results = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)

    perfect = 0 if name == "RootMeanSquaredError" else 1
    assert results["mae"] == 0
    assert results["plain"] != perfect
    np.testing.assert_allclose(results["weighted"], perfect, atol=1e-6)


def test_softmax() -> None:
    """`Softmax` uses the mask of time steps for the last axis; the activation propagates it."""
    tokens = MASK.astype("int32")
    embedded = layers.Embedding(5, 4, mask_zero=True)(tokens)
    with pytest.raises(ValueError, match="must be broadcastable to `inputs`"):
        layers.Softmax()(embedded)

    np.testing.assert_array_equal(mask_of(layers.Activation("softmax")(embedded)), MASK)
