"""The sections of the page about versions: what each release added, changed, fixed and removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from keras_compat.changes import find_changes
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
    NO_CHANGES = "No compared behavior changed."
    NOT_MEASURED = "Versions between {before} and {after} were not measured separately."


@dataclass(frozen=True)
class VersionSection(Displayed):
    """The migration notes of one release.

    Args:
        notes: The notes, in the order of the probe.
        before: The name of the last version before, if the versions between were not measured.
        after: The name of this release.
    """

    notes: tuple[MigrationNote, ...]
    before: str = ""
    after: str = ""

    def __repr__(self) -> str:
        lines = [str(text) for text in self._list_introduction()]
        for kind, notes in self._group():
            lines.append(f"{kind}:")
            for note in notes:
                important = f"{SectionText.IMPORTANT}: " if note.important else ""
                action = f" {SectionText.ACTION}: {note.action}" if note.action else ""
                lines.append(f"- {important}{note.summary}{action}")
                lines += [f"      {line}".rstrip() for line in note.example.splitlines()]
        return "\n".join(lines)

    def html(self, render: Render) -> str:
        """Format it as a list for each kind of change."""
        parts = [f"<p>{render(text)}</p>" for text in self._list_introduction()]
        for kind, notes in self._group():
            entries = "".join(_format_note(note, render) for note in notes)
            parts.append(
                f'<p class="kind"><strong>{render(Message(kind))}</strong></p><ul>{entries}</ul>'
            )
        return f'<div class="version-notes">{"".join(parts)}</div>'

    def _list_introduction(self) -> list[Message]:
        if self.before:
            return [Message(SectionText.NOT_MEASURED, before=self.before, after=self.after)]
        return [] if self.notes else [Message(SectionText.NO_CHANGES)]

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
    for before, after in reversed(list(pairwise(versions))):
        found = {change.behavior: find_note(change) for change in find_changes([before, after])}
        notes = dict.fromkeys(found[name] for name in sort_behaviors(found))
        shown = tuple(note for note in notes if note.kind in SHOWN)
        label = format_label(after)
        if shown or after is versions[-1]:
            gap = VERSIONS.index(after.environment) - VERSIONS.index(before.environment) > 1
            sections[label] = VersionSection(shown, format_label(before) if gap else "", label)
    return sections


def list_messages() -> list[str]:
    """List the templates of all messages in the sections."""
    notes = [note for note in MIGRATION_NOTES if note.kind in SHOWN]
    texts = [text for note in notes for text in (note.summary, note.action) if text]
    return [str(text) for text in dict.fromkeys([*SectionText, *texts])]


def _format_note(note: MigrationNote, render: Render) -> str:
    important = _format_label(SectionText.IMPORTANT, render) if note.important else ""
    text = f"{important}{render(CodeMessage(note.summary))}"
    if note.action:
        action = render(CodeMessage(note.action))
        text += f" {_format_label(SectionText.ACTION, render)}{action}"
    return f"<li><p>{text}</p>{_format_code(note.example)}</li>"


def _format_label(text: SectionText, render: Render) -> str:
    return f"<strong>{render(Joined(': ', [Message(text), '']))}</strong>"


def _format_code(code: str) -> str:
    if not code:
        return ""
    return f'<div class="highlight-python">{highlight(code, PythonLexer(), HtmlFormatter())}</div>'
