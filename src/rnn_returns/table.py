"""One table, twice: as plain text for a terminal and a doctest, as HTML for a notebook."""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy

from rnn_returns.messages import Render

# Six decimals are what single precision holds on every processor for values of about one.
DECIMALS = 6
# An array with more values than this is shown by its corners.
MOST_VALUES = 24


def values_text(values: "numpy.ndarray") -> str:
    """Write *values* on one line, with so few decimals that every machine writes the same.

    >>> import numpy as np
    >>> from rnn_returns.table import values_text
    >>> values_text(np.array([[0.25, -1e-9]]))
    '[[0.250000, 0.000000]]'
    """
    import numpy as np  # It is there if there is an array, and a table does without both.

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
        marks: For each row a letter, the same for rows that are equal and in their colour, or
            nothing. Letters stand in a column of their own, for not everybody sees colours.

    >>> from rnn_returns.table import Table
    >>> Table("two flags", ("name", "default"), (("return_state", "False"),))
    two flags
    name          default
    return_state  False
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marks: tuple[str, ...] = ()

    _classes: ClassVar[str] = "rnn-table"

    def __repr__(self) -> str:
        widths = [max(map(len, column)) for column in zip(*self._lines, strict=True)]
        # Doctests mind spaces at the end of a line.
        texts = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in self._lines)
        return "\n".join([self.caption, *texts])

    def html(self, render: Render) -> str:
        """Format it as HTML, with *render* for each text."""
        # Classes only: how it looks is the page's, and a style attribute would be refused there.
        titles, *rows = self._lines
        head = "".join(f'<th scope="col">{render(title)}</th>' for title in titles)
        body = "".join(
            f'<tr{_row_class(mark)}><th scope="row">{render(row[0])}</th>'
            + "".join(f"<td>{render(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row, mark in zip(rows, self.marks or [""] * len(rows), strict=True)
        )
        return (
            f'<table class="{self._classes}"><caption>{render(self.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _repr_html_(self) -> str:
        return self.html(escape)

    @property
    def _lines(self) -> list[tuple[str, ...]]:
        lines = [self.columns, *self.rows]
        if not any(self.marks):
            return lines
        marks = ("equal", *self.marks)
        return [(*line, mark) for line, mark in zip(lines, marks, strict=True)]


def _row_class(mark: str) -> str:
    # The class that equal values have in a diagram.
    return f' class="rnn-equal-{mark.lower()}"' if len(mark) == 1 else ""
