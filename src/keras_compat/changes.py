"""Differences between measured versions: one version and the next, recorded and measured again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from keras_compat.data_files import MeasuredKeras, Value

# The sixth decimal may differ between two processors.
TOLERANCE = 2e-6
_ERROR = re.compile(r"[A-Z]\w*(?:Error|Exception): ")


@dataclass(frozen=True)
class Change:
    """A behavior that differs from the version before.

    Args:
        behavior: The behavior's name.
        old: Its value before.
        new: Its value since.
        before: The last version with the old value.
        after: The first version with the new value.
    """

    behavior: str
    old: Value
    new: Value
    before: MeasuredKeras
    after: MeasuredKeras


def is_error(value: Value | None) -> bool:
    """Return whether *value* is an error.

    >>> from keras_compat.changes import is_error
    >>> is_error("ValueError: Invalid merge mode."), is_error("tuple")
    (True, False)
    """
    return isinstance(value, str) and _ERROR.match(value) is not None


def is_close(value: Value | None, other: Value | None) -> bool:
    """Return whether two values are equal, except for the last decimal of a number."""
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(
            abs(a - b) <= TOLERANCE for a, b in zip(value, other, strict=True)
        )
    return value == other


def is_equivalent(behavior: str, value: Value | None, other: Value | None) -> bool:
    """Return whether two values mean the same to a reader.

    Two errors do, unless the message is what was measured.
    """
    only_errors = is_error(value) and is_error(other)
    return (only_errors and not behavior.startswith("error.")) or is_close(value, other)


def find_stretches(
    behavior: str, versions: Sequence[MeasuredKeras], exact: bool = False
) -> list[range]:
    """Divide *versions* into neighbors in which *behavior* stayed as in the first of them.

    Args:
        behavior: The behavior's name.
        versions: The versions, in their order.
        exact: Whether an error with another message is another value.

    Returns:
        The positions of the versions of each stretch.
    """
    is_same = is_close if exact else partial(is_equivalent, behavior)
    values = [version.behaviors[behavior] for version in versions]
    starts = [0]
    for position, value in enumerate(values):
        if not is_same(values[starts[-1]], value):
            starts.append(position)
    return [range(start, end) for start, end in pairwise([*starts, len(values)])]


def find_changes(versions: Sequence[MeasuredKeras]) -> list[Change]:
    """List every change from a version to the next."""
    return [
        Change(name, before.behaviors[name], value, before, after)
        for before, after in pairwise(versions)
        for name, value in after.behaviors.items()
        if not is_equivalent(name, before.behaviors[name], value)
    ]
