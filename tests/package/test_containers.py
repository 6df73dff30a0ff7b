"""The containers of what layers and models return, saved ones too, and weights across flags."""

from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from rnn_returns import FLAG_COMBINATIONS

X = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
PLAIN = ("SimpleRNN", "GRU", "LSTM")
T = "tensor"

# For each layer: what a call on data returns, and what a symbolic call does.
RETURNED: dict[str, tuple[Any, Any, Any]] = {
    "GRU": (lambda: layers.GRU(4, return_state=True), (T, T), (T, T)),
    "LSTM": (lambda: layers.LSTM(4, return_state=True), (T, T, T), (T, T, T)),
    "RNN": (lambda: layers.RNN(layers.LSTMCell(4), return_state=True), (T, T, T), (T, T, T)),
    "two cells": (
        lambda: layers.RNN([layers.LSTMCell(4), layers.GRUCell(4)], return_state=True),
        (T, [T, T], [T]),
        (T, [T, T], T),
    ),
    "StackedRNNCells": (
        lambda: layers.RNN(
            layers.StackedRNNCells([layers.GRUCell(4), layers.GRUCell(4)]), return_state=True
        ),
        (T, [T], [T]),
        (T, T, T),
    ),
    "Bidirectional": (
        lambda: layers.Bidirectional(layers.LSTM(4, return_state=True)),
        (T,) * 5,
        (T,) * 5,
    ),
    "two outputs": (lambda: layers.Bidirectional(layers.GRU(4), merge_mode=None), (T, T), (T, T)),
    "two outputs and states": (
        lambda: layers.Bidirectional(layers.GRU(4, return_state=True), merge_mode=None),
        (T,) * 4,
        (T,) * 4,
    ),
    "Bidirectional of cells": (
        lambda: layers.Bidirectional(
            layers.RNN([layers.LSTMCell(4), layers.GRUCell(4)], return_state=True)
        ),
        (T, [T, T], [T], [T, T], [T]),
        (T, [T, T], T, [T, T], T),
    ),
    "TimeDistributed": (lambda: layers.TimeDistributed(layers.Bidirectional(layers.GRU(4))), T, T),
}


def describe(returned: Any) -> Any:
    """Return the containers of tensors, without the tensors."""
    if isinstance(returned, dict):
        return {name: describe(value) for name, value in returned.items()}
    if isinstance(returned, list | tuple):
        return type(returned)(map(describe, returned))
    return T


def reload(model: Any, path: Path) -> Any:
    model.save(path)
    return keras.models.load_model(path)


@pytest.mark.parametrize("name", RETURNED)
def test_the_container_of_a_call(name: str) -> None:
    """A call on data keeps each cell's states in a list, and a symbolic call only several."""
    make, on_data, symbolically = RETURNED[name]
    x = X[np.newaxis] if name == "TimeDistributed" else X

    assert describe(make()(x)) == on_data
    assert describe(make()(keras.Input(x.shape[1:]))) == symbolically
    assert describe(make().compute_output_spec(keras.KerasTensor(x.shape))) == symbolically


@pytest.mark.parametrize("name", [name for name in RETURNED if name != "TimeDistributed"])
def test_the_container_of_a_model(name: str, tmp_path: Path) -> None:
    """A model returns what its layer returned symbolically, and a loaded one a list instead."""
    make, _, symbolically = RETURNED[name]
    inputs = keras.Input((3, 5))
    model = keras.Model(inputs, make()(inputs))
    loaded = reload(model, tmp_path / "model.keras")
    sequential = keras.Sequential([inputs, make()])

    for called in (model, model.predict_on_batch, sequential):
        assert describe(called(X)) == symbolically
    for called in (loaded, loaded.predict_on_batch):
        assert describe(called(X)) == list(symbolically)
    assert describe(reload(sequential, tmp_path / "sequential.keras")(X)) == symbolically


