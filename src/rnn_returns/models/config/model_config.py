"""The reader of the structure of a model: its layers, their calls, its inputs and outputs."""

from typing import Any

from rnn_returns.models.config.dialect import Dialect
from rnn_returns.models.config.layer_config import (
    SerializedLayer,
    is_recurrent,
    read_layer,
    read_serialized,
)
from rnn_returns.models.config.model_parts import (
    ALL,
    FUNCTIONAL,
    LayerConfig,
    ModelConfig,
    NodeConfig,
)
from rnn_returns.models.config.model_references import check_references, count_calls_from_zero
from rnn_returns.models.config.node_config import (
    NodeArguments,
    Reference,
    read_node,
    read_references,
)
from rnn_returns.models.config.operation_config import is_operation
from rnn_returns.models.config.values import (
    expect_list,
    expect_shape,
    expect_text,
    is_shape,
    quote,
)
from rnn_returns.rules.layer_spec import Shape

OWN_CALLS = "calls its layers in custom Python code, which explain does not inspect"
MAX_MODELS_DEEP = 20
MAX_LAYERS = 100_000


def is_model(layer: SerializedLayer) -> bool:
    """Return whether *layer* is a model whose configuration contains the graph."""
    if layer.is_custom:
        return False
    return layer.class_name == "Sequential" or (
        layer.class_name in FUNCTIONAL and "layers" in layer.config
    )


def read_model_config(data: SerializedLayer, dialect: Dialect, depth: int = 0) -> ModelConfig:
    """Read the configuration of a model.

    Raises:
        ValueError: If it is not what Keras writes, with the reason in one sentence.
    """
    if depth > MAX_MODELS_DEEP:
        raise ValueError(f"The model has models in models, more than {MAX_MODELS_DEEP} deep.")
    name = expect_text(data.config.get("name", ""), "the name of the model")
    model = ModelConfig(name, data.class_name)
    if not is_model(data):
        model.unknown_reason = f"{model.title} {OWN_CALLS}"
        return model
    entries = expect_list(data.config.get("layers"), f"the layers of {quote(name)}")
    if len(entries) > MAX_LAYERS:
        raise ValueError(f"The model has more than {MAX_LAYERS} layers.")
    for entry in entries:
        layer = _read_layer(entry, dialect, depth)
        if layer.name in model.layers:
            raise ValueError(f"The model has two layers with the name {quote(layer.name)}.")
        model.layers[layer.name] = layer
    if data.class_name == "Sequential":
        _read_sequence(model, data)
    else:
        _read_graph(model, data, entries, dialect)
    return model


def _read_layer(entry: Any, dialect: Dialect, depth: int) -> LayerConfig:
    data = read_serialized(entry, "a layer of the model")
    name = entry.get("name", data.config.get("name"))
    layer = LayerConfig(expect_text(name, "the name of a layer"), data, is_operation(data, entry))
    if layer.is_operation:
        return layer
    layer.built_for = _read_build_config(entry.get("build_config"))
    if is_model(data):
        layer.model = read_model_config(data, dialect, depth + 1)
    elif is_recurrent(data):
        layer.recurrent = read_layer(data)
    elif data.class_name == "TimeDistributed" and not data.is_custom:
        wrapped = read_serialized(data.config.get("layer"), f"the layer in {data.name}")
        if is_model(wrapped):
            layer.wrapped_model = read_model_config(wrapped, dialect, depth + 1)
    return layer


def _read_build_config(value: Any) -> tuple[Shape, ...]:
    """Return the shapes that a layer was built for, as far as they are there."""
    if not isinstance(value, dict):
        return ()
    shape = value.get("input_shape")
    if shape is None and isinstance(value.get("shapes_dict"), dict):
        shape = next(iter(value["shapes_dict"].values()), None)
    if shape and is_shape(shape):
        return (expect_shape(shape, "a shape"),)
    if isinstance(shape, list) and shape and all(map(is_shape, shape)):
        return tuple(expect_shape(each, "a shape") for each in shape)
    return ()


def _read_sequence(model: ModelConfig, data: SerializedLayer) -> None:
    """Read the calls of a Sequential model: each layer on what the one before it returns."""
    layers = list(model.layers.values())
    shape, first = None, Reference("", 0, 0)
    if layers and layers[0].data.class_name == "InputLayer" and not layers[0].data.is_custom:
        shape, first = _read_input_shape(layers[0]), Reference(layers[0].name, 0, 0)
        del layers[0]
    elif layers:
        shape = _read_input_shape(layers[0])
        inner = layers[0].model
        if shape is None and inner and inner.input_shapes:
            shape = inner.input_shapes[0]
    if shape is None and is_shape(data.config.get("build_input_shape")):
        shape = expect_shape(data.config["build_input_shape"], "the shape of the input")
    model.inputs, model.input_shapes, last = [first], [shape], first
    for layer in layers:
        layer.nodes = [NodeConfig(layer, 0, NodeArguments([last], {}))]
        last = Reference(layer.name, 0, ALL)
    model.outputs = [last]
    if shape is None:
        model.unknown_reason = (
            f"{model.title} has no input yet; put a keras.Input first, or call it on data"
        )


def _read_input_shape(layer: LayerConfig) -> Shape | None:
    config = layer.data.config
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    if shape is None:
        return None
    return expect_shape(shape, f"the shape of the input {quote(layer.name)}")


def _read_graph(
    model: ModelConfig, data: SerializedLayer, entries: list[Any], dialect: Dialect
) -> None:
    """Read the calls of a functional model."""
    for layer, entry in zip(model.layers.values(), entries, strict=True):
        what = quote(layer.name)
        nodes = expect_list(entry.get("inbound_nodes", []), f"the inbound_nodes of {what}")
        layer.nodes = [
            NodeConfig(layer, i, read_node(node, what, model.layers.keys()))
            for i, node in enumerate(nodes)
        ]
    model.inputs = read_references(data.config.get("input_layers"), "the input_layers")
    model.outputs = read_references(data.config.get("output_layers"), "the output_layers")
    count_calls_from_zero(model, dialect)
    for reference in model.inputs:
        found = model.layers.get(reference.layer)
        if found is None:
            raise ValueError(
                f"The model has no layer {quote(reference.layer)}, which is its input."
            )
        model.input_shapes.append(_read_input_shape(found))
    check_references(model)
