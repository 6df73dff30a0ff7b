"""Show the atlas on a page: the matrix of what changed, its news, and a row to look up.

Its tables have the class ``atlas``, by which a translation knows them; what Keras itself says is
marked as English, and stays so.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from string import ascii_lowercase
from typing import ClassVar

from atlas.changes import alike, changes, is_refused, stretches
from atlas.environments import ON_GPU, VERSIONS, Environment
from atlas.news import news
from atlas.phrases import Phrase
from atlas.rows import Row, Value, read
from atlas.words import group, ordered, plain, title
from rnn_returns.table import Table

MARK = "◆"
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch", "numpy": "NumPy"}
# What a kernel for GPUs has a way of its own for.
FAST_KERNELS = re.compile(r"(mask\.(output\.default|left_padded)|go_backwards\.state)\.(LSTM|GRU)")


@dataclass(frozen=True)
class Answer:
    """A value in words.

    Args:
        text: The words.
        quoted: Whether they are Keras's own: an error or a warning.
    """

    text: str
    quoted: bool = False

    def __str__(self) -> str:
        return self.text

    def html(self, attribute: str = "") -> str:
        """Write it for a page, in an element that may have another *attribute*."""
        language = ' lang="en"' if self.quoted else ""
        return f"<span{attribute}{language}>{escape(self.text)}</span>"


def whole(behaviour: str, value: Value) -> Answer:
    """Write a value with all its words; a list holds numbers."""
    if isinstance(value, list):
        return Answer(", ".join(f"{number:.6f}" for number in value))
    warns = behaviour.startswith("mask.warning.") and value != "none"
    return Answer(value, quoted=warns or is_refused(value))


def brief(behaviour: str, value: Value) -> Answer:
    """Write a value, or the sort of error that stands for it."""
    if is_refused(value):
        return Answer(f"{Phrase.REFUSED}: {str(value).split(':')[0]}")
    return whole(behaviour, value)


def label(row: Row) -> str:
    """Name a row as readers know it, with the backend where it is not TensorFlow."""
    environment = row.environment
    if environment.backend == "tensorflow":
        name = environment.label
        return Phrase.GPU.format(name=name) if environment.gpu else name
    return on_backend(environment)


def on_backend(environment: Environment) -> str:
    """Name an environment with its backend, whichever it is."""
    phrase = Phrase.ON_GPU if environment.gpu else Phrase.ON
    return phrase.format(keras=environment.label, backend=BACKENDS[environment.backend])


def from_to(rows: Sequence[Row]) -> str:
    """Name neighbouring rows by the first and the last."""
    first, last = label(rows[0]), label(rows[-1])
    return first if first == last else Phrase.FROM_TO.format(first=first, last=last)


def since(before: Row, row: Row) -> str:
    """Name the version that a change from *before* to *row* came with, as far as it is known."""
    if VERSIONS.index(row.environment) == VERSIONS.index(before.environment) + 1:
        return label(row)
    return Phrase.SINCE.format(before=label(before), row=label(row))


@dataclass(frozen=True)
class Found:
    """One value of a behaviour, and where it was found.

    Args:
        where: The rows in words.
        answer: The value in words.
        positions: The places of the rows among all that are shown, where that is of use.
    """

    where: str
    answer: Answer
    positions: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.answer}" if self.where else str(self.answer)

    def html(self) -> str:
        """Write the same for a page."""
        where = f'<span class="where">{escape(self.where)}: </span>' if self.where else ""
        answer = self.answer.html(' class="value"')
        return f'<p data-at="{" ".join(map(str, self.positions))}">{where}{answer}</p>'


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
            lines += [f"  {one}" for one in found]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col" class="version"><span>{escape(column)}</span></th>'
            for column in self.letters
        )
        if head:
            head = f'<thead><tr><th scope="col">{Phrase.BEHAVIOUR}</th>{head}</tr></thead>'
        body = "".join(self._row(words, found) for words, found in self.rows)
        classes = "rnn-table atlas findings matrix" if self.letters else "rnn-table atlas findings"
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
        label = f"<label><span>{Phrase.PICK}</span> <select>{options}</select></label>"
        return f'<p class="pick" hidden>{label}</p>'

    def _row(self, words: str, found: tuple[Found, ...]) -> str:
        values = "".join(one.html() for one in found)
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
                found.append(Found(where, brief(name, stretch.value), _places(start, stretch.rows)))
                start += len(stretch.rows)
            shown.append((f"{group(name)}: {title(name)}", tuple(found)))
    columns = tuple(label(row) for row in rows)
    caption = Phrase.CHANGED.format(count=len(shown))
    return Findings(caption, tuple(shown), letters=columns)


def messages(rows: Sequence[Row]) -> Findings:
    """Show how each mistake was reported, version by version."""
    shown = []
    for name in ordered(rows[0].behaviours):
        if name.startswith("error."):
            found = [
                Found(from_to(one.rows), whole(name, one.value)) for one in stretches(name, rows)
            ]
            shown.append((title(name), tuple(found)))
    return Findings(Phrase.MISTAKES.format(count=len(shown)), tuple(shown))


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
            found.append(Found(from_to(one.rows), whole(name, one.value), places))
            start += len(one.rows)
        for position, row in enumerate(others, start):
            found.append(Found(label(row), whole(name, row.behaviours[name]), (position,)))
        shown.append((f"{group(name)}: {title(name)}", tuple(found)))
    caption = Phrase.BEHAVIOURS.format(count=len(shown))
    options = tuple(label(row) for row in rows)
    return Findings(caption, tuple(shown), options, rows.index(picked))


def compared(rows: Sequence[Row]) -> Findings:
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
                Found(
                    ", ".join(BACKENDS[row.environment.backend] for row in who), brief(name, value)
                )
                for value, who in values
            )
            shown.append((f"{group(name)}: {title(name)}", found))
    return Findings(Phrase.DIFFER.format(count=len(shown)), tuple(shown))


def on_gpu(newest: Row) -> Findings:
    """Show what each backend's fast kernels do, beside *newest* on a CPU, as far as it was run."""
    shown = []
    for name in filter(FAST_KERNELS.fullmatch, ordered(newest.behaviours)):
        found = [Found(Phrase.CPU.format(name="TensorFlow"), brief(name, newest.behaviours[name]))]
        for environment in ON_GPU:
            row = read(environment)
            there = (
                brief(name, row.behaviours[name])
                if row and row.behaviours
                else Answer(_not_run(row))
            )
            where = Phrase.GPU.format(name=BACKENDS[environment.backend])
            found.append(Found(where, there))
        shown.append((title(name), tuple(found)))
    return Findings(Phrase.FAST_KERNEL.format(count=len(shown)), tuple(shown))


