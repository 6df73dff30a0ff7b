"""Print an SVG of ours as a page of PDF, the same on every run and every machine.

It knows what the painter paints, and no more of SVG. The fonts are those that every PDF reader has.
"""

import io
import re
from xml.etree import ElementTree

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SMALL = re.compile(r"([₀₁₂₃₄₅₆₇₈₉]+)")


def pdf_of(svg: str) -> bytes:
    """Print *svg* on a page of A4.

    Args:
        svg: The text of an SVG file, whose width is to fill the page's.

    Raises:
        ValueError: If there is something in it that is not printed.
    """
    root = ElementTree.fromstring(svg)
    _, _, width, _ = map(float, root.attrib["viewBox"].split())
    file = io.BytesIO()
    # Invariant: without the time and an identifier drawn by chance. Compressors differ as well.
    canvas = Canvas(file, pagesize=A4, invariant=1, pageCompression=0)
    canvas.setTitle(_inside(root, "title"))
    canvas.setSubject(_inside(root, "desc"))
    canvas.setAuthor("keras-rnn-returns")
    # SVG counts from the top.
    canvas.translate(0, A4[1])
    canvas.scale(A4[0] / width, -A4[0] / width)
    for element in root:
        _print(canvas, element)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _print(canvas: Canvas, element: ElementTree.Element) -> None:
    kind = element.tag.rpartition("}")[2]
    if kind in ("title", "desc"):
        return
    if kind == "svg":
        canvas.saveState()
        canvas.translate(*_numbers(element, "x", "y"))
        for inner in element:
            _print(canvas, inner)
        canvas.restoreState()
    elif kind == "text":
        _write(canvas, element)
    elif kind in _SHAPES:
        stroke, fill = _take_up(canvas, element)
        _SHAPES[kind](canvas, element, stroke, fill)
    else:
        raise ValueError(f"<{kind}> is not printed; teach site_build/pdf.py to.")


def _take_up(canvas: Canvas, element: ElementTree.Element) -> tuple[bool, bool]:
    """Take up the pens of *element*; say whether it has an outline, and whether it is filled."""
    stroke, fill = (element.get(name, "none") for name in ("stroke", "fill"))
    if stroke != "none":
        canvas.setStrokeColor(stroke)
        canvas.setLineWidth(float(element.get("stroke-width", "1")))
        canvas.setDash([float(part) for part in element.get("stroke-dasharray", "").split()])
    if fill != "none":
        canvas.setFillColor(fill)
    return stroke != "none", fill != "none"


def _rectangle(canvas: Canvas, element: ElementTree.Element, stroke: bool, fill: bool) -> None:
    x, y, width, height, radius = _numbers(element, "x", "y", "width", "height", "rx")
    canvas.roundRect(x, y, width, height, radius, stroke=stroke, fill=fill)


def _circle(canvas: Canvas, element: ElementTree.Element, stroke: bool, fill: bool) -> None:
    x, y, radius = _numbers(element, "cx", "cy", "r")
    canvas.circle(x, y, radius, stroke=stroke, fill=fill)


def _path(canvas: Canvas, element: ElementTree.Element, stroke: bool, fill: bool) -> None:
    path, y = canvas.beginPath(), 0.0
    for command, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", element.attrib["d"]):
        values = [float(number) for number in numbers.split()]
        if command == "M":
            path.moveTo(*values)
        elif command == "L":
            path.lineTo(*values)
        elif command == "H":
            path.lineTo(values[0], y)
        elif command == "Z":
            path.close()
        else:
            raise ValueError(f"A path's {command} is not printed; teach site_build/pdf.py to.")
        y = values[-1] if command in "ML" else y
    canvas.drawPath(path, stroke=stroke, fill=fill)


_SHAPES = {"rect": _rectangle, "circle": _circle, "path": _path}


def _write(canvas: Canvas, element: ElementTree.Element) -> None:
    """Write a text; small digits, which these fonts lack, are large ones made small."""
    (size,), bold = _numbers(element, "font-size"), "font-weight" in element.attrib
    code = "monospace" in element.get("font-family", "")
    font = f"{'Courier' if code else 'Helvetica'}{'-Bold' if bold else ''}"
    parts = [
        (part.translate(_SUBSCRIPTS), size * 0.7 if _SMALL.match(part) else size)
        for part in _SMALL.split((element.text or "").replace("\u00a0", " "))
    ]
    width = sum(canvas.stringWidth(part, font, each) for part, each in parts)
    anchors = {"start": 0.0, "middle": width / 2, "end": width}
    canvas.saveState()
    canvas.setFillColor(element.attrib["fill"])
    canvas.translate(*_numbers(element, "x", "y"))
    canvas.scale(1, -1)
    text = canvas.beginText(-anchors[element.get("text-anchor", "start")], 0)
    for part, each in parts:
        text.setFont(font, each)
        text.setRise(0 if each == size else -2)
        text.textOut(part)
    canvas.drawText(text)
    canvas.restoreState()


def _numbers(element: ElementTree.Element, *names: str) -> list[float]:
    return [float(element.attrib[name]) for name in names]


def _inside(root: ElementTree.Element, kind: str) -> str:
    return root.findtext(f"{{*}}{kind}", "")
