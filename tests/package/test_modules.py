"""The modules of the package import no more than they need, and say what to install."""

import os
import pkgutil
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest

import rnn_returns
from site_build.publish.wheel import wheel_name, write_wheel

PREFIX = "rnn_returns."
MODULES = {
    module.name.removeprefix(PREFIX)
    for module in pkgutil.walk_packages(rnn_returns.__path__, PREFIX)
}
NEED_NUMPY = {
    "equations",
    *(f"equations.{name}" for name in ("arguments", "convolution", "traces")),
    "original_notebook",
}
NEED_KERAS = {
    *("dependencies", "introspection", "observation", "truth_table", "validation"),
    # These read live Keras objects.
    *(f"models.{name}" for name in ("live_model", "tracing")),
}
KERAS = {"h5py", "keras", "tensorflow"}

BLOCK = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
"""
RULES = """
from rnn_returns import LayerSpec, diagram, expected
layer = LayerSpec.from_json(LayerSpec("LSTM", units=4, return_state=True).to_json())
assert expected(layer, (2, 5, 3)).names == ("output", "state_h", "state_c")
assert diagram(layer).svg.startswith("<svg")
"""
COMMAND = """
import runpy
sys.argv[1:] = {arguments}
runpy.run_module("rnn_returns", run_name="__main__")
"""
MODEL = """
{"class_name": "Sequential", "config": {"name": "model", "layers": [
    {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [null, 5, 3]}},
    {"class_name": "GRU", "config": {"name": "gru", "units": 4}}]}}
"""
USES = (
    *(f"from rnn_returns import {name}" for name in ("observe", "describe")),
    "from rnn_returns import explain; explain(None)",
    "from rnn_returns import expected; expected('lstm', (2, 5, 3))",
    "from rnn_returns import diagram; diagram('lstm')",
    "from rnn_returns.truth_table import build_truth_table",
    "from rnn_returns.original_notebook import weights; weights('LSTM')",
)
INSTALL_KERAS = 'Keras and a backend are required: pip install "rnn-returns[keras]" tensorflow'
INSTALL_JAX = (
    "Keras requires its backend jax: pip install jax, "
    "or set KERAS_BACKEND to another one that is installed"
)


def run(code: str, blocked: set[str], text: str = "") -> "subprocess.CompletedProcess[str]":
    """Run *code* on *text* in a process in which the *blocked* packages cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", BLOCK.format(blocked=blocked) + code],
        input=text,
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_public_names() -> None:
    """Every public name is listed, can be used, and is not a module's; a misspelled one fails."""
    assert not {module.rpartition(".")[2] for module in MODULES} & {*rnn_returns.__all__}
    assert {*rnn_returns.__all__} <= {*dir(rnn_returns)}
    assert all(getattr(rnn_returns, name) for name in rnn_returns.__all__)
    with pytest.raises(AttributeError, match="'rnn_returns' has no attribute 'observed'"):
        _ = rnn_returns.observed


@pytest.mark.parametrize(
    ("exempt", "blocked"),
    [(NEED_KERAS | NEED_NUMPY, KERAS | {"numpy"}), (NEED_KERAS, KERAS)],
    ids=["standard library", "NumPy"],
)
def test_imports(exempt: set[str], blocked: set[str]) -> None:
    """The rules, diagrams and tables need the standard library only, the equations NumPy."""
    assert exempt <= MODULES
    imports = "".join(f"import rnn_returns.{module}\n" for module in MODULES - exempt)
    result = run(imports + RULES, blocked)

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("argument", "status", "message"),
    [
        ("--help", 0, ""),
        ("LSTM(4)", 0, ""),
        ("-", 0, ""),
        ("mistyped.keras", 2, "There is no such file; a layer needs its arguments"),
    ],
)
def test_the_command_imports_no_more_than_it_needs(
    argument: str, status: int, message: str
) -> None:
    """Help, a layer, JSON and a mistyped name need neither NumPy nor Keras, which import slowly."""
    result = run(COMMAND.format(arguments=[argument]), KERAS | {"numpy"}, MODEL)

    assert result.returncode == status, result.stderr
    assert result.stderr.startswith(f"rnn-returns: {argument}: {message}" if message else "")
    assert bool(result.stderr) is bool(message)
    assert bool(result.stdout) is not bool(message)


def test_a_file_is_read_without_keras_and_numpy(model_files: Path) -> None:
    """The command reads a model file where neither can be imported."""
    for name in ("keras-3.15.1/m03.keras", "tf-2.15/m03.h5", "keras-2.2.4/m12.json"):
        result = run(COMMAND.format(arguments=[str(model_files / name)]), KERAS | {"numpy"})

        assert result.returncode == 0, result.stderr
        assert "returns " in result.stdout


@pytest.mark.parametrize(
    ("missing", "message"), [("keras", INSTALL_KERAS), ("jax", INSTALL_JAX)], ids=["keras", "jax"]
)
@pytest.mark.parametrize("use", USES)
def test_without_keras(use: str, missing: str, message: str) -> None:
    """Without Keras or its backend an error says what to install, after lines of this package."""
    result = run(use, {missing})

    assert result.returncode == 1
    assert result.stderr.endswith(f"\nImportError: {message}\n")
    assert f"No module named '{missing}'" in result.stderr
    assert result.stderr.count("\n") < 30


def test_an_environment_with_numpy_only(tmp_path: Path) -> None:
    """NumPy is all that the wheel requires; its command is there, and Keras is asked for."""
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv/bin/python"
    if not python.exists():
        pytest.skip("Packages are linked into the environment, which this system may not support.")
    [packages] = (tmp_path / "venv").glob("lib/python*/site-packages")
    for path in Path(np.__file__).parents[1].glob("numpy*"):
        if path.suffix == ".dist-info":  # The installer writes into it.
            shutil.copytree(path, packages / path.name)
        else:
            (packages / path.name).symlink_to(path)
    write_wheel(tmp_path)
    install = ["uv", "pip", "install", "--quiet", "--offline", "--python", str(python)]
    subprocess.run([sys.executable, "-m", *install, tmp_path / wheel_name()], check=True)

    command = [str(python.parent / "rnn-returns"), "LSTM(4)"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("output = keras.layers.LSTM(4)(x)\n")
    code = "from rnn_returns.equations import lstm; from rnn_returns import observe"
    result = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert result.stderr.endswith(f"\nImportError: {INSTALL_KERAS}\n")
