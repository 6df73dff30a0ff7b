"""The tables of measurements as objects that a terminal and a page can display.

Their HTML has the class ``atlas``; texts quoted from Keras are marked as English, so that no
translation changes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import ClassVar

from keras_compat.labels import TableText
from rnn_returns.messages import Displayed, Joined, Message, Render
from rnn_returns.table import Table

MARK = "◆"


class CompatTable(Table, Displayed):
    """A plain table with messages in its cells."""

    _classes: ClassVar[str] = f"{Table._classes} atlas"


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
        options: The names of the versions that a reader can select, or empty.
        picked: The option that is selected at first.
        columns: The versions that are columns of a matrix, with a letter for each value, or empty.
    """

    caption: str
    rows: tuple[tuple[str, tuple[LocatedValue, ...]], ...]
    options: tuple[str, ...] = ()
    picked: int = 0
    columns: tuple[str, ...] = ()

    def __repr__(self) -> str:
        lines = [self.caption]
        for title, values in self.rows:
            lines += [title, *(f"  {value}" for value in values)]
        return "\n".join(lines)

    def html(self, render: Render) -> str:
        """Format it as a table, after the field that selects a version."""
        head, classes = "", "rnn-table atlas findings"
        if self.columns:
            classes += " matrix"
            columns = "".join(
                f'<th scope="col" class="version"><span>{render(column)}</span></th>'
                for column in self.columns
            )
            behavior = render(Message(TableText.BEHAVIOR))
            head = f'<thead><tr><th scope="col">{behavior}</th>{columns}</tr></thead>'
        body = "".join(self._format_row(title, values, render) for title, values in self.rows)
        return (
            f"{self._format_picker(render)}"
            f'<table class="{classes}"><caption>{render(self.caption)}</caption>'
            f"{head}<tbody>{body}</tbody></table>"
        )

    def _format_picker(self, render: Render) -> str:
        if not self.options:
            return ""
        options = "".join(
            f"<option{' selected' if index == self.picked else ''}>{render(option)}</option>"
            for index, option in enumerate(self.options)
        )
        label = render(Message(TableText.PICK))
        # Hidden because it does nothing without its script, which shows it.
        return (
            f'<p class="pick" hidden><label><span>{label}</span> '
            f"<select>{options}</select></label></p>"
        )

    def _format_row(self, title: str, values: Sequence[LocatedValue], render: Render) -> str:
        paragraphs = "".join(value.html(render) for value in values)
        if not self.columns:
            return f'<tr><th scope="row">{render(title)}</th><td>{paragraphs}</td></tr>'
        cells = ""
        for letter, value in zip(ascii_lowercase, values, strict=False):
            for position in value.positions:
                changed = position == value.positions[0] and value is not values[0]
                cells += f'<td class="changed">{letter}</td>' if changed else f"<td>{letter}</td>"
        return f'<tr><th scope="row">{render(title)}{paragraphs}</th>{cells}</tr>'


@dataclass(frozen=True)
class ChangedValue:
    """A measurement that shows a change.

    Args:
        title: What was measured.
        old: The value before.
        new: The value since.
    """

    title: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.title}: {self.old} {MARK} {self.new}"

    def html(self, render: Render) -> str:
        """Format the title and both values."""
        old, new = _format_value(self.old, render), _format_value(self.new, render)
        return f"{_before_colon(self.title, render)}{old} {MARK} {new}"


@dataclass(frozen=True)
class DescribedChange:
    """What changed in a version, what to do about it, and the measurements that show it."""

    version: str
    summary: Message
    action: Message
    values: tuple[ChangedValue, ...]

    def __str__(self) -> str:
        lines = [f"{self.version}: {self.summary}", f"  {TableText.ACTION}: {self.action}"]
        return "\n".join([*lines, *(f"  {value}" for value in self.values)])

    def html(self, render: Render) -> str:
        """Format it as a row of a table."""
        label = _format_label(Message(TableText.ACTION), render)
        values = "".join(f"<li>{value.html(render)}</li>" for value in self.values)
        return (
            f'<tr><th scope="row">{render(self.version)}</th><td><p>{render(self.summary)}</p>'
            f"<p>{label}{render(self.action)}</p>"
            f"<details><summary>{self._format_values(render)}</summary><ul>{values}</ul></details>"
            "</td></tr>"
        )

    def _format_values(self, render: Render) -> str:
        first, *others = self.values
        is_short = len(str(first)) <= 90
        text = first.html(render) if is_short else f"<span>{render(first.title)}</span>"
        return text + render(Message(TableText.MORE, count=len(others))) if others else text


@dataclass(frozen=True)
class ChangesTable(Displayed):
    """A table of changes, the newest first."""

    caption: str
    changes: tuple[DescribedChange, ...]

    def __repr__(self) -> str:
        return "\n".join(map(str, (self.caption, *self.changes)))

    def html(self, render: Render) -> str:
        """Format it as a table."""
        body = "".join(change.html(render) for change in self.changes)
        return (
            f'<table class="rnn-table atlas findings"><caption>{render(self.caption)}</caption>'
            f"<tbody>{body}</tbody></table>"
        )


def _before_colon(text: str, render: Render) -> str:
    return render(Joined(": ", [text, ""]))


def _format_label(text: str, render: Render) -> str:
    return f'<span class="where">{_before_colon(text, render)}</span>'


def _format_value(value: str, render: Render, attribute: str = "") -> str:
    language = ' lang="en"' if isinstance(value, Quoted) else ""
    return f"<span{attribute}{language}>{render(value)}</span>"
