"""Show the atlas on a page: the matrix of what changed, its news, and a row to look up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from string import ascii_lowercase

from atlas.changes import alike, changes, is_refused, stretches
from atlas.environments import ON_GPU, VERSIONS, Environment
from atlas.news import news
from atlas.rows import Row, Value, read
from atlas.words import group, ordered, title
from rnn_returns.table import Table

MARK = "◆"
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch", "numpy": "NumPy"}
NOT_RUN = "not run"
NOTHING_NEW = "The nightly build does all that was measured as the release does."
# What a kernel for GPUs has a way of its own for.
FAST_KERNELS = re.compile(r"(mask\.(output\.default|left_padded)|go_backwards\.state)\.(LSTM|GRU)")


def value_text(value: Value) -> str:
    """Write a value; a list holds numbers."""
    return value if isinstance(value, str) else ", ".join(f"{number:.6f}" for number in value)


def brief(value: Value) -> str:
    """Write a value, or the sort of error that stands for it."""
    return f"refused: {str(value).split(':')[0]}" if is_refused(value) else value_text(value)


def label(row: Row) -> str:
    """Name a row as readers know it, with the backend where it is not TensorFlow."""
    backend = "" if row.environment.backend == "tensorflow" else BACKENDS[row.environment.backend]
    on = f" on {backend}" if backend else ""
    return f"{row.environment.label}{on}{', GPU' if row.environment.gpu else ''}"


def from_to(rows: Sequence[Row]) -> str:
    """Name neighbouring rows by the first and the last."""
    first, last = label(rows[0]), label(rows[-1])
    return first if first == last else f"{first} to {last}"


def since(before: Row, row: Row) -> str:
    """Name the version that a change from *before* to *row* came with, as far as it is known."""
    if VERSIONS.index(row.environment) == VERSIONS.index(before.environment) + 1:
        return label(row)
    return f"after {label(before)}, at the latest in {label(row)}"


@dataclass(frozen=True)
class Found:
    """One value of a behaviour, and where it was found.

    Args:
        where: The rows in words.
        value: The value in words.
        positions: The places of the rows among all that are shown.
    """

    where: str
    value: str
    positions: tuple[int, ...]


@dataclass(frozen=True)
class Findings:
    """A table of behaviours, each with all its values and where each was found.

    Args:
        caption: What the table shows.
        rows: A title and what was found, for each behaviour.
        options: The rows of the atlas, for a reader to pick one, or empty.
        picked: The option that is picked at first.
        letters: The columns of a matrix with a letter a value, or empty.
    """

    caption: str
    rows: tuple[tuple[str, tuple[Found, ...]], ...]
    options: tuple[str, ...] = ()
    picked: int = 0
    letters: tuple[str, ...] = ()

    def __repr__(self) -> str:
        lines = [self.caption]
        for words, found in self.rows:
            lines.append(words)
            lines += [f"  {one.where}: {one.value}" for one in found]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col" class="version"><span>{escape(column)}</span></th>'
            for column in self.letters
        )
        if head:
            head = f'<thead><tr><th scope="col">behaviour</th>{head}</tr></thead>'
        body = "".join(self._row(words, found) for words, found in self.rows)
        classes = "rnn-table findings matrix" if self.letters else "rnn-table findings"
        return (
            f"{self._picker()}"
            f'<table class="{classes}"><caption>{escape(self.caption)}</caption>'
            f"{head}<tbody>{body}</tbody></table>"
        )

    def _picker(self) -> str:
        if not self.options:
            return ""
        options = "".join(
            f"<option{' selected' if index == self.picked else ''}>{escape(text)}</option>"
            for index, text in enumerate(self.options)
        )
        # Without its script it can do nothing, so the script shows it.
        label = f"<label>The Keras that you have <select>{options}</select></label>"
        return f'<p class="pick" hidden>{label}</p>'

    def _row(self, words: str, found: tuple[Found, ...]) -> str:
        values = "".join(
            f'<p data-at="{" ".join(map(str, one.positions))}">'
            f'<span class="where">{escape(one.where)}:</span> '
            f'<span class="value">{escape(one.value)}</span></p>'
            for one in found
        )
        if not self.letters:
            return f'<tr><th scope="row">{escape(words)}</th><td>{values}</td></tr>'
        cells = ""
        for letter, one in zip(ascii_lowercase, found, strict=False):
            for position in one.positions:
                first = position == one.positions[0] and one is not found[0]
                cells += f'<td class="changed">{letter}</td>' if first else f"<td>{letter}</td>"
        return f'<tr><th scope="row">{escape(words)}{values}</th>{cells}</tr>'


def matrix(rows: Sequence[Row]) -> Findings:
    """Show the behaviours that changed, version by version, but for the words of messages."""
    shown = []
    for name in ordered(rows[0].behaviours):
        divided = stretches(name, rows)
        if len(divided) > 1 and not name.startswith("error."):
            found, start = [], 0
            for letter, stretch in zip(ascii_lowercase, divided, strict=False):
                mark = f"{MARK} " if start else ""
                where = f"{mark}{letter}, {from_to(stretch.rows)}"
                found.append(Found(where, brief(stretch.value), _places(start, stretch.rows)))
                start += len(stretch.rows)
            shown.append((f"{group(name)}: {title(name)}", tuple(found)))
    columns = tuple(label(row) for row in rows)
    return Findings(f"{len(shown)} behaviours changed", tuple(shown), letters=columns)


def messages(rows: Sequence[Row]) -> Findings:
    """Show how each mistake was reported, version by version."""
    shown = []
    for name in ordered(rows[0].behaviours):
        if name.startswith("error."):
            found = [
                Found(from_to(one.rows), value_text(one.value), ()) for one in stretches(name, rows)
            ]
            shown.append((title(name), tuple(found)))
    return Findings(f"{len(shown)} mistakes", tuple(shown))


def _places(start: int, rows: Sequence[Row]) -> tuple[int, ...]:
    return tuple(range(start, start + len(rows)))


def lookup(versions: Sequence[Row], others: Sequence[Row], picked: Row) -> Findings:
    """Show every behaviour in every row, for a reader to pick one.

    Args:
        versions: The rows that follow each other.
        others: The rows that do not, such as those of other backends.
        picked: The row that is shown at first.
    """
    rows = [*versions, *others]
    shown = []
    for name in ordered(versions[0].behaviours):
        found: list[Found] = []
        start = 0
        for one in stretches(name, versions, to_the_word=True):
            places = _places(start, one.rows)
            found.append(Found(from_to(one.rows), value_text(one.value), places))
            start += len(one.rows)
        for position, row in enumerate(others, start):
            found.append(Found(label(row), value_text(row.behaviours[name]), (position,)))
        shown.append((f"{group(name)}: {title(name)}", tuple(found)))
    caption = f"{len(shown)} behaviours"
    options = tuple(label(row) for row in rows)
    return Findings(caption, tuple(shown), options, rows.index(picked))


def compared(rows: Sequence[Row], caption: str) -> Findings:
    """Show the behaviours that are not the same in all *rows*, and who does what."""
    shown = []
    for name in ordered(rows[0].behaviours):
        values: list[tuple[Value, list[Row]]] = []
        for row in rows:
            value = row.behaviours[name]
            like = [who for known, who in values if alike(name, known, value)]
            if like:
                like[0].append(row)
            else:
                values.append((value, [row]))
        if len(values) > 1:
            found = tuple(
                Found(", ".join(BACKENDS[row.environment.backend] for row in who), brief(value), ())
                for value, who in values
            )
            shown.append((f"{group(name)}: {title(name)}", found))
    return Findings(f"{len(shown)} {caption}", tuple(shown))


def on_gpu(newest: Row) -> Findings:
    """Show what each backend's fast kernels do, beside *newest* on a CPU, as far as it was run."""
    shown = []
    for name in filter(FAST_KERNELS.fullmatch, ordered(newest.behaviours)):
        found = [Found("TensorFlow, CPU", brief(newest.behaviours[name]), ())]
        for environment in ON_GPU:
            row = read(environment)
            there = brief(row.behaviours[name]) if row and row.behaviours else _not_run(row)
            found.append(Found(f"{BACKENDS[environment.backend]}, GPU", there, ()))
        shown.append((title(name), tuple(found)))
    return Findings(f"{len(shown)} behaviours that a fast kernel may change", tuple(shown))


