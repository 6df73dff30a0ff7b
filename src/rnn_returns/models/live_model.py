"""The reader of Keras models in memory: their recurrent layers, and the calls of them."""

from collections.abc import Iterator
from typing import Any

from rnn_returns.dependencies import keras
from rnn_returns.introspection import FLAGS, describe, find_own_code
from rnn_returns.models.graph import ModelGraph, ModelLayer
from rnn_returns.models.tracing import Tracer, find_graph
from rnn_returns.rules.layer_spec import LayerSpec
from rnn_returns.rules.to_source import to_source
from rnn_returns.validation import LAYERS, unwrap_layers


def read_model(model: Any) -> ModelGraph:
    """Read the recurrent layers of a Keras model and the calls that its graph makes of them.

    Raises:
        TypeError: If *model* is not a Keras model.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            "explain needs a Keras model or the path of a .keras file, but was given an object of "
            f"type {type(model).__name__}; of a single layer, observe shows what it returns."
        )
    graph = find_graph(model)
    tracer = None if graph is None else Tracer(graph)
    called = {id(layer): layer for layer in (tracer.called if tracer else [])}
    layers = {key: _read_layer(layer) for key, layer in called.items() if _is_recurrent(layer)}
    calls = tracer.calls if tracer else []
    for operation, call in calls:
        call.layer = layers.get(id(operation))
    return ModelGraph(
        name=_format_name(model),
        backend=keras.backend.backend(),
        unknown_reason="" if graph is not None else _explain_unknown_calls(model),
        calls=[call for _, call in calls],
        uncalled=[
            (_read_layer(layer), path, reason)
            for layer, path, reason in _find_uncalled(model, set(called))
        ],
        is_live=True,
    )


def _find_uncalled(model: Any, called: set[int]) -> Iterator[tuple[Any, str, str]]:
    """Yield the recurrent layers with unknown calls, each with its path and the reason."""
    parents, visited = [(model, "", _explain_unknown_calls(model))], set()
    for parent, path, reason in parents:  # It grows meanwhile.
        for layer in parent._flatten_layers(include_self=False, recursive=False):
            if id(layer) in visited:
                continue
            visited.add(id(layer))
            if not _is_recurrent(layer):
                # A layer in a layer that is not called is not called either.
                own_reason = _explain_unknown_calls(layer) if id(layer) in called else reason
                parents.append((layer, f"{path}{layer.name}/", own_reason))
            elif id(layer) not in called:
                yield layer, path + layer.name, reason


def _explain_unknown_calls(parent: Any) -> str:
    """Return why the calls of a layer in *parent* are unknown."""
    name = _format_name(parent)
    if find_graph(parent) is not None:
        return f"the graph of {name} does not call it"
    if type(parent).call is keras.Sequential.call:
        return f"{name} has no input yet; put a keras.Input first, or call it on data"
    return f"{name} calls its layers in custom Python code, which explain does not inspect"


def _format_name(layer: Any) -> str:
    return f"{layer.name} ({type(layer).__name__})"


def _is_recurrent(layer: Any) -> bool:
    """Return whether *layer* is a recurrent layer, or a wrapper around one."""
    return all(isinstance(part, LAYERS) for part in unwrap_layers(layer))


def _read_layer(layer: Any) -> ModelLayer:
    parts = unwrap_layers(layer)
    spec, source = _describe(layer)
    flags = {flag: bool(getattr(parts[0], flag)) for flag in FLAGS}
    return ModelLayer(
        source=source,
        flags={name: value for name, value in flags.items() if value or name in FLAGS[:2]},
        spec=spec,
        has_activity_regularizer=any(part.activity_regularizer for part in parts),
        changed_flags=tuple(dict.fromkeys(_find_changed_flags(parts))),
    )


def _find_changed_flags(parts: list[Any]) -> Iterator[str]:
    """Yield the arguments that cannot have been set when the layers were created or built."""
    for part in parts:
        if isinstance(part, keras.layers.RNN) and part.built and part.stateful:
            if part.states is None:
                yield "stateful"
        elif isinstance(part, keras.layers.Bidirectional):
            for flag in ("return_sequences", "return_state"):
                if getattr(part, flag) != getattr(part.forward_layer, flag):
                    yield flag


def _describe(layer: Any) -> tuple[LayerSpec | None, str]:
    """Return the description of *layer*, or None if the rules do not cover it, and its source."""
    if own := find_own_code(layer):
        return None, f"{type(own[0]).__name__}, which runs custom code"
    try:
        spec = describe(layer)
    except TypeError as error:
        return None, f"{type(layer).__name__}; {error}".rstrip(".")
    return spec, to_source(spec)
