"""The atlas says what was measured, of many versions and backends, and says it in words."""

import ast
import dataclasses
import json
import re
import sys
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from atlas import __main__ as runner
from atlas import live, news, show, words
from atlas.changes import changes
from atlas.environments import BACKENDS, ENVIRONMENTS, ON_GPU, PYTORCH, VERSIONS, Environment
from atlas.phrases import ANSWERS, Phrase, phrases
from atlas.rows import DATA, HERE, SCHEMA, Row, as_text, file_of, fingerprint, measured, read
from site_build.guards import typed_facts
from site_build.outputs import Translator

ROWS = measured((*VERSIONS, *BACKENDS, *ON_GPU))
ON_TENSORFLOW = measured(VERSIONS)
CHANGES = changes(ON_TENSORFLOW)
HERE_AND_NOW = Environment(
    "here", "Here", f"{sys.version_info[0]}.{sys.version_info[1]}", ("./there-is-no-such.whl",)
)


@pytest.mark.parametrize("file", sorted(DATA.glob("*.json")), ids=lambda file: file.stem)
def test_nobody_edits_the_data(file: Path) -> None:
    """A file is what the runner writes for one of the environments, down to the last newline."""
    text = file.read_text(encoding="utf-8")
    row = json.loads(text)
    jsonschema.validate(row, SCHEMA)

    assert text == as_text(row)
    assert row["environment"] == file.stem
    assert file.stem in {environment.name for environment in ENVIRONMENTS}


def test_nothing_is_left_out() -> None:
    """Every environment has been tried, and each was measured by the probe as it is."""
    assert {file.stem for file in DATA.glob("*.json")} == {one.name for one in ENVIRONMENTS}
    names = {frozenset(row.behaviours) for row in ROWS}

    assert len(names) == 1
    for environment in ENVIRONMENTS:
        row = read(environment)
        assert row
        assert row.probe == fingerprint(environment), f"run make atlas for {environment.name}"


def test_it_covers_much() -> None:
    """At least twenty versions of Keras and four backends were run, the oldest a Keras 2."""
    assert len({row.keras for row in ROWS}) >= 20
    assert {row.environment.backend for row in ROWS} == {"tensorflow", "jax", "torch", "numpy"}
    assert ON_TENSORFLOW[0].keras.startswith("2.")


@pytest.mark.parametrize("probe", sorted(HERE.glob("*probe.py")), ids=lambda probe: probe.stem)
def test_a_probe_runs_on_an_old_python(probe: Path) -> None:
    """A probe is written for Python 3.7, and needs nothing of ours."""
    tree = ast.parse(probe.read_text(encoding="utf-8"), feature_version=(3, 7))

    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                for alias in node.names}  # fmt: skip
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    assert imported - set(sys.stdlib_module_names) <= {"numpy", "keras", "tensorflow", "torch",
                                                       "jax"}  # fmt: skip


def test_the_installed_keras_does_as_recorded() -> None:
    """The atlas is true of the Keras that the site runs on: measured again, all is the same."""
    row = live.installed_row()

    assert live.check(row, live.probed()) == (
        f"Keras {row.keras}: {len(row.behaviours)} behaviours measured again, all as recorded."
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("container.LSTM", "list", "container that LSTM returns with return_state"),
        ("numbers.LSTM.output", [0.5, 0.5], "output of LSTM with default arguments"),
        ("mask.used", None, "does LSTM use the mask of an Embedding?"),
    ],
)
def test_a_difference_is_named_in_words(name: str, value: Any, said: str) -> None:
    """What is another than recorded, or gone, stops the build and is named for a reader."""
    row = live.installed_row()
    changed = {**row.behaviours, name: value}

    with pytest.raises(AssertionError, match="make atlas") as raised:
        live.check(row, {key: one for key, one in changed.items() if one is not None})
    assert said in str(raised.value)
    assert str(raised.value).count("\n- ") == 1


def test_the_last_decimal_is_no_difference() -> None:
    """Another processor may round the sixth decimal otherwise, and is not accused."""
    row = live.installed_row()
    value = row.behaviours["numbers.LSTM.output"]
    assert isinstance(value, list)
    rounded = [number + 1e-6 for number in value]

    assert "all as recorded" in live.check(row, {**row.behaviours, "numbers.LSTM.output": rounded})


