"""A report on the recurrent layers of a model: what they return, and which layers use it."""

import os
from collections import Counter
from itertools import zip_longest
from typing import Any

from rnn_returns.models.diagnostics import diagnose_call, diagnose_execution, diagnose_layer
from rnn_returns.models.graph import LayerCall, ModelGraph, ModelLayer
from rnn_returns.models.keras_file import load_model, read_config
from rnn_returns.models.report import RecurrentLayer, Report, ReturnedTensor
from rnn_returns.rules.expectation import Expected, expected
from rnn_returns.rules.layer_spec import OPEN_AXES, LayerSpec, Shape, input_axes

# A length for axes that may not be open, longer than any kernel.
DUMMY_LENGTH = 10_000


def explain(model: Any) -> Report:
    """Explain what every recurrent layer of *model* returns, and what becomes of it.

    No number is calculated, and the model stays as it is.

    Args:
        model: A Keras model, functional or ``Sequential``, or the path of a ``.keras`` file, of
            which no code is run. Of a model that runs code of its own, the layers are listed.

    Raises:
        TypeError: If *model* is neither a model nor a path.
        ValueError: If there is no model at the path that can be loaded.

    >>> import keras
    >>> from rnn_returns import explain
    >>> layers = [keras.Input((5, 3)), keras.layers.GRU(4, name="gru"), keras.layers.Dense(1)]
    >>> report = explain(keras.Sequential(layers))
    >>> [(tensor.name, tensor.shape) for tensor in report.layers[0].tensors]
    [('output', (None, 4))]
    """
    if isinstance(model, str | os.PathLike):
        model = load_model(model, read_config(model))
    from rnn_returns.models.live_model import read_model  # Imports Keras.

    return build_report(read_model(model))


def build_report(graph: ModelGraph) -> Report:
    """Create the report on a model that a reader has read."""
    notes: tuple[str, ...] = ()
    if graph.unknown_reason:
        notes = (f"Of its layers no more is known than what they are: {graph.unknown_reason}.",)
    counts, indices = Counter(call.path for _, call in graph.calls), Counter[str]()
    layers = []
    for layer, call in graph.calls:
        indices[call.path] += 1
        total = counts[call.path]
        suffix = f" (call {indices[call.path]} of {total})" if total > 1 else ""
        layers.append(_explain_call(layer, call, call.path + suffix, graph.backend))
    layers += [_explain_uncalled(*uncalled) for uncalled in graph.uncalled]
    return Report(graph.name, notes, tuple(layers))


def _predict(spec: LayerSpec, shape: Shape, **options: bool) -> Expected | ValueError:
    """Return what the rules predict: the tensors, or the error."""
    try:
        return expected(spec, shape, **options)
    except ValueError as error:
        return error


def _explain_call(layer: ModelLayer, call: LayerCall, name: str, backend: str) -> RecurrentLayer:
    """Explain a call; without the rules where they do not cover it or Keras contradicts them."""
    symbolic, diagnostics = None, []
    if layer.spec:
        initial_state = "initial_state" in call.tensor_arguments
        options = {"mask": call.masked, "initial_state": initial_state}
        prediction = _predict(layer.spec, call.input_shape, **options, symbolic=True)
        shapes = tuple(output.shape for output in call.outputs)
        if isinstance(prediction, Expected) and prediction.shapes == shapes:
            symbolic = prediction
            diagnostics = [*diagnose_layer(layer, layer.spec), *diagnose_call(call, layer.spec)]
            if backend == "tensorflow":  # The rules describe no other backend.
                on_data = _predict(layer.spec, call.input_shape, **options)
                diagnostics += diagnose_execution(symbolic, on_data)
    names, axes = (symbolic.names, symbolic.axes) if symbolic else ((), ())
    return RecurrentLayer(
        name=name,
        layer=layer.source,
        flags=layer.flags,
        reads=call.input_shape,
        container=symbolic.container if symbolic else None,
        tensors=tuple(
            ReturnedTensor(name, axes, output.shape, tuple(output.used_by))
            for name, axes, output in zip_longest(names, axes, call.outputs)
        ),
        mask=call.masked,
        mask_note=_describe_mask(call),
        diagnostics=tuple(diagnostics),
    )


def _describe_mask(call: LayerCall) -> str:
    if call.masked:
        return "given"
    if call.drops_mask:
        return "dropped: the input carries one, but the call is given none"
    lost_at = call.inputs[0].mask_lost_at
    return f"none; the one before it ends at {lost_at}, which hands none on" if lost_at else "none"


def _explain_uncalled(layer: ModelLayer, path: str, reason: str) -> RecurrentLayer:
    """Explain a layer without its calls."""
    known, diagnostics = None, []
    if layer.spec:
        axes = input_axes(layer.spec)
        shape = tuple(None if axis in OPEN_AXES else DUMMY_LENGTH for axis in axes)
        diagnostics = [*diagnose_layer(layer, layer.spec)]
        try:
            known = expected(layer.spec, shape)
        except ValueError as error:
            diagnostics.append(str(error))
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
        diagnostics=tuple(diagnostics),
    )
