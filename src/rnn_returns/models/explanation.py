"""A report on the recurrent layers of a model: what they return, and which layers use it."""

import os
from collections import Counter
from dataclasses import replace
from itertools import zip_longest
from typing import Any, TypeGuard

from rnn_returns.models.behaviors import IN_KERAS_2, Version
from rnn_returns.models.config.reader import read_config
from rnn_returns.models.diagnostic_rules import Finding
from rnn_returns.models.diagnostic_rules.diagnosis import (
    create_diagnostics,
    diagnose_call,
    diagnose_unpredicted_call,
    list_facts,
)
from rnn_returns.models.diagnostic_rules.execution import diagnose_layer
from rnn_returns.models.diagnostic_rules.time_order import find_reversed_uses
from rnn_returns.models.files.model_file import SavedConfig, read_model_file, read_model_json
from rnn_returns.models.graph import GraphCall, ModelGraph, ModelLayer
from rnn_returns.models.report import UNKNOWN, RecurrentLayer, Report, ReturnedTensor
from rnn_returns.models.version_changes import is_keras_2, list_changes
from rnn_returns.rules.expectation import Expected, expected
from rnn_returns.rules.layer_spec import OPEN_AXES, LayerSpec, Shape, input_axes, unwrap

# The diagnostics with which the rules are right about a model that Keras created.
EXPLAINS_CONTRADICTION = {"RNN503", "RNN504"}
# Keras builds no stateful layer on such an input, so that another call has built this one.
BUILT_BEFORE = (
    "The input has no batch size, but the layer is stateful. It runs only with the batch size that "
    "it was built for."
)
# A length for axes that may not be open, longer than any kernel.
DUMMY_LENGTH = 10_000


def explain(model: Any) -> Report:
    """Report what each recurrent layer of *model* returns, and which layers use it.

    No value is computed, and the model does not change.

    Args:
        model: A functional or ``Sequential`` Keras model, or the path of a ``.keras``, ``.h5`` or
            JSON file of any Keras version. A file is read without Keras, and its code is not
            executed. For a model with custom code, the report lists only the layers.

    Raises:
        TypeError: If *model* is neither a model nor a path.
        ValueError: If the file cannot be read. The message has one line.

    >>> import keras
    >>> from rnn_returns import explain
    >>> inputs = keras.Input((3, 5))  # (timesteps, features)
    >>> gru = keras.layers.GRU(4, name="gru")
    >>> dense = keras.layers.Dense(1, name="dense")
    >>> model = keras.Sequential([inputs, gru, dense])
    >>> [layer] = explain(model).layers
    >>> for tensor in layer.tensors:
    ...     print(tensor.name, tensor.axes, tensor.shape)
    ...     print(tensor.used_by)
    output ('batch', 'units') (None, 4)
    ('dense',)
    """
    if isinstance(model, str | os.PathLike):
        return _explain_config(read_model_file(model))
    from rnn_returns.models.live_model import read_model  # Imports Keras.

    return build_report(read_model(model))


def explain_json(text: str) -> Report:
    """Report on a model from the text of ``model.to_json()``, of any Keras version.

    Args:
        text: The JSON text.

    Raises:
        ValueError: If the text is not that of a model. The message has one line.

    >>> import keras
    >>> from rnn_returns.models.explanation import explain_json
    >>> inputs = keras.Input((3, 5))  # (timesteps, features)
    >>> model = keras.Sequential([inputs, keras.layers.GRU(4)])
    >>> explain_json(model.to_json()).layers[0].layer
    'GRU(4)'
    """
    return _explain_config(read_model_json(text))


def _explain_config(saved: SavedConfig) -> Report:
    return build_report(read_config(saved.config, saved.keras_version, saved.backend))


