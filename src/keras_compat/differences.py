"""How versions and backends differ, with the most consequential differences first."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from keras_compat.changes import is_equivalent, is_error
from keras_compat.data_files import MeasuredKeras, Value
from keras_compat.display import LocatedValue, Quoted
from keras_compat.labels import TableText, format_title, sort_behaviors
from keras_compat.probe import MEASUREMENTS
from keras_compat.version_sections import make_anchor
from rnn_returns.messages import Displayed, Joined, Message, Render

# Different results come first, then errors, then structure, then the wording of messages.
CONSEQUENCES = (TableText.RESULT, TableText.RAISED, TableText.STRUCTURE, TableText.WORDING)

_STRUCTURE = re.compile(
    r"(returns|container|exists|argument|dtype)\..*|state\.(model|layer)\.reset"
    r"|default\..*\.(implementation|time_major)"
)
# The example in a docstring is documentation.
NO_BEHAVIOR = "surprise.LSTMCell_example"


def find_consequence(behavior: str, value: Value, other: Value) -> TableText | None:
    """Return the kind of difference between two values of a behavior, or None if there is none.

    >>> from keras_compat.differences import find_consequence
    >>> find_consequence("container.LSTM", "list", "tuple").value
    'Different containers, shapes, data types or arguments'
    """
    if behavior == NO_BEHAVIOR or is_equivalent(behavior, value, other):
        return None
    if is_error(value) != is_error(other):
        return TableText.RAISED
    if is_error(value) or behavior.startswith("mask.warning."):
        return TableText.WORDING
    return TableText.STRUCTURE if _STRUCTURE.fullmatch(behavior) else TableText.RESULT


def merge_layers(behaviors: Iterable[str], same: Callable[[str], object]) -> dict[str, str]:
    """Return the title of each behavior, with one title for layers that have the same values.

    Args:
        behaviors: The names of the behaviors.
        same: Returns an object that is equal for two behaviors with the same values.

    Returns:
        The title by the name of the first behavior that it describes.
    """
    merged: dict[object, list[str]] = {}
    for name in sort_behaviors(behaviors):
        measurement = MEASUREMENTS[name]
        fields = {key: text for key, text in measurement.fields.items() if key != "layer"}
        key = (measurement.pattern, measurement.title, str(fields), str(same(name)))
        merged.setdefault(key, []).append(name)
    titles: dict[str, str] = {}
    for first, *others in merged.values():
        measurement = MEASUREMENTS[first]
        layers = [MEASUREMENTS[name].fields["layer"] for name in (first, *others) if others]
        fields = measurement.fields | ({"layer": Joined(", ", layers)} if layers else {})
        titles[first] = Message(measurement.title, **fields)
    return titles


@dataclass(frozen=True)
class Option:
    """A version and backend that a reader can select.

    Args:
        name: The name in the address of the page.
        label: The name that the page shows.
        group: The heading of its group in the menu.
    """

    name: str
    label: str
    group: str


@dataclass(frozen=True)
class DifferenceRow:
    """A behavior, and the values of the options that differ from the reference.

    Args:
        title: What was measured.
        values: The values, each with the positions of its options.
        reference: The value of the reference.
        since: The version that returns this value first, if a section describes this change.
    """

    title: str
    values: tuple[LocatedValue, ...]
    reference: str
    since: str = ""

    @property
    def positions(self) -> list[int]:
        """The positions of all options in the row."""
        return _positions(self.values)


@dataclass(frozen=True)
class DifferencesTable(Displayed):
    """The differences between a selected option and a reference.

    Args:
        reference: The name of the reference.
        options: What a reader can select.
        picked: The position of the option that is selected at first.
        groups: The rows, by the kind of difference; the last kind is folded.
    """

    reference: str
    options: tuple[Option, ...]
    picked: int
    groups: tuple[tuple[str, tuple[DifferenceRow, ...]], ...]

    def __repr__(self) -> str:
        option = self.options[self.picked].label
        lines = [f"{self._caption}: {option}"]
        for heading, rows in self.groups:
            picked = [row for row in rows if self.picked in row.positions]
            lines += [heading] if picked else []
            for row in picked:
                [value] = [value.value for value in row.values if self.picked in value.positions]
                lines += [f"  {row.title}", f"    {option}: {value}"]
                lines.append(f"    {self.reference}: {row.reference}")
        return "\n".join(lines)

    @property
    def _caption(self) -> Message:
        return Message(TableText.DIFFERENCES, newest=self.reference)

    def html(self, render: Render) -> str:
        """Format it as a menu, a count and a table for each kind of difference."""
        *shown, (folded, rows) = self.groups
        tables = ""
        for heading, group in shown:
            caption = f'<caption class="kind">{render(Message(heading))}</caption>'
            table = self._format_table(group, caption, render)
            tables += f"<div{self._mark(_positions(group))}>{table}</div>"
        summary = f"<summary>{render(Message(folded))}</summary>"
        table = self._format_table(rows, "", render)
        tables += f"<details{self._mark(_positions(rows))}>{summary}{table}</details>"
        return f'<div class="pick">{self._format_menu(render)}{tables}</div>'

    def _format_menu(self, render: Render) -> str:
        groups: dict[str, list[str]] = {}
        for index, option in enumerate(self.options):
            selected = " selected" if index == self.picked else ""
            groups.setdefault(option.group, []).append(
                f'<option value="{option.name}"{selected}>{render(option.label)}</option>'
            )
        options = "".join(
            f'<optgroup label="{render(group)}">{"".join(items)}</optgroup>'
            for group, items in groups.items()
        )
        label = render(Message(TableText.PICK))
        count = sum(self.picked in row.positions for _, rows in self.groups for row in rows)
        # Hidden because it does nothing without its script, which shows it.
        return (
            f'<p class="picker" hidden><label><span>{label}</span> '
            f"<select>{options}</select></label></p>"
            f"<p><strong>{self._format_picked(render)}</strong><br>"
            f"{render(Joined(': ', [self._caption, '']))}<output>{count}</output></p>"
        )

    def _format_table(self, rows: Sequence[DifferenceRow], caption: str, render: Render) -> str:
        body = "".join(self._format_row(row, render) for row in rows)
        return f'<table class="rnn-table differences">{caption}<tbody>{body}</tbody></table>'

    def _format_row(self, row: DifferenceRow, render: Render) -> str:
        values = "".join(
            f"<span{self._mark(value.positions)}>{format_value(value.value, render)}</span>"
            for value in row.values
        )
        picked = f"<p>{_format_where(self._format_picked(render), render)}{values}</p>"
        where = _format_where(render(self.reference), render)
        reference = f"{where}{format_value(row.reference, render)}{_format_since(row, render)}"
        return (
            f'<tr{self._mark(row.positions)}><th scope="row">{render(row.title)}</th>'
            f"<td>{picked}<p>{reference}</p></td></tr>"
        )

    def _format_picked(self, render: Render) -> str:
        return f'<span class="picked">{render(self.options[self.picked].label)}</span>'

    def _mark(self, positions: Sequence[int]) -> str:
        hidden = "" if self.picked in positions else " hidden"
        return f' data-at="{" ".join(map(str, positions))}"{hidden}'


@dataclass(frozen=True)
class GroupedTable(Displayed):
    """A table whose rows are in groups; each row has a title and located values.

    Args:
        caption: What the table contains.
        groups: The heading of each group, or an empty text, and its rows.
    """

    caption: str
    groups: tuple[tuple[str, tuple[tuple[str, tuple[LocatedValue, ...]], ...]], ...]

    def __repr__(self) -> str:
        lines = [self.caption]
        for heading, rows in self.groups:
            lines += [heading] if heading else []
            for title, values in rows:
                lines += [f"  {title}", *(f"    {value}" for value in values)]
        return "\n".join(lines)

    def html(self, render: Render) -> str:
        """Format it as a table with a heading for each group."""
        body = ""
        for heading, rows in self.groups:
            head = f'<tr class="kind"><th colspan="2" scope="rowgroup">{render(heading)}</th></tr>'
            head = head if heading else ""
            body += f"<tbody>{head}{''.join(_format_values(*row, render) for row in rows)}</tbody>"
        return (
            '<table class="rnn-table differences">'
            f"<caption>{render(self.caption)}</caption>{body}</table>"
        )


@dataclass(frozen=True)
class Sentences(Displayed):
    """Sentences in one paragraph."""

    sentences: tuple[str, ...]

    def __repr__(self) -> str:
        return " ".join(self.sentences)

    def html(self, render: Render) -> str:
        """Format them as a paragraph."""
        return f"<p>{render(Joined(' ', self.sentences))}</p>"


def _positions(located: Iterable[LocatedValue | DifferenceRow]) -> list[int]:
    return sorted({position for one in located for position in one.positions})


def format_value(value: str, render: Render) -> str:
    """Format a value, which is English if it is quoted from Keras."""
    language = ' lang="en"' if isinstance(value, Quoted) else ""
    return f'<span class="value"{language}>{render(value)}</span>'


def _format_since(row: DifferenceRow, render: Render) -> str:
    """Link a row to the section of the other page that tells what to do about the difference."""
    if not row.since:
        return ""
    text = render(Message(TableText.SINCE, version=row.since))
    return f' <a href="version-history.html#{make_anchor(row.since)}">{text}</a>'


def _format_where(html: str, render: Render) -> str:
    return f'<span class="where">{html}{render(Joined(": ", ["", ""]))}</span>'


def _format_values(title: str, values: Sequence[LocatedValue], render: Render) -> str:
    paragraphs = "".join(
        f"<p>{_format_where(render(value.location), render)}{format_value(value.value, render)}</p>"
        for value in values
    )
    return f'<tr><th scope="row">{render(title)}</th><td>{paragraphs}</td></tr>'


def as_csv(measured: Sequence[MeasuredKeras]) -> str:
    """Write all values as CSV: a row for each behavior, and a column for each environment."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["behavior", "title", *(keras.environment.name for keras in measured)])
    for name in sort_behaviors(measured[0].behaviors):
        values = [_format_cell(keras.behaviors[name]) for keras in measured]
        writer.writerow([name, format_title(name), *values])
    return text.getvalue()


def as_json(measured: Sequence[MeasuredKeras]) -> str:
    """Write all values as JSON, with the versions of each environment."""
    environments = {
        keras.environment.name: {
            "keras": keras.keras,
            "backend": keras.environment.backend,
            "device": "GPU" if keras.environment.gpu else "CPU",
            "versions": dict(keras.versions),
            "date": keras.date,
        }
        for keras in measured
    }
    behaviors = {
        name: {
            "title": format_title(name),
            "values": {keras.environment.name: keras.behaviors[name] for keras in measured},
        }
        for name in sort_behaviors(measured[0].behaviors)
    }
    return json.dumps({"environments": environments, "behaviors": behaviors}, ensure_ascii=False)


def _format_cell(value: Value) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else value
