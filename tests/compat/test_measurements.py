"""What was measured is recorded completely, verified again, and displayed in words."""

import ast
import contextlib
import csv
import dataclasses
import importlib
import io
import json
import re
import sys
from collections.abc import Collection
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import tensorflow
from docutils import nodes
from docutils.utils import new_document

from keras_compat import __main__ as runner
from keras_compat import (
    differences,
    labels,
    migration_notes,
    tables,
    verify,
    version_files,
    version_sections,
)
from keras_compat.changes import find_changes, is_error
from keras_compat.data_files import (
    DATA,
    PACKAGE,
    SCHEMA,
    data_file,
    format_data,
    is_current,
    read_data,
    read_keras,
    read_measured,
)
from keras_compat.differences import CONSEQUENCES, find_consequence
from keras_compat.environments import BACKENDS, ENVIRONMENTS, ON_GPU, PYTORCH, VERSIONS, Environment
from keras_compat.fingerprints import compute_fingerprints
from keras_compat.probe import MASKS, MEASUREMENTS
from rnn_returns.messages import MIME, Message
from site_build.checks import typed_facts
from site_build.checks.words import find_words

ALL = read_measured((*VERSIONS, *BACKENDS, *ON_GPU))
ON_TENSORFLOW = read_measured(VERSIONS)
CHANGES = find_changes(ON_TENSORFLOW)
INSTALLED = verify.read_installed()
PROBE = (PACKAGE / "probe.py").read_text(encoding="utf-8")
FINGERPRINTS = compute_fingerprints(PROBE)
HERE_AND_NOW = Environment("here", "Here", f"{sys.version_info[0]}.{sys.version_info[1]}", ())
# Two words next to each other are language; one alone may be a name.
LANGUAGE = re.compile(r"\b[a-z]{2,} [A-Za-z]|\d [a-z]{2,}\b")


@pytest.mark.parametrize("file", sorted(DATA.glob("*.json")), ids=lambda file: file.stem)
def test_data_files_are_not_edited(file: Path) -> None:
    """A file is what the runner writes for one of the environments, down to the last newline."""
    text = file.read_text(encoding="utf-8")
    content = json.loads(text)
    jsonschema.validate(content, SCHEMA)

    assert text == format_data(content)
    assert content["environment"] == file.stem


def test_data_is_complete() -> None:
    """Every environment was tried, and what was measured is what the probes measure now.

    At least twenty versions of Keras and all backends were run, the oldest a Keras 2.
    """
    assert {file.stem for file in DATA.glob("*.json")} == {item.name for item in ENVIRONMENTS}
    for environment in ENVIRONMENTS:
        recorded = read_data(environment)
        assert "not_run" in recorded or is_current(environment, recorded), (
            f"run make compat for {environment.name}"
        )
    for keras in ALL:
        assert set(keras.behaviors) == set(MEASUREMENTS)
    assert len({keras.keras for keras in ALL}) >= 20
    assert {keras.environment.backend for keras in ALL} == set(labels.BACKENDS)
    assert ON_TENSORFLOW[0].keras.startswith("2.")


@pytest.mark.parametrize("probe", sorted(PACKAGE.glob("*probe.py")), ids=lambda probe: probe.stem)
def test_probes_run_on_an_old_python(probe: Path) -> None:
    """A probe is written for Python 3.7 and imports nothing of this project.

    Titles are read from ``probe.py``, which imports Keras only when it measures.
    """
    tree = ast.parse(probe.read_text(encoding="utf-8"), feature_version=(3, 7))

    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    imported, first = (
        {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        - set(sys.stdlib_module_names)
        for nodes in (ast.walk(tree), tree.body)
    )
    assert imported <= {"numpy", "keras", "tensorflow", "torch", "jax"}
    assert probe.name != "probe.py" or first == {"numpy"}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("# Masks.", "# A mask\n# for each sample.", set()),
        ('"""Call *layer* on arrays."""', '"""Call it."""', set()),
        ("does LSTM use the mask of an `Embedding`?", "is the mask used?", set()),
        ('["none"]', '["none", "some"]', set()),
        (
            "layers.Embedding(5, 3,",
            "layers.Embedding(6, 3,",
            {name for name in FINGERPRINTS if re.match(r"mask\.(used|propagated|warning)", name)},
        ),
        ('merge_mode="add"', 'merge_mode="subtract"', {"error.merge_mode_add"}),
        ("np.random.seed(0)", "np.random.seed(1)", set(FINGERPRINTS)),
    ],
    ids=["comment", "docstring", "title", "answers", "helper", "measurement", "driver"],
)
def test_fingerprints_depend_on_what_measures(old: str, new: str, changed: set[str]) -> None:
    """A change of the probe asks for the measurements again that it may affect, and no others."""
    assert old in PROBE

    fingerprints = compute_fingerprints(PROBE.replace(old, new))
    assert {name for name in FINGERPRINTS if fingerprints[name] != FINGERPRINTS[name]} == changed


