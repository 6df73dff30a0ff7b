"""What `make alarms` counts on: its changes are real, and the contract notices them."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

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


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    """A change that can no longer be made is refused with what is missing, never counted."""
    mine = tmp_path / "mine.toml"
    mine.write_text(
        '[[change]]\nsays = "it rains"\nwhere = "keras.src.layers.rnn.rnn:RNN.call"\n'
        'old = "if the_sun_shines:"\nnew = "pass"\n',
        encoding="utf-8",
    )

    with pytest.raises(ValueError, match="'it rains' needs 'if the_sun_shines:' 1 times in keras"):
        read(mine)[0].make()
