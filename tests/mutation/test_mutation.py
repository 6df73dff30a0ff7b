"""`make mutation` can be relied on: its mutations take effect, and the contract notices them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.sites import ROOT

from mutation.__main__ import LISTS, main, read_mutations
from mutation.mutation import Mutation

MUTATIONS = [mutation for file in LISTS for mutation in read_mutations(file)]


def run_python(*arguments: str | Path, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """Run Python in a separate process, which a mutation may break."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_there_are_many() -> None:
    """At least sixty mutations are listed, and no description is given twice."""
    assert len({mutation.description for mutation in MUTATIONS}) == len(MUTATIONS) >= 60


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.description)
def test_a_mutation_applies(mutation: Mutation) -> None:
    """Each mutation fits the source of the installed Keras, and has an effect."""
    mutation.check()


@pytest.mark.keras
@pytest.mark.parametrize(
    "description",
    [
        "h and c of the LSTM's state are swapped",
        pytest.param("a list comes back instead of a tuple", marks=pytest.mark.slow),
    ],
)
def test_a_mutation_is_noticed(description: str) -> None:
    """The contract tests fail after a mutation; `make mutation` tries the others."""
    run = run_python("-m", "mutation", "--only", description)

    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr


OWN_LIST = """
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
        ("RNN.call", "RNN.shout", "needs keras.src.layers.rnn.rnn:RNN.shout, which is not a"),
        ("says =", "tells =", "own.toml is not a list of mutations. It needs a [[change]] with"),
        ("[[change]]", "[[change", "own.toml is not a list of mutations"),
        ("[[change]]", "[[changes]]", "own.toml is not a list of mutations"),
    ],
)
def test_a_mutation_that_does_not_apply(
    old: str, new: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list with a mutation that cannot be made is an error before anything runs."""
    own = tmp_path / "own.toml"
    own.write_text(OWN_LIST.replace(old, new), encoding="utf-8")

    with pytest.raises(SystemExit) as stopped:
        main([str(own)])

    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_a_list_of_ones_own(tmp_path: Path) -> None:
    """Another list needs no code; a mutation that changes nothing visible is missed, and named."""
    harmless = OWN_LIST.replace("it rains", "it is dry").replace(
        "return states", "return tuple([output, *states])"
    )
    own = tmp_path / "own.toml"
    own.write_text(OWN_LIST + harmless, encoding="utf-8")

    run = run_python("-m", "mutation", own)

    assert run.returncode == 1, run.stdout + run.stderr
    assert "tests/package/test_original.py" in run.stdout
    assert "MISSED  <- it is dry" in run.stdout
    assert "1 of 2 mutations noticed, 50.0 percent." in run.stdout
