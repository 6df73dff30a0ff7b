"""What a layer does when the model runs: its states, its shapes, and whether it runs at all."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from rnn_returns.models.diagnostic_rules import Finding
from rnn_returns.models.graph import GraphCall, ModelLayer
from rnn_returns.rules.constraints import MERGE_MODES, UnknownOutputSizeError
from rnn_returns.rules.expectation import Expected, expected
from rnn_returns.rules.layer_spec import IMAGE_AXES, LayerSpec, unwrap


def diagnose_layer(layer: ModelLayer, spec: LayerSpec) -> Iterator[Finding]:
    """Yield what can be diagnosed from a layer alone, wherever the model calls it."""
    inner = unwrap(spec)
    if "stateful" in layer.changed_flags:
        yield Finding(
            "RNN403",
            "stateful was set after the layer was built, so it has no states; create the "
            "layer with stateful=True",
            "stateful=True",
        )
    if flags := ", ".join(flag for flag in layer.changed_flags if flag != "stateful"):
        yield Finding(
            "RNN504",
            f"{flags} of the wrapper is not that of the wrapped layers, because it was set after "
            "the wrapper was created; create the wrapper again",
        )
    if spec.kind == "TimeDistributed":
        if inner.return_state:
            yield Finding(
                "RNN507",
                "TimeDistributed stacks all that the wrapped layer returns into one tensor, and "
                "does not accept a keras.Input; leave out return_state",
                "return_state=False",
            )
        return
    if inner.return_state and layer.has_activity_regularizer:
        yield Finding(
            "RNN506",
            "activity_regularizer penalizes the returned states as well as the output; to penalize "
            "the output alone, add keras.layers.ActivityRegularization after the layer instead",
        )
    if inner.stateful and isinstance(inner.cell, tuple):
        yield Finding(
            "RNN402",
            "reset_state() fails on a stateful stack of cells; use one layer for each cell",
            "for state in keras.tree.flatten(layer.states): "
            "state.assign(keras.ops.zeros_like(state))",
        )


def diagnose_stateful(call: GraphCall, spec: LayerSpec) -> Iterator[Finding]:
    """Yield where a stateful layer keeps its states from slice to slice."""
    inner, shape = unwrap(spec), call.input_shape
    if not inner.stateful or shape is None or shape[0] is None:
        return
    if spec.kind == "TimeDistributed" and shape[1] != 1:
        yield Finding(
            "RNN401",
            "the wrapped layer is stateful, so its state is passed from slice to slice "
            "of a sample; leave out stateful",
            "stateful=False",
        )


def diagnose_ragged_input(call: GraphCall) -> Iterator[Finding]:
    """Yield whether the input is ragged."""
    if any(tensor.is_ragged for tensor in call.inputs):
        yield Finding(
            "RNN505",
            "the input is ragged, but recurrent layers process dense tensors only; pad the "
            "sequences to one length and pass a mask",
            "x, mask = x.to_tensor(), keras.ops.arange(x.bounding_shape(1))"
            " < keras.ops.expand_dims(x.row_lengths(), 1)",
        )


def diagnose_execution(
    call: GraphCall, symbolic: Expected, on_data: Expected | ValueError
) -> Iterator[Finding]:
    """Yield how a call on data differs from the symbolic call that created the model."""
    if isinstance(on_data, UnknownOutputSizeError):
        return
    if isinstance(on_data, ValueError):
        text = str(on_data).rstrip(".")
        yield Finding("RNN501", f"the model can be created, but not run: {text}")
        return
    if on_data.shapes == symbolic.shapes:
        return
    missing = call.outputs[len(on_data.shapes) :]
    if any(output.uses for output in missing):
        yield _report_missing(missing[0].name, len(on_data.shapes))
        return
    shapes = ", ".join(f"{tensor.name} {tensor.shape}" for tensor in on_data.tensors)
    yield Finding("RNN502", f"the shapes that Keras infers are wrong; on data they are {shapes}")


def diagnose_changed_flags(
    call: GraphCall, spec: LayerSpec, options: dict[str, bool]
) -> Iterator[Finding]:
    """Yield whether a call was made with other arguments than the layer has now.

    The shapes prove it, if only those arguments lead to them.
    """
    inner, shape = unwrap(spec), call.input_shape
    if shape is None or any(output.shape is None for output in call.outputs):
        return
    shapes = tuple(output.shape for output in call.outputs)
    modes = MERGE_MODES if spec.kind == "Bidirectional" else (spec.merge_mode,)
    for sequences, state, mode in product((False, True), (False, True), modes):
        changed = replace(_set_flags(spec, sequences, state), merge_mode=mode)
        try:
            if expected(changed, shape, **options).shapes != shapes:
                continue
        except ValueError:
            continue
        if (sequences, state, mode) == (
            inner.return_sequences,
            inner.return_state,
            spec.merge_mode,
        ):
            return
        if mode != spec.merge_mode:
            yield Finding(
                "RNN504",
                f"merge_mode is {spec.merge_mode!r} now, which differs from the call, and "
                "Keras does not repeat the call; create the model again",
            )
        else:
            yield _report_change(call, inner, sequences, state)
        return


def _report_change(call: GraphCall, spec: LayerSpec, sequences: bool, state: bool) -> Finding:
    if state and not spec.return_state and any(output.uses for output in call.outputs[1:]):
        return _report_missing("the states", 1)
    first = call.outputs[0].uses
    needs_sequence = any(use.call and use.call.layer and not use.argument for use in first) or any(
        use.call and use.call.layer and use.call.inputs[:1] == [call.outputs[0]] for use in first
    )
    if sequences and not spec.return_sequences and needs_sequence and spec.kind not in IMAGE_AXES:
        return _report_missing("the sequence", 1)
    before = f"return_sequences={sequences}, return_state={state}"
    now = f"return_sequences={spec.return_sequences}, return_state={spec.return_state}"
    return Finding(
        "RNN504",
        f"the layer was called with {before}, but now has {now}, and Keras does not repeat the "
        "call; create the model again",
        "model = keras.Model.from_config(model.get_config())",
    )


def _report_missing(name: str, count: int) -> Finding:
    tensors = "one tensor" if count == 1 else f"{count} tensors"
    return Finding(
        "RNN503",
        f"the model uses {name}, but at run time the layer returns only {tensors}; create the "
        "model again with arguments that return what it uses",
    )


def _set_flags(spec: LayerSpec, sequences: bool, state: bool) -> LayerSpec:
    """Return *spec* with these arguments, also in the layers that it wraps."""
    if spec.layer is None:
        return replace(spec, return_sequences=sequences, return_state=state)
    backward = spec.backward_layer and _set_flags(spec.backward_layer, sequences, state)
    return replace(spec, layer=_set_flags(spec.layer, sequences, state), backward_layer=backward)
