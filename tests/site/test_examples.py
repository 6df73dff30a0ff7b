"""Every example is a script that runs on its own."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.sites import ROOT

EXAMPLES = sorted(ROOT.glob("examples/*.py"))
# Every build of the site executes all; as scripts they take long, because each imports Keras.
SAMPLE = {"custom_cell.py", "stacking.py"}


@pytest.mark.keras
@pytest.mark.parametrize(
    "example",
    [
        pytest.param(path, id=path.name, marks=[] if path.name in SAMPLE else pytest.mark.slow)
        for path in EXAMPLES
    ],
)
def test_an_example_runs_on_its_own(example: Path, tmp_path: Path) -> None:
    """The file runs from any folder, prints something, and has no error."""
    result = subprocess.run(
        [sys.executable, str(example)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout
