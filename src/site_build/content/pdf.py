"""Convert an SVG of this project to a page of PDF, with the same bytes on every machine.

Only the SVG of `rnn_returns.diagrams` is supported. The fonts are those that every PDF reader has.
svglib is no replacement: it takes fonts from the machine, draws nested `svg` elements too small,
and has no subscripts and no bold.
"""

import io
import re
from xml.etree import ElementTree

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUBSCRIPT_RUN = re.compile(r"([₀₁₂₃₄₅₆₇₈₉]+)")


def convert_svg(svg: str) -> bytes:
    """Return a PDF of the text of an SVG file, whose width fills a page of A4.

    Raises:
        ValueError: If it contains something that is not supported.
    """
    root = ElementTree.fromstring(svg)
    _, _, width, _ = map(float, root.attrib["viewBox"].split())
    file = io.BytesIO()
    # Invariant: without the time and a random identifier. Compressors differ as well.
    canvas = Canvas(file, pagesize=A4, invariant=1, pageCompression=0)
    canvas.setTitle(root.findtext("{*}title", ""))
    canvas.setSubject(root.findtext("{*}desc", ""))
    canvas.setAuthor("keras-rnn-returns")
    # SVG counts from the top.
    canvas.translate(0, A4[1])
    canvas.scale(A4[0] / width, -A4[0] / width)
    for element in root:
        _draw(canvas, element)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw(canvas: Canvas, element: ElementTree.Element) -> None:
    match element.tag.rpartition("}")[2]:
        case "title" | "desc":
            pass
        case "svg":
            canvas.saveState()
            canvas.translate(*_numbers(element, "x", "y"))
            for inner in element:
                _draw(canvas, inner)
            canvas.restoreState()
        case "text":
            _draw_text(canvas, element)
        case "rect":
            place = _numbers(element, "x", "y", "width", "height", "rx")
            canvas.roundRect(*place, **_set_pens(canvas, element))
        case "circle":
            canvas.circle(*_numbers(element, "cx", "cy", "r"), **_set_pens(canvas, element))
        case "path":
            _draw_path(canvas, element)
        case kind:
            raise ValueError(f"<{kind}> is not supported; see site_build/content/pdf.py.")


def _set_pens(canvas: Canvas, element: ElementTree.Element) -> dict[str, bool]:
    """Set the colors of *element*; return whether to draw its outline, and whether to fill it."""
    stroke, fill = (element.get(name, "none") for name in ("stroke", "fill"))
    if stroke != "none":
        canvas.setStrokeColor(stroke)
        canvas.setLineWidth(float(element.get("stroke-width", "1")))
        canvas.setDash([float(part) for part in element.get("stroke-dasharray", "").split()])
    if fill != "none":
        canvas.setFillColor(fill)
    return {"stroke": stroke != "none", "fill": fill != "none"}


def _draw_path(canvas: Canvas, element: ElementTree.Element) -> None:
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
            raise ValueError(f"A path's {command} is not supported; see site_build/content/pdf.py.")
        y = values[-1] if command in "ML" else y
    canvas.drawPath(path, **_set_pens(canvas, element))


def _draw_text(canvas: Canvas, element: ElementTree.Element) -> None:
    """Draw a text; subscripts, which these fonts lack, are small digits."""
    (size,), bold = _numbers(element, "font-size"), "font-weight" in element.attrib
    code = "monospace" in element.get("font-family", "")
    font = f"{'Courier' if code else 'Helvetica'}{'-Bold' if bold else ''}"
    parts = [
        (part.translate(_SUBSCRIPTS), size * 0.7 if _SUBSCRIPT_RUN.match(part) else size)
        for part in _SUBSCRIPT_RUN.split((element.text or "").replace("\u00a0", " "))
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
