"""What the model checker runs in a browser: check a model file or a layer as the command does.

Its only imports are the package and the standard library. The worker calls `check`.
"""

import io
import json
from contextlib import redirect_stderr
from dataclasses import replace
from html import escape
from typing import Any

from rnn_returns.__main__ import build_parser, try_target
from rnn_returns.diagrams.drawing import MOST_STEPS, diagram
from rnn_returns.models.report import RecurrentLayer, Report
from rnn_returns.models.terminal_text import escape_controls
from rnn_returns.rules.from_source import read_source
from rnn_returns.rules.layer_spec import LayerSpec, Shape, input_axes
from rnn_returns.rules.predicted import PredictedReturn

# The rest of a report has no diagrams, because each takes time and space.
MOST_DIAGRAMS = 10


def check(target: str, shape: str = "") -> str:
    """Return the result as JSON text: ``error``, or ``text`` and ``parts`` of HTML.

    Args:
        target: The path of a model file, or a layer as in Python.
        shape: The shape of the layer's input as the command takes it, or "".
    """
    try:
        arguments = ["--input", shape] if shape else []
        with redirect_stderr(io.StringIO()) as printed:
            options = build_parser().parse_args([*arguments, "--", target])
    except SystemExit:  # The last line is the error.
        return _fail(printed.getvalue().strip().rpartition("error: ")[2])
    result = try_target(target, options)
    if isinstance(result, str):
        return _fail(result)
    parts = _show_report(result) if isinstance(result, Report) else [_show_layer(result)]
    return json.dumps({"text": repr(result), "parts": parts})


def _fail(reason: str) -> str:
    return json.dumps({"error": escape_controls(" ".join(reason.split()))})


def _show_report(report: Report) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"html": replace(report, layers=())._repr_html_()}]
    drawn: set[tuple[str, Shape | None]] = set()
    for layer in report.layers:
        is_new = (layer.layer, layer.reads) not in drawn and len(drawn) < MOST_DIAGRAMS
        svg = _draw_source(layer, len(drawn)) if is_new else ""
        if svg:
            drawn.add((layer.layer, layer.reads))
        diagnostics = [
            {"code": each.code, "name": each.name, "section": each.section}
            for each in layer.diagnostics
        ]
        parts.append(
            {
                "html": layer._repr_html_(),
                "diagnostics": diagnostics,
                "layer": layer.layer,
                "diagram": svg,
            }
        )
    return parts


def _show_layer(prediction: PredictedReturn) -> dict[str, Any]:
    return {
        "html": f'<pre tabindex="0">{escape(repr(prediction))}</pre>',
        "layer": "",
        "diagram": _draw(prediction.layer, prediction.shape, 0),
    }


def _draw_source(layer: RecurrentLayer, number: int) -> str:
    try:
        spec = read_source(layer.layer)
    except ValueError:  # A custom class.
        return ""
    return _draw(spec, layer.reads, number)


def _draw(layer: LayerSpec, shape: Shape | None, number: int) -> str:
    """Return the diagram as HTML; nothing if there is none of this layer and shape."""
    axes = input_axes(layer)
    if shape and len(shape) == len(axes):
        steps = shape[axes.index("timesteps")]
        if steps is not None and steps > MOST_STEPS:
            shape = tuple(
                None if axis == "timesteps" else length
                for axis, length in zip(axes, shape, strict=True)
            )
    try:
        return diagram(layer, input_shape=shape, key=f"check-{number}")._repr_html_()
    except (TypeError, ValueError):
        return ""