def test_fingerprint_of_a_whole_probe() -> None:
    """The probe of PyTorch has one fingerprint, which a comment does not change."""
    probe = (PACKAGE / PYTORCH.probe).read_text(encoding="utf-8")
    whole = compute_fingerprints(probe)
    commented = probe.replace(
        '"""Compare one layer in one direction."""', '"""Compare."""  # Once.'
    )

    assert len(whole) == 1
    assert compute_fingerprints(commented) == whole
    assert compute_fingerprints(probe.replace("atol=1e-6", "atol=1e-5")) != whole


@pytest.mark.keras
def test_the_installed_keras_does_as_recorded() -> None:
    """The Keras that the site runs on is measured again, and all is the same."""
    assert verify.compare(INSTALLED, verify.measure_installed()) == (
        f"Keras {INSTALLED.keras}: {len(INSTALLED.behaviors)} behaviors measured again, "
        "all as recorded."
    )


@pytest.mark.parametrize(
    ("name", "value", "title"),
    [
        ("container.LSTM", "list", "container returned by LSTM with return_state"),
        ("numbers.LSTM.output", [0.5, 0.5], "output of LSTM with default arguments"),
        ("mask.used", None, "does LSTM use the mask of an Embedding?"),
    ],
)
def test_a_difference_is_named_in_words(name: str, value: Any, title: str) -> None:
    """What differs from the record, or is missing, stops the build and is named for a reader."""
    changed = {**INSTALLED.behaviors, name: value}
    present = {key: item for key, item in changed.items() if item is not None}

    with pytest.raises(AssertionError, match="make compat") as raised:
        verify.compare(INSTALLED, dataclasses.replace(INSTALLED, behaviors=present))
    assert title in str(raised.value)
    assert str(raised.value).count("\n- ") == 1


def test_the_last_decimal_is_no_difference() -> None:
    """Another processor may round the sixth decimal differently."""
    numbers: Any = INSTALLED.behaviors["numbers.LSTM.output"]

    rounded = {**INSTALLED.behaviors, "numbers.LSTM.output": [number + 1e-6 for number in numbers]}
    measured = dataclasses.replace(INSTALLED, behaviors=rounded)
    assert "all as recorded" in verify.compare(INSTALLED, measured)


def test_a_keras_that_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """If another Keras is installed, the error names the command that measures it."""
    monkeypatch.setattr(verify, "version", lambda name: "99.0.0")

    with pytest.raises(LookupError, match=r"about Keras 99\.0\.0.*make compat"):
        verify.read_installed()


def test_titles_differ() -> None:
    """Each behavior has a title of its own."""
    assert len(set(map(labels.format_title, MEASUREMENTS))) == len(MEASUREMENTS)


