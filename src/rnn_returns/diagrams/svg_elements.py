"""The SVG elements that diagrams consist of, and their styles and sizes."""

from dataclasses import dataclass
from html import escape

from rnn_returns.messages import Render

Point = tuple[int, int]

SANS = 'font-family="system-ui,sans-serif" font-size="13"'
CODE = 'font-family="ui-monospace,Menlo,Consolas,monospace" font-size="13"'
# Each class on white paper; on the site, docs/_static/site.css overrides these attributes.
STYLES = {
    "text": f'fill="#222832" {SANS}',
    "faint": f'fill="#5a6472" {SANS}',
    "bold": f'fill="#222832" font-weight="600" {SANS}',
    "strong": f'fill="#222832" font-weight="600" {SANS.replace("13", "15")}',
    "title": f'fill="#222832" font-weight="600" {SANS.replace("13", "28")}',
    "code": f'fill="#222832" {CODE}',
    "faint-code": f'fill="#5a6472" {CODE}',
    "on": f'fill="#ffffff" font-weight="600" {SANS}',
    "wire": 'fill="none" stroke="#697484" stroke-width="1.5"',
    "head": 'fill="#697484"',
    "rule": 'fill="none" stroke="#c3c9d1"',
    "cell": 'fill="#eef0f3" stroke="#697484"',
    "masked": 'fill="none" stroke="#697484" stroke-dasharray="2 3"',
    "slice": 'fill="#ffffff" stroke="#c3c9d1"',
    "dim": 'fill="none" stroke="#697484" stroke-dasharray="4 3"',
    "lit": 'fill="#0072b2"',
    "equal-a": 'fill="#b84c00"',
    "equal-b": 'fill="#007a5a"',
    "badge": 'fill="#ffffff" stroke="#222832"',
}
HEAD_LENGTH, HEAD_WIDTH = 7, 8


@dataclass(frozen=True)
class Sizes:
    """Lengths in units of the drawing; the Explorer uses them too. Box sizes should be even."""

    # The boxes of cells and outputs.
    box_width: int = 48
    box_height: int = 26  # Of an output; a cell is as high as its states.
    half_height: int = 24  # Of each of two values in one output.
    half_gap: int = 2
    merged_padding: int = 4  # Added to the three lines of a merged output.

    # The states.
    state_width: int = 44
    state_height: int = 24
    state_slot: int = 44  # What a cell is higher for each of its states.
    state_line: int = 14  # From the top of a slot to the arrows between the states.
    state_label: int = 27  # From these arrows to the baseline of a final state's label.
    initial_width: int = 14  # From the middle of an initial state to its arrow.
    initial_label: int = 24  # From these arrows to the baseline of an initial state's label.

    # Distances.
    time_step: int = 72  # From a time step to the next, where there are at least three.
    gutter: int = 60  # On either side of the time steps.
    state_margin: int = 30  # From a side to the middle of an initial or final state.
    arrow: int = 22
    bend: int = 12  # From the edge of an output to an arrow that enters at its side.
    index_gap: int = 10  # From an output to the index above it.
    input_gap: int = 4
    padding: int = 2  # From a side to its text.

    # Text.
    line: int = 18
    label_line: int = 16  # Of a cell or an output.
    label_padding: int = 8  # Added to the lines of a cell's label.
    ascent: int = 14  # From the top of a line to its baseline.
    baseline: int = 5  # From the middle of a line to its baseline.
    letter: int = 8  # The width of a letter of code.

    # The letters of equal values.
    badge: int = 8  # The radius.
    badge_inset: int = 2  # From a corner of the box to the center of the badge.

    # The list of returned tensors and equalities.
    list_line: int = 24
    list_gap: int = 12  # Before the list, and before the equalities.
    list_badge: int = 11
    list_indent: int = 26  # Of the equalities.
    tensor_line: int = 28
    square: int = 12  # The width of a square of a swatch.
    square_height: int = 20
    half_square: int = 9  # The height of a square for one of two values.
    swatch_step: int = 14  # From a square to the next.
    swatch_gap: int = 8
    bottom: int = 10

    # The frames around a TimeDistributed layer.
    frame: int = 8  # From the drawing to the first frame.
    frame_step: int = 5  # From a frame to the next.


SIZES = Sizes()


def write_attributes(style: str) -> str:
    """Return the attributes of an element with this style."""
    return f'class="rnn-{style}" {STYLES[style]}'


def choose_style(mark: str) -> str:
    """Return the style of a returned value with this mark."""
    return f"equal-{mark.lower()}" if mark else "lit"


def draw_rectangle(style: str, x: int, y: int, width: int, height: int, corner: int = 4) -> str:
    """Draw a rectangle."""
    place = f'x="{x}" y="{y}" width="{width}" height="{height}" rx="{corner}"'
    return f"<rect {write_attributes(style)} {place}/>"


def draw_rule(left: int, right: int, y: int) -> str:
    """Draw a line across."""
    return f'<path {write_attributes("rule")} d="M{left} {y}H{right}"/>'


def draw_text(
    style: str, x: int, y: int, content: str, anchor: str = "", render: Render = escape
) -> str:
    """Draw a text with its baseline at *y*; no element if it is empty."""
    if not content:
        return ""
    place = f'x="{x}" y="{y}"' + (f' text-anchor="{anchor}"' if anchor else "")
    return f"<text {write_attributes(style)} {place}>{render(content)}</text>"


def draw_lines(
    style: str, x: int, middle: int, lines: list[str], anchor: str, step: int = SIZES.label_line
) -> str:
    """Draw lines of text one below the other, around *middle*."""
    first = middle + SIZES.baseline - step * (len(lines) - 1) // 2
    return "".join(
        draw_text(style, x, first + step * i, line, anchor) for i, line in enumerate(lines)
    )


def draw_badge(x: int, y: int, mark: str) -> str:
    """Draw a circle with a mark."""
    circle = f'<circle {write_attributes("badge")} cx="{x}" cy="{y}" r="{SIZES.badge}"/>'
    return circle + draw_text("bold", x, y + SIZES.baseline, mark, "middle")


def draw_arrow(points: list[Point]) -> str:
    """Draw an arrow along *points*; its lines are horizontal or vertical."""
    (x0, y0), (x, y) = points[-2:]
    dx = (x > x0) - (x < x0)
    dy = (y > y0) - (y < y0)
    half = HEAD_WIDTH // 2
    # The line ends inside the head, so that the head stays pointed.
    path = "L".join(f"{px} {py}" for px, py in [*points[:-1], (x - half * dx, y - half * dy)])
    bx, by = x - HEAD_LENGTH * dx, y - HEAD_LENGTH * dy
    head = f"M{x} {y}L{bx - half * dy} {by - half * dx}L{bx + half * dy} {by + half * dx}Z"
    line = f'<path {write_attributes("wire")} d="M{path}"/>'
    return f'{line}<path {write_attributes("head")} d="{head}"/>'
