"""When Keras changes, a log lists the changes in words, and a report can be sent to its authors."""

import ast
import dataclasses
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from keras_compat import probe, upstream_report
from keras_compat.changes import is_close
from keras_compat.environments import ON_GPU

BEFORE, NIGHTLY = upstream_report.read_newest(), upstream_report.read_recorded("keras-nightly")
# Of each group of behaviors, its first.
SAMPLE = {name.partition(".")[0]: name for name in sorted(BEFORE.behaviors, reverse=True)}
Capture = pytest.CaptureFixture[str]


@pytest.mark.keras
def test_it_names_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A change that affects no shape fails the run, with a report whose commands run as they are.

    The report and the probe next to it are all that its readers need.
    """
    summary, file = tmp_path / "summary.md", tmp_path / "reports" / "upstream.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    assert upstream_report.main(["keras-nightly", "--report", str(file)]) == 1
    log = capsys.readouterr().out
    assert f"Keras {NIGHTLY.keras} differs from Keras {BEFORE.keras}:" in log
    assert "- is the mask propagated to the next layer by LSTM?: yes before, no now\n" in log
    report = file.read_text(encoding="utf-8")
    for part in (
        f"tensorflow {NIGHTLY.versions['tensorflow']}",
        "## Recurrent layers, `Bidirectional` and `TimeDistributed` use the mask of their input",
        "| is the mask propagated to the next layer by GRU? | yes | no |",
        "```python\ndef _():\n    # The backward layer reads the padded step first",
        "Expected: `yes`\n\nGot: `no`\n",
    ):
        assert part in report
    assert summary.read_text(encoding="utf-8") == report

    shell, expected = re.findall(r"```shell\n(.+)\n```[^§]*?Expected: `(.+)`", report)[0]
    assert sorted(path.name for path in file.parent.iterdir()) == ["probe.py", "upstream.md"]
    python, *arguments = shlex.split(shell)
    assert (python, arguments[:3]) == ("python", ["probe.py", "keras", "--only"])
    command = [sys.executable, "-I", *arguments]  # Without this project.
    result = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=True)
    measured = json.loads(result.stdout.splitlines()[-1])
    assert measured["keras"] == BEFORE.keras
    assert measured["behaviors"] == {arguments[3]: expected}


def test_nothing_changed(tmp_path: Path, capsys: Capture) -> None:
    """A Keras that does as recorded passes, and there is no report to read."""
    file = tmp_path / "upstream.md"

    assert upstream_report.main([BEFORE.environment.name, "--report", str(file)]) == 0
    assert capsys.readouterr().out.startswith("Nothing changed from Keras ")
    assert not file.exists()


def test_known_changes(tmp_path: Path, capsys: Capture) -> None:
    """Changes that were reviewed do not fail every night; they are still listed, and reported."""
    file = tmp_path / "upstream.md"

    options = ["keras-nightly", "--known", "keras-nightly", "--report", str(file)]
    assert upstream_report.main(options) == 0
    assert "to the next layer by LSTM?: yes before, no now (known)" in capsys.readouterr().out
    assert file.exists()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("container.LSTM", "list", "with return_state: tuple before, list now"),
        ("mask.propagated.LSTM", "yes", "next layer by LSTM?: yes, known as no"),
    ],
    ids=["another change", "a change that was reverted"],
)
def test_changes_that_are_not_known(
    name: str, value: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Besides what is known, another change fails the run, and so does one that was reverted."""
    now = dataclasses.replace(NIGHTLY, behaviors={**NIGHTLY.behaviors, name: value})

    lines = upstream_report.format_log(BEFORE, now, NIGHTLY).splitlines()
    [new] = [line for line in lines if line.startswith("- ") and not line.endswith("(known)")]
    assert new.endswith(text)
    assert upstream_report.format_report(BEFORE, now)
    monkeypatch.setattr(upstream_report, "measure_installed", lambda: now)
    options = ["--known", "keras-nightly", "--report", str(tmp_path / "upstream.md")]
    assert upstream_report.main(options) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["keras-9"], "There is no environment 'keras-9'; there are keras-2.1, "),
        ([BEFORE.environment.name, "--known", "pytorch"], "There is no environment 'pytorch'"),
        ([], "could not be measured: ImportError: it needs another backend"),
    ],
)
def test_what_cannot_be_compared(
    arguments: list[str], message: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture,
) -> None:  # fmt: skip
    """An unknown name is an error that lists the names; if Keras fails, its error is reported."""
    (tmp_path / "keras.py").write_text("raise ImportError('it needs another backend')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(SystemExit, match=r"^2$"):
        upstream_report.main(arguments)
    assert message in capsys.readouterr().err


def test_an_environment_that_was_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that could not be measured is an error with the recorded reason."""
    keras = dataclasses.replace(NIGHTLY, behaviors={}, not_run="no GPU was at hand")
    monkeypatch.setattr(upstream_report, "read_keras", lambda environment: keras)

    with pytest.raises(ValueError, match=f"about {ON_GPU[0].name}: no GPU was at hand. Run"):
        upstream_report.read_recorded(ON_GPU[0].name)


@pytest.mark.parametrize(
    "behavior",
    [
        pytest.param(name, marks=() if name in SAMPLE.values() else pytest.mark.slow)
        for name in BEFORE.behaviors
    ],
)
def test_the_commands_of_a_report(behavior: str, capsys: Capture) -> None:
    """Each command that a report may contain measures one behavior, and prints what is recorded."""
    arguments = shlex.split(upstream_report.format_command(behavior))[2:]

    probe.main(arguments)  # type: ignore[no-untyped-call]

    behaviors: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])["behaviors"]
    assert behaviors.keys() == {behavior}
    assert is_close(behaviors[behavior], BEFORE.behaviors[behavior])
    assert ast.parse(upstream_report.format_code(behavior))