def test_every_text_is_in_the_catalog() -> None:
    """Each text that is not Keras's own is a message of the catalog, and each answer occurs."""
    pytorch = read_keras(PYTORCH)
    templates: set[str] = set()

    def collect(message: Any) -> None:
        if isinstance(message, list):
            templates.add(message[0])
            for value in message[1].values():
                collect(value)
        elif isinstance(message, dict):
            for part in message["parts"]:
                collect(part)

    for table in (
        tables.make_lookup(ALL, INSTALLED, "keras-2.2"),
        tables.make_backend_comparison(ALL[len(ON_TENSORFLOW) - 1 :]),
        tables.make_gpu_table(INSTALLED),
        tables.make_environment_table(ENVIRONMENTS),
        *(tables.make_pytorch_table(pytorch, case) for case in ("one_layer", "padded")),
    ):
        bundle = table._repr_mimebundle_()[MIME]
        collect({"parts": bundle["messages"]})
        own = re.sub(r'<span[^>]*lang="en">[^<]*', "", bundle["html"])
        assert [text for text in re.findall(r">([^<]+)", own) if LANGUAGE.search(text)] == []
    for section in version_sections.make_sections(ON_TENSORFLOW).values():
        for message in section._repr_mimebundle_()[MIME]["messages"]:
            collect(message)
    assert templates <= {*labels.list_messages(), *version_sections.list_messages()}
    assert set(version_sections.list_messages()) - templates == {
        version_sections.SectionText.NO_CHANGES,
        version_sections.SectionText.NOT_MEASURED,
    }
    # A value that is the same everywhere is not in a table of differences.
    answers = {
        answer
        for name, measurement in MEASUREMENTS.items()
        if name != differences.NO_BEHAVIOR
        if len({str(keras.behaviors[name]) for keras in ALL}) > 1
        for answer in measurement.answers
    }
    assert {*map(labels.word_answer, [*answers, *labels.PYTORCH_ANSWERS])} <= templates


def test_a_nightly_build_without_changes() -> None:
    """If nothing changed, its section says so."""
    keras = ON_TENSORFLOW[-1]

    [section] = version_sections.make_sections([keras, keras]).values()
    assert repr(section) == version_sections.SectionText.NO_CHANGES


def test_changes_and_notes_belong_together() -> None:
    """A reader learns what to do about each change, and each note is about a change or a version.

    No note contains a minor version or a measured number.
    """
    notes = migration_notes.MIGRATION_NOTES
    assert len(CHANGES) > 100
    measured = {migration_notes.find_note(change) for change in CHANGES}
    assert measured == {note for note in notes if not note.version}
    read = [note for note in notes if note.version]
    names = {labels.format_label(keras) for keras in ON_TENSORFLOW}
    assert read
    assert {note.version for note in read} <= names
    for note in notes:
        assert note.summary.endswith(".")
        assert note.action.endswith(".") or note.action == ""
        assert note.action or note.kind in ("added", "fixed") or not note.important
        text = f"{note.summary} {note.action}"
        assert typed_facts.find_facts(text, ("Keras 2",)) == []
        assert list(find_words(text.replace("`", ""))) == []


def test_a_change_without_a_note() -> None:
    """A change without a note stops the build, and is named for the author of the note."""
    before, after = ON_TENSORFLOW[-2:]
    changed = dataclasses.replace(after, behaviors={**after.behaviors, "equal.LSTM": "no"})

    with pytest.raises(
        KeyError, match=r"equal\.LSTM, and 0 notes in src/keras_compat/notes.*yes before, no since"
    ):
        version_sections.make_sections([before, changed])


