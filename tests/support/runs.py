"""Runs of models on random data, which prove or disprove a diagnostic."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from rnn_returns import explain

BATCH = 3


def list_codes(inputs: Any, outputs: Any) -> list[str]:
    """Return the codes of the diagnostics of a functional model."""
    return [each.code for each in explain(keras.Model(inputs, outputs)).diagnostics]


def create_data(model: Any, batch: int = BATCH) -> list[Any]:
    """Return data for the inputs of *model*: small whole numbers for tokens, which end in zeros."""
    generator, arrays = np.random.default_rng(0), []
    for tensor in model.inputs:
        shape = [batch if length is None else length for length in tensor.shape]
        if tensor.dtype == "bool":
            arrays.append(np.ones(shape, bool))
        elif tensor.dtype.startswith("int"):
            array = generator.integers(1, 9, shape).astype(tensor.dtype)
            array[..., -1] = 0
            arrays.append(array)
        else:
            arrays.append(generator.normal(size=shape).astype("float32"))
    return arrays


def run(model: Any, batch: int = BATCH) -> list[Any]:
    """Run *model* and return its outputs, flat, as arrays."""
    data = create_data(model, batch)
    outputs = model(data if len(data) > 1 else data[0])
    return [np.array(output) for output in keras.tree.flatten(outputs)]


def fails(inputs: Any, outputs: Any) -> bool:
    """Return whether running a functional model raises an error."""
    return raises(lambda: run(keras.Model(inputs, outputs)))


def raises(call: Callable[[], Any]) -> bool:
    """Return whether *call* raises an error."""
    try:
        call()
    except Exception:  # Each backend raises different errors.
        return True
    return False
