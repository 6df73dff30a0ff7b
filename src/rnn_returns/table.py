"""One table, twice: as plain text for a terminal and a doctest, as HTML for a notebook."""

from collections.abc import Sequence
from html import escape

import numpy as np

# Six decimals are what single precision holds on every processor for values of about one.
DECIMALS = 6
# An array with more values than this is shown by its corners.
MOST_VALUES = 24

COLUMNS = ("name", "shape", "dtype", "values")

Row = tuple[str, str, str, str]


def values_text(values: np.ndarray) -> str:
    """Write *values* on one line, with so few decimals that every machine writes the same.

    >>> import numpy as np
    >>> values_text(np.array([[0.25, -1e-9]]))
    '[[0.250000, 0.000000]]'
    """
    if values.dtype.kind not in "biu":
        # Adding zero turns the -0.0 that rounding can leave into 0.0.
        values = np.round(values.astype("float64"), DECIMALS) + 0.0
    text = np.array2string(
        values,
        separator=", ",
        threshold=MOST_VALUES,
        edgeitems=1,
        max_line_width=10**9,
        formatter={"bool": str, "float_kind": lambda value: f"{value:.{DECIMALS}f}"},
    )
    return " ".join(text.split())


def as_text(caption: str, rows: Sequence[Row]) -> str:
    """Write the table as aligned plain text, without spaces at the end of a line."""
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (COLUMNS, *rows)
    ]
    return "\n".join([caption, *lines])


def as_html(caption: str, rows: Sequence[Row]) -> str:
    """Write the table as HTML; how it looks is left to the page's style sheet."""
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(
            f'<td class="rnn-{column}">{escape(cell)}</td>'
            for column, cell in zip(COLUMNS[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<table class="rnn-returned"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
