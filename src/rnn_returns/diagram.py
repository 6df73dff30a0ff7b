"""What a layer gives back, as a picture: the layer unrolled, with what comes back lit."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from numbers import Integral
from typing import Any

from rnn_returns.layer import Layer, input_axes
from rnn_returns.painter import paint
from rnn_returns.scene import Scene, Tensor, scene
from rnn_returns.table import Table

Shape = tuple[int | None, ...]

STEPS, MOST_STEPS = 3, 12
# The length of each axis of an image that is not given: room enough for most kernels.
IMAGE = 8


@dataclass(frozen=True)
class Diagram:
    """A picture of a layer that shows itself in a notebook; as text it says the same in words.

    Args:
        scene: What it shows, as plain data.
    """

    scene: Scene

    @property
    def svg(self) -> str:
        """The text of an SVG file."""
        return paint(self.scene) + "\n"

    @property
    def table(self) -> Table:
        """What comes back, as a table; what is equal has the letters and colours of the picture."""
        tensors = self.scene["tensors"]
        equal = (f"{line['mark']}: {line['text']}".lstrip(": ") for line in self.scene["equal"])
        return Table(
            "; ".join([self.scene["container"], *equal]),
            ("tensor", "shape"),
            tuple((tensor["name"], tensor["shape"]) for tensor in tensors),
            tuple(_mark(tensor) for tensor in tensors),
        )

    def __repr__(self) -> str:
        return "\n".join([self.scene["title"], *self.scene["words"]])

    def _repr_html_(self) -> str:
        # As image/svg+xml it would become a file, which the colours of a page do not reach.
        if self.scene["steps"] <= STEPS and not self.scene["slices"]:
            return f'<div class="rnn-diagram">{paint(self.scene)}</div>'
        # It may be wider than a phone, and what can be scrolled must be reached by keyboard too.
        label = escape(self.scene["title"])
        return (
            f'<div class="rnn-diagram rnn-wide" tabindex="0" role="group" aria-label="{label}">'
            f"{paint(self.scene)}</div>"
        )


@dataclass(frozen=True)
class Gallery:
    """Several diagrams beside each other, each under the Python that makes its layer.

    Args:
        diagrams: The diagrams.

    >>> from rnn_returns import Layer, diagram
    >>> from rnn_returns.diagram import Gallery
    >>> pair = Gallery([diagram(Layer(kind, units=4)) for kind in ("GRU", "LSTM")])
    >>> print(repr(pair).splitlines()[0])
    GRU(4), 3 time steps
    """

    diagrams: Iterable[Diagram]

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.diagrams))

    def _repr_html_(self) -> str:
        figures = "".join(
            f"<figure><figcaption><code>{escape(each.scene['layer'])}</code></figcaption>"
            f"{each._repr_html_()}</figure>"
            for each in self.diagrams
        )
        return f'<div class="rnn-gallery">{figures}</div>'


def _mark(tensor: Tensor) -> str:
    """The letter of *tensor*, or those of its parts."""
    marks = [mark for box in tensor["swatch"] for mark in box]
    if len(set(marks)) == 1:
        return marks[0]
    return ", ".join(f"{mark} in part" for mark in sorted({*marks} - {""}))


def diagram(
    layer: Any,
    timesteps: int | None = None,
    *,
    input_shape: Shape | None = None,
    mask: Iterable[bool] | None = None,
    initial_state: bool = False,
    key: str = "",
) -> Diagram:
    """Draw *layer*, unrolled over the time steps, with all that it returns lit.

    Names, shapes and what is equal are those of ``expected``. To draw a description, no Keras is
    needed.

    Args:
        layer: A recurrent layer, a ``Bidirectional`` or ``TimeDistributed`` around one, or a
            description of one.
        timesteps: How many time steps to draw; if None, as many as *input_shape* or *mask* say,
            or 3.
        input_shape: The shape of what the layer is called on, with the axes
            ``(batch, timesteps, features)``, or those that the layer reads instead; None stands for
            any length. If it is not given, any batch of samples of one feature, or of small images
            of one channel.
        mask: Which time steps are real, as in ``[True, True, False]``; None if the layer is called
            without a mask.
        initial_state: Whether the layer is called with an initial state.
        key: Any text. Two diagrams on one page that show the same need different ones.

    Raises:
        TypeError: If *layer* is no recurrent layer, or another argument is not of its kind.
        ValueError: If Keras refuses the layer or the call, or the arguments do not fit.

    >>> from rnn_returns import Layer, diagram
    >>> diagram(Layer("GRU", units=4, return_state=True), timesteps=2)
    GRU(4, return_state=True), 2 time steps
    It is called on x (None, 2, 1).
    The layer reads x₁ to x₂.
    The states start from zeros.
    What comes back is a tuple of 2.
    output of shape (None, 4), which is (batch, units): h₂.
    state_h of shape (None, 4), which is (batch, units): h₂.
    Equal: state_h == output.
    Computed, and not returned: h₁.
    """
    if not isinstance(layer, Layer):
        # Both bring Keras, which a description needs not.
        from rnn_returns.checks import check_layer
        from rnn_returns.describe import describe

        check_layer(layer, "diagram")
        layer = describe(layer)
    real = None if mask is None else _checked_mask(mask)
    shape = None if input_shape is None else _checked_shape(input_shape)
    axes = input_axes(layer)
    told = {
        "timesteps": timesteps,
        "input_shape": shape[axes.index("timesteps")]
        if shape and len(shape) == len(axes)
        else None,
        "mask": None if real is None else len(real),
    }
    steps = _agreed({name: number for name, number in told.items() if number is not None})
    return Diagram(
        scene(layer, shape or _some_shape(axes, steps), steps, real, bool(initial_state), key)
    )


def _agreed(told: dict[str, int]) -> int:
    """The one number of time steps that the arguments name."""
    for name, number in told.items():
        if isinstance(number, bool) or not isinstance(number, Integral):
            raise TypeError(
                f"{name} is an object of type {type(number).__name__}, but the number of time "
                f"steps is a whole number; give one from 1 to {MOST_STEPS}."
            )
    said = ", ".join(f"{name} has {number}" for name, number in told.items())
    if len(set(told.values())) > 1:
        raise ValueError(
            f"The arguments name different numbers of time steps: {said}; give the same to each, "
            "or to one of them only."
        )
    steps = int(next(iter(told.values()), STEPS))
    if not 1 <= steps <= MOST_STEPS:
        raise ValueError(
            f"A diagram shows from 1 to {MOST_STEPS} time steps, but {said}; draw fewer, such as "
            f"timesteps={STEPS}: what comes back has the same form."
        )
    return steps


def _checked_mask(mask: Any) -> list[bool]:
    entries = list(mask) if isinstance(mask, Iterable) else []
    # NumPy's own booleans are no bool.
    if not entries or any(type(entry).__name__ not in ("bool", "bool_") for entry in entries):
        raise TypeError(
            f"mask is {mask!r}, but it needs True or False for each time step of one sample, "
            "as in [True, True, False]."
        )
    return [bool(entry) for entry in entries]


def _checked_shape(shape: Any) -> Shape:
    lengths = tuple(shape) if isinstance(shape, Iterable) else ("",)
    if not all(length is None or isinstance(length, Integral) for length in lengths):
        raise TypeError(
            f"input_shape is {shape!r}, but it needs a whole number or None for each axis, as in "
            "(None, 3, 1)."
        )
    return tuple(None if length is None else int(length) for length in lengths)


def _some_shape(axes: tuple[str, ...], steps: int) -> Shape:
    """The shape of an input that *axes* fit, of so many time steps."""
    lengths = {"batch": None, "slices": 2, "timesteps": steps, "features": 1, "channels": 1}
    return tuple(lengths.get(axis, IMAGE) for axis in axes)