def test_a_change_with_two_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change with two notes stops the build too, so that the order of the notes is irrelevant."""
    notes = migration_notes.MIGRATION_NOTES
    monkeypatch.setattr(migration_notes, "MIGRATION_NOTES", (*notes, notes[0]))

    with pytest.raises(KeyError, match="and 2 notes in"):
        version_sections.make_sections(ON_TENSORFLOW)


def test_the_kind_of_a_note() -> None:
    """A note of an unknown kind is an error, because no section would list it."""
    with pytest.raises(ValueError, match="'change' is not one of added, changed"):
        migration_notes.MigrationNote("It changed.", "change", r"equal\..*")


def test_the_sizes_of_the_measurements() -> None:
    """Shapes are for two samples and four units, unless the title has other sizes or is stacked.

    `TimeDistributed` stacks the output and the states along a new first axis.
    """
    for name, value in INSTALLED.behaviors.items():
        title = MEASUREMENTS[name].title
        if name.startswith("error.") or is_error(value) or name == "returns.TimeDistributed.state":
            continue
        for shape in re.findall(r"\((\d+(?:, \d+)*)\)", str(value)):
            batch, *_, units = map(int, shape.split(", "))
            assert batch == 2, (name, value)
            wide = name.startswith("returns.Bidirectional.") and "None" not in title
            expected = {3, 4} if "3 and 4 units" in title else {4, 8} if wide else {4}
            assert units in expected, (name, value)


def test_the_page_has_a_section_for_each_version() -> None:
    """The headings of the page are the versions that changed something, and can be linked."""
    page = (DATA.parent / "version-history.md").read_text(encoding="utf-8")
    sections = [*version_sections.make_sections(ON_TENSORFLOW)]
    headings = re.findall(r'^\((\S+)\)=\n## (.+)\n(?:(?!#).*\n)*?sections\["(.+)"\]$', page, re.M)

    nightly, *releases = sections
    assert ("keras-nightly", "Upcoming (keras-nightly)", nightly) in headings
    expected = [(re.sub(r"[. ]", "-", name.lower()), name, name) for name in releases]
    assert [heading for heading in headings if heading[2] != nightly] == expected


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        (nodes.title, "Keras 3.12", False),
        (nodes.title, "Keras 3.99", True),
        (nodes.title, "Changes in Keras 3.12", True),
        (nodes.paragraph, "Keras 3.12", True),
    ],
)
def test_the_heading_of_a_version(kind: type[nodes.TextElement], text: str, found: bool) -> None:
    """The name of a version may be typed as a heading, but nowhere else."""
    document = new_document("page")
    document += kind("", text)

    assert bool(list(typed_facts.find_in_prose(document, ()))) == found


def test_the_files_of_measurements() -> None:
    """Each behavior is in one of the CSV files and in the JSON file, with its values."""
    changed, messages, unchanged = (
        list(csv.DictReader(io.StringIO(text)))
        for text in (
            version_files.format_changed(ON_TENSORFLOW),
            version_files.format_messages(ON_TENSORFLOW),
            version_files.format_unchanged(ON_TENSORFLOW),
        )
    )
    content = json.loads(version_files.format_json(ON_TENSORFLOW))
    names = [labels.format_label(keras) for keras in ON_TENSORFLOW]

    rows = [*changed, *unchanged]
    assert {row["behavior"] for row in rows} | {row["mistake"] for row in messages} == set(
        MEASUREMENTS
    )
    assert len(rows) == len({row["behavior"] for row in rows})
    for row in changed:
        assert [*row] == ["behavior", "description", *names]
        assert len(set(row.values())) > 3
    [container] = [row for row in changed if row["behavior"] == "container.LSTM"]
    assert (container[names[0]], container[names[-1]]) == ("list", "tuple")
    assert [version["name"] for version in content["versions"]] == names
    for behavior in content["behaviors"]:
        values = behavior["values"]
        assert (values[0]["first_version"], values[-1]["last_version"]) == (names[0], names[-1])
        measured = ON_TENSORFLOW[0].behaviors[behavior["name"]]
        numbers = isinstance(measured, list)
        assert values[0]["value"] == (str(measured)[1:-1] if numbers else measured)
    reported = {(row["first version"], row["last version"]) for row in messages}
    assert {name for pair in reported for name in pair} <= set(names)


def test_a_version_that_was_not_run() -> None:
    """If a version was not run, what changed is not attributed to the version after it."""
    first, between, last = ON_TENSORFLOW[1:4]
    neighbors = version_sections.make_sections([first, between, last])
    assert [*neighbors] == [labels.format_label(last), labels.format_label(between)]
    assert "were not measured" not in repr(neighbors)

    with_a_gap = repr(version_sections.make_sections([first, last])[labels.format_label(last)])
    names = f"{labels.format_label(first)} and {labels.format_label(last)}"
    assert with_a_gap.startswith(f"Versions between {names} were not measured")


def test_changes_that_are_known() -> None:
    """Changes that Keras documents are found, also one that affects no shape and no container."""
    known = {(change.behavior, str(change.old), str(change.new)) for change in CHANGES}
    layers = {
        name.removeprefix("mask.propagated.")
        for name, *values in known
        if name.startswith("mask.propagated.") and values == ["yes", "no"]
    }

    assert layers == {"SimpleRNN", "GRU", "LSTM", "Bidirectional", "TimeDistributed"}
    assert {
        ("container.LSTM", "list", "tuple"),
        ("default.LSTM.recurrent_activation", "hard_sigmoid", "sigmoid"),
        ("mask.used.initial_state", "yes", "no"),
    } <= known


def test_what_is_the_same_everywhere() -> None:
    """A model file has no tuple, so a loaded model returns a list; dropout acts in training only.

    Dropout does not change that the last output of an LSTM is its state.
    """
    for keras in ALL:
        assert keras.behaviors["container.predict.tuple.loaded"] in ("list", "TrackedList")
        assert keras.behaviors["dropout.inference"] == "no"
        assert keras.behaviors["dropout.equal"] == "yes"
        assert keras.behaviors["dropout.same_mask.dropout"] == "yes"


def test_what_the_page_on_compatibility_says() -> None:
    """The sentences of the page about backends hold for the data."""
    on = {
        keras.environment.backend: keras.behaviors
        for keras in ALL
        if keras.keras == INSTALLED.keras and not keras.environment.gpu
    }

    for backends, started, custom, unrolled in (
        (("tensorflow", "torch", "openvino"), "0 0 103 107", "10 30 30 30", "1 3 0 0"),
        (("jax", "numpy"), "100 100 103 107", "10 30 3 3", "1 3 3 3"),
    ):
        for backend in backends:
            assert on[backend]["mask.output.left.started"] == started
            assert on[backend]["mask.custom_cell"] == custom
            assert on[backend]["mask.zero_output.unrolled"] == unrolled
            for name, repeated in (
                ("right", "1 3 3 3"),
                ("middle", "1 1 1 5"),
                ("left", "0 0 3 7"),
            ):
                assert on[backend][f"mask.output.{name}"] == repeated
            expected = "3" if backend == "openvino" else "0"
            assert on[backend]["mask.zero_output.last"] == expected
    for name in on["tensorflow"]:
        if name.startswith("mask.state."):
            assert len({str(values[name]) for values in on.values()}) == 1


@pytest.mark.parametrize(
    ("name", "value", "other", "expected"),
    [
        ("mask.used.initial_state", "yes", "no", "RESULT"),
        ("numbers.GRU.output", [0.5, 0.25], [0.5, 0.75], "RESULT"),
        ("default.LSTM.recurrent_activation", "hard_sigmoid", "sigmoid", "RESULT"),
        ("default.LSTM.implementation", "2", "not in its configuration", "STRUCTURE"),
        ("container.LSTM", "list", "tuple", "STRUCTURE"),
        ("argument.inputs", "accepted", "TypeError: no", "RAISED"),
        ("error.one_loss_for_a_tuple", "accepted", "KeyError: no", "RAISED"),
        ("error.units_for_a_cell", "ValueError: a", "ValueError: b", "WORDING"),
        ("mask.warning.Conv1D", "none", "Layer", "WORDING"),
        ("argument.inputs", "ValueError: a", "TypeError: b", None),
        ("container.LSTM", "tuple", "tuple", None),
        ("surprise.LSTMCell_example", "runs", "ValueError: a", None),
    ],
)
def test_the_kind_of_a_difference(name: str, value: Any, other: Any, expected: str | None) -> None:
    """Results come before errors, errors before structure, and structure before wording."""
    kind = find_consequence(name, value, other)

    assert (kind and kind.name) == expected
    assert kind is None or kind in CONSEQUENCES


@pytest.mark.parametrize("picked", ["keras-2.1", "tf.keras-2.15", "keras-3.0", "keras-3.15-jax"])
def test_the_lookup_lists_every_difference(picked: str) -> None:
    """Each behavior that differs from the newest Keras is in one row, with its two values."""
    table = tables.make_lookup(ALL, INSTALLED, picked)
    keras = ALL[table.picked]
    different = [
        name
        for name, value in keras.behaviors.items()
        if find_consequence(name, value, INSTALLED.behaviors[name])
    ]
    rows = [row for _, rows in table.groups for row in rows if table.picked in row.positions]

    assert keras.environment.name == picked
    # A row can describe several layers.
    described = [
        name
        for name in different
        for row in rows
        if isinstance(row.title, Message)
        and row.title.template == MEASUREMENTS[name].title
        and all(
            text in str(row.title.values[key]).split(", ")
            for key, text in MEASUREMENTS[name].fields.items()
        )
    ]
    assert sorted(described) == sorted(different)
    for row in rows:
        [value] = [value.value for value in row.values if table.picked in value.positions]
        assert value != row.reference


def test_the_newest_keras_has_no_difference() -> None:
    """The reference does not differ from itself, and unchanged behaviors are in no row."""
    table = tables.make_lookup(ALL, INSTALLED, INSTALLED.environment.name)
    titles = {row.title for _, rows in table.groups for row in rows}

    assert not any(table.picked in row.positions for _, rows in table.groups for row in rows)
    assert labels.format_title("equal.LSTM") not in titles
    assert labels.format_title("mask.state.right") not in titles
    assert repr(table) == "Differences from Keras 3.15 on TensorFlow: Keras 3.15"


def test_the_table_of_backends_is_short() -> None:
    """At most thirty rows compare the backends, and an error has its own type."""
    release = [INSTALLED, *(k for k in ALL if k.keras == INSTALLED.keras and k != INSTALLED)]
    table = tables.make_backend_comparison(release)
    rows = [row for _, rows in table.groups for row in rows]

    assert 10 < len(rows) <= 30
    assert "JAX: raises TypeError" in repr(table)
    assert "NumPy, OpenVINO: raises IndexError" in repr(table)


def test_the_gpus_that_were_not_measured() -> None:
    """One sentence lists the backends that were not measured on a GPU."""
    assert repr(tables.describe_not_run(ON_GPU)) == (
        "Not measured on a GPU: TensorFlow, PyTorch, JAX (no GPU was available)."
    )


def test_the_downloads() -> None:
    """The files have each value that was measured."""
    first, *rows = csv.reader(differences.as_csv(ALL).splitlines())
    data = json.loads(differences.as_json(ALL))

    assert first == ["behavior", "title", *(keras.environment.name for keras in ALL)]
    assert {row[0] for row in rows} == set(MEASUREMENTS) == set(data["behaviors"])
    for keras in ALL:
        assert data["environments"][keras.environment.name]["keras"] == keras.keras
        for name, value in keras.behaviors.items():
            assert data["behaviors"][name]["values"][keras.environment.name] == value


@pytest.mark.keras
def test_the_masks_that_cudnn_supports() -> None:
    """Before Keras calls cuDNN, it checks that each row of the mask is right-padded."""
    rnn = importlib.import_module("keras.src.backend.tensorflow.rnn")
    rnn._assert_valid_mask(np.array([MASKS["right"]]))

    message = "does not correspond to right-padded sequences.*use_cudnn=False"
    for name in ("middle", "left", "row"):
        with pytest.raises(tensorflow.errors.InvalidArgumentError, match=message):
            rnn._assert_valid_mask(np.array([MASKS[name]]))


def test_pytorch_returns_what_keras_returns() -> None:
    """With the same weights each tensor is equal, except for the padding of packed sequences."""
    values = read_keras(PYTORCH).behaviors
    pairs = {name: str(value) for name, value in values.items() if ".keras." in name}

    assert len(pairs) > 30
    for name, value in pairs.items():
        differs = name.startswith("padded.") and name.endswith(".output")
        assert value.endswith("different" if differs else "equal"), name


@pytest.mark.parametrize(
    ("arguments", "stopped", "printed"),
    [
        (["keras-9.9"], True, ["keras-9.9", *(item.name for item in ENVIRONMENTS)]),
        (["--gain"], True, ["--gain"]),
        (["keras-2.2", "keras-3.15"], False, ["2 of 2 environments are measured"]),
    ],
    ids=["an unknown environment", "an unknown option", "what is measured"],
)
def test_nothing_is_measured(
    arguments: list[str], stopped: bool, printed: list[str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """What is measured is not measured again; an unknown argument is an error that lists names."""
    monkeypatch.setattr(sys, "argv", ["keras_compat", *arguments])
    monkeypatch.setattr(runner, "record", lambda *arguments, **more: pytest.fail("It measured."))

    with pytest.raises(SystemExit, match=r"^2$") if stopped else contextlib.nullcontext():
        runner.main()
    output = capsys.readouterr()
    assert all(text in (output.err if stopped else output.out) for text in printed)


@pytest.mark.parametrize(
    "changed", [{"python": "3.99"}, {"requirements": ("a @ file:///there/is/none.whl",)}]
)
def test_what_cannot_be_installed_is_recorded(
    changed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be installed has a file with the reason, without a path of this machine."""
    monkeypatch.setattr(runner, "BUILD", tmp_path / "build")
    environment = dataclasses.replace(HERE_AND_NOW, **changed)

    summary = runner.record(environment, data=tmp_path)

    assert summary.startswith("could not be measured: error: ")
    assert str(tmp_path) not in summary
    recorded = read_data(environment, tmp_path)
    jsonschema.validate(recorded, SCHEMA)
    keras = read_keras(environment, tmp_path)
    assert (keras.not_run, keras.behaviors) == (summary, {})
    assert not is_current(environment, recorded)


