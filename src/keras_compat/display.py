"""The tables of measurements as objects that a terminal and a page can display.

Their HTML has the class ``measured``; texts quoted from Keras are marked as English, so that no
translation changes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rnn_returns.messages import Displayed, Joined, Render
from rnn_returns.table import Table


class CompatTable(Table, Displayed):
    """A plain table with messages in its cells."""

    _classes: ClassVar[str] = f"{Table._classes} measured"


class Quoted(str):
    """A value in Keras's own words: an error or a warning."""


@dataclass(frozen=True)
class LocatedValue:
    """One value of a behavior, and the versions that have it.

    Args:
        location: The versions in words.
        value: The value in words.
        positions: The positions of the versions among all in the table, if they are needed.
    """

    location: str
    value: str
    positions: Sequence[int] = ()

    def __str__(self) -> str:
        return f"{self.location}: {self.value}" if self.location else self.value

    def html(self, render: Render) -> str:
        """Format it as a paragraph."""
        location = _format_label(self.location, render) if self.location else ""
        value = _format_value(self.value, render, ' class="value"')
        return f'<p data-at="{" ".join(map(str, self.positions))}">{location}{value}</p>'


@dataclass(frozen=True)
class ValuesTable(Displayed):
    """A table of behaviors, each with all its values and the versions that have them.

    Args:
        caption: What the table contains.
        rows: A title and the values, for each behavior.
    """

    caption: str
    rows: tuple[tuple[str, tuple[LocatedValue, ...]], ...]

    def __repr__(self) -> str:
        lines = [self.caption]
        for title, values in self.rows:
            lines += [title, *(f"  {value}" for value in values)]
        return "\n".join(lines)

    def html(self, render: Render) -> str:
        """Format it as a table."""
        body = "".join(self._format_row(title, values, render) for title, values in self.rows)
        return (
            f'<table class="rnn-table measured findings"><caption>{render(self.caption)}</caption>'
            f"<tbody>{body}</tbody></table>"
        )

    def _format_row(self, title: str, values: Sequence[LocatedValue], render: Render) -> str:
        paragraphs = "".join(value.html(render) for value in values)
        return f'<tr><th scope="row">{render(title)}</th><td>{paragraphs}</td></tr>'


def _before_colon(text: str, render: Render) -> str:
    return render(Joined(": ", [text, ""]))


def _format_label(text: str, render: Render) -> str:
    return f'<span class="where">{_before_colon(text, render)}</span>'


def _format_value(value: str, render: Render, attribute: str = "") -> str:
    language = ' lang="en"' if isinstance(value, Quoted) else ""
    return f"<span{attribute}{language}>{render(value)}</span>"