def build_report(graph: ModelGraph) -> Report:
    """Create the report on a model that a reader has read."""
    notes: tuple[str, ...] = ()
    if graph.unknown_reason:
        notes = (f"The calls of its layers are not known: {graph.unknown_reason}.",)
    is_old = is_keras_2(graph.version)
    predictions = {
        call: _predict_call(layer, call, is_old) for layer, call in graph.recurrent_calls
    }
    for call, prediction in predictions.items():  # The diagnostics of any call need the names.
        if _agrees(prediction, call):
            for output, name in zip(call.outputs, prediction.names, strict=True):
                output.name = output.name or name
    reversed_uses = find_reversed_uses(graph)
    names = _name_calls(graph)
    layers = [
        _explain_call(
            layer, call, names[call], predictions[call], graph, reversed_uses.get(call, [])
        )
        for layer, call in graph.recurrent_calls
    ]
    layers += [_explain_uncalled(*uncalled, graph.version) for uncalled in graph.uncalled]
    return Report(graph.name, notes, tuple(layers), graph.keras_version)


def _name_calls(graph: ModelGraph) -> dict[GraphCall, str]:
    """Return the name of each recurrent call: its path, numbered if there are several."""
    totals, indices = Counter(call.path for _, call in graph.recurrent_calls), Counter[str]()
    names = {}
    for _, call in graph.recurrent_calls:
        indices[call.path] += 1
        total = totals[call.path]
        suffix = f" (call {indices[call.path]} of {total})" if total > 1 else ""
        names[call] = call.path + suffix
    return names


def _predict_call(layer: ModelLayer, call: GraphCall, is_old: bool) -> Expected | ValueError | None:
    """Return what the rules predict of a call; None if they do not cover the layer."""
    if layer.spec is None:
        return None
    shape = call.input_shape or _create_dummy_shape(layer.spec)
    if layer.is_time_major:
        shape = _swap(shape)
    # Keras 2 infers shapes as a call on data does.
    prediction = _predict(layer.spec, shape, **_find_options(call), symbolic=not is_old)
    swaps = layer.is_time_major and unwrap(layer.spec).return_sequences
    if not isinstance(prediction, Expected) or not swaps:
        return prediction
    sequence, *states = prediction.shapes
    first, *axes = prediction.axes
    return replace(prediction, shapes=(_swap(sequence), *states), axes=(_swap(first), *axes))


def _agrees(prediction: Expected | ValueError | None, call: GraphCall) -> TypeGuard[Expected]:
    """Return whether the rules predict what a call returned, as far as its shapes are known."""
    if not isinstance(prediction, Expected) or len(prediction.shapes) != len(call.outputs):
        return False
    shapes = dict(zip(prediction.names, prediction.shapes, strict=True))
    named = zip(call.outputs, prediction.names, strict=True)
    known = [(shapes[output.name or name], output.shape) for output, name in named if output.shape]
    return call.input_shape is None or all(predicted == own for predicted, own in known)


def _describe_contradiction(prediction: Expected | ValueError, call: GraphCall) -> str:
    """Return that the rules predict something else than Keras inferred."""
    predicted = f"an error ({str(prediction).rstrip('.')})"
    if isinstance(prediction, Expected):
        predicted = ", ".join(map(str, prediction.shapes))
    inferred = ", ".join(str(output.shape) for output in call.outputs)
    return f"The rules of this package predict {predicted}, Keras infers {inferred}."


def _swap(axes: tuple[Any, ...]) -> tuple[Any, ...]:
    """Exchange the first two axes, of which time is the first in a layer with ``time_major``."""
    return (axes[1], axes[0], *axes[2:]) if len(axes) > 1 else axes


def _predict(spec: LayerSpec, shape: Shape, **options: bool) -> Expected | ValueError:
    """Return what the rules predict: the tensors, or the error."""
    try:
        return expected(spec, shape, **options)
    except ValueError as error:
        return error


def _find_options(call: GraphCall) -> dict[str, bool]:
    initial_state = "initial_state" in call.tensor_arguments
    return {"mask": call.mask is not None, "initial_state": initial_state}