def test_without_a_gpu_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a GPU, the environments that need one are recorded as not run."""
    monkeypatch.setenv("PATH", str(tmp_path))

    for environment in ON_GPU:
        assert runner.record(environment, data=tmp_path) == "no GPU was at hand"


def write_earlier(data: Path, **changed: Any) -> None:
    """Write a data file of an earlier run that has all measurements, with their old value."""
    content = {
        "environment": HERE_AND_NOW.name,
        "backend": HERE_AND_NOW.backend,
        "date": "2020-02-02",
        "fingerprints": " ".join(sorted(FINGERPRINTS.values())),
        "keras": "2.0.0",
        "device": "CPU",
        "versions": {},
        "behaviors": dict.fromkeys(FINGERPRINTS, "old"),
    }
    data_file(HERE_AND_NOW, data).write_text(format_data(content | changed), encoding="utf-8")


def test_a_measurement_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If an environment cannot be installed here, what was measured elsewhere is kept."""
    monkeypatch.setattr(runner, "BUILD", tmp_path / "build")
    environment = dataclasses.replace(HERE_AND_NOW, python="3.99")
    write_earlier(tmp_path, fingerprints="00000000")
    before = read_data(HERE_AND_NOW, tmp_path)

    assert "what was measured on 2020-02-02 is kept" in runner.record(environment, data=tmp_path)
    assert read_data(HERE_AND_NOW, tmp_path) == before


