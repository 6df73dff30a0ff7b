"""What a change of behavior means to code that relied on it, and what to do about it.

The notes are data, in the folder ``notes``. Each has these keys:

- ``behaviors``, ``old`` and ``new``: patterns of the name of a behavior and of its two values. An
  error is ``error``, whatever its message. Versions are not named: they come from the data.
- ``kind``: ``added``, ``changed``, ``fixed`` or ``removed``. A note is ``unlisted`` if another note
  explains the change, or if only a text changed.
- ``important``: whether a result can change, or be wrong, without an error.
- ``version``: the release, if the change was read from Keras's source code and not measured. Such a
  note has no ``behaviors``.
- ``summary``: the new and the old behavior; ``action``: what to do, if anything.
- ``example``: the action as Python code. It uses `keras`, and of the names `layer`, `model`, `x`,
  `mask`, `state`, `states`, `units`, `weights`, `config` and `shape` those that it does not
  assign.
"""

import re
import tomllib
from dataclasses import dataclass

from keras_compat.changes import Change, is_error
from keras_compat.data_files import PACKAGE, Value

KINDS = ("added", "changed", "fixed", "removed", "unlisted")
FOLDER = PACKAGE / "notes"


@dataclass(frozen=True)
class MigrationNote:
    """What a change means, and what to do about it; the keys of the data are explained above."""

    summary: str
    kind: str
    behaviors: str = ""
    action: str = ""
    new: str = ".*"
    old: str = ".*"
    example: str = ""
    important: bool = False
    version: str = ""

    def __post_init__(self) -> None:
        """Check the kind, and that the note belongs to measured behaviors or to a version.

        Raises:
            ValueError: If the kind is not one of `KINDS`, or if the note has both or neither.
        """
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is not one of {', '.join(KINDS)}: {self.summary}")
        if bool(self.behaviors) == bool(self.version):
            raise ValueError(f"Set either behaviors or version: {self.summary}")

    def fits(self, change: Change) -> bool:
        """Return whether this note is about *change*."""
        return all(
            re.fullmatch(pattern, text)
            for pattern, text in (
                (self.behaviors, change.behavior),
                (self.old, _describe(change.old)),
                (self.new, _describe(change.new)),
            )
        )


def read_notes() -> tuple[MigrationNote, ...]:
    """Read all notes."""
    return tuple(
        MigrationNote(**{**entry, "example": entry.get("example", "").strip()})
        for file in sorted(FOLDER.glob("*.toml"))
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["note"]
    )


MIGRATION_NOTES = read_notes()


def find_note(change: Change) -> MigrationNote:
    """Find the note about a change.

    Raises:
        KeyError: If there is none, or more than one.
    """
    found = [note for note in MIGRATION_NOTES if note.fits(change)]
    if len(found) != 1:
        raise KeyError(
            f"{change.after.environment.label} changes {change.behavior}, and {len(found)} notes "
            "in src/keras_compat/notes are about that; there must be one. "
            f"The value is {change.old} before, {change.new} since."
        )
    return found[0]


def _describe(value: Value) -> str:
    """Return what a pattern is compared with: errors are the same, whatever their message."""
    return "error" if is_error(value) else str(value)
