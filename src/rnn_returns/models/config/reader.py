"""The reader of a model's configuration, as JSON, of any version of Keras."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rnn_returns.models.config.dialect import read_dialect
from rnn_returns.models.config.layer_config import (
    SerializedLayer,
    is_recurrent,
    read_layer,
    read_serialized,
)
from rnn_returns.models.config.model_config import OWN_CALLS, read_model_config
from rnn_returns.models.config.model_parts import LayerConfig, ModelConfig
from rnn_returns.models.config.tracing import trace_config
from rnn_returns.models.config.values import expect_dict
from rnn_returns.models.graph import ModelGraph, ModelLayer

MAX_DEPTH = 20


def read_config(config: dict[str, Any], keras_version: str = "", backend: str = "") -> ModelGraph:
    """Read the configuration of a model: nothing of it is loaded or run.

    Args:
        config: The configuration, as ``json.loads`` returns it.
        keras_version: The version that wrote it, if another part of the file names it.
        backend: The backend that it was written on, if another part of the file names it.

    Raises:
        ValueError: If it is not the configuration of a model, with the reason in one sentence.

    >>> from rnn_returns.models.config.reader import read_config
    >>> gru = {"class_name": "GRU", "config": {"name": "gru", "units": 4}}
    >>> start = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 5, 3]}}
    >>> config = {"class_name": "Sequential", "config": {"name": "m", "layers": [start, gru]}}
    >>> read_config(config, "3.15.1").calls[0].outputs[0].shape
    (None, 4)
    """
    data = expect_dict(config, "the configuration of the model")
    dialect = read_dialect(keras_version, data)
    serialized = read_serialized(data, "the model")
    model = read_model_config(serialized, dialect)
    calls, called = ([], set()) if model.unknown_reason else trace_config(model, dialect)
    version, written_backend = (
        value if isinstance(value, str) else ""
        for value in map(data.get, ("keras_version", "backend"))
    )
    return ModelGraph(
        name=model.title,
        backend=backend or written_backend,
        unknown_reason=model.unknown_reason,
        calls=calls,
        uncalled=list(_find_uncalled(model, serialized, called)),
        keras_version=keras_version or version,
        version=dialect.known_version,
    )


@dataclass(frozen=True)
class _Child:
    """A layer in a model or in another layer; *layer* is None unless a graph can call it."""

    name: str
    data: SerializedLayer
    layer: LayerConfig | None = None


def _find_uncalled(
    model: ModelConfig, data: SerializedLayer, called: set[LayerConfig]
) -> Iterator[tuple[ModelLayer, str, str]]:
    """Yield the recurrent layers with unknown calls, each with its path and the reason."""
    reason = model.unknown_reason or f"the graph of {model.title} does not call it"
    children = [_Child(name, layer.data, layer) for name, layer in model.layers.items()]
    parents = [(children or _find_children(data), "", reason, 0)]
    for children, path, reason, depth in parents:  # It grows meanwhile.
        if depth > MAX_DEPTH:
            raise ValueError(f"The model has layers in layers, more than {MAX_DEPTH} deep.")
        for child in children:
            if is_recurrent(child.data):
                if child.layer not in called:
                    yield read_layer(child.data), path + child.name, reason
                continue
            inner = child.layer.model if child.layer else None
            own_reason = reason
            if child.layer in called:
                title = f"{child.name} ({child.data.class_name})"
                own_reason = f"{title} {OWN_CALLS}"
                if inner:
                    own_reason = f"the graph of {title} does not call it"
            below = _find_children(child.data)
            if inner:
                below = [_Child(name, layer.data, layer) for name, layer in inner.layers.items()]
            if below:
                parents.append((below, f"{path}{child.name}/", own_reason, depth + 1))


def _find_children(data: SerializedLayer) -> list[_Child]:
    """Return the layers among the arguments of a layer, of which no graph is known."""
    values = list(data.config.values())
    values += [each for value in values if isinstance(value, list) for each in value]
    children = []
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("config"), dict | list):
            if not isinstance(value.get("class_name"), str):
                continue
            child = read_serialized(value, f"a layer in {data.name}")
            name = value.get("name", child.config.get("name"))
            if isinstance(name, str):  # Only layers have names.
                children.append(_Child(name, child))
    return children
