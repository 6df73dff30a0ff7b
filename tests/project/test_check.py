"""`make check` runs the tests that need neither Keras nor a build, and no others."""

import os
import subprocess
import sys
from pathlib import Path

from support.sites import ROOT

TESTS = """
import pytest
from support.sites import SmallSite

def test_plain():
    pass

def test_with_keras():
    import keras

@pytest.mark.keras
def test_with_keras_elsewhere():
    raise AssertionError

def test_with_a_build(tmp_path):
    SmallSite(tmp_path).run("site_build", "html")

def test_with_the_site(published):
    raise AssertionError
"""


def test_what_it_runs(tmp_path: Path) -> None:
    """A test that imports Keras, builds pages or reads the built site is left out."""
    (tmp_path / "test_example.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture\ndef published(): pass\n", encoding="utf-8"
    )

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "support.without_keras", tmp_path],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "test_plain PASSED" in run.stdout, run.stdout + run.stderr
    assert "1 passed, 2 skipped, 2 deselected" in run.stdout
