"""A diagram as SVG: plain strings, and whole numbers but for a few halves."""

from html import escape

from rnn_returns.diagrams.description import Description
from rnn_returns.diagrams.layout_data import (
    BoxValue,
    CellRow,
    DiagramLayout,
    Direction,
    OutputBox,
    OutputRow,
)
from rnn_returns.diagrams.svg_elements import (
    SIZES,
    Point,
    choose_style,
    draw_arrow,
    draw_badge,
    draw_lines,
    draw_rectangle,
    draw_rule,
    draw_text,
)
from rnn_returns.diagrams.unrolling import input_symbol
from rnn_returns.messages import Joined, Message, Render

# What is drawn at initial states that may be other than zero.
INITIAL_LABELS = {"given": "given", "kept": "kept", "own": "own"}
SQUARE_BASELINE = SIZES.square_height // 2 + SIZES.baseline


def render_svg(layout: DiagramLayout, description: Description, render: Render = escape) -> str:
    """Draw a diagram as the text of an SVG element, with its description.

    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> from rnn_returns.diagrams.description import describe_layout
    >>> from rnn_returns.diagrams.layout import build_layout
    >>> from rnn_returns.diagrams.svg import render_svg
    >>> layout = build_layout(LayerSpec("GRU", units=4), (None, 3, 1), steps=3)
    >>> render_svg(layout, describe_layout(layout)).startswith("<svg ")
    True
    """
    width, slices = _width(layout), layout["slices"]
    drawing, height = _draw_unrolled(layout, render)
    if slices:
        margin = SIZES.frame + SIZES.frame_step * slices
        frames = _draw_frames(layout, height, render)
        drawing = f'{frames}<g transform="translate({margin},{SIZES.line + margin})">{drawing}</g>'
        width += 2 * margin
        height += SIZES.line + 2 * margin
    tensors, height = _draw_list(layout, width, height, render)
    words = render(description.title), render(Joined(" ", description.sentences))
    return build_svg(description.id, (width, height), words, drawing + tensors)


def build_svg(name: str, size: Point, words: tuple[str, str], content: str) -> str:
    """Put a drawing into an SVG element that has a title and a description."""
    (width, height), (title, description) = size, words
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rnn-picture" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-labelledby="{name}-title {name}-words">'
        f'<title id="{name}-title">{title}</title>'
        f'<desc id="{name}-words">{description}</desc>{content}</svg>'
    )


# The drawing: one direction under its output, or two around it.


