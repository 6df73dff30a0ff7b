"""The diagram of a layer: the layer unrolled, with the returned values highlighted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Integral
from typing import Any

from rnn_returns.diagrams.description import Description, describe_layout
from rnn_returns.diagrams.layout import build_layout
from rnn_returns.diagrams.layout_data import DiagramLayout, TensorLine
from rnn_returns.diagrams.svg import render_svg
from rnn_returns.messages import Displayed, Joined, Message, Render
from rnn_returns.rules.layer_spec import LayerSpec, Shape, input_axes
from rnn_returns.table import Table

STEPS, MOST_STEPS = 3, 12
# The length of an axis of an image that is not given; most kernels fit.
IMAGE_LENGTH = 8


@dataclass(frozen=True)
class Diagram(Displayed):
    """A diagram of a layer, displayed as SVG in a notebook and as text in a terminal.

    Args:
        layout: The content, as plain data.
        key: Any text. Equal diagrams on one page need different keys.
    """

    layout: DiagramLayout
    key: str = ""

    @property
    def description(self) -> Description:
        """What it shows, in words."""
        return describe_layout(self.layout, self.key)

    @property
    def svg(self) -> str:
        """The diagram as the text of an SVG file."""
        return render_svg(self.layout, self.description) + "\n"

    @property
    def table(self) -> Table:
        """The return value as a table, with the letters and colors of the diagram."""
        tensors, equalities = self.layout["tensors"], self.layout["equalities"]
        equal = (f"{line['mark']}: {line['text']}".lstrip(": ") for line in equalities)
        return Table(
            Joined("; ", [self.layout["container"], *equal]),
            ("tensor", "shape"),
            tuple((line["name"], line["shape"]) for line in tensors),
            tuple(_merge_marks(line) for line in tensors),
        )

    def html(self, render: Render) -> str:
        """Write it as HTML, with its messages as *render* returns them."""
        # As image/svg+xml it would become a file, which the colors of a page do not reach.
        svg = render_svg(self.layout, self.description, render)
        if self.layout["steps"] <= STEPS and not self.layout["slices"]:
            return f'<div class="rnn-diagram">{svg}</div>'
        # It may be wider than a phone, and what can be scrolled must be reached by keyboard too.
        label = f'role="group" aria-label="{render(self.description.title)}"'
        return f'<div class="rnn-diagram rnn-wide" tabindex="0" {label}>{svg}</div>'

    def __repr__(self) -> str:
        return "\n".join([self.description.title, *self.description.sentences])


@dataclass(frozen=True)
class Gallery(Displayed):
    """Several diagrams next to each other, each under the code that creates its layer.

    Args:
        diagrams: The diagrams.

    >>> from rnn_returns import LayerSpec, diagram
    >>> from rnn_returns.diagrams.drawing import Gallery
    >>> pair = Gallery([diagram(LayerSpec(kind, units=4)) for kind in ("GRU", "LSTM")])
    >>> print(repr(pair).splitlines()[0])
    GRU(4), 3 time steps
    """

    diagrams: Sequence[Diagram]

    def html(self, render: Render) -> str:
        """Write it as HTML, with its messages as *render* returns them."""
        figures = "".join(
            f"<figure><figcaption><code>{escape(item.layout['source'])}</code></figcaption>"
            f"{item.html(render)}</figure>"
            for item in self.diagrams
        )
        return f'<div class="rnn-gallery">{figures}</div>'

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.diagrams))


def _merge_marks(tensor: TensorLine) -> str:
    """Return the mark of *tensor*, or those of its parts."""
    marks = [mark for box in tensor["swatch"] for mark in box]
    if len(set(marks)) == 1:
        return marks[0]
    parts = sorted({*marks} - {""})
    return Joined(", ", (Message("{mark} in part", mark=mark) for mark in parts)) if parts else ""


def diagram(
    layer: Any,
    timesteps: int | None = None,
    *,
    input_shape: Shape | None = None,
    mask: Iterable[bool] | None = None,
    initial_state: bool = False,
    key: str = "",
) -> Diagram:
    """Draw *layer*, unrolled over the time steps, with the returned values highlighted.

    Names, shapes and equalities are those of ``expected``. A ``LayerSpec`` needs no Keras.

    Args:
        layer: A ``LayerSpec`` or a recurrent layer of Keras.
        timesteps: The number of time steps to draw; if None, that of *input_shape* or *mask*, or 3.
        input_shape: The shape of the input, ``(batch, timesteps, features)`` or as the layer
            expects, with None for any length. The default has one feature, or small images of one
            channel.
        mask: Which time steps are unmasked, as in ``[True, True, False]``; None for a call
            without a mask.
        initial_state: Whether the layer is called with an initial state.
        key: Any text. Equal diagrams on one page need different keys.

    Raises:
        TypeError: If *layer* is not a recurrent layer, if ``describe`` does not support it, or if
            another argument has a wrong type.
        ValueError: If Keras does not support the layer or the call, if the arguments contradict
            each other, or if a custom cell has no ``output_size``.

    >>> from rnn_returns import LayerSpec, diagram
    >>> gru = LayerSpec("GRU", units=4, return_state=True)
    >>> diagram(gru, input_shape=(2, 3, 5))
    GRU(4, return_state=True), 3 time steps
    It is called on x (2, 3, 5).
    The layer processes x₁ to x₃.
    The states start from zeros.
    The layer returns a tuple of 2.
    output of shape (2, 4), which is (batch, units): h₃.
    state_h of shape (2, 4), which is (batch, units): h₃.
    Equal: state_h == output.
    Computed but not returned: h₁, h₂.
    """
    if not isinstance(layer, LayerSpec):
        from rnn_returns.introspection import read_layer  # A description needs no Keras.

        layer = read_layer(layer, "diagram")
    unmasked = None if mask is None else _check_mask(mask)
    shape = () if input_shape is None else _check_shape(input_shape)
    axes = input_axes(layer)
    given = {
        "timesteps": timesteps,
        "input_shape": shape[axes.index("timesteps")] if len(shape) == len(axes) else None,
        "mask": len(unmasked) if unmasked else None,
    }
    steps = _agree({name: number for name, number in given.items() if number is not None})
    lengths = {"batch": None, "slices": 2, "timesteps": steps, "features": 1, "channels": 1}
    shape = shape or tuple(lengths.get(axis, IMAGE_LENGTH) for axis in axes)
    return Diagram(build_layout(layer, shape, steps, unmasked, bool(initial_state)), key)


def _agree(given: dict[str, int]) -> int:
    """Return the number of time steps that the arguments agree on."""
    for name, number in given.items():
        if isinstance(number, bool) or not isinstance(number, Integral):
            raise TypeError(
                f"{name} is an object of type {type(number).__name__}, but the number of time "
                f"steps is a whole number; pass one from 1 to {MOST_STEPS}."
            )
    listed = ", ".join(f"{name} has {number}" for name, number in given.items())
    if len(set(given.values())) > 1:
        raise ValueError(
            f"The arguments set different numbers of time steps: {listed}; pass the same number "
            "to each, or pass only one of them."
        )
    steps = int(next(iter(given.values()), STEPS))
    if not 1 <= steps <= MOST_STEPS:
        raise ValueError(
            f"A diagram shows from 1 to {MOST_STEPS} time steps, but {listed}; draw fewer, such as "
            f"timesteps={STEPS}: the return value has the same form."
        )
    return steps


def _check_mask(mask: Any) -> list[bool]:
    entries = list(mask) if isinstance(mask, Iterable) else []
    # NumPy's booleans are not of type bool.
    if not entries or any(type(entry).__name__ not in ("bool", "bool_") for entry in entries):
        raise TypeError(
            f"mask is {mask!r}, but it needs True or False for each time step of one sample, "
            "as in [True, True, False]."
        )
    return [bool(entry) for entry in entries]


def _check_shape(shape: Any) -> Shape:
    lengths = tuple(shape) if isinstance(shape, Iterable) else ("",)
    if not all(length is None or isinstance(length, Integral) for length in lengths):
        raise TypeError(
            f"input_shape is {shape!r}, but it needs a whole number or None for each axis, as in "
            "(None, 3, 1)."
        )
    return tuple(None if length is None else int(length) for length in lengths)
