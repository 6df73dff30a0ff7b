"""The commands, the environment, and the messages if something is missing for it."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.sites import ROOT

CHECK = ROOT / "src/site_build/check_python.py"
DISTRIBUTIONS = [ROOT / "pyproject.toml", ROOT / "src/preloaded-kernels/pyproject.toml"]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_make_alone_lists_the_commands() -> None:
    """`make` without a target prints the commands and does nothing else."""
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for target in ("html", "test", "doctest", "live", "linkcheck", "clean"):
        assert re.search(rf"^{target} +\w", listed, re.M), listed


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ("", []),
        ("sys.modules['venv'] = None", ["no venv", "sudo apt install python3-venv"]),
        ("sys.modules['ensurepip'] = None", ["no ensurepip", "sudo apt install python3-venv"]),
        ("sys.version_info = (3, 99, 0)", ["from 3.11 to 3.13", "make html PYTHON=python3.13"]),
    ],
)
def test_the_check_of_the_python(change: str, messages: list[str]) -> None:
    """For a Python that lacks something or is not supported it says what to do, else nothing."""
    code = f"import runpy, sys\n{change}\nrunpy.run_path({str(CHECK)!r}, run_name='__main__')"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stdout) == (int(bool(messages)), "")
    assert bool(result.stderr) == bool(messages)
    assert [message for message in messages if message not in result.stderr] == []
    assert SETTINGS["project"]["requires-python"] == ">=3.11,<3.14"


def test_the_lock_is_hashed_and_names_no_index() -> None:
    """What is installed is what was locked, from whichever index the reader uses."""
    requirements = re.findall(r"^[a-z0-9-]+==.*(?:\\\n +.*)+", LOCK, re.M)

    assert len(requirements) > 100
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    assert "://" not in LOCK
    assert "--index" not in LOCK


@pytest.mark.parametrize("folder", [ROOT / "tests/audit", ROOT / "docs/_tool"])
def test_the_locks_of_npm_are_complete(folder: Path) -> None:
    """They are hashed, name no registry, and install the same whatever is released later.

    No lock holds "latest" by itself.
    """
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    latest = {
        place.rpartition("node_modules/")[2]: {name}
        for place, locked in lock.items()
        for name, version in locked.get("dependencies", {}).items()
        if version == "latest"
    }

    assert all("integrity" in locked for place, locked in lock.items() if place)
    assert not [place for place, locked in lock.items() if "resolved" in locked]
    assert latest == {name: set(names) for name, names in package.get("overrides", {}).items()}


def test_the_lock_contains_every_dependency() -> None:
    """A dependency that was added to a pyproject.toml is in the lock as well.

    Both distributions are installed without their dependencies.
    """
    asked = [entry for group in SETTINGS["dependency-groups"].values() for entry in group]
    for file in DISTRIBUTIONS:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
        asked += [*settings["project"]["dependencies"], *settings["build-system"]["requires"]]

    for requirement in asked:
        if isinstance(requirement, str):  # Not the name of another group.
            [name] = re.findall(r"^[\w-]+", requirement)
            assert re.search(rf"^{name}==", LOCK, re.M), requirement
