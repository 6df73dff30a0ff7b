"""A described layer, written as the Python that makes it."""

from collections.abc import Iterator
from dataclasses import Field, fields, replace
from typing import Any

from rnn_returns.layer import IMAGE_AXES, KINDS, Cell, Layer


def written(layer: Layer, module: str = "") -> str:
    """Write *layer* as the call that makes it, without what is left at its default.

    Args:
        layer: A description.
        module: What to write in front of the classes, as in ``"keras.layers."``.

    >>> from rnn_returns.layer import Layer
    >>> from rnn_returns.written import written
    >>> written(Layer("Bidirectional", layer=Layer("GRU", units=4), merge_mode="sum"))
    "Bidirectional(GRU(4), merge_mode='sum')"
    """
    if layer.kind == "Bidirectional":
        layer = _without_what_bidirectional_sets(layer)
    needed = KINDS[layer.kind]
    given = [_value(getattr(layer, name), module) for name in needed]
    for option in fields(layer):
        value = getattr(layer, option.name)
        if option.name not in ("kind", *needed) and value not in _by_default(layer, option):
            given.append(f"{option.name}={_value(value, module)}")
    return f"{module}{layer.kind}({', '.join(given)})"


def _without_what_bidirectional_sets(layer: Layer) -> Layer:
    """Take out of both layers the flag that Bidirectional sets itself, whatever it was."""

    def without(part: Layer | None) -> Layer | None:
        return part and replace(part, zero_output_for_mask=False)

    return replace(layer, layer=without(layer.layer), backward_layer=without(layer.backward_layer))


def _by_default(layer: Layer, option: Field[Any]) -> Iterator[Any]:
    """Give the values of an option that say no more than leaving it out."""
    yield option.default
    yield (option.default,) * len(IMAGE_AXES.get(layer.kind, ()))
    if option.name == "backward_layer" and layer.layer:
        yield replace(layer.layer, go_backwards=True)


def _value(value: Any, module: str) -> str:
    if isinstance(value, Layer):
        return written(value, module)
    if isinstance(value, Cell):
        return (
            f"{module}{value.kind}({value.units})" if value.kind != "custom" else "<a custom cell>"
        )
    if isinstance(value, tuple) and value and isinstance(value[0], Cell):
        return f"[{', '.join(_value(cell, module) for cell in value)}]"
    return repr(value)
