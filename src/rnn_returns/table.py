"""One table, twice: as plain text for a terminal and a doctest, as HTML for a notebook."""

from dataclasses import dataclass
from html import escape

import numpy as np

# Six decimals are what single precision holds on every processor for values of about one.
DECIMALS = 6
# An array with more values than this is shown by its corners.
MOST_VALUES = 24


def values_text(values: np.ndarray) -> str:
    """Write *values* on one line, with so few decimals that every machine writes the same.

    >>> import numpy as np
    >>> from rnn_returns.table import values_text
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


@dataclass(frozen=True)
class Table:
    """A table that shows itself, as text in a terminal and as HTML in a notebook.

    Args:
        caption: What the table shows.
        columns: The columns' titles.
        rows: The cells' texts, row by row; the first of each names its row.

    >>> from rnn_returns.table import Table
    >>> Table("two flags", ("name", "default"), (("return_state", "False"),))
    two flags
    name          default
    return_state  False
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        lines = (self.columns, *self.rows)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            [
                self.caption,
                *(
                    "  ".join(map(str.ljust, line, widths)).rstrip()  # Doctests mind spaces.
                    for line in lines
                ),
            ]
        )

    def _repr_html_(self) -> str:
        # Classes only: how it looks is the page's, and a style attribute would be refused there.
        head = "".join(f'<th scope="col">{escape(title)}</th>' for title in self.columns)
        body = "".join(
            f'<tr><th scope="row">{escape(name)}</th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in self.rows
        )
        return (
            f'<table class="rnn-table"><caption>{escape(self.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )
