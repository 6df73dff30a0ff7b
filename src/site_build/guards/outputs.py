"""What a cell puts out must be what was meant, and the same on every machine."""

import re
from collections.abc import Iterator
from typing import Any

from myst_nb.core.render import strip_ansi

RAISES = "raises-exception"
# Tags that would keep a cell, or what it says on stderr, from being checked.
_HIDING_TAGS = {"remove-stderr", "skip-execution"}

_TRACES = {
    "a log line": re.compile(r"^(?:\d{4}-\d\d-\d\d |[IWEF]\d{4} )\S+.*$", re.MULTILINE),
    "a time": re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d|\b\d\d:\d\d:\d\d\b"),
    "a terminal colour": re.compile(r"\x1b\[[\d;]*m"),
    "an address in memory": re.compile(r"\b0x[0-9a-fA-F]{6,}"),
    "a path of this machine": re.compile(
        r"(?<![\w:/.<])/(?:[\w.+-]+/)+[\w.+-]+|\b[A-Z]:\\[^\s'\"]+"
    ),
    # Single precision holds no more on every processor.
    "a number with more than six decimals": re.compile(r"\d\.\d{7,}(?:e[-+]?\d+)?"),
}


def unfit(notebook: Any) -> Iterator[tuple[int, str]]:
    """Yield each cell of an executed notebook with an output that may not be published."""
    failed = False
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        tags = set(cell.metadata.get("tags", []))
        for tag in tags & _HIDING_TAGS:
            yield index, f"The tag {tag!r} hides what should be seen."
        raised = [output for output in cell.outputs if output.output_type == "error"]
        if raised and RAISES not in tags:
            failed = True  # No further cell runs.
            yield index, f"This cell raised unasked: {raised[0].ename}: {raised[0].evalue}"
        elif failed:
            continue
        elif cell.execution_count is None and cell.source.strip():
            failed = True
            yield index, "This cell was not executed to its end, nor were those after it."
        elif RAISES in tags and not raised:
            yield index, "This cell was meant to raise, and no longer does."
        for text in _stderr(cell):
            yield index, f"This cell wrote to stderr: {text.strip()}"
        for text in _texts(cell):
            for what, pattern in _TRACES.items():
                if found := pattern.search(text):
                    yield index, f"The output shows {what}: {found.group()!r}"


def _stderr(cell: Any) -> Iterator[str]:
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            yield output.text


def _texts(cell: Any) -> Iterator[str]:
    """Give every text that the cell put out, but for what it glued, which prose may round."""
    for output in cell.outputs:
        if output.output_type == "stream" and output.name != "stderr":
            yield output.text
        elif output.output_type == "error":
            # Keras sets parts of its messages in bold for a terminal; MyST-NB takes that out.
            yield strip_ansi("\n".join(output.traceback))
        elif output.output_type != "stream" and "scrapbook" not in output.metadata:
            for mime_type, data in output.data.items():
                if mime_type.startswith("text/"):
                    yield data
