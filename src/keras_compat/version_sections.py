"""The sections of the page about versions: what each release added, changed, fixed and removed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from keras_compat.changes import find_changes, find_stretches
from keras_compat.data_files import MeasuredKeras
from keras_compat.environments import VERSIONS
from keras_compat.labels import format_label, sort_behaviors
from keras_compat.migration_notes import KINDS, MIGRATION_NOTES, MigrationNote, find_note
from rnn_returns.messages import CodeMessage, Displayed, Joined, Message, Render

SHOWN = tuple(kind for kind in KINDS if kind != "unlisted")


class SectionText(StrEnum):
    """What a section contains besides the migration notes."""

    ADDED = "Added"
    CHANGED = "Changed"
    FIXED = "Fixed"
    REMOVED = "Removed"
    IMPORTANT = "Important"
    ACTION = "Action"
    FIXED_IN = "Fixed in {version}."
    NOT_RUN = "This is based on the source code and was not measured."
    NO_CHANGES = "No compared behavior changed."
    NOT_MEASURED = "Versions between {before} and {after} were not measured separately."


@dataclass(frozen=True)
class VersionSection(Displayed):
    """The migration notes of one release.

    Args:
        notes: The notes, in the order of the probe.
        before: The name of the last version before, if the versions between were not measured.
        after: The name of this release.
        fixed_in: The name of the release that fixed what a note describes.
    """

    notes: tuple[MigrationNote, ...]
    before: str = ""
    after: str = ""
    fixed_in: Mapping[MigrationNote, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        lines = [str(text) for text in self._list_introduction()]
        for kind, notes in self._group():
            lines.append(f"{kind}:")
            for note in notes:
                important = f"{SectionText.IMPORTANT}: " if note.important else ""
                action = [f"{SectionText.ACTION}: {note.action}"] if note.action else []
                sentences = [note.summary, *self._list_remarks(note), *action]
                lines.append(f"- {important}{' '.join(sentences)}")
                lines += [f"      {line}".rstrip() for line in note.example.splitlines()]
        return "\n".join(lines)

    def html(self, render: Render) -> str:
        """Format it as a list for each kind of change."""
        parts = [f"<p>{render(text)}</p>" for text in self._list_introduction()]
        for kind, notes in self._group():
            entries = "".join(self._format_note(note, render) for note in notes)
            parts.append(
                f'<p class="kind"><strong>{render(Message(kind))}</strong></p><ul>{entries}</ul>'
            )
        return f'<div class="version-notes">{"".join(parts)}</div>'

    def _list_introduction(self) -> list[Message]:
        if self.before:
            return [Message(SectionText.NOT_MEASURED, before=self.before, after=self.after)]
        return [] if self.notes else [Message(SectionText.NO_CHANGES)]

    def _list_remarks(self, note: MigrationNote) -> list[Message]:
        remarks = [Message(SectionText.NOT_RUN)] if note.version else []
        if note in self.fixed_in:
            remarks.append(Message(SectionText.FIXED_IN, version=self.fixed_in[note]))
        return remarks

    def _format_note(self, note: MigrationNote, render: Render) -> str:
        important = _format_label(SectionText.IMPORTANT, render) if note.important else ""
        text = f"{important}{render(CodeMessage(note.summary))}"
        text += "".join(f" {render(remark)}" for remark in self._list_remarks(note))
        if note.action:
            action = render(CodeMessage(note.action))
            text += f" {_format_label(SectionText.ACTION, render)}{action}"
        return f"<li><p>{text}</p>{_format_code(note.example)}</li>"

    def _group(self) -> list[tuple[SectionText, list[MigrationNote]]]:
        """Return the notes of each kind, first those that are important."""
        groups = []
        for kind in SHOWN:
            notes = [note for note in self.notes if note.kind == kind]
            if notes:
                notes.sort(key=lambda note: not note.important)
                groups.append((SectionText[kind.upper()], notes))
        return groups


def make_sections(versions: Sequence[MeasuredKeras]) -> dict[str, VersionSection]:
    """Return the section of each version that has one, the newest first.

    The last of *versions* always has one.
    """
    sections = {}
    fixed: dict[str, str] = {}  # The version that fixes the present value of a behavior.
    for before, after in reversed(list(pairwise(versions))):
        label = format_label(after)
        found = {change.behavior: find_note(change) for change in find_changes([before, after])}
        notes = [found[name] for name in sort_behaviors(found)]
        notes += [note for note in MIGRATION_NOTES if note.version == label]
        shown = tuple(note for note in dict.fromkeys(notes) if note.kind in SHOWN)
        if shown or after is versions[-1]:
            gap = VERSIONS.index(after.environment) - VERSIONS.index(before.environment) > 1
            fixed_in = {
                note: fixed[name]
                for name, note in found.items()
                if fixed.get(name) and note.kind in ("changed", "removed")
            }
            sections[label] = VersionSection(
                shown, format_label(before) if gap else "", label, fixed_in
            )
        for name, note in found.items():
            fixed[name] = label if note.kind == "fixed" else ""
    return sections


def find_version(behavior: str, versions: Sequence[MeasuredKeras]) -> str:
    """Return the name of the version whose section describes the last change of a behavior.

    It is an empty text if the behavior is the same in all *versions*, or if no section lists it.
    """
    first = find_stretches(behavior, versions)[-1].start
    if not first:
        return ""
    changes = find_changes(versions[first - 1 : first + 1])
    [note] = [find_note(change) for change in changes if change.behavior == behavior]
    return format_label(versions[first]) if note.kind in SHOWN else ""


def make_anchor(label: str) -> str:
    """Return the address of the section of a version on its page.

    >>> from keras_compat.version_sections import make_anchor
    >>> make_anchor("tf.keras 2.12")
    'tf-keras-2-12'
    """
    return label.lower().replace(".", "-").replace(" ", "-")


def list_messages() -> list[str]:
    """List the templates of all messages in the sections."""
    notes = [note for note in MIGRATION_NOTES if note.kind in SHOWN]
    texts = [text for note in notes for text in (note.summary, note.action) if text]
    return [str(text) for text in dict.fromkeys([*SectionText, *texts])]


def _format_label(text: SectionText, render: Render) -> str:
    return f"<strong>{render(Joined(': ', [Message(text), '']))}</strong>"


def _format_code(code: str) -> str:
    if not code:
        return ""
    return f'<div class="highlight-python">{highlight(code, PythonLexer(), HtmlFormatter())}</div>'
