"""What differs between rows of the atlas: one version and the next, recorded and live."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from atlas.rows import Row, Value

# What two processors may make of the last of six decimals.
TOLERANCE = 2e-6
REFUSED = re.compile(r"[A-Z]\w*(?:Error|Exception): ")


@dataclass(frozen=True)
class Stretch:
    """Neighbouring rows in which a behaviour did not change.

    Args:
        behaviour: The behaviour's name.
        value: Its value in the first of the rows.
        rows: The rows, in their order.
    """

    behaviour: str
    value: Value
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Change:
    """A behaviour that is another in one row than in the row before.

    Args:
        behaviour: The behaviour's name.
        was: Its value before.
        now: Its value since.
        before: The last row of the old value.
        row: The first row of the new value.
    """

    behaviour: str
    was: Value
    now: Value
    before: Row
    row: Row


def is_refused(value: Value | None) -> bool:
    """Say whether *value* is an error.

    >>> from atlas.changes import is_refused
    >>> is_refused("ValueError: Invalid merge mode."), is_refused("tuple")
    (True, False)
    """
    return isinstance(value, str) and REFUSED.match(value) is not None


def same(one: Value | None, other: Value | None) -> bool:
    """Say whether two values are equal, but for what a processor may make of the last decimal."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            abs(a - b) <= TOLERANCE for a, b in zip(one, other, strict=True)
        )
    return one == other


def alike(behaviour: str, one: Value | None, other: Value | None) -> bool:
    """Say whether a reader would take two values for the same.

    Where the message is not what was asked for, a refusal is a refusal, whatever its words.
    """
    if not behaviour.startswith("error.") and is_refused(one) and is_refused(other):
        return True
    return same(one, other)


def stretches(behaviour: str, rows: Sequence[Row], to_the_word: bool = False) -> list[Stretch]:
    """Divide *rows* into those in which *behaviour* stayed as it was.

    Args:
        behaviour: The behaviour's name.
        rows: The rows, in their order.
        to_the_word: Whether a refusal in other words is another value.
    """
    divided: list[Stretch] = []
    for row in rows:
        value = row.behaviours[behaviour]
        if divided and (
            same(divided[-1].value, value)
            or (not to_the_word and alike(behaviour, divided[-1].value, value))
        ):
            last = divided.pop()
            divided.append(Stretch(behaviour, last.value, (*last.rows, row)))
        else:
            divided.append(Stretch(behaviour, value, (row,)))
    return divided


def changes(rows: Sequence[Row]) -> list[Change]:
    """List every change from a row to the next, in the order of *rows*."""
    return [
        Change(name, before.behaviours[name], value, before, row)
        for before, row in pairwise(rows)
        for name, value in row.behaviours.items()
        if not alike(name, before.behaviours[name], value)
    ]


def differences(
    recorded: Mapping[str, Value], live: Mapping[str, Value]
) -> list[tuple[str, Value | None, Value | None]]:
    """List each behaviour whose recorded value is not the live one, with both."""
    return [
        (name, recorded.get(name), live.get(name))
        for name in sorted({*recorded, *live})
        if not same(recorded.get(name), live.get(name))
    ]