def _draw_unrolled(layout: DiagramLayout, render: Render) -> tuple[str, int]:
    """Draw the unrolled layer; return also its height."""
    directions, drawn = layout["directions"], ""
    y = SIZES.badge + SIZES.line  # The line is for the indices of the outputs.
    if len(directions) == 2:
        y += _masked_height(layout) + SIZES.arrow + _direction_height(directions[0])
        drawn += _draw_direction(layout, directions[0], y, -1, render)
        y += SIZES.arrow
    for row in layout["outputs"]:
        drawn += _draw_output_row(layout, row, y)
        y += _row_height(row) + SIZES.arrow
    drawn += _draw_direction(layout, directions[-1], y, 1, render)
    y += _direction_height(directions[-1]) + SIZES.arrow + SIZES.line + _masked_height(layout)
    if not layout["slices"]:  # With slices the input is above the frame.
        y += SIZES.line
        drawn += draw_text("faint-code", _width(layout) // 2, y, layout["input"], "middle")
        y += SIZES.input_gap
    return drawn, y


def _width(layout: DiagramLayout) -> int:
    return 2 * SIZES.gutter + _pitch(layout) * layout["steps"]


def _pitch(layout: DiagramLayout) -> int:
    """Return the distance of two time steps; one or two have the room of three."""
    return max(SIZES.time_step, 3 * SIZES.time_step // layout["steps"])


def _middle(layout: DiagramLayout, step: int) -> int:
    return SIZES.gutter + _pitch(layout) * step + _pitch(layout) // 2


def _across(layout: DiagramLayout, direction: Direction, x: int) -> int:
    """Return *x* from the side where the direction begins."""
    return _width(layout) - x if direction["backwards"] else x


def _masked_height(layout: DiagramLayout) -> int:
    return 0 if all(layout["mask"]) else SIZES.line


def _direction_height(direction: Direction) -> int:
    heights = [_cell_height(cell) for cell in direction["cells"]]
    return sum(heights) + SIZES.arrow * (len(heights) - 1)


def _cell_height(cell: CellRow) -> int:
    label = SIZES.label_line * len(cell["label"]) + SIZES.label_padding
    return max(SIZES.state_slot * len(cell["states"]), label)


def _row_height(row: OutputRow) -> int:
    if row["operator"]:
        return 3 * SIZES.line + SIZES.merged_padding
    if len(row["directions"]) == 1:
        return SIZES.box_height
    return 2 * SIZES.half_height + SIZES.half_gap


# A direction: its cells, their states, and its inputs.


def _draw_direction(
    layout: DiagramLayout, direction: Direction, edge: int, down: int, render: Render
) -> str:
    """Draw a direction from its outputs at *edge* downwards; upwards if *down* is -1."""
    drawn = ""
    for cell in direction["cells"][::-1]:
        far = edge + down * _cell_height(cell)
        drawn += _draw_cell(layout, cell, min(edge, far))
        drawn += _draw_states(layout, direction, cell, min(edge, far), render)
        edge = far + down * SIZES.arrow
        for step, unmasked in enumerate(layout["mask"]):
            x = _middle(layout, step)
            drawn += draw_arrow([(x, edge), (x, far)]) if unmasked else ""
    return drawn + _draw_inputs(layout, direction, edge, down, render)


def _draw_cell(layout: DiagramLayout, cell: CellRow, top: int) -> str:
    """Draw a cell at every time step."""
    drawn, height = "", _cell_height(cell)
    for step, unmasked in enumerate(layout["mask"]):
        x = _middle(layout, step)
        style = "cell" if unmasked else "masked"
        drawn += draw_rectangle(style, x - SIZES.box_width // 2, top, SIZES.box_width, height)
        if unmasked:
            drawn += draw_lines("text", x, top + height // 2, cell["label"], "middle")
    return drawn


def _draw_states(
    layout: DiagramLayout, direction: Direction, cell: CellRow, top: int, render: Render
) -> str:
    """Draw the states that a cell passes from time step to time step."""
    slots = SIZES.state_slot * len(cell["states"])
    y = top + (_cell_height(cell) - slots) // 2 + SIZES.state_line
    start = _across(layout, direction, SIZES.state_margin)
    end = _across(layout, direction, _width(layout) - SIZES.state_margin)
    corner, size = end - SIZES.state_width // 2, (SIZES.state_width, SIZES.state_height)
    drawn = ""
    for state in cell["states"]:
        drawn += draw_text("faint", start, y + SIZES.baseline, state["start"], "middle")
        label = Message("" if state["start"] == "0" else INITIAL_LABELS[direction["initial"]])
        drawn += draw_text("faint", start, y + SIZES.initial_label, label, "middle", render)
        drawn += _draw_state_arrows(layout, direction, y)
        place = corner, y - SIZES.state_height // 2
        drawn += _draw_value(state["final"], place, size, badge_left=direction["backwards"])
        drawn += draw_text("code", end, y + SIZES.state_label, state["label"], "middle")
        y += SIZES.state_slot
    return drawn


def _draw_state_arrows(layout: DiagramLayout, direction: Direction, y: int) -> str:
    """Draw the arrows between the states, which pass by the masked time steps."""
    half = SIZES.box_width // 2
    # From left to right; _across reverses them.
    mask = layout["mask"][::-1] if direction["backwards"] else layout["mask"]
    ends = [SIZES.state_margin + SIZES.initial_width]
    for step, unmasked in enumerate(mask):
        if unmasked:
            ends += [_middle(layout, step) - half, _middle(layout, step) + half]
    ends.append(_width(layout) - SIZES.state_margin - SIZES.state_width // 2)
    points = [(_across(layout, direction, x), y) for x in ends]
    return "".join(draw_arrow(points[i : i + 2]) for i in range(0, len(points), 2))


def _draw_inputs(
    layout: DiagramLayout, direction: Direction, edge: int, down: int, render: Render
) -> str:
    """Draw the input of each time step, and the name of the direction next to them."""
    y = edge + SIZES.ascent if down == 1 else edge - SIZES.baseline
    drawn = ""
    for step, unmasked in enumerate(layout["mask"]):
        x = _middle(layout, step)
        drawn += draw_text("text" if unmasked else "faint", x, y, input_symbol(step), "middle")
        if not unmasked:
            below = y + down * SIZES.line
            drawn += draw_text("faint", x, below, Message("masked"), "middle", render)
    anchor = "end" if direction["backwards"] else "start"
    x = _across(layout, direction, SIZES.padding)
    return drawn + draw_text("bold", x, y, Message(direction["name"]), anchor, render)


# The outputs.


def _draw_output_row(layout: DiagramLayout, row: OutputRow, top: int) -> str:
    """Draw an output, and the arrows to it from the cells above and below."""
    height = _row_height(row)
    drawn = draw_lines("code", SIZES.padding, top + height // 2, row["label"], "start")
    for box in row["boxes"]:
        x = _middle(layout, box["column"]) if box["column"] >= 0 else _width(layout) // 2
        for direction, source in zip(row["directions"], box["sources"], strict=True):
            if source >= 0:
                # Of two directions the first is above.
                down = 1 if len(layout["directions"]) == 2 and direction == 0 else -1
                edge = top if down == 1 else top + height
                drawn += draw_arrow(_route(_middle(layout, source), x, edge, down))
        if box["repeats"]:
            turn = -1 if layout["directions"][row["directions"][0]]["backwards"] else 1
            start, side = _middle(layout, box["column"] - turn), turn * SIZES.box_width // 2
            y = top + height // 2
            drawn += draw_arrow([(start + side, y), (x - side, y)])
        drawn += _draw_output(row, box, x, top)
        drawn += draw_text("faint-code", x, top - SIZES.index_gap, box["index"], "middle")
    return drawn


def _route(start: int, x: int, edge: int, down: int) -> list[Point]:
    """Route an arrow from a cell at *start* to the *edge* of an output, or to its side."""
    cell = edge - down * SIZES.arrow
    if start == x:
        return [(x, cell), (x, edge)]
    bend = edge + down * SIZES.bend
    side = x + SIZES.box_width // 2 if start > x else x - SIZES.box_width // 2
    return [(start, cell), (start, bend), (side, bend)]


def _draw_output(row: OutputRow, box: OutputBox, x: int, top: int) -> str:
    """Draw the box of an output at a time step, with its values."""
    left, width, values = x - SIZES.box_width // 2, SIZES.box_width, box["values"]
    if row["operator"]:
        height = _row_height(row)
        merged = [values[0]["symbol"], row["operator"], values[1]["symbol"]]
        lines = draw_lines("on", x, top + height // 2, merged, "middle", SIZES.line)
        return draw_rectangle("lit", left, top, width, height) + lines
    height = SIZES.box_height if len(values) == 1 else SIZES.half_height
    return "".join(
        _draw_value(value, (left, top + (height + SIZES.half_gap) * i), (width, height))
        for i, value in enumerate(values)
    )


def _draw_value(value: BoxValue, place: Point, size: Point, badge_left: bool = False) -> str:
    """Draw a value in its box, with its mark at a corner."""
    (x, y), (width, height), mark, inset = place, size, value["mark"], SIZES.badge_inset
    middle, base = x + width // 2, y + height // 2 + SIZES.baseline
    style, text_style = (choose_style(mark), "on") if value["returned"] else ("dim", "faint")
    drawn = draw_rectangle(style, x, y, width, height)
    drawn += draw_text(text_style, middle, base, value["symbol"], "middle")
    if mark:
        drawn += draw_badge(x + inset if badge_left else x + width - inset, y + inset, mark)
    return drawn


def _draw_frames(layout: DiagramLayout, height: int, render: Render) -> str:
    """Draw the frames of TimeDistributed, which are a pile of slices."""
    slices, step = layout["slices"], SIZES.frame_step
    caption = Message("once for each slice of {input}", input=layout["input"])
    y = SIZES.line - SIZES.baseline
    drawn = draw_text("faint", SIZES.padding, y, caption, "start", render)
    size = (_width(layout) + 2 * SIZES.frame, height + 2 * SIZES.frame)
    for i in range(slices, -1, -1):
        top = SIZES.line + step * (slices - i)
        drawn += draw_rectangle("slice", step * i + 1, top + 1, *size)
    return drawn


# The list below the drawing: what is returned, and what is equal.


def _draw_list(layout: DiagramLayout, width: int, top: int, render: Render) -> tuple[str, int]:
    """Draw the list from *top* on; return also where it ends."""
    y = top + SIZES.list_gap
    drawn = draw_rule(0, width, y)
    y += SIZES.list_line
    title = Message("Return value: {contained}", contained=layout["container"])
    drawn += draw_text("bold", SIZES.padding, y, title, "start", render)
    squares = max(len(tensor["swatch"]) for tensor in layout["tensors"])
    left = SIZES.padding + SIZES.swatch_step * squares + SIZES.swatch_gap
    for tensor in layout["tensors"]:
        y += SIZES.tensor_line
        drawn += _draw_swatch(tensor["swatch"], SIZES.padding, y - SQUARE_BASELINE)
        drawn += draw_text("code", left, y, tensor["written"], "start")
        if (len(tensor["written"]) + 2 + len(tensor["shape"])) * SIZES.letter > width - left:
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