def _create_dummy_shape(spec: LayerSpec) -> Shape:
    return tuple(None if axis in OPEN_AXES else DUMMY_LENGTH for axis in input_axes(spec))


def _explain_call(
    layer: ModelLayer,
    call: GraphCall,
    name: str,
    prediction: Expected | ValueError | None,
    graph: ModelGraph,
    order: list[Finding],
) -> RecurrentLayer:
    """Explain a call; without the rules where they do not cover it or Keras contradicts them."""
    known = prediction if _agrees(prediction, call) else None
    axes = known.axes if known else ()
    findings: list[Finding] = []
    facts = [layer.assumption] if layer.assumption else []
    if layer.spec and known:
        on_data = None
        if graph.backend in ("", "tensorflow") and call.input_shape:
            # The rules describe no other backend.
            on_data = _predict(layer.spec, call.input_shape, **_find_options(call))
        findings = diagnose_call(layer, call, known, on_data, order)
        facts += list_facts(call, layer.spec)
    elif layer.spec and prediction:
        findings = diagnose_unpredicted_call(layer, call, _find_options(call), graph)
        if unwrap(layer.spec).stateful and call.input_shape and call.input_shape[0] is None:
            facts.append(BUILT_BEFORE)
        elif graph.is_live and not {each.code for each in findings} & EXPLAINS_CONTRADICTION:
            facts.append(_describe_contradiction(prediction, call))
    findings = _select(findings, graph.version)
    return RecurrentLayer(
        name=name,
        layer=layer.source,
        flags=layer.flags,
        reads=call.input_shape,
        container=call.container or (known.container if known else None),
        tensors=tuple(
            ReturnedTensor(output.name or None, axes, output.shape, tuple(output.used_by))
            for axes, output in zip_longest(axes, call.outputs)
        ),
        mask=call.mask is not None if call.is_mask_known else None,
        mask_note=_describe_mask(call),
        diagnostics=create_diagnostics(findings, name, graph.backend),
        facts=tuple(facts),
        changes=tuple(list_changes(layer, call, graph.version)),
    )


def _select(findings: list[Finding], version: Version | None) -> list[Finding]:
    """Return the findings that apply to a version."""
    if not is_keras_2(version):
        return findings
    # RNN3 is about what is done with the outputs.
    return [each for each in findings if each.code.startswith(("RNN3", *IN_KERAS_2))]


def _describe_mask(call: GraphCall) -> str:
    if not call.is_mask_known:
        return UNKNOWN
    if call.mask:
        return "given"
    if call.drops_mask:
        return "dropped: the input has a mask, but the call does not receive it"
    lost_at = call.inputs[0].mask_lost_at if call.inputs else ""
    return (
        f"none; the one before it ends at {lost_at}, which does not propagate it"
        if lost_at
        else "none"
    )


def _explain_uncalled(
    layer: ModelLayer, path: str, reason: str, version: Version | None
) -> RecurrentLayer:
    """Explain a layer without its calls."""
    known, findings = None, []
    if layer.spec:
        findings = list(diagnose_layer(layer, layer.spec))
        prediction = _predict(layer.spec, _create_dummy_shape(layer.spec))
        if isinstance(prediction, Expected):
            known = prediction
        else:
            findings.append(Finding("RNN501", str(prediction).rstrip(".")))
    tensors = known.tensors if known else []
    return RecurrentLayer(
        name=path,
        layer=layer.source,
        flags=layer.flags,
        reads=None,
        container=known.container if known else None,
        tensors=tuple(ReturnedTensor(each.name, each.axes, None, None) for each in tensors),
        mask=None,
        mask_note=f"not known: {reason}",
        diagnostics=create_diagnostics(_select(findings, version), path),
        facts=(layer.assumption,) if layer.assumption else (),
        changes=tuple(list_changes(layer, None, version)),
    )
