"""A described layer as the Python code that makes it."""

from collections.abc import Iterator
from dataclasses import Field, fields, replace
from typing import Any

from rnn_returns.rules.layer_spec import IMAGE_AXES, KINDS, CellSpec, LayerSpec


def to_source(layer: LayerSpec, module: str = "") -> str:
    """Write *layer* as the call that makes it, without what is left at its default.

    Args:
        layer: A description.
        module: What to write in front of the classes, as in ``"keras.layers."``.

    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> from rnn_returns.rules.to_source import to_source
    >>> to_source(LayerSpec("Bidirectional", layer=LayerSpec("GRU", units=4), merge_mode="sum"))
    "Bidirectional(GRU(4), merge_mode='sum')"
    """
    if layer.kind == "Bidirectional":
        layer = _reset_zero_output(layer)
    needed = KINDS[layer.kind]
    given = [_format_value(getattr(layer, name), module) for name in needed]
    for option in fields(layer):
        value = getattr(layer, option.name)
        if option.name not in ("kind", *needed) and value not in _default_values(layer, option):
            given.append(f"{option.name}={_format_value(value, module)}")
    return f"{module}{layer.kind}({', '.join(given)})"


def _reset_zero_output(layer: LayerSpec) -> LayerSpec:
    """Reset the argument that Bidirectional sets in both layers."""

    def reset(part: LayerSpec | None) -> LayerSpec | None:
        return part and replace(part, zero_output_for_mask=False)

    return replace(layer, layer=reset(layer.layer), backward_layer=reset(layer.backward_layer))


def _default_values(layer: LayerSpec, option: Field[Any]) -> Iterator[Any]:
    """Yield the values of an option that mean the same as leaving it out."""
    yield option.default
    yield (option.default,) * len(IMAGE_AXES.get(layer.kind, ()))
    if option.name == "backward_layer" and layer.layer:
        yield replace(layer.layer, go_backwards=True)


def _format_value(value: Any, module: str) -> str:
    if isinstance(value, LayerSpec):
        return to_source(value, module)
    if isinstance(value, CellSpec):
        custom = value.kind == "custom" or value.own_initial_state
        return "<a custom cell>" if custom else f"{module}{value.kind}({value.units})"
    if isinstance(value, tuple) and value and isinstance(value[0], CellSpec):
        return f"[{', '.join(_format_value(cell, module) for cell in value)}]"
    return repr(value)