def _not_run(row: Row | None) -> str:
    return f"{Phrase.NOT_RUN}: {row.not_run}" if row else Phrase.NOT_RUN


def unchanged(rows: Sequence[Row]) -> Findings:
    """Show what is the same in all *rows*."""
    same = [
        (title(name), (Found("", whole(name, rows[-1].behaviours[name])),))
        for name in ordered(rows[0].behaviours)
        if len(stretches(name, rows)) == 1
    ]
    return Findings(Phrase.NEVER_CHANGED.format(count=len(same)), tuple(same))


@dataclass(frozen=True)
class Measured:
    """A measurement behind a change.

    Args:
        title: What was measured.
        was: What was found before.
        now: What has been found since.
    """

    title: str
    was: Answer
    now: Answer

    def __str__(self) -> str:
        return f"{self.title}: {self.was} {MARK} {self.now}"

    def html(self) -> str:
        """Write the same for a page."""
        return f"{escape(self.title)}: {self.was.html()} {MARK} {self.now.html()}"


@dataclass(frozen=True)
class Told:
    """A table of what happened, what to do about it, and the measurements behind it.

    Args:
        rows: For each change the version, what happened, what to do, and what was measured.
    """

    rows: tuple[tuple[str, str, str, tuple[Measured, ...]], ...]

    @property
    def caption(self) -> str:
        """Say how much is told."""
        return Phrase.NEWS.format(count=len(self.rows)) if self.rows else Phrase.NOTHING_NEW

    def __repr__(self) -> str:
        lines = [self.caption]
        for since, says, fix, measured in self.rows:
            lines += [f"{since}: {says}", f"  {Phrase.WHAT_TO_DO}: {fix}"]
            lines += [f"  {one}" for one in measured]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr><th scope="row">{escape(since)}</th><td><p>{escape(says)}</p>'
            f'<p><span class="where">{Phrase.WHAT_TO_DO}: </span>{escape(fix)}</p>'
            f"<details><summary>{_summary(measured)}</summary><ul>"
            + "".join(f"<li>{one.html()}</li>" for one in measured)
            + "</ul></details></td></tr>"
            for since, says, fix, measured in self.rows
        )
        return (
            f'<table class="rnn-table atlas findings"><caption>{escape(self.caption)}</caption>'
            f"<tbody>{body}</tbody></table>"
        )


