"""The references of a configured model to its calls, each counted from 0 and checked."""

from dataclasses import replace
from typing import Any

from rnn_returns.models.config.dialect import Dialect
from rnn_returns.models.config.model_parts import FUNCTIONAL, ModelConfig
from rnn_returns.models.config.node_config import NodeArguments, Reference, map_references
from rnn_returns.models.config.values import quote


def count_calls_from_zero(model: ModelConfig, dialect: Dialect) -> None:
    """Change the references of *model* so that the first call of every layer is call 0.

    Keras counts the calls of an inner model from 1 in some places.
    """
    offsets = {} if dialect.is_keras_3 else _find_offsets(model)
    for node in model.nodes:
        args = [_shift(offsets, value) for value in node.arguments.args]
        kwargs = {name: _shift(offsets, value) for name, value in node.arguments.kwargs.items()}
        node.arguments = NodeArguments(args, kwargs)
    if dialect.is_keras_3:  # Keras 3 counts from 1 here, and from 0 in the calls.
        offsets = {
            layer.name: 1
            for layer in model.layers.values()
            if layer.model and layer.data.class_name in FUNCTIONAL
        }
    model.outputs = [_shift(offsets, output) for output in model.outputs]


def _find_offsets(model: ModelConfig) -> dict[str, int]:
    """Return by how much Keras 2 counts the calls of each inner model too high.

    It starts at 1 if the inner model had an input when it was made. The last call is always used.
    """
    last: dict[str, int] = {}
    for node in model.nodes:
        for reference in node.arguments.find_references():
            last[reference.layer] = max(last.get(reference.layer, 0), reference.call)
    for reference in model.outputs:
        last[reference.layer] = max(last.get(reference.layer, 0), reference.call)
    return {
        layer.name: 1
        for layer in model.layers.values()
        if layer.model and last.get(layer.name, 0) == len(layer.nodes) > 0
    }


def _shift(offsets: dict[str, int], structure: Any) -> Any:
    """Return *structure* with the calls of inner models counted from 0."""

    def shift(reference: Reference) -> Reference:
        offset = offsets.get(reference.layer, 0)
        return replace(reference, call=max(reference.call - offset, 0)) if offset else reference

    return map_references(shift, structure)


def check_references(model: ModelConfig) -> None:
    """Check that each tensor that is used is there, and count how many each call returns.

    Raises:
        ValueError: If a layer or a call is not there.
    """
    inputs = {(each.layer, each.call) for each in model.inputs}

    def check(reference: Reference, user: str) -> None:
        layer = model.layers.get(reference.layer)
        if (reference.layer, reference.call) in inputs:
            return
        if layer is None:
            raise ValueError(f"{user} uses the layer {quote(reference.layer)}, which is not there.")
        if reference.call >= len(layer.nodes):
            raise ValueError(
                f"{user} uses call {reference.call} of {quote(reference.layer)}, which is called "
                f"{len(layer.nodes)} times."
            )
        node = layer.nodes[reference.call]
        node.outputs = max(node.outputs, reference.tensor + 1)

    for node in model.nodes:
        for reference in node.arguments.find_references():
            check(reference, f"The layer {quote(node.layer.name)}")
    for reference in model.outputs:
        check(reference, "The model")
