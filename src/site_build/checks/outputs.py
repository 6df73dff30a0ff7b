"""The output of a cell must be the intended one, and the same on every machine."""

import re
from collections.abc import Iterator
from typing import Any

from myst_nb.core.render import get_mime_priority, strip_ansi

from rnn_returns.messages import MIME

RAISES = "raises-exception"
# These tags would hide a cell or its stderr from the checks.
_HIDING_TAGS = {"remove-stderr", "skip-execution"}
# The last is not shown, but translated.
_MIME_TYPES = {*get_mime_priority("html", []), MIME}

_FORBIDDEN = {
    "a log line": re.compile(r"^(?:\d{4}-\d\d-\d\d |[IWEF]\d{4} )\S+.*$", re.MULTILINE),
    "a time": re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d|\b\d\d:\d\d:\d\d\b"),
    "a terminal color": re.compile(r"\x1b\[[\d;]*m"),
    "an address in memory": re.compile(r"\b0x[0-9a-fA-F]{6,}"),
    "a path of this machine": re.compile(
        r"(?<![\w:/.<])/(?:[\w.+-]+/)+[\w.+-]+|\b[A-Z]:\\[^\s'\"]+"
    ),
    # Single precision has no more on every processor.
    "a number with more than six decimals": re.compile(r"\d\.\d{7,}(?:e[-+]?\d+)?"),
}


def find_problems(notebook: Any) -> Iterator[tuple[int, str]]:
    """Yield each cell of an executed notebook that may not be published, and the problem."""
    cells = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    yield from _check_execution(cells)
    for index, cell in cells:
        for tag in _tags(cell) & _HIDING_TAGS:
            yield index, f"The tag {tag!r} hides what should be seen."
        for output in cell.outputs:
            for problem in _check_output(output):
                yield index, problem


def _check_execution(cells: list[tuple[int, Any]]) -> Iterator[tuple[int, str]]:
    """Check that the cells ran to their end, and raised an error if they have the tag for it."""
    for index, cell in cells:
        errors = [output for output in cell.outputs if output.output_type == "error"]
        is_meant = RAISES in _tags(cell)
        if errors and not is_meant:
            yield index, f"This cell raised unexpectedly: {errors[0].ename}: {errors[0].evalue}"
            return  # No further cell runs.
        if cell.execution_count is None and cell.source.strip():
            yield index, "This cell was not executed to its end, nor were those after it."
            return
        if is_meant and not errors:
            yield index, "This cell has the tag raises-exception, but raised no error."


def _check_output(output: Any) -> Iterator[str]:
    if output.output_type == "stream" and output.name == "stderr":
        yield f"This cell wrote to stderr: {output.text.strip()}"
        return
    # Glued values are not checked, because prose may round them.
    is_glued = "scrapbook" in output.get("metadata", {})
    data = {} if is_glued else output.get("data", {})
    for mime_type in {*data} - _MIME_TYPES:
        yield f"The output has a type that no page shows: {mime_type!r}"
    texts = [text for mime_type, text in data.items() if mime_type.startswith("text/")]
    if output.output_type == "stream":
        texts.append(output.text)
    elif output.output_type == "error":
        # Keras writes parts of its messages in bold for a terminal; MyST-NB removes that.
        texts.append(strip_ansi("\n".join(output.traceback)))
    for text in texts:
        for what, pattern in _FORBIDDEN.items():
            if found := pattern.search(text):
                yield f"The output shows {what}: {found.group()!r}"


def _tags(cell: Any) -> set[str]:
    return set(cell.metadata.get("tags", []))