def _summary(measured: Sequence[Measured]) -> str:
    first = measured[0]
    words = first.html() if len(str(first)) <= 90 else f"<span>{escape(first.title)}</span>"
    more = len(measured) - 1
    return f"{words}{Phrase.MORE.format(count=more)}" if more else words


def news_of(rows: Sequence[Row]) -> Told:
    """Tell each change from a row to the next: what it means and what to do, the newest first."""
    told: dict[tuple[str, str, str], list[Measured]] = {}
    for before, row in reversed(list(pairwise(rows))):
        found = {change.behaviour: change for change in changes([before, row])}
        for name in ordered(found):
            change, one = found[name], news(found[name])
            # Of a message the words are what changed, of all else whether it is refused.
            text = whole if name.startswith("error.") else brief
            said = Measured(title(name), text(name, change.was), text(name, change.now))
            told.setdefault((since(before, row), plain(one.says), plain(one.fix)), []).append(said)
    return Told(tuple((*about, tuple(measured)) for about, measured in told.items()))


class Words(Table):
    """A table whose words a translation has, as it has all of the atlas."""

    _classes: ClassVar[str] = f"{Table._classes} atlas"


def runs(environments: Sequence[Environment]) -> Words:
    """Show what was run on what, and what could not be run and why."""
    lines = []
    for environment in environments:
        row = read(environment)
        if row is None or row.not_run:
            line = (_not_run(row), "", row.date if row else "")
        else:
            versions = ", ".join(f"{name} {text}" for name, text in sorted(row.versions.items()))
            line = (row.keras, versions, row.date)
        lines.append((on_backend(environment), *line))
    columns = (Phrase.WHAT, "Keras", Phrase.WITH, Phrase.DATE)
    return Words(Phrase.ENVIRONMENTS.format(count=len(lines)), columns, tuple(lines))


def beside_pytorch(row: Row, case: str) -> Words:
    """Show what PyTorch returned, and whether Keras returned the same.

    Args:
        row: What the probe of PyTorch found.
        case: Which of its comparisons.
    """
    lines = []
    for name, value in row.behaviours.items():
        of, kind, library, tensor = name.split(".")
        if of == case:
            shape, _, same = str(value).rpartition(", ")
            line = (shape, same) if library == "keras" else (str(value), "")
            lines.append((f"{kind}, {BACKENDS.get(library, 'Keras')}", tensor, *line))
    columns = (Phrase.LAYER, Phrase.TENSOR, Phrase.SHAPE, Phrase.BESIDE)
    return Words(Phrase.TENSORS.format(count=len(lines)), columns, tuple(lines))
