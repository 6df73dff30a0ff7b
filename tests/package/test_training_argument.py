"""The argument `training` reaches every cell and every wrapped layer."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from support.own_code import FlexibleCell

SEQUENCE, SLICES = (2, 3, 5), (2, 2, 3, 5)


def returns_training(states: Any, training: bool | None) -> tuple[Any, Any]:
    """Return 1 in training and 0 at inference, as the output and as the state."""
    output = keras.ops.full_like(states[0], int(bool(training)))
    return output, [output]


@keras.saving.register_keras_serializable("rnn_returns")
class Witness(keras.layers.Layer):  # type: ignore[misc]
    """A cell that says whether it was called in training."""

    state_size = output_size = 1

    def call(self, inputs: Any, states: Any, training: bool | None = None) -> tuple[Any, Any]:
        """Read nothing else."""
        return returns_training(states, training)


class BareWitness:
    """The same, but not a layer; alone in an RNN it needs a compute dtype."""

    state_size = output_size = 1
    compute_dtype = "float32"

    def call(self, inputs: Any, states: Any, training: bool | None = None) -> tuple[Any, Any]:
        """Read nothing else."""
        return returns_training(states, training)

    __call__ = call


class Nested(keras.layers.Layer):  # type: ignore[misc]
    """A layer that calls another one without the argument, or with a value that it chooses."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self.inner = recurrent()
        self.arguments = arguments

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Leave the argument out."""
        return self.inner(inputs, **self.arguments)


def recurrent(**arguments: Any) -> Any:
    return layers.RNN(Witness(), **arguments)


def stacked(**arguments: Any) -> Any:
    return layers.RNN([Witness(), Witness()], **arguments)


def model_of(layer: Any, shape: tuple[int, ...] = SEQUENCE) -> Any:
    return keras.Sequential([keras.Input(shape[1:]), layer])


STATE = {"return_state": True}
LAYERS: dict[str, Callable[[], Any]] = {
    "RNN": lambda: recurrent(**STATE),
    "RNN, unroll=True": lambda: recurrent(unroll=True, **STATE),
    "RNN, stateful=True": lambda: recurrent(stateful=True, **STATE),
    "RNN of a stack": lambda: stacked(**STATE),
    "Bidirectional": lambda: layers.Bidirectional(recurrent(**STATE), merge_mode=None),
    "Bidirectional stack": lambda: layers.Bidirectional(stacked(**STATE), merge_mode=None),
    "backward_layer": lambda: layers.Bidirectional(
        recurrent(), backward_layer=recurrent(go_backwards=True)
    ),
    "a layer in a layer": Nested,
    "a model in a model": lambda: model_of(model_of(layers.Bidirectional(recurrent()))),
}
# Of slices.
DISTRIBUTED: dict[str, Callable[[], Any]] = {
    "TimeDistributed": lambda: layers.TimeDistributed(recurrent()),
    "TimeDistributed stack": lambda: layers.TimeDistributed(stacked()),
    "TimeDistributed Bidirectional": lambda: layers.TimeDistributed(
        layers.Bidirectional(recurrent())
    ),
    "TimeDistributed model": lambda: layers.TimeDistributed(model_of(recurrent())),
}


def make(name: str) -> tuple[Any, np.ndarray]:
    """Make a layer and an input for it."""
    layer = (LAYERS | DISTRIBUTED)[name]()
    return layer, np.ones(SLICES if name in DISTRIBUTED else SEQUENCE, "float32")


def values(returned: Any) -> set[float]:
    """Collect all numbers that a layer returned."""
    return {float(value) for tensor in keras.tree.flatten(returned) for value in np.ravel(tensor)}


@pytest.mark.parametrize("name", [*LAYERS, *DISTRIBUTED])
def test_every_cell_gets_the_argument(name: str) -> None:
    """A call passes `training` on to every cell; None, or no argument, is inference."""
    layer, x = make(name)
    calls: tuple[dict[str, Any], ...] = (
        {"training": True},
        {"training": False},
        {"training": None},
        {},
    )

    assert [values(layer(x, **arguments)) for arguments in calls] == [{1}, {0}, {0}, {0}]


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
@pytest.mark.parametrize("name", ["RNN of a stack", "Bidirectional", "TimeDistributed"])
def test_what_a_model_passes(name: str) -> None:
    """`fit` is training; `evaluate`, `predict` and the validation of `fit` are inference."""
    layer, x = make(name)
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, keras.tree.flatten(layer(inputs))[0])
    model.compile(loss="mse")
    target = np.zeros(model.compute_output_shape(x.shape))
    history = model.fit(x, target, validation_data=(x, target), verbose=0).history

    # The mean square of what the cells return.
    assert (history["loss"], history["val_loss"]) == ([1], [0])
    assert model.evaluate(x, target, verbose=0) == 0
    assert values(model.predict(x, verbose=0)) == {0}
    assert (model.train_on_batch(x, target), model.test_on_batch(x, target)) == (1, 0)
    assert values(model.predict_on_batch(x)) == {0}


def test_an_argument_of_its_own() -> None:
    """A layer that a custom layer calls with `training=False` is not in training with the rest."""
    x = np.ones(SEQUENCE, "float32")
    nested = Nested(training=False)

    assert values(nested(x, training=True)) == {0}


def test_cells_without_the_argument() -> None:
    """A cell whose call has no `training` runs, and a stack passes it on to the other cells."""
    x = np.ones(SEQUENCE, "float32")
    one = layers.RNN(FlexibleCell(1, 1))
    assert values(one(x, training=True)) == {3}

    mixed = layers.RNN([Witness(), FlexibleCell(1, 1), Witness(), FlexibleCell(1, 1)], **STATE)
    _, *states = mixed(x, training=True)
    assert [values(state) for state in states] == [{1}, {3}, {1}, {3}]


def test_cells_that_are_not_layers() -> None:
    """A cell that is no layer does not get the argument, though its call has it."""
    x = np.ones(SEQUENCE, "float32")
    assert values(layers.RNN(BareWitness())(x, training=True)) == {0}

    stack = layers.RNN([Witness(), BareWitness(), Witness()], **STATE)
    _, *states = stack(x, training=True)
    assert [values(state) for state in states] == [{1}, {0}, {1}]