def _not_run(row: Row | None) -> str:
    return f"{NOT_RUN}: {row.not_run}" if row else NOT_RUN


def unchanged(rows: Sequence[Row]) -> Table:
    """Show what is the same in all *rows*."""
    same = [
        (title(name), value_text(rows[-1].behaviours[name]))
        for name in ordered(rows[0].behaviours)
        if len(stretches(name, rows)) == 1
    ]
    return Table(f"{len(same)} behaviours that never changed", ("behaviour", "value"), tuple(same))


@dataclass(frozen=True)
class Told:
    """A table of what happened, what to do about it, and the measurements behind it.

    Args:
        rows: For each change the version, what happened, what to do, and what was measured.
    """

    rows: tuple[tuple[str, str, str, tuple[str, ...]], ...]

    @property
    def caption(self) -> str:
        """Say how much is told."""
        return f"{len(self.rows)} changes, the newest first"

    def __repr__(self) -> str:
        lines = [self.caption]
        for since, says, fix, measured in self.rows:
            lines += [f"{since}: {says}", f"  What to do: {fix}", *(f"  {one}" for one in measured)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr><th scope="row">{escape(since)}</th><td><p>{escape(says)}</p>'
            f'<p><span class="where">What to do:</span> {escape(fix)}</p>'
            f"<details><summary>{escape(_summary(measured))}</summary><ul>"
            + "".join(f"<li>{escape(one)}</li>" for one in measured)
            + "</ul></details></td></tr>"
            for since, says, fix, measured in self.rows
        )
        return (
            f'<table class="rnn-table findings"><caption>{escape(self.caption)}</caption>'
            f"<tbody>{body}</tbody></table>"
        )


