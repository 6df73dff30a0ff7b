"""The names and containers of what recurrent layers return, by the version of Keras."""

from dataclasses import replace
from typing import Any

from rnn_returns.models.config.dialect import TF_KERAS, Dialect
from rnn_returns.rules.expectation import expected
from rnn_returns.rules.layer_spec import LayerSpec, Shape, returned_names


def name_outputs(spec: LayerSpec, dialect: Dialect) -> list[str]:
    """Return the names of what a recurrent layer returns, flat, in the order of its version.

    >>> from rnn_returns.models.config.dialect import Dialect
    >>> from rnn_returns.models.inference.returned_values import name_outputs
    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> name_outputs(LayerSpec("LSTM", units=4, return_state=True), Dialect((2, 15)))
    ['output', 'state_h', 'state_c']
    """
    names = returned_names(_assume_backward_layer(spec, dialect))
    return [names[i] for i in order_outputs(spec, dialect)]


def order_outputs(spec: LayerSpec, dialect: Dialect) -> list[int]:
    """Return in which order a version returns the tensors that the newest Keras returns.

    Keras 2.1 returns the states of stacked cells last cell first.
    """
    order = list(range(len(returned_names(_assume_backward_layer(spec, dialect)))))
    if not (dialect.reverses_cells and spec.return_state and isinstance(spec.cell, tuple)):
        return order
    groups, start = [], 1
    for cell in spec.cell:
        groups.append(order[start : start + len(cell.state_sizes)])
        start += len(cell.state_sizes)
    return [0, *(i for group in reversed(groups) for i in group)]


def _assume_backward_layer(spec: LayerSpec, dialect: Dialect) -> LayerSpec:
    """Return the layer as a version takes it to be when a model is created."""
    assumes = spec.kind == "Bidirectional" and not dialect.infers_backward_layer
    return replace(spec, backward_layer=None) if assumes else spec


def name_container(spec: LayerSpec, dialect: Dialect) -> str:
    """Return ``"tensor"`` or the container that a version returns several tensors in."""
    several = "tuple" if dialect.is_keras_3 else "list"
    return several if len(returned_names(spec)) > 1 else "tensor"


def nest_outputs(spec: LayerSpec, shape: Shape, dialect: Dialect) -> Any:
    """Return the names of what a recurrent layer returns, in the containers of its version.

    Keras 3 returns a tuple, with a list of states for each cell of a stack; tf.keras a list, with
    such lists; Keras 2.1 to 2.3 a flat list.

    Raises:
        ValueError: If the rules do not cover a call on an input of that shape.

    >>> from rnn_returns.models.config.dialect import Dialect
    >>> from rnn_returns.models.inference.returned_values import nest_outputs
    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> nest_outputs(LayerSpec("GRU", units=4, return_state=True), (None, 5, 3), Dialect((2, 15)))
    ['output', 'state_h']
    """
    structure = expected(spec, shape).structure
    if dialect.is_keras_3 or not isinstance(structure, tuple):
        return structure
    if dialect.version < TF_KERAS:
        return name_outputs(spec, dialect)
    return [part[0] if isinstance(part, list) and len(part) == 1 else part for part in structure]
