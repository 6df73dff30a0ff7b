"""What is worth knowing of a recurrent layer in a model: each a trap that is truly there."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras

from rnn_returns.checks import WRAPPERS, wrapped_layers
from rnn_returns.graph import Call, Value
from rnn_returns.layer import Layer, state_names
from rnn_returns.rules import Expected, expected


def of_layer(layer: Any, description: Layer) -> Iterator[str]:
    """Advise on what can be seen of *layer* itself, wherever it is called.

    Args:
        layer: A Keras layer.
        description: The same layer, described.
    """
    flags = innermost(description)
    if description.kind == "TimeDistributed":
        if flags.return_state:
            yield (
                "TimeDistributed stacks all that the layer inside returns into one tensor, and "
                "refuses a keras.Input; leave out return_state."
            )
        return
    if flags.return_state and any(part.activity_regularizer for part in _parts(layer)):
        yield (
            "activity_regularizer penalises the returned states as well as the output; to penalise "
            "the output alone, put keras.layers.ActivityRegularization behind it instead."
        )
    if flags.stateful:
        yield (
            "stateful=True starts every call from the state that the last call left; call "
            "reset_state() on the layer before a new sequence begins."
        )
    if flags.stateful and isinstance(flags.cell, tuple):
        yield "reset_state() fails on a stateful stack of cells; use one layer for each cell."
    if flags.go_backwards and flags.return_sequences and description.kind != "Bidirectional":
        yield (
            "go_backwards=True returns the time steps in the order in which it reads them, the "
            "last one first; keras.ops.flip(output, axis=1) puts them back."
        )


def of_call(call: Call, description: Layer, now: Expected) -> Iterator[str]:
    """Advise on what can be seen of one *call* of a layer in a model's graph.

    Args:
        call: The call.
        description: The layer, described.
        now: What it returned on a symbolic input, by the rules.
    """
    if mask_is_dropped(call):
        several = ", ".join(call.tensor_arguments)
        yield (
            "The mask is dropped: Keras fills it in only where a call has one tensor argument, and "
            f"this one has several ({several}). Padded steps are read like all others. "
            "Pass mask= to the call as well."
        )
    yield from _unused(call, description)
    flags = innermost(description)
    one_way = description.kind != "Bidirectional"
    sequence = call.outputs[0]
    if one_way and flags.go_backwards and flags.return_sequences and sequence.mask is not None:
        yield (
            "The mask is handed on in the order of the input, but the time steps are in reverse: "
            "a later layer would skip the wrong ones. Flip the output, or pass that layer a mask."
        )
    if (
        one_way
        and flags.zero_output_for_mask
        and not flags.return_sequences
        and call.mask is not None
    ):
        yield (
            "zero_output_for_mask=True without return_sequences makes the output zero for a sample "
            "that ends in a masked step; leave it out."
        )
    if not one_way and flags.return_sequences and any(v.last_step_taken for v in call.outputs):
        yield (
            "[:, -1] of the output is not what both directions end with: the backward layer has "
            "read one step only there. Leave out return_sequences, or use the returned states."
        )
    yield from _on_numbers(call, description, now)


def mask_is_dropped(call: Call) -> bool:
    """Whether the input carries a mask that the layer is not given."""
    return call.mask is None and any(value.mask is not None for value in call.inputs)


def innermost(description: Layer) -> Layer:
    """Give the layer whose flags a wrapper has: the one that it wraps."""
    while description.layer is not None:
        description = description.layer
    return description


def _parts(layer: Any) -> Iterator[Any]:
    """Give *layer* and the layers that it wraps."""
    yield layer
    if isinstance(layer, WRAPPERS):
        for part in wrapped_layers(layer):
            yield from _parts(part)


def _unused(call: Call, description: Layer) -> Iterator[str]:
    """Advise on flags that bring nothing."""
    flags = innermost(description)
    count = len(state_names(description))
    if not (flags.return_state and count):
        return
    outputs, states = call.outputs[:-count], call.outputs[-count:]
    if not _used(states):
        yield (
            "No returned state is used in this model; unless another one uses the layer, "
            "return_state=True can be left out."
        )
    elif flags.return_sequences and not _used(outputs):
        yield (
            "Only states are used in this model; unless another one uses the layer, "
            "return_sequences=True can be left out."
        )


def _used(values: Sequence[Value]) -> bool:
    return any(value.used_by for value in values)


def _on_numbers(call: Call, description: Layer, now: Expected) -> Iterator[str]:
    """Say where a call on numbers goes otherwise than the symbolic one did."""
    if keras.backend.backend() != "tensorflow":
        return  # The rules know no other backend.
    given = {
        "mask": call.mask is not None,
        "initial_state": "initial_state" in call.tensor_arguments,
    }
    try:
        then = expected(description, call.reads, **given)
    except ValueError as error:
        yield f"The model can be made, but not run: {error}"
        return
    if then.shapes != now.shapes:
        shapes = ", ".join(
            f"{name} {shape}" for name, shape in zip(then.names, then.shapes, strict=True)
        )
        yield f"Keras's symbolic shapes are wrong here; on numbers they are {shapes}."
