"""Tables that are displayed as text in a terminal and as HTML in a notebook."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy

from rnn_returns.messages import Displayed, Message, Render

# Single precision has six reliable decimals on every processor for values of about one.
DECIMALS = 6
# An array with more values than this is shown by its corners.
MOST_VALUES = 24
_VALUE = re.compile("[0-9{}`]")
# A word, and not a name such as state_h or Keras.
_WORD = re.compile(r"(?<![\w.=(])(?!Keras\b)[A-Za-z][a-z]+(?![\w.=(])")


def values_text(values: "numpy.ndarray") -> str:
    """Write *values* on one line, rounded so that the text is the same on every machine.

    Args:
        values: Numbers or booleans of any shape. A large array is abbreviated to its corners.

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
class Table(Displayed):
    """A table that is displayed as text in a terminal and as HTML in a notebook.

    Args:
        caption: The text above the table.
        columns: The titles of the columns.
        rows: The texts of the cells, row by row. The first cell names the row.
        marks: A letter for each row, or an empty text. Rows with equal values have the same letter
            and color.

    >>> from rnn_returns.table import Table
    >>> Table("one argument", ("name", "default"), (("return_state", "False"),))
    one argument
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
        """Write it as HTML, with its messages as *render* returns them."""
        # Only classes, because the page has the styles and its policy blocks a style attribute.
        titles, *rows = self._lines
        head = "".join(f'<th scope="col">{render(as_message(title))}</th>' for title in titles)
        body = "".join(
            f'<tr{_row_class(mark)}><th scope="row">{render(row[0])}</th>'
            + "".join(f"<td>{render(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row, mark in zip(rows, self.marks or [""] * len(rows), strict=True)
        )
        return (
            f'<table class="{self._classes}"><caption>{render(as_message(self.caption))}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    @property
    def _lines(self) -> list[tuple[str, ...]]:
        lines = [self.columns, *self.rows]
        if not any(self.marks):
            return lines
        marks = ("equal", *self.marks)
        return [(*line, mark) for line, mark in zip(lines, marks, strict=True)]


def as_message(text: str) -> str:
    """Return *text* as a message if it has words; with a number it has to be one already."""
    plain = type(text) is str and not _VALUE.search(text)
    return Message(text) if plain and _WORD.search(text) else text


def _row_class(mark: str) -> str:
    # The class that equal values have in a diagram.
    return f' class="rnn-equal-{mark.lower()}"' if len(mark) == 1 else ""