@pytest.mark.parametrize("container", [list, tuple, dict])
def test_the_container_of_predict(container: Any, tmp_path: Path) -> None:
    """All ways of prediction keep the container that a model is written with; a file, no tuple."""
    inputs = keras.Input((3, 5))
    returned = layers.LSTM(4, return_state=True)(inputs)
    names = ("output", "state_h", "state_c")
    outputs = container(zip(names, returned, strict=True) if container is dict else returned)
    model = keras.Model(inputs, outputs)
    written = (
        container(zip(names, [T] * 3, strict=True)) if container is dict else container([T] * 3)
    )
    saved = written if container is dict else [T] * 3

    for predict in (model, model.predict_on_batch):
        assert describe(predict(X)) == written
    assert describe(model.predict(X, verbose=0)) == written
    assert describe(keras.models.clone_model(model)(X)) == written
    for suffix in (".keras", ".h5"):
        loaded = reload(model, tmp_path / f"model{suffix}")
        assert describe(loaded.predict(X, verbose=0)) == describe(loaded(X)) == saved


def test_the_values_of_a_saved_model(tmp_path: Path) -> None:
    """A loaded model predicts the same values in the same order as the one that was saved."""
    inputs = keras.Input((3, 5))
    layer = layers.Bidirectional(layers.LSTM(4, return_sequences=True, return_state=True))
    model = keras.Model(inputs, layer(inputs))

    for suffix in (".keras", ".h5"):
        loaded = reload(model, tmp_path / f"model{suffix}")
        for ours, theirs in zip(loaded(X), model(X), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "change",
    [*(flags.arguments for flags in FLAG_COMBINATIONS[1:]), {"stateful": True}, {"unroll": True}],
    ids=str,
)
@pytest.mark.parametrize("kind", PLAIN)
def test_weights_without_flags(kind: str, change: dict[str, bool]) -> None:
    """A layer made from a changed configuration takes the weights, and computes the same."""
    trained = getattr(layers, kind)(4)
    output = trained(X)
    layer = getattr(layers, kind).from_config(trained.get_config() | change)
    layer.build(X.shape)
    layer.set_weights(trained.get_weights())
    returned = layer(X)
    first = returned[0] if change.get("return_state") else returned

    assert len(layer.get_weights()) == 3
    last = first[:, -1] if change.get("return_sequences") else first
    np.testing.assert_allclose(last, output, rtol=0, atol=1e-6)
    if change.get("return_state"):
        np.testing.assert_array_equal(returned[1], last)


@pytest.mark.parametrize(("suffix", "kind"), [*product([".weights.h5"], PLAIN), (".h5", "LSTM")])
def test_weight_files_without_flags(kind: str, suffix: str, tmp_path: Path) -> None:
    """A file of weights fits a model with other flags, also from a stateful model or into one."""

    def make(**arguments: bool) -> Any:
        inputs = keras.Input(batch_shape=X.shape)
        return keras.Model(inputs, getattr(layers, kind)(4, **arguments)(inputs))

    plain, stateful = make(), make(stateful=True)
    every = make(return_sequences=True, return_state=True)
    for source, targets in ((plain, (stateful, every)), (stateful, (plain, every))):
        path = tmp_path / f"{source.name}{suffix}"
        source.save(path) if suffix == ".h5" else source.save_weights(path)
        output = source(X)
        for target in targets:
            target.set_weights([weight * 0 for weight in target.get_weights()])
            target.load_weights(path)
            for ours, theirs in zip(target.get_weights(), source.get_weights(), strict=True):
                np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_allclose(every(X)[1], output, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", PLAIN)
def test_no_state_in_the_weights(kind: str, tmp_path: Path) -> None:
    """A stateful layer's state is not among its weights, nor in a file of its model."""
    inputs = keras.Input(batch_shape=X.shape)
    model = keras.Model(inputs, getattr(layers, kind)(4, stateful=True)(inputs))
    first = model(X)
    loaded = reload(model, tmp_path / "model.keras")

    assert len(model.get_weights()) == 3
    assert np.any(model.layers[1].states[0])
    assert not np.any(loaded.layers[1].states[0])
    np.testing.assert_allclose(loaded(X), first, rtol=0, atol=1e-6)
    assert np.abs(np.asarray(model(X)) - np.asarray(first)).max() > 1e-3
