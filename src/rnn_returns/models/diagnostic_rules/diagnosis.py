"""The diagnostics of one call of a recurrent layer, from every rule."""

from collections.abc import Iterable, Iterator

from rnn_returns.models.diagnostic_rules import Finding
from rnn_returns.models.diagnostic_rules.execution import (
    diagnose_changed_flags,
    diagnose_execution,
    diagnose_layer,
    diagnose_ragged_input,
    diagnose_stateful,
)
from rnn_returns.models.diagnostic_rules.indices import diagnose_indices
from rnn_returns.models.diagnostic_rules.initial_states import diagnose_initial_state
from rnn_returns.models.diagnostic_rules.masks import diagnose_mask
from rnn_returns.models.diagnostics import TENSORFLOW, Diagnostic, create_diagnostic
from rnn_returns.models.graph import GraphCall, ModelGraph, ModelLayer
from rnn_returns.rules.expectation import Expected
from rnn_returns.rules.layer_spec import LayerSpec, state_names, unwrap


def diagnose_call(
    layer: ModelLayer,
    call: GraphCall,
    symbolic: Expected,
    on_data: Expected | ValueError | None,
    order: list[Finding],
) -> list[Finding]:
    """Return what is wrong with a call that the rules cover.

    Args:
        layer: The layer that is called; it has a description.
        call: The call.
        symbolic: What the symbolic call returned.
        on_data: What a call on data returns, or why it fails; None if that is not known.
        order: What is wrong with the use of its sequence, if that is reversed.
    """
    spec = layer.spec
    if spec is None:
        return []
    findings = [
        *diagnose_initial_state(call, spec),
        *diagnose_ragged_input(call),
        *diagnose_stateful(call, spec),
        *diagnose_mask(call, spec),
        *diagnose_layer(layer, spec),
        *diagnose_indices(call, spec),
        *order,
    ]
    if on_data is not None:
        findings += diagnose_execution(call, symbolic, on_data)
    return findings


def diagnose_unpredicted_call(
    layer: ModelLayer, call: GraphCall, options: dict[str, bool], graph: ModelGraph
) -> list[Finding]:
    """Return what is wrong with a call for which the rules predict something else than Keras."""
    spec = layer.spec
    if spec is None:
        return []
    findings = [*diagnose_layer(layer, spec), *diagnose_stateful(call, spec)]
    # A file contains the arguments of a layer at the time of writing, and Keras repeats the calls.
    if graph.is_live:
        findings += diagnose_changed_flags(call, spec, options)
    return findings


def create_diagnostics(
    findings: Iterable[Finding], layer: str, backend: str = ""
) -> tuple[Diagnostic, ...]:
    """Create the diagnostics of the layer named *layer*, those that apply to its backend."""
    every = [
        create_diagnostic(code, layer, f"{layer}: {message}.", fix)
        for code, message, fix in findings
    ]
    other = backend not in ("", TENSORFLOW.lower())
    return tuple(each for each in every if not (other and each.applies_to == TENSORFLOW))


def list_facts(call: GraphCall, spec: LayerSpec) -> Iterator[str]:
    """Yield facts about a call that are not mistakes."""
    inner, count = unwrap(spec), len(state_names(spec))
    if inner.stateful and spec.kind != "TimeDistributed" and "initial_state" not in call.arguments:
        yield (
            "stateful=True starts every call from the state that the last call left; call "
            "reset_state() on the layer before a new sequence begins."
        )
    if not (inner.return_state and count):
        return
    used = [bool(output.uses) for output in call.outputs]
    if not any(used[-count:]):
        yield (
            "No returned state is used in this model; unless another model uses the layer, "
            "return_state=True can be left out."
        )
    elif inner.return_sequences and not any(used[:-count]):
        yield (
            "Only states are used in this model; unless another model uses the layer, "
            "return_sequences=True can be left out."
        )
