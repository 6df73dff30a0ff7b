"""The sections of versions: notes that were not measured, later fixes, and links to sections."""

import pytest

from keras_compat import labels, migration_notes, tables, verify, version_sections
from keras_compat.data_files import DATA, read_measured
from keras_compat.environments import BACKENDS, ON_GPU, VERSIONS

ON_TENSORFLOW = read_measured(VERSIONS)
ALL = [*ON_TENSORFLOW, *read_measured((*BACKENDS, *ON_GPU))]
INSTALLED = verify.read_installed()


@pytest.mark.parametrize("version", ["", "Keras 3.0"])
def test_what_a_note_is_about(version: str) -> None:
    """A note about neither a behavior nor a version, or about both, is an error."""
    behaviors = r"equal\..*" if version else ""

    with pytest.raises(ValueError, match="either behaviors or version"):
        migration_notes.MigrationNote("It changed.", "changed", behaviors, version=version)


def test_a_note_that_was_not_measured() -> None:
    """The section of its version lists it, and says that it was not measured."""
    [note] = [note for note in migration_notes.MIGRATION_NOTES if note.version]
    remark = f"{note.summary} {version_sections.SectionText.NOT_RUN}"

    sections = version_sections.make_sections(ON_TENSORFLOW)
    assert [name for name, text in sections.items() if remark in repr(text)] == [note.version]


@pytest.mark.parametrize(
    ("version", "summary", "fixed"),
    [
        ("Keras 3.0", "`recurrent_dropout` uses the rate of `dropout`", "Fixed in Keras 3.2."),
        ("Keras 3.0", "A stateful layer with `dtype=", "Fixed in Keras 3.8."),
        ("tf.keras 2.0", "A stateful layer with `dtype=", "Fixed in tf.keras 2.7."),
        ("Keras 3.8", "A stateful layer with `dtype=", ""),
        ("Keras 3.12", "`predict` of a stateful model raises an error", ""),
        ("Keras 3.0", "A recurrent layer that is called with `initial_state`", ""),
    ],
)
def test_what_was_fixed_later(version: str, summary: str, fixed: str) -> None:
    """A note names the version that fixed what it describes, if one did."""
    section = repr(version_sections.make_sections(ON_TENSORFLOW)[version])
    [line] = [line for line in section.splitlines() if summary in line]

    assert line.count("Fixed in") == bool(fixed)
    assert fixed in line


@pytest.mark.parametrize(
    ("behavior", "version"),
    [
        ("mask.used.initial_state", "Keras 3.0"),
        ("state.last_batch", "Keras 3.14"),
        ("equal.LSTM", ""),
        ("error.units_for_a_cell", ""),
    ],
)
def test_the_version_of_the_last_change(behavior: str, version: str) -> None:
    """A behavior leads to the section that lists its last change, if one does."""
    releases = ON_TENSORFLOW[: ON_TENSORFLOW.index(INSTALLED) + 1]

    assert version_sections.find_version(behavior, releases) == version


def test_a_difference_leads_to_its_section() -> None:
    """A row links to the section of the version that returns the reference's value first."""
    page = (DATA.parent / "version-history.md").read_text(encoding="utf-8")
    table = tables.make_lookup(ALL, INSTALLED, "keras-2.2")
    rows = [row for _, rows in table.groups for row in rows]
    linked = {row.since for row in rows} - {""}

    assert {"Keras 3.0", "Keras 2.3"} <= linked
    assert "Keras nightly" not in linked
    for version in linked:
        assert f"({version_sections.make_anchor(version)})=\n## {version}\n" in page
    [row] = [row for row in rows if row.title == labels.format_title("mask.used.initial_state")]
    assert row.since == "Keras 3.0"
    html = table.html(str)
    cells = html[html.index(row.title) :].partition("</tr>")[0]
    assert '<a href="version-history.html#keras-3-0">since Keras 3.0</a>' in cells


@pytest.mark.parametrize(
    ("behavior", "version", "before", "since"),
    [
        ("mask.Bidirectional", "tf.keras-2.0", "forward 1 3 3 3", "forward 1 3 0 0"),
        ("mask.Bidirectional", "tf.keras-2.0", "backward 3 2 0 0", "backward 3 2 0 0"),
        ("mask.output.left.started", "keras-2.3", "100 100", "0 0"),
        ("mask.output.left", "keras-2.3", "0 0", "0 0"),
        ("default.LSTM.time_major", "keras-3.0", "False", "not in its configuration"),
    ],
)
def test_the_conditions_in_notes(behavior: str, version: str, before: str, since: str) -> None:
    """A note describes only what changed: a direction, an initial state, or an argument's value."""
    names = [keras.environment.name for keras in ON_TENSORFLOW]
    first = names.index(version)

    assert before in str(ON_TENSORFLOW[first - 1].behaviors[behavior])
    assert since in str(ON_TENSORFLOW[first].behaviors[behavior])
