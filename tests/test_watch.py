"""When Keras moves, the watch says what changed in words, with a report that can be sent."""

import ast
import contextlib
import dataclasses
import io
from pathlib import Path

import pytest

from atlas import probe, watch
from atlas.alone import program
from atlas.changes import same
from atlas.environments import ON_GPU
from atlas.rows import Value

BEFORE, NIGHTLY = watch.newest(), watch.recorded("keras-nightly")
# Of each group of behaviours, its first.
SAMPLE = {name.partition(".")[0]: name for name in sorted(BEFORE.behaviours, reverse=True)}
Capture = pytest.CaptureFixture[str]


def test_it_names_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A change that moved no shape fails the run, with words, and with a report for upstream."""
    summary, file = tmp_path / "summary.md", tmp_path / "reports" / "upstream.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    assert watch.main(["keras-nightly", "--report", str(file)]) == 1
    said = capsys.readouterr().out
    assert f"Keras {NIGHTLY.keras} does otherwise than Keras {BEFORE.keras}:" in said
    assert "- does LSTM hand its mask on to the next layer?: yes before, no now\n" in said
    report = file.read_text(encoding="utf-8")
    for part in (
        f"tensorflow {NIGHTLY.versions['tensorflow']}",
        "## A recurrent layer reads its mask and does not hand it on",
        "| does GRU hand its mask on to the next layer? | yes | no |",
        f"```python\n{program('mask.handed_on.Bidirectional')}\n```\n",
        "Expected: `yes`\n\nGot: `no`\n",
    ):
        assert part in report
    assert summary.read_text(encoding="utf-8") == report


def test_it_is_silent_where_nothing_changed(tmp_path: Path, capsys: Capture) -> None:
    """A Keras that does as recorded passes, and nobody is asked to read a report."""
    file = tmp_path / "upstream.md"

    assert watch.main([BEFORE.environment.name, "--report", str(file)]) == 0
    assert capsys.readouterr().out.startswith("Nothing changed: ")
    assert not file.exists()


def test_it_rings_once(tmp_path: Path, capsys: Capture) -> None:
    """What was reviewed and told of does not fail every night; it is still listed, and reported."""
    file = tmp_path / "upstream.md"

    options = ["keras-nightly", "--told", "keras-nightly", "--report", str(file)]
    assert watch.main(options) == 0
    assert "mask on to the next layer?: yes before, no now (told before)" in capsys.readouterr().out
    assert file.exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("container.LSTM", "list", "with return_state: tuple before, list now"),
        ("mask.handed_on.LSTM", "yes", "next layer?: yes, told as no"),
    ],
    ids=["another change", "a change that was taken back"],
)
def test_it_rings_for_what_nobody_told(name: str, value: str, said: str) -> None:
    """Beside what is known, a change more is an alarm, and so is one that is gone again."""
    now = dataclasses.replace(NIGHTLY, behaviours={**NIGHTLY.behaviours, name: value})

    [change] = watch.alarming(BEFORE, now, told=NIGHTLY)
    assert change.behaviour == name
    lines = watch.in_words(BEFORE, now, NIGHTLY).splitlines()
    [new] = [one for one in lines if one.startswith("- ") and not one.endswith("(told before)")]
    assert new.endswith(said)
    assert watch.report(BEFORE, now)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["keras-9"], "There is no environment 'keras-9'; there are keras-2.1, "),
        (["--told", "pytorch"], "There is no environment 'pytorch'"),
    ],
)
def test_what_is_not_recorded(arguments: list[str], message: str, capsys: Capture) -> None:
    """A name that is none is refused with those that there are."""
    with pytest.raises(SystemExit) as stopped:
        watch.main([*arguments, *([] if len(arguments) == 1 else [BEFORE.environment.name])])

    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_what_was_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that nobody could measure is refused with the reason that is on record."""
    row = dataclasses.replace(NIGHTLY, behaviours={}, not_run="no GPU was at hand")
    monkeypatch.setattr(watch, "read", lambda environment: row)

    with pytest.raises(ValueError, match=f"recorded of {ON_GPU[0].name}: no GPU was at hand. Run"):
        watch.recorded(ON_GPU[0].name)


def test_a_keras_that_does_not_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Where Keras does not even import, its own last words are passed on."""
    (tmp_path / "keras.py").write_text("raise ImportError('it needs another backend')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(SystemExit):
        watch.main([])
    assert "could not be asked: ImportError: it needs another backend" in capsys.readouterr().err


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(name, marks=() if name in SAMPLE.values() else pytest.mark.sweep)
        for name in BEFORE.behaviours
    ],
)
def test_the_code_of_a_report_runs(behaviour: str) -> None:
    """Each program that a report may show runs by itself, and prints what is recorded."""
    said = io.StringIO()
    value: Value
    try:
        with contextlib.redirect_stdout(said):
            exec(program(behaviour), {})
        value = said.getvalue().strip()
    except Exception as error:
        value = probe.problem(error)  # type: ignore[no-untyped-call]
    if isinstance(BEFORE.behaviours[behaviour], list):
        assert isinstance(value, str)
        value = ast.literal_eval(value)

    assert same(BEFORE.behaviours[behaviour], "accepted" if value == "None" else value)
