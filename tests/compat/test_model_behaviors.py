"""What the package says of versions of Keras is what was measured on them."""

import re
from pathlib import Path

import pytest
from support.model_files import VERSIONS as SAVED
from support.model_files import read_expected

from keras_compat.changes import find_changes, find_stretches, is_error
from keras_compat.data_files import MeasuredKeras, read_measured
from keras_compat.environments import NEWEST as NEWEST_RELEASE
from keras_compat.environments import VERSIONS
from rnn_returns.models.behaviors import (
    BEHAVIORS,
    IN_KERAS_2,
    NEWEST,
    PROPAGATES_PASSED_MASK,
    RETURNS_TUPLE,
    Behavior,
    Version,
)
from rnn_returns.models.config.dialect import ORDERED_CELLS

MEASURED = read_measured(VERSIONS)
KERAS_3 = [keras for keras in MEASURED if keras.keras.startswith("3.")]
KERAS_2 = [keras for keras in MEASURED if keras not in KERAS_3]


def parse(version: str) -> Version:
    """Return the first two numbers of a version."""
    major, minor = re.findall(r"\d+", version)[:2]
    return int(major), int(minor)


def find_first(behavior: Behavior) -> MeasuredKeras:
    """Return the first Keras 3 of which all measurements since are the same, unlike before it."""
    name = behavior.measurement
    first = KERAS_3[find_stretches(name, KERAS_3)[-1].start]
    if first is KERAS_3[0]:
        assert len(find_stretches(name, [*KERAS_2, first])) > 1, f"{name} never changed"
    return first


@pytest.mark.parametrize(
    "behavior",
    [behavior for behavior in BEHAVIORS if behavior != PROPAGATES_PASSED_MASK],
    ids=lambda behavior: behavior.measurement,
)
def test_the_first_version_of_a_behavior(behavior: Behavior) -> None:
    """A behavior that reports attribute to a version was measured on it first."""
    assert behavior.first == parse(find_first(behavior).keras)


def test_the_first_version_that_propagates_a_passed_mask(model_files: Path) -> None:
    """The live models behind the saved ones propagate a passed mask from that version on."""
    propagates = {}
    for folder in SAVED:
        record = read_expected(model_files / folder)
        first, _ = record["models"][PROPAGATES_PASSED_MASK.measurement]["calls"]
        if record["keras"].startswith("3."):
            run = first["when_run"][0]
            assert run["mask"] == "given"
            propagates[parse(record["keras"])] = run["passes_on_mask"]

    new = [version for version in sorted(propagates) if propagates[version]]
    old = [version for version in sorted(propagates) if version < new[0]]
    assert PROPAGATES_PASSED_MASK.first == new[0]
    assert new[-1] == NEWEST
    assert old[-1][1] + 1 == new[0][1]  # No version between them was left out.


def test_the_newest_release() -> None:
    """The newest release that reports are about is the newest one that is measured."""
    assert parse(NEWEST_RELEASE) == NEWEST


def test_the_order_of_the_states_of_stacked_cells() -> None:
    """They come in the order of the cells from the version on that was measured."""
    first = next(
        change for change in find_changes(MEASURED) if change.behavior == "returns.stack.GRU"
    )

    assert (first.old, first.new) == ("(2, 4), (2, 4), (2, 3)", "(2, 4), (2, 3), (2, 4)")
    assert parse(first.after.keras) == ORDERED_CELLS


@pytest.mark.parametrize(
    ("code", "name"), [(code, name) for code, names in IN_KERAS_2.items() for name in names]
)
def test_diagnostics_that_apply_to_keras_2(code: str, name: str) -> None:
    """Keras 2 does what the diagnostic says, as the newest release does, if it has the argument."""
    newest = next(keras for keras in KERAS_3 if keras.keras == NEWEST_RELEASE)
    values = [keras.behaviors[name] for keras in KERAS_2]
    accepted = [value for value in values if not is_error(value)]

    assert all(parse(keras.keras) < RETURNS_TUPLE.first for keras in KERAS_2)
    assert accepted
    assert set(map(str, accepted)) == {newest.behaviors[name]}
    for value in set(map(str, values)) - set(map(str, accepted)):
        assert "Keyword argument not understood" in value
