"""Diagnostics for the recurrent layers of a model: mistakes that do not raise an error."""

from collections.abc import Iterator

from rnn_returns.models.graph import LayerCall, ModelLayer
from rnn_returns.rules.expectation import Expected
from rnn_returns.rules.layer_spec import LayerSpec, state_names, unwrap


def diagnose_layer(layer: ModelLayer, spec: LayerSpec) -> Iterator[str]:
    """Yield what can be diagnosed from a layer alone, wherever the model calls it."""
    inner = unwrap(spec)
    if spec.kind == "TimeDistributed":
        if inner.return_state:
            yield (
                "TimeDistributed stacks all that the layer inside returns into one tensor, and "
                "refuses a keras.Input; leave out return_state."
            )
        return
    if inner.return_state and layer.has_activity_regularizer:
        yield (
            "activity_regularizer penalizes the returned states as well as the output; to penalize "
            "the output alone, add keras.layers.ActivityRegularization after the layer instead."
        )
    if inner.stateful:
        yield (
            "stateful=True starts every call from the state that the last call left; call "
            "reset_state() on the layer before a new sequence begins."
        )
    if inner.stateful and isinstance(inner.cell, tuple):
        yield "reset_state() fails on a stateful stack of cells; use one layer for each cell."
    if inner.go_backwards and inner.return_sequences and spec.kind != "Bidirectional":
        yield (
            "go_backwards=True returns the time steps in reverse order, the last one first; "
            "keras.ops.flip(output, axis=1) restores their order."
        )


def diagnose_call(call: LayerCall, spec: LayerSpec) -> Iterator[str]:
    """Yield what can be diagnosed from the place in the graph of a call that the rules cover."""
    if call.drops_mask:
        several = ", ".join(call.tensor_arguments)
        yield (
            "The mask is dropped: Keras fills it in only where a call has one tensor argument, and "
            f"this one has several ({several}). Padded steps are read like all others. "
            "Pass mask= to the call as well."
        )
    yield from _diagnose_unused_outputs(call, spec)
    inner = unwrap(spec)
    if spec.kind == "Bidirectional":
        if inner.return_sequences and any(output.last_step_taken for output in call.outputs):
            yield (
                "[:, -1] of the output is not the last output of both directions: the backward "
                "layer has processed only one time step there. Leave out return_sequences, or use "
                "the returned states."
            )
        return
    if inner.go_backwards and inner.return_sequences and call.outputs[0].mask is not None:
        yield (
            "The mask is propagated in the order of the input, but the time steps are in reverse "
            "order: a later layer would skip the wrong ones. Flip the output, or pass that layer a "
            "mask."
        )
    if inner.zero_output_for_mask and not inner.return_sequences and call.masked:
        yield (
            "zero_output_for_mask=True without return_sequences makes the output zero for a sample "
            "that ends in a masked step; leave it out."
        )


def diagnose_execution(symbolic: Expected, on_data: Expected | ValueError) -> Iterator[str]:
    """Yield how a call on data differs from the symbolic call that created the model."""
    if isinstance(on_data, ValueError):
        yield f"The model can be made, but not run: {on_data}"
    elif on_data.shapes != symbolic.shapes:
        shapes = ", ".join(f"{tensor.name} {tensor.shape}" for tensor in on_data.tensors)
        yield f"Keras's symbolic shapes are wrong here; on data they are {shapes}."


def _diagnose_unused_outputs(call: LayerCall, spec: LayerSpec) -> Iterator[str]:
    """Yield which flags can be left out because the model does not use what they return."""
    inner, count = unwrap(spec), len(state_names(spec))
    if not (inner.return_state and count):
        return
    used = [bool(output.used_by) for output in call.outputs]
    if not any(used[-count:]):
        yield (
            "No returned state is used in this model; unless another one uses the layer, "
            "return_state=True can be left out."
        )
    elif inner.return_sequences and not any(used[:-count]):
        yield (
            "Only states are used in this model; unless another one uses the layer, "
            "return_sequences=True can be left out."
        )
