"""The tests that execute a line of Keras are known."""

import os
import subprocess
import sys
from pathlib import Path

from support.sites import ROOT

from mutation import executed_lines

OWN_TESTS = """
from own import double

def test_both():
    assert [double(x) for x in range(-50, 50)]

def test_negative():
    assert double(-1) == 0

def test_neither():
    assert double
"""
RECORD = """
import sys
from pathlib import Path
import pytest
from mutation.executed_lines import Recorder
recorder = Recorder()
assert not pytest.main(["-q", "-p", "no:cacheprovider", "test_own.py"], plugins=[recorder])
recorder.write(Path("recorded.json"))
"""


def test_executed_lines(tmp_path: Path) -> None:
    """Exactly those tests are found for a line that execute it."""
    own = tmp_path / "keras/src/layers/rnn/own.py"
    own.parent.mkdir(parents=True)
    own.write_text("def double(x, y=2):\n    if x < 0:\n        return 0\n    return x * y\n")
    (tmp_path / "test_own.py").write_text(OWN_TESTS)
    (tmp_path / "conftest.py").write_text(f"import sys\nsys.path.insert(0, {str(own.parent)!r})")

    run = subprocess.run(
        [sys.executable, "-c", RECORD],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    recorded = executed_lines.read(tmp_path / "recorded.json")
    both, negative = "test_own.py::test_both", "test_own.py::test_negative"
    assert {*recorded.find_tests(str(own), {2}, 1)} == {both, negative}
    assert recorded.find_tests(str(own), {4}, 1) == [both]
    assert recorded.find_tests(str(own), {5}, 1) == []
    # The tests import the file while they are collected, which may matter to any of them.
    assert len(recorded.find_tests(str(own), {1}, 1)) == 3
