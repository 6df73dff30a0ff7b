"""The configuration of one layer as a description of the layer."""

from dataclasses import dataclass, fields, replace
from typing import Any

from rnn_returns.models.behaviors import HARD_SIGMOID, NO_CUDNN_LAYERS, NO_TIME_MAJOR
from rnn_returns.models.config.base_class import find_base
from rnn_returns.models.config.values import (
    expect_dict,
    expect_flag,
    expect_list,
    expect_number,
    expect_sizes,
    expect_text,
    quote,
)
from rnn_returns.models.graph import ModelLayer
from rnn_returns.rules.layer_spec import (
    CELL_STATES,
    IMAGE_AXES,
    CellSpec,
    LayerSpec,
    returned_axes,
    returned_names,
)
from rnn_returns.rules.to_source import to_source

FLAGS = tuple(field.name for field in fields(LayerSpec) if field.default is False)
CUDNN = {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"}
ACTIVATIONS = ("activation", "recurrent_activation")
WRAPPERS = ("Bidirectional", "TimeDistributed")
PLAIN = ("LSTM", "GRU", "SimpleRNN", *CUDNN)
KINDS = (*PLAIN, "RNN", *IMAGE_AXES, *WRAPPERS)
KERAS_MODULES = ("keras", "tf_keras", "tensorflow")
MAX_DEPTH = 20
MAX_CELLS = 1000


class UncoveredLayerError(Exception):
    """A layer that the rules do not cover, with the reason."""


@dataclass(frozen=True)
class SerializedLayer:
    """A layer as a configuration names it, with its values still unchecked.

    Args:
        class_name: Its class, without the package that it is registered in.
        config: Its arguments.
        is_custom: Whether the class is known not to be one of Keras.
    """

    class_name: str
    config: dict[str, Any]
    is_custom: bool

    @property
    def name(self) -> str:
        """Its name for messages."""
        return f"{quote(self.class_name)[1:-1]} {quote(self.config.get('name', ''))}"


def read_serialized(value: Any, what: str) -> SerializedLayer:
    """Check that *value* is the configuration of a layer.

    Raises:
        ValueError: If it is not; the message names it by *what*.
    """
    data = expect_dict(value, what)
    name = expect_text(data.get("class_name"), f"the class_name of {what}")
    config = data.get("config")
    if name == "Sequential" and isinstance(config, list):  # As Keras 2.1 writes it.
        config = {"layers": config}
    config = expect_dict(config, f"the config of {what}")
    package, _, class_name = name.rpartition(">")
    module = data.get("module")
    root = module.split(".")[0] if isinstance(module, str) else "keras"
    return SerializedLayer(class_name, config, bool(package) or root not in KERAS_MODULES)


def is_recurrent(layer: SerializedLayer, depth: int = 0) -> bool:
    """Return whether *layer* is recurrent, or a wrapper around a recurrent layer.

    Of a custom class, the arguments show it: those of its base class are among them.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"The layer {layer.name} wraps layers more than {MAX_DEPTH} deep.")
    if _is_custom(layer):
        return {"return_sequences", "return_state", "go_backwards"} <= layer.config.keys()
    if layer.class_name not in WRAPPERS:
        return True
    return is_recurrent(
        read_serialized(layer.config.get("layer"), f"the layer in {layer.name}"), depth + 1
    )


def read_layer(layer: SerializedLayer) -> ModelLayer:
    """Read a recurrent layer, or a wrapper around one.

    Raises:
        ValueError: If one of its arguments is not what Keras writes.

    >>> from rnn_returns.models.config.layer_config import read_layer, read_serialized
    >>> config = {"units": 4, "return_sequences": False, "return_state": True}
    >>> data = {"class_name": "GRU", "config": {"name": "gru", **config}}
    >>> read_layer(read_serialized(data, "the layer")).source
    'GRU(4, return_state=True)'
    """
    parts = _unwrap(layer)
    flags = {flag: _read_flag(parts[0], flag) for flag in FLAGS}
    spec, source = None, ""
    try:
        spec = _describe(layer)
        source = to_source(spec)
    except UncoveredLayerError as error:
        source = str(error)
    return ModelLayer(
        source=source,
        flags={name: value for name, value in flags.items() if value or name in FLAGS[:2]},
        spec=spec,
        has_activity_regularizer=any(part.config.get("activity_regularizer") for part in parts),
        is_time_major=_read_flag(parts[0], "time_major"),
        changes=tuple(_list_changes(parts)),
        assumption="" if spec else _describe_assumption(layer, parts),
    )


def _describe_assumption(layer: SerializedLayer, parts: list[SerializedLayer]) -> str:
    """Return what *layer* returns if its custom classes return what their bases do; or ""."""
    bases = {part.class_name: find_base(part.config) for part in parts if _is_custom(part)}
    try:
        spec = _describe(layer, by_base=True)
    except (UncoveredLayerError, ValueError):  # The arguments of a custom class can be anything.
        return ""
    if any(_read_flag(part, "time_major") for part in parts):
        return ""
    condition = " and ".join(
        f"{name} returns what {CUDNN.get(base, base)} does" for name, base in bases.items()
    )
    tensors = zip(returned_names(spec), returned_axes(spec), strict=True)
    returned = ", ".join(f"{name} ({', '.join(axes)})" for name, axes in tensors)
    return f"If {condition}, the layer returns {returned}."


def _is_custom(layer: SerializedLayer) -> bool:
    return layer.is_custom or layer.class_name not in KINDS


def _unwrap(layer: SerializedLayer, depth: int = 0) -> list[SerializedLayer]:
    """Return the layers that *layer* wraps at any depth, the innermost first, then *layer*."""
    if depth > MAX_DEPTH:
        raise ValueError(f"The layer {layer.name} wraps layers more than {MAX_DEPTH} deep.")
    wrapped = []
    if layer.class_name in WRAPPERS and not layer.is_custom:
        wrapped.append(read_serialized(layer.config.get("layer"), f"the layer in {layer.name}"))
        if layer.config.get("backward_layer"):
            what = f"the backward_layer of {layer.name}"
            wrapped.append(read_serialized(layer.config["backward_layer"], what))
    return [*(part for inner in wrapped for part in _unwrap(inner, depth + 1)), layer]


def _list_changes(parts: list[SerializedLayer]) -> list[str]:
    """List what of a Keras 2 layer Keras 3 does not have, and what to write instead."""
    changes = [
        NO_CUDNN_LAYERS.describe(old=part.class_name, new=CUDNN[part.class_name])
        for part in parts
        if part.class_name in CUDNN
    ]
    # Only Keras 3 writes a seed.
    if any(part.config.get(name) == "hard_sigmoid" for part in parts for name in ACTIVATIONS) and (
        "seed" not in parts[0].config
    ):
        changes.append(HARD_SIGMOID.describe())
    if _read_flag(parts[0], "time_major"):
        changes.append(NO_TIME_MAJOR.describe())
    return changes


def _read_flag(layer: SerializedLayer, flag: str) -> bool:
    value = layer.config.get(flag)
    return expect_flag(False if value is None else value, f"{flag} of {layer.name}")


def _describe(layer: SerializedLayer, by_base: bool = False) -> LayerSpec:
    """Describe *layer* as the description of the live layer does; a custom class *by_base*."""
    kind = layer.class_name
    if _is_custom(layer):
        base = find_base(layer.config) if by_base else ""
        if not base:
            raise UncoveredLayerError(
                f"{kind}, a custom class, whose code is not in the configuration"
            )
        layer, kind = replace(layer, class_name=base, is_custom=False), base
    if kind in WRAPPERS:
        return _describe_wrapper(layer, by_base)
    options: dict[str, Any] = {flag: _read_flag(layer, flag) for flag in FLAGS}
    options["dtype"] = _read_dtype(layer)
    if kind in IMAGE_AXES:
        options |= _read_convolution(layer)
    elif kind == "RNN":
        options["cell"] = _describe_cells(layer)
    else:
        options["units"] = expect_number(layer.config.get("units"), f"units of {layer.name}", 1)
    return LayerSpec(CUDNN.get(kind, kind), **options)


def _read_dtype(layer: SerializedLayer) -> str:
    """Return the name of the layer's dtype policy, which Keras 3.5 and newer write with a class."""
    dtype = layer.config.get("dtype") or "float32"
    if isinstance(dtype, dict):
        if dtype.get("class_name") != "DTypePolicy":
            raise UncoveredLayerError(f"{layer.class_name}, with a dtype for each part of it")
        config = expect_dict(dtype.get("config"), f"dtype of {layer.name}")
        dtype = config.get("name") or "float32"
    return expect_text(dtype, f"dtype of {layer.name}")


def _describe_wrapper(layer: SerializedLayer, by_base: bool) -> LayerSpec:
    inner = read_serialized(layer.config.get("layer"), f"the layer in {layer.name}")
    try:
        forward = _describe(inner, by_base)
    except UncoveredLayerError as error:
        raise UncoveredLayerError(f"{layer.class_name} around {error}") from None
    dtype = _read_dtype(layer)
    if layer.class_name == "TimeDistributed":
        return LayerSpec("TimeDistributed", layer=forward, dtype=dtype)
    merge_mode = layer.config.get("merge_mode", "concat")
    if merge_mode is not None:
        expect_text(merge_mode, f"merge_mode of {layer.name}")
    backward = None
    if layer.config.get("backward_layer"):
        what = f"the backward_layer of {layer.name}"
        backward = _describe(read_serialized(layer.config["backward_layer"], what), by_base)
    options = {"backward_layer": backward, "merge_mode": merge_mode, "dtype": dtype}
    return LayerSpec("Bidirectional", layer=forward, **options)


def _read_convolution(layer: SerializedLayer) -> dict[str, Any]:
    rank = len(IMAGE_AXES[layer.class_name])
    sizes = {
        name: expect_sizes(layer.config.get(name, 1), f"{name} of {layer.name}", rank)
        for name in ("kernel_size", "strides", "dilation_rate")
    }
    texts = {
        name: expect_text(layer.config.get(name, default), f"{name} of {layer.name}")
        for name, default in (("padding", "valid"), ("data_format", "channels_last"))
    }
    filters = expect_number(layer.config.get("filters"), f"filters of {layer.name}", 1)
    return {"filters": filters, **sizes, **texts}


def _describe_cells(layer: SerializedLayer) -> CellSpec | tuple[CellSpec, ...]:
    what = f"the cell of {layer.name}"
    cell = read_serialized(layer.config.get("cell"), what)
    if cell.is_custom or cell.class_name != "StackedRNNCells":
        return _describe_cell(cell, layer)
    cells = expect_list(cell.config.get("cells"), f"the cells of {layer.name}")
    if len(cells) > MAX_CELLS:
        raise ValueError(f"The layer {layer.name} has more than {MAX_CELLS} cells.")
    return tuple(_describe_cell(read_serialized(each, what), layer) for each in cells)


def _describe_cell(cell: SerializedLayer, layer: SerializedLayer) -> CellSpec:
    if cell.class_name in CELL_STATES and not cell.is_custom:
        units = expect_number(cell.config.get("units"), f"units of {cell.name}", 1)
        return CellSpec(cell.class_name, units)
    sizes = cell.config.get("state_size")
    listed = isinstance(sizes, list)
    size: Any = cell.config.get("output_size") or (sizes[0] if listed and sizes else sizes)
    values: list[Any] = [*(sizes if isinstance(sizes, list) else [sizes]), size]
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in values):
        raise UncoveredLayerError(
            f"{layer.class_name}; the sizes of the custom cell {cell.class_name} are in its code, "
            "and not in the configuration"
        )
    checked = [expect_number(each, f"a size of {cell.name}", 1) for each in values]
    return CellSpec("custom", checked[-1], tuple(checked[:-1]) if listed else checked[0])
