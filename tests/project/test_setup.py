"""The commands, the environment, and the messages if something is missing for it."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
from support.sites import ROOT

CHECK = ROOT / "src/site_build/check_python.py"


def test_make_alone_lists_the_commands() -> None:
    """`make` without a target prints the commands and does nothing else."""
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for target in ("html", "test", "doctest", "live", "linkcheck", "clean"):
        assert re.search(rf"^{target} +\w", listed, re.M), listed


def check_python(before: str) -> "subprocess.CompletedProcess[str]":
    """Run the check of the Python after the lines *before*, which make that Python another one."""
    code = f"import runpy, sys\n{before}\nrunpy.run_path({str(CHECK)!r}, run_name='__main__')"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_a_supported_python() -> None:
    """The check is silent where nothing is missing."""
    result = check_python("")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_without_venv_or_pip(missing: str) -> None:
    """On a minimal Python of Debian the message names the package to install."""
    result = check_python(f"sys.modules[{missing!r}] = None")

    assert result.returncode == 1
    assert f"no {missing}" in result.stderr
    assert "sudo apt install python3-venv" in result.stderr


def test_an_unsupported_python() -> None:
    """For a Python that is too old or too new the message lists the supported ones."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"

    result = check_python("sys.version_info = (3, 99, 0)")

    assert result.returncode == 1
    assert "from 3.11 to 3.13" in result.stderr
    assert "make html PYTHON=python3.13" in result.stderr


def test_the_lock_is_hashed_and_names_no_index() -> None:
    """What is installed is what was locked, from whichever index the reader uses."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    requirements = re.findall(r"^[a-z0-9-]+==.*(?:\\\n +.*)+", lock, re.M)

    assert len(requirements) > 100
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    assert "://" not in lock
    assert "--index" not in lock


def test_the_lock_of_the_audit_is_complete() -> None:
    """It is hashed, and installs whatever is released later: no lock holds "latest" by itself."""
    folder = ROOT / "tests/audit"
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    latest = {
        place.rpartition("node_modules/")[2]: {name}
        for place, locked in lock.items()
        for name, version in locked.get("dependencies", {}).items()
        if version == "latest"
    }

    assert all("integrity" in locked for place, locked in lock.items() if place)
    assert latest == {name: set(names) for name, names in package.get("overrides", {}).items()}


def test_the_lock_contains_every_dependency() -> None:
    """A dependency that was added to pyproject.toml is in the lock as well."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [entry for group in settings["dependency-groups"].values() for entry in group]
    asked = [*settings["project"]["dependencies"], *settings["build-system"]["requires"], *groups]

    for requirement in asked:
        if isinstance(requirement, str):  # Not the name of another group.
            [name] = re.findall(r"^[\w-]+", requirement)
            assert re.search(rf"^{name}==", lock, re.M), requirement