def _summary(measured: Sequence[str]) -> str:
    first = measured[0].rsplit(": ", 1)[0] if len(measured[0]) > 90 else measured[0]
    return first if len(measured) == 1 else f"{first}, and {len(measured) - 1} more"


def news_of(rows: Sequence[Row]) -> Told:
    """Tell each change from a row to the next: what it means and what to do, the newest first."""
    told: dict[tuple[str, str, str], list[str]] = {}
    for before, row in reversed(list(pairwise(rows))):
        found = {change.behaviour: change for change in changes([before, row])}
        for name in ordered(found):
            one = news(found[name])
            # Of a message the words are what changed, of all else whether it is refused.
            text = value_text if name.startswith("error.") else brief
            said = f"{title(name)}: {text(found[name].was)} {MARK} {text(found[name].now)}"
            told.setdefault((since(before, row), one.says, one.fix), []).append(said)
    return Told(tuple((*about, tuple(measured)) for about, measured in told.items()))


def coming(release: Row, nightly: Row) -> Told | str:
    """Tell what *nightly* does differently, or that it does nothing so."""
    return news_of([release, nightly]) if changes([release, nightly]) else NOTHING_NEW


def runs(environments: Sequence[Environment]) -> Table:
    """Show what was run on what, and what could not be run and why."""
    lines = []
    for environment in environments:
        row = read(environment)
        if row is None or row.not_run:
            line = (_not_run(row), "", row.date if row else "")
        else:
            versions = ", ".join(f"{name} {text}" for name, text in sorted(row.versions.items()))
            line = (row.keras, versions, row.date)
        name = f"{environment.label} on {BACKENDS[environment.backend]}"
        lines.append((f"{name}{', GPU' if environment.gpu else ''}", *line))
    return Table(f"{len(lines)} environments", ("what", "Keras", "with", "on"), tuple(lines))


def beside_pytorch(row: Row, case: str) -> Table:
    """Show what PyTorch returned, and whether Keras returned the same.

    Args:
        row: What the probe of PyTorch found.
        case: Which of its comparisons.
    """
    lines = []
    for name, value in row.behaviours.items():
        of, kind, library, tensor = name.split(".")
        if of == case:
            shape, _, same = value_text(value).rpartition(", ")
            line = (shape, same) if library == "keras" else (value_text(value), "")
            lines.append((f"{kind}, {BACKENDS.get(library, 'Keras')}", tensor, *line))
    columns = ("layer", "tensor", "shape", "beside PyTorch's")
    return Table(f"{len(lines)} tensors", columns, tuple(lines))
