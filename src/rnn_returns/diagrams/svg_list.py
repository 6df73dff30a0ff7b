"""The list below a diagram as SVG: what is returned, and what is equal."""

from rnn_returns.diagrams.layout import DiagramLayout
from rnn_returns.diagrams.sizes import SIZES
from rnn_returns.diagrams.svg_elements import (
    choose_style,
    draw_badge,
    draw_rectangle,
    draw_rule,
    draw_text,
)

SQUARE_BASELINE = SIZES.square_height // 2 + SIZES.baseline


def draw_list(layout: DiagramLayout, width: int, top: int) -> tuple[str, int]:
    """Draw the list from *top* on; return also where it ends."""
    y = top + SIZES.list_gap
    drawn = draw_rule(0, width, y)
    y += SIZES.list_line
    title = f"What comes back: {layout['container']}"
    drawn += draw_text("bold", SIZES.padding, y, title, "start")
    squares = max(len(tensor["swatch"]) for tensor in layout["tensors"])
    left = SIZES.padding + SIZES.swatch_step * squares + SIZES.swatch_gap
    for tensor in layout["tensors"]:
        y += SIZES.tensor_line
        drawn += _draw_swatch(tensor["swatch"], SIZES.padding, y - SQUARE_BASELINE)
        name = tensor["opens"] + tensor["name"] + tensor["closes"]
        drawn += draw_text("code", left, y, name, "start")
        if (len(name) + 2 + len(tensor["shape"])) * SIZES.letter > width - left:
            y += SIZES.line
        drawn += draw_text("code", width - SIZES.padding, y, tensor["shape"], "end")
    y += SIZES.list_gap if layout["equalities"] else 0
    for equality in layout["equalities"]:
        y += SIZES.list_line - SIZES.line
        if equality["mark"]:
            center = y + SIZES.line - SIZES.badge // 2
            drawn += draw_badge(SIZES.list_badge, center, equality["mark"])
        for line in _wrap(equality["text"], (width - SIZES.list_indent) // SIZES.letter):
            y += SIZES.line
            drawn += draw_text("code", SIZES.list_indent, y, line, "start")
    return drawn, y + SIZES.bottom


def _draw_swatch(boxes: list[list[str]], x: int, y: int) -> str:
    """Draw a square for each box of a tensor, in the colors of its values."""
    drawn = ""
    for marks in boxes:
        height = SIZES.square_height if len(marks) == 1 else SIZES.half_square
        for i, mark in enumerate(marks):
            top = y + (height + SIZES.half_gap) * i
            drawn += draw_rectangle(choose_style(mark), x, top, SIZES.square, height, 2)
        if len(marks) == 1:
            drawn += draw_text("on", x + SIZES.square // 2, y + SQUARE_BASELINE, marks[0], "middle")
        x += SIZES.swatch_step
    return drawn


def _wrap(text: str, letters: int) -> list[str]:
    """Break *text* into lines of at most so many letters where possible, but not in an index."""
    lines = [""]
    for word in text.replace(", ", ",\u00a0").split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > letters:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines
