"""A scene, painted as SVG: plain strings, and whole numbers but for a few halves."""

from html import escape

from rnn_returns.scene import Lane, Level, Part, Row, Scene
from rnn_returns.unrolled import numbered

PITCH = 72  # From a time step to the next, and more where there are fewer than three.
GUTTER = 60  # At either side, for where states start and end.
BOX = 48  # The width of a cell and of an output.
STATE = 44  # The width of a final state.
SLOT = 44  # The height that a state takes.
GAP = 22  # The length of an arrow.
LINE = 18  # The height of a line of text.
LETTER = 8  # The width of a letter of code.
SQUARE = 14  # A box in the list, with what is between it and the next.
FRAME = 8  # Between a slice and its frame.
STACK = 5  # From the frame of a slice to that of the next.
BADGE = 8  # The radius of a badge.

# How each class looks on white paper; on the site, docs/_static/site.css has the last word.
SANS = 'font-family="system-ui,sans-serif" font-size="13"'
CODE = 'font-family="ui-monospace,Menlo,Consolas,monospace" font-size="13"'
LOOKS = {
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


def paint(scene: Scene) -> str:
    """Draw *scene* as the text of an SVG element.

    >>> from rnn_returns.layer import Layer
    >>> from rnn_returns.painter import paint
    >>> from rnn_returns.scene import scene
    >>> paint(scene(Layer("GRU", units=4), (None, 3, 1), steps=3)).startswith("<svg ")
    True
    """
    inner = 2 * GUTTER + _pitch(scene) * scene["steps"]
    drawing, height = _drawing(scene, inner)
    slices = scene["slices"]
    margin = FRAME + STACK * slices if slices else 0
    width = inner + 2 * margin
    if slices:
        frames = _frames(scene, inner, height)
        drawing = f'{frames}<g transform="translate({margin},{LINE + margin})">{drawing}</g>'
        height += LINE + 2 * margin
    listed, height = _list(scene, width, height)
    name = scene["id"]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rnn-picture" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-labelledby="{name}-title {name}-words">'
        f'<title id="{name}-title">{escape(scene["title"])}</title>'
        f'<desc id="{name}-words">{escape(" ".join(scene["words"]))}</desc>'
        f"{drawing}{listed}</svg>"
    )


# The drawing: one direction under its output, or two around it.


def _drawing(scene: Scene, width: int) -> tuple[str, int]:
    lanes, rows = scene["lanes"], scene["rows"]
    drawn = ""
    near = BADGE
    if len(lanes) == 2:
        near += LINE + _masked_line(scene) + GAP + _lane_height(lanes[0])
        drawn += _lane(scene, lanes[0], width, near, -1)
        near += GAP
    else:
        near += LINE  # For the places in the output, and kept free where there are none.
    for row in rows:
        near += _row_height(row) + GAP
        drawn += _row(scene, row, width, near - GAP - _row_height(row))
    last = lanes[len(lanes) - 1]
    drawn += _lane(scene, last, width, near, 1)
    height = near + _lane_height(last) + GAP + LINE + _masked_line(scene)
    if not scene["slices"]:  # Otherwise it stands above the frame.
        height += LINE + 4
        drawn += _text("faint-code", width // 2, height - 4, scene["reads"], "middle")
    return drawn, height


def _masked_line(scene: Scene) -> int:
    return 0 if all(scene["mask"]) else LINE


def _lane_height(lane: Lane) -> int:
    heights = [_level_height(level) for level in lane["levels"]]
    return sum(heights) + GAP * (len(heights) - 1)


def _level_height(level: Level) -> int:
    return max(SLOT * len(level["states"]), 16 * len(level["cell"]) + 8)


def _lane(scene: Scene, lane: Lane, width: int, near: int, down: int) -> str:
    """Draw a direction from its outputs at *near*, away from them: *down* is 1 or -1."""
    drawn = ""
    edge = near
    for i in range(len(lane["levels"]) - 1, -1, -1):
        level = lane["levels"][i]
        height = _level_height(level)
        far = edge + down * height
        drawn += _level(scene, lane, level, width, min(edge, far), height)
        for step in range(scene["steps"]):
            if scene["mask"][step]:
                x = _middle(scene, step)
                drawn += _wire([(x, far + down * GAP), (x, far)])
        edge = far + down * GAP
    base = edge + 14 if down == 1 else edge - 5
    for step in range(scene["steps"]):
        real = scene["mask"][step]
        x = _middle(scene, step)
        drawn += _text("text" if real else "faint", x, base, "x" + numbered(step), "middle")
        if not real:
            drawn += _text("faint", x, base + down * LINE, "masked", "middle")
    if lane["name"]:
        x = _across(lane, width, 2)
        drawn += _text("bold", x, base, lane["name"], "end" if lane["backwards"] else "start")
    return drawn


def _level(scene: Scene, lane: Lane, level: Level, width: int, top: int, height: int) -> str:
    """Draw a cell at every step, and the states that are carried between."""
    drawn = ""
    steps = scene["steps"]
    for step in range(steps):
        x = _middle(scene, step)
        look = "cell" if scene["mask"][step] else "masked"
        drawn += _box(look, x - BOX // 2, top, BOX, height)
        if scene["mask"][step]:
            base = top + height // 2 + 5 - 8 * (len(level["cell"]) - 1)
            for i, line in enumerate(level["cell"]):
                drawn += _text("text", x, base + 16 * i, line, "middle")
    slot = top + (height - SLOT * len(level["states"])) // 2
    for state in level["states"]:
        y = slot + 14
        # Laid out from left to right, and turned around by _across.
        drawn += _text("faint", _across(lane, width, 30), y + 5, state["start"], "middle")
        if lane["starts"]:
            drawn += _text("faint", _across(lane, width, 30), y + 24, lane["starts"], "middle")
        ends = [44]
        for step in range(steps):
            real = scene["mask"][steps - 1 - step if lane["backwards"] else step]
            if real:
                ends += [_middle(scene, step) - BOX // 2, _middle(scene, step) + BOX // 2]
        ends += [width - 30 - STATE // 2]
        for i in range(0, len(ends), 2):
            drawn += _wire([(_across(lane, width, x), y) for x in ends[i : i + 2]])
        x = _across(lane, width, width - 30)
        drawn += _value(state["end"], x - STATE // 2, y - 12, STATE, 24, lane["backwards"])
        drawn += _text("code", x, y + 27, state["label"], "middle")
        slot += SLOT
    return drawn


def _across(lane: Lane, width: int, x: int) -> int:
    """Where *x* is in this direction."""
    return width - x if lane["backwards"] else x


def _middle(scene: Scene, step: int) -> int:
    pitch = _pitch(scene)
    return GUTTER + pitch * step + pitch // 2


def _pitch(scene: Scene) -> int:
    return max(PITCH, 3 * PITCH // scene["steps"])


# Outputs.


def _row_height(row: Row) -> int:
    if row["joint"]:
        return 3 * LINE + 4
    return 26 if len(row["lanes"]) == 1 else 50


def _row(scene: Scene, row: Row, width: int, top: int) -> str:
    """Draw an output, and the arrows to it from the cells above and below."""
    drawn = ""
    lanes, height = scene["lanes"], _row_height(row)
    base = top + height // 2 + 5 - 8 * (len(row["label"]) - 1)
    for i, line in enumerate(row["label"]):
        drawn += _text("code", 2, base + 16 * i, line, "start")
    for box in row["boxes"]:
        x = width // 2 if box["column"] < 0 else _middle(scene, box["column"])
        for i, lane in enumerate(row["lanes"]):
            source = box["sources"][i]
            # Of two directions the first is above.
            above = len(lanes) == 2 and lane == 0
            edge = top if above else top + height
            start = edge - GAP if above else edge + GAP
            if source >= 0 and _middle(scene, source) == x:
                drawn += _wire([(x, start), (x, edge)])
            elif source >= 0:
                y = top + 12 if above else top + height - 12
                side = BOX // 2 if _middle(scene, source) > x else -BOX // 2
                drawn += _wire(
                    [(_middle(scene, source), start), (_middle(scene, source), y), (x + side, y)]
                )
        if box["repeats"]:
            turn = -1 if lanes[row["lanes"][0]]["backwards"] else 1
            y = top + height // 2
            before = _middle(scene, box["column"] - turn)
            drawn += _wire([(before + turn * BOX // 2, y), (x - turn * BOX // 2, y)])
        left = x - BOX // 2
        if row["joint"]:
            drawn += _box("lit", left, top, BOX, height)
            lines = [box["parts"][0]["text"], row["joint"], box["parts"][1]["text"]]
            for i, line in enumerate(lines):
                drawn += _text("on", x, top + 16 + LINE * i, line, "middle")
        else:
            for i, part in enumerate(box["parts"]):
                tall = 26 if len(box["parts"]) == 1 else 24
                drawn += _value(part, left, top + 26 * i, BOX, tall, False)
        if box["index"]:
            drawn += _text("faint-code", x, top - 10, box["index"], "middle")
    return drawn


def _value(part: Part, x: int, y: int, width: int, height: int, left: bool) -> str:
    """Draw a value in its box, with the letter of what it equals at a corner."""
    drawn = _box(_lit(part["mark"]) if part["lit"] else "dim", x, y, width, height)
    look = "on" if part["lit"] else "faint"
    drawn += _text(look, x + width // 2, y + height // 2 + 5, part["text"], "middle")
    if part["mark"]:
        drawn += _badge(x + 2 if left else x + width - 2, y + 2, part["mark"])
    return drawn


def _lit(mark: str) -> str:
    return f"equal-{mark.lower()}" if mark else "lit"


def _badge(x: int, y: int, mark: str) -> str:
    circle = f'<circle {_look("badge")} cx="{x}" cy="{y}" r="{BADGE}"/>'
    return circle + _text("bold", x, y + 5, mark, "middle")


# The frames of TimeDistributed: a pile of slices.


def _frames(scene: Scene, width: int, height: int) -> str:
    drawn = _text("faint", 2, 13, f"once for each slice of {scene['reads']}", "start")
    slices = scene["slices"]
    for i in range(slices, -1, -1):
        x, y = STACK * i, LINE + STACK * (slices - i)
        drawn += _box("slice", x + 1, y + 1, width + 2 * FRAME, height + 2 * FRAME)
    return drawn


# The list of what comes back, and of what is equal.


def _list(scene: Scene, width: int, top: int) -> tuple[str, int]:
    """Draw the list, and say where it ends."""
    y = top + 12
    drawn = f'<path {_look("rule")} d="M0 {y}H{width}"/>'
    y += 24
    drawn += _text("bold", 2, y, f"What comes back: {scene['container']}", "start")
    most = max(len(tensor["swatch"]) for tensor in scene["tensors"])
    left = 2 + SQUARE * most + 8
    for tensor in scene["tensors"]:
        y += 28
        drawn += _swatch(tensor["swatch"], 2, y - 15)
        name = tensor["opens"] + tensor["name"] + tensor["closes"]
        drawn += _text("code", left, y, name, "start")
        if (len(name) + 2 + len(tensor["shape"])) * LETTER > width - left:
            y += LINE
        drawn += _text("code", width - 2, y, tensor["shape"], "end")
    for i, equal in enumerate(scene["equal"]):
        y += 12 if i == 0 else 0
        for j, line in enumerate(_wrapped(equal["text"], (width - 26) // LETTER)):
            y += 24 if j == 0 else LINE
            if j == 0 and equal["mark"]:
                drawn += _badge(11, y - 4, equal["mark"])
            drawn += _text("code", 26, y, line, "start")
    return drawn, y + 10


def _swatch(boxes: list[list[str]], x: int, y: int) -> str:
    drawn = ""
    for i, marks in enumerate(boxes):
        height = 20 if len(marks) == 1 else 9
        for j, mark in enumerate(marks):
            look = _look(_lit(mark))
            place = f'x="{x + SQUARE * i}" y="{y + 11 * j}" width="12" height="{height}" rx="2"'
            drawn += f"<rect {look} {place}/>"
            if len(marks) == 1:
                drawn += _text("on", x + SQUARE * i + 6, y + 15, mark, "middle")
    return drawn


def _wrapped(text: str, most: int) -> list[str]:
    """Break *text* into lines of at most so many letters where that can be, but in no index."""
    lines = [""]
    for word in text.replace(", ", ",\u00a0").split(" "):
        last = lines[len(lines) - 1]
        if last and len(last) + 1 + len(word) > most:
            lines.append(word)
        else:
            lines[len(lines) - 1] = f"{last} {word}" if last else word
    return lines


# SVG.


def _look(name: str) -> str:
    return f'class="rnn-{name}" {LOOKS[name]}'


def _box(look: str, x: int, y: int, width: int, height: int) -> str:
    return f'<rect {_look(look)} x="{x}" y="{y}" width="{width}" height="{height}" rx="4"/>'


def _text(look: str, x: int, y: int, text: str, anchor: str) -> str:
    if not text:
        return ""
    return f'<text {_look(look)} x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _wire(points: list[tuple[int, int]]) -> str:
    """Draw an arrow along *points*, straight across or straight down."""
    (x0, y0), (x, y) = points[len(points) - 2 :]
    dx = (x > x0) - (x < x0)
    dy = (y > y0) - (y < y0)
    # The line ends within the head, which would otherwise be blunt.
    path = "L".join(f"{px} {py}" for px, py in [*points[:-1], (x - 4 * dx, y - 4 * dy)])
    bx, by = x - 7 * dx, y - 7 * dy
    head = f"M{x} {y}L{bx - 4 * dy} {by - 4 * dx}L{bx + 4 * dy} {by + 4 * dx}Z"
    return f'<path {_look("wire")} d="M{path}"/><path {_look("head")} d="{head}"/>'
