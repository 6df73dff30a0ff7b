"""What `make alarms` counts on: its changes are real, and the contract notices them."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from alarms.__main__ import main
from alarms.change import Change, read

CHANGES = read(ROOT / "src" / "alarms" / "keras.toml")


def test_there_are_many() -> None:
    """At least sixty ways are listed in which Keras could change, each said once."""
    assert len({change.says for change in CHANGES}) == len(CHANGES) >= 60


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.says)
def test_a_change_is_one(change: Change) -> None:
    """Each change is made to the Keras that is installed; none has quietly become nothing."""
    assert change.new in change.source()


@pytest.mark.parametrize(
    "says",
    [
        "h and c of the LSTM's state are swapped",
        "a list comes back instead of a tuple",
    ],
)
def test_a_change_is_noticed(says: str) -> None:
    """The contract fails when Keras changes; `make alarms` tries the others."""
    run = subprocess.run(
        [sys.executable, "-m", "alarms", "--only", says],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr


MINE = """
[[change]]
says = "it rains"
where = "keras.src.layers.rnn.rnn:RNN.call"
old = "return output, *states"
new = "return states"
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return output, *states", "if sun:", "'it rains' needs 'if sun:' 1 times in keras.src"),
        ("RNN.call", "RNN.shout", "needs the function keras.src.layers.rnn.rnn:RNN.shout, which"),
        ("says =", "tells =", "mine.toml is no list of changes, each a [[change]] with says,"),
        ("[[change]]", "[[change", "mine.toml is no list of changes"),
        ("[[change]]", "[[changes]]", "mine.toml is no list of changes"),
    ],
)
def test_a_change_that_cannot_be_made(
    old: str,
    new: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In a list of one's own, what can no longer be made is refused at once, and never counted."""
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE.replace(old, new), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["alarms", str(mine)])

    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.sweep
def test_a_list_of_ones_own(tmp_path: Path) -> None:
    """A further list needs no code; a change that makes no difference is missed, and named."""
    harmless = MINE.replace("it rains", "it is dry").replace(
        "return states", "return (output, *states)"
    )
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE + harmless, encoding="utf-8")

    run = subprocess.run(
        [sys.executable, "-m", "alarms", mine],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 1, run.stdout + run.stderr
    assert "tests/test_original.py" in run.stdout
    assert "MISSED  <- it is dry" in run.stdout
    assert "1 of 2 changes noticed, 50.0 percent." in run.stdout
