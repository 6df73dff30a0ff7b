"""The built wheel in fresh environments: a site with five lines, oldest and newest versions."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.sites import ROOT, PlainSite

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("other_project")]
SOURCE = ROOT / "src/preloaded-kernels"
PROJECT = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPENDENCIES = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["myst-nb"]]
VERSIONS = {
    "oldest": [requirement.replace(">=", "==") for requirement in DEPENDENCIES],
    "newest": [re.split("[<>=]", requirement)[0] for requirement in DEPENDENCIES],
}
CONF = """
extensions = ["myst_nb", "preloaded_kernels"]
preloaded_kernel_imports = ["helper"]
html_theme = "basic"
exclude_patterns = ["_build", "modules"]
nb_execution_mode = "force"
"""
# What the package can be used with, tested with pytest as here but nothing else of this project.
TESTS = ["-p", "support.pools", "--confcutdir=tests/preloaded_kernels", "tests/preloaded_kernels"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = ["-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run([sys.executable, *command], cwd=SOURCE, check=True)
    [file] = folder.iterdir()
    return file


def create_environment(folder: Path, *requirements: str) -> Path:
    """Create an environment with these distributions; return its Python."""
    python = folder / "environment/bin/python"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(python.parents[1])], check=True)
    subprocess.run([*uv, "pip", "install", "--python", str(python), *requirements], check=True)
    return python


@pytest.mark.parametrize("processes", ["1", "2"])
def test_another_site(tmp_path: Path, wheel: Path, processes: str) -> None:
    """Five lines of configuration are enough, and nothing is left behind."""
    python = create_environment(tmp_path, str(wheel), "myst-nb")
    page = "import sys\nprint('helper' in sys.modules, 'preloaded_kernels' in sys.modules)"
    pages = {f"page{number}": [f"{page}\nprint({number})"] for number in range(6)}
    site = PlainSite(tmp_path / "site", CONF, **pages)
    site.write("modules/helper.py", "")
    site.python = str(python)

    status, output = site.build("-j", processes)

    assert status == 0, output
    assert "one by one" not in output
    for number in range(6):
        assert f"True False\n{number}" in site.html(f"page{number}")
    assert site.left_behind() == []


@pytest.mark.parametrize("name", VERSIONS)
def test_the_supported_versions(tmp_path: Path, wheel: Path, name: str) -> None:
    """All fast tests of the package pass with the floors of its dependencies, and the newest."""
    tools = ["pytest", "numpy"]
    python = create_environment(tmp_path, str(wheel), *VERSIONS[name], *tools)

    result = subprocess.run(
        [str(python), "-m", "pytest", "-p", "no:cacheprovider", *TESTS],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    assert result.returncode == 0, result.stdout
    assert " passed" in result.stdout
