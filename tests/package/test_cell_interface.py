"""What users see of a layer's cell: the names of its weights, its sizes and its messages."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from support.constructor import CONVOLUTIONS, SHAPES, build

NAMES = ["kernel", "recurrent_kernel", "bias"]
X = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")


class Sum(layers.Layer):  # type: ignore[misc]
    """A cell without an output size, whose states have the sizes of its input."""

    def __init__(self, state_size: Any) -> None:
        super().__init__()
        self.state_size = state_size

    def call(self, x: Any, states: Any) -> Any:
        """Add the input to each state, and return the first."""
        states = [state + x for state in keras.tree.flatten(states)]
        return states[0], states


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM", *CONVOLUTIONS])
def test_names_of_weights(kind: str) -> None:
    """The weights are named `kernel`, `recurrent_kernel` and `bias`, in this order."""
    layer = build(kind)
    layer.build(SHAPES[kind])

    assert [weight.name for weight in layer.weights] == NAMES


@pytest.mark.parametrize(("upper", "size"), [(5, 5), ([3, 5], 3), ((3, 5), 3)], ids=str)
def test_the_output_size_of_stacked_cells(upper: Any, size: int) -> None:
    """Without an output size, that of a stack is the first state size of its last cell."""
    cells = layers.StackedRNNCells([layers.LSTMCell(5), Sum(upper)])

    assert cells.output_size == size
    assert layers.StackedRNNCells([Sum(5), layers.LSTMCell(4)]).output_size == 4


@pytest.mark.parametrize("name", ["kernel_size", "strides", "dilation_rate"])
def test_a_wrong_size_is_named(name: str) -> None:
    """The error for a size that is not a number or a tuple of numbers names the argument."""
    arguments: dict[str, Any] = {"filters": 2, "kernel_size": 2, name: "two"}
    with pytest.raises(ValueError, match=f"The `{name}` argument must be"):
        layers.ConvLSTM2D(**arguments)


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_a_cell_that_is_not_trained(kind: str) -> None:
    """A layer passes `trainable` to its cell."""
    for trainable in (False, True):
        assert build(kind, trainable=trainable).cell.trainable is trainable


@pytest.mark.parametrize("arguments", [{}, {"use_cudnn": False}, {"unroll": True}], ids=str)
@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_support_of_xla(kind: str, arguments: dict[str, Any]) -> None:
    """Without a GPU, `jit_compile="auto"` compiles a model with any of these layers."""
    assert build(kind, **arguments).supports_jit


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM", *CONVOLUTIONS])
def test_paths_of_kept_states(kind: str) -> None:
    """A stateful layer keeps its states in variables with the path `NAME/rnn_state`."""
    layer = build(kind, stateful=True, name="layer")
    layer.build(SHAPES[kind])

    assert {state.path for state in layer.states} == {"layer/rnn_state"}


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_a_list_of_masks(kind: str) -> None:
    """The first mask of a list is that of the sequences; the others are those of states."""
    layer, mask = build(kind), np.array([[True, True], [True, False]])
    x = X[:, :2]

    np.testing.assert_array_equal(layer(x, mask=[mask, None]), layer(x, mask=mask))
    assert not np.allclose(layer(x, mask=mask), layer(x), atol=1e-3)