@pytest.mark.parametrize("version", ["99.0.0"])
def test_a_keras_that_the_atlas_does_not_know(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who installs another Keras is told to measure it."""
    monkeypatch.setattr(live, "version", lambda name: version)

    with pytest.raises(LookupError, match=f"nothing of Keras {version}.*make atlas"):
        live.installed_row()


def test_every_behaviour_has_words() -> None:
    """A reader sees words of its own for each behaviour, and never its key."""
    titles = [words.title(name) for name in ON_TENSORFLOW[0].behaviours]

    assert len(set(titles)) == len(titles)
    for pattern in words.TITLES:
        assert any(re.fullmatch(pattern, name) for name in ON_TENSORFLOW[0].behaviours), pattern


def test_every_answer_has_words_that_are_listed() -> None:
    """What a probe says in words is among what is translated, and nothing is that none says."""
    answers = {
        answer.text
        for row in (*ROWS, row_of_pytorch())
        for name, value in row.behaviours.items()
        if not (answer := show.brief(name, value)).quoted
    }
    tensors = {name.split(".")[-1] for name in row_of_pytorch().behaviours}
    compared = {answer.rpartition(", ")[2] for answer in answers}
    listed = Translator({phrase: phrase for phrase in phrases()})

    for said in answers:
        assert listed.translate(said) == said
    for one in ANSWERS:
        pattern = re.sub(r"\\{\w+\\}", ".+", re.escape(words.plain(one)))
        assert any(re.fullmatch(pattern, text) for text in answers | tensors | compared), one


def test_a_nightly_build_that_does_nothing_new() -> None:
    """Where nothing changed, the page says so."""
    row = ON_TENSORFLOW[-1]

    assert repr(show.news_of([row, row])) == Phrase.NOTHING_NEW


def test_every_change_has_its_news() -> None:
    """Whatever changed from one version to the next, a reader is told what to do."""
    assert len(CHANGES) > 100
    for change in CHANGES:
        one = news.news(change)

        assert one.says.endswith(".")
        assert one.fix.endswith(".")


def test_no_news_is_old() -> None:
    """Each of the news tells of a change that was measured, and types no version or number."""
    told = {id(news.news(change)) for change in CHANGES}

    for one in news.NEWS:
        assert id(one) in told, f"nothing changed so: {one.says}"
        assert typed_facts.find(f"{one.says} {one.fix}") == []


def test_a_change_that_nobody_explained() -> None:
    """A change without a sentence stops the build, and is named for who has to write it."""
    before, row = ON_TENSORFLOW[-2:]
    planted = dataclasses.replace(row, behaviours={**row.behaviours, "equal.LSTM": "no"})
    [change] = [one for one in changes([before, planted]) if one.behaviour == "equal.LSTM"]

    with pytest.raises(KeyError, match="is the last step of the sequence of LSTM its state h"):
        news.news(change)
    with pytest.raises(KeyError, match=r"NEWS of atlas/news\.py"):
        show.news_of([before, planted])


def test_a_version_that_was_not_run_is_not_passed_over() -> None:
    """What changed while a version was not run is not said to have come with the one behind it."""
    first, between, last = ON_TENSORFLOW[1:4]
    neighbours = {one for one, *_ in show.news_of([first, between, last]).rows}
    assert neighbours == {show.label(between), show.label(last)}

    with_a_gap = {one for one, *_ in show.news_of([first, last]).rows}
    assert with_a_gap == {f"after {show.label(first)}, at the latest in {show.label(last)}"}


def row_of_pytorch() -> Row:
    """Give what PyTorch's own layers returned."""
    row = read(PYTORCH)
    assert row
    return row


def found(name: str, *environments: str) -> list[Any]:
    """Give the value of a behaviour in the rows of these names."""
    return [row.behaviours[name] for row in ROWS if row.environment.name in environments]


def test_it_sees_that_masks_are_no_longer_handed_on() -> None:
    """The change that moved no shape and no container is found, with the layers that it is of."""
    layers = {
        change.behaviour.split(".")[-1]
        for change in CHANGES
        if change.behaviour.startswith("mask.handed_on.")
        and (change.was, change.now) == ("yes", "no")
    }

    assert layers == {"SimpleRNN", "GRU", "LSTM", "Bidirectional", "TimeDistributed"}


def test_it_sees_what_else_is_known() -> None:
    """Three changes that are known from elsewhere are in the data."""
    known = {(change.behaviour, str(change.was), str(change.now)) for change in CHANGES}

    assert {
        ("container.LSTM", "list", "tuple"),
        ("default.LSTM.recurrent_activation", "hard_sigmoid", "sigmoid"),
        ("mask.used.initial_state", "yes", "no"),
    } <= known


def test_what_the_page_on_backends_says() -> None:
    """The sentences of the page are true of the data that stand beside them."""
    newest = live.installed_row()
    on = {
        row.environment.backend: row.behaviours
        for row in ROWS
        if row.keras == newest.keras and not row.environment.gpu
    }

    for backend in ("tensorflow", "torch"):
        assert on[backend]["mask.output.left.started"] == "0 0 103 107"
        assert on[backend]["mask.custom_cell"] == "10 30 30 30"
        assert on[backend]["mask.zero_output.unrolled"] == "1 3 0 0"
    for backend in ("jax", "numpy"):
        assert on[backend]["mask.output.left.started"] == "100 100 103 107"
        assert on[backend]["mask.custom_cell"] == "10 30 3 3"
        assert on[backend]["mask.zero_output.unrolled"] == "1 3 3 3"
    for name in on["tensorflow"]:
        if name.startswith("mask.state."):
            assert len({str(values[name]) for values in on.values()}) == 1


def test_pytorch_gives_what_keras_gives() -> None:
    """With the weights carried over, each tensor is equal, but the padding of packed sequences."""
    values = row_of_pytorch().behaviours
    pairs = {name: str(value) for name, value in values.items() if ".keras." in name}

    assert len(pairs) > 30
    for name, value in pairs.items():
        differs = name.startswith("padded.") and name.endswith(".output")
        assert value.endswith("different" if differs else "equal"), name


@pytest.mark.parametrize("name", ["keras-9.9", "--gain"])
def test_an_environment_that_is_not_there(name: str, monkeypatch: pytest.MonkeyPatch,
                                          capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Who asks for what the atlas does not have is told so, and nothing is measured."""
    monkeypatch.setattr(sys, "argv", ["atlas", name])
    monkeypatch.setattr(runner, "record", lambda *arguments, **more: pytest.fail("It measured."))

    with pytest.raises(SystemExit) as raised:
        runner.main()
    said = capsys.readouterr().err
    assert raised.value.code == 2
    assert name in said
    if name == "keras-9.9":
        assert all(environment.name in said for environment in ENVIRONMENTS)


def test_what_is_measured_and_what_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run over what is measured already measures nothing, and says how much there is."""
    monkeypatch.setattr(sys, "argv", ["atlas", "keras-2.2", "keras-3.15"])
    monkeypatch.setattr(runner, "record", lambda *arguments, **more: pytest.fail("It measured."))

    runner.main()

    assert "2 of 2 environments are measured" in capsys.readouterr().out


def test_what_cannot_be_installed_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be made has a file that says why, without a path of this machine."""
    monkeypatch.setattr(runner, "CACHE", tmp_path / "cache")
    for environment, reason in {
        dataclasses.replace(HERE_AND_NOW, python="3.99"): (
            "no Python 3.99 was found on the path or among pyenv's, and one from uv "
        ),
        HERE_AND_NOW: "could not be installed: ",
    }.items():
        said = runner.record(environment, data=tmp_path)

        assert reason in said
        assert str(tmp_path) not in said
        jsonschema.validate(json.loads(file_of(environment, tmp_path).read_text("utf-8")), SCHEMA)
        row = read(environment, tmp_path)
        assert row
        assert (row.not_run, row.behaviours) == (said, {})
        assert not runner.is_done(environment, tmp_path)


def test_without_a_gpu_nothing_is_claimed_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no GPU, its rows say that they were not run."""
    monkeypatch.setenv("PATH", str(tmp_path))

    for environment in ON_GPU:
        assert runner.record(environment, data=tmp_path) == "no GPU was at hand"


def planted(environment: Environment, data: Path, **changed: Any) -> Row:
    """Write a row that was measured earlier."""
    row = {
        "environment": environment.name,
        "backend": environment.backend,
        "date": "2020-02-02",
        "probe": fingerprint(environment),
        "keras": "2.0.0",
        "device": "CPU",
        "versions": {},
        "behaviours": {"container.LSTM": "list"},
    }
    file_of(environment, data).write_text(as_text(row | changed), encoding="utf-8")
    written = read(environment, data)
    assert written
    return written


def test_a_row_that_is_measured_is_not_lost(tmp_path: Path) -> None:
    """Where an old Python is missing, what was measured elsewhere is kept."""
    environment = dataclasses.replace(HERE_AND_NOW, python="3.99")
    before = planted(environment, tmp_path)

    assert "what was measured on 2020-02-02 is kept" in runner.record(environment, data=tmp_path)
    assert read(environment, tmp_path) == before


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """What this probe measured is not measured again; what another one measured is."""
    planted(HERE_AND_NOW, tmp_path)
    assert runner.is_done(HERE_AND_NOW, tmp_path)

    planted(HERE_AND_NOW, tmp_path, probe="0" * 12)
    assert not runner.is_done(HERE_AND_NOW, tmp_path)


def test_the_page_was_checked_when_it_was_built(published: Path) -> None:
    """The published page says that the installed Keras was measured again."""
    html = (published / "docs/atlas.html").read_text(encoding="utf-8")

    assert "behaviours measured again, all as recorded." in html


def test_every_value_can_be_looked_up(published: Path) -> None:
    """The page on backends offers every row, and every behaviour of it, without its script too."""
    html = (published / "docs/backends.html").read_text(encoding="utf-8")

    assert html.count("<option") == len(ROWS)
    text = unescape(html)
    for name in ROWS[0].behaviours:
        assert f"{words.group(name)}: {words.title(name)}" in text