@pytest.mark.parametrize(
    ("version", "runs"),
    [("2.0.0", [["mask.used"]]), ("2.0.1", [["mask.used"], []])],
    ids=["the same Keras", "a newer Keras"],
)
def test_only_what_changed_is_measured(
    version: str, runs: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file keeps what is valid; values of two versions of Keras are never mixed."""
    valid = {name: value for name, value in FINGERPRINTS.items() if name != "mask.used"}
    write_earlier(
        tmp_path,
        fingerprints=" ".join([*sorted(valid.values()), "00000000"]),
        behaviors=dict.fromkeys([*FINGERPRINTS, "removed"], "old"),
    )
    assert not is_current(HERE_AND_NOW, read_data(HERE_AND_NOW, tmp_path))
    called: list[list[str]] = []

    def measure(environment: Environment, only: Collection[str] = (), fresh: bool = False) -> Any:
        called.append(list(only))
        behaviors = dict.fromkeys(only or FINGERPRINTS, "new")
        return {"keras": version, "device": "CPU", "versions": {}, "behaviors": behaviors}

    monkeypatch.setattr(runner, "measure", measure)
    runner.record(HERE_AND_NOW, data=tmp_path)

    assert called == runs
    recorded = read_data(HERE_AND_NOW, tmp_path)
    assert is_current(HERE_AND_NOW, recorded)
    new = {name for name, value in recorded["behaviors"].items() if value == "new"}
    assert new == ({"mask.used"} if version == "2.0.0" else set(FINGERPRINTS))
    assert set(recorded["behaviors"]) == set(FINGERPRINTS)


def test_the_pages_have_what_was_measured(published: Path) -> None:
    """The installed Keras was measured for a page; another lists what differs, and all as files."""
    history = (published / "docs/version-history.html").read_text(encoding="utf-8")
    assert "behaviors measured again, all as recorded." in history
    for name in re.findall(r'<a href="([^"]+\.(?:csv|json))"', history):
        assert (published / "docs" / name).stat().st_size > 1000, name

    html = (published / "docs/compatibility.html").read_text(encoding="utf-8")
    assert html.count("<option") == len(ALL)
    text = unescape(html)
    assert labels.format_title("mask.used.initial_state") in text
    assert labels.format_title("mask.used") not in text
    for download in ("compatibility.csv", "compatibility.json"):
        assert (published / "docs" / download).exists()
