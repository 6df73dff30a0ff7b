"""The model checker: what its page shows, and its Python, which also runs outside a browser."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from support.model_files import HOSTILE
from support.sites import ROOT

from site_build.publish.archive import TOOL


@pytest.fixture(scope="module")
def check() -> Any:
    """Give the function that the worker calls."""
    spec = importlib.util.spec_from_file_location("model_check", ROOT / "docs/_tool/model_check.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda *arguments: json.loads(module.check(*map(str, arguments)))


def write_model(path: Path, steps: int | None, layers: int = 1) -> Path:
    first = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, steps, 5]}}
    stack = [
        {
            "class_name": "LSTM",
            "config": {"name": f"lstm_{units}", "units": units, "return_sequences": True},
        }
        for units in range(1, layers + 1)
    ]
    model = {"class_name": "Sequential", "config": {"name": "model", "layers": [first, *stack]}}
    path.write_text(json.dumps(model), encoding="utf-8")
    return path


@pytest.mark.parametrize("language", ["", "zh/"])
def test_the_page(published: Path, language: str) -> None:
    """With the checker the page has it; without it, the page has a sentence in its place."""
    html = (published / language / "docs/explain.html").read_text(encoding="utf-8")
    has_checker = (published / TOOL).is_dir()

    assert ("<rnn-model-check" in html, "without-checker" in html) == (has_checker, not has_checker)
    assert "{size}" not in (published / language / "docs/explain.html.md").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(("steps", "drawn"), [(None, 3), (12, 12), (13, 3)])
def test_a_diagram_of_any_length(check: Any, tmp_path: Path, steps: int | None, drawn: int) -> None:
    """A layer has a diagram also if its sequences are too long to draw."""
    [_, part] = check(write_model(tmp_path / "model.json", steps))["parts"]

    assert f"{drawn} time steps" in part["diagram"]


def test_many_layers(check: Any, tmp_path: Path) -> None:
    """Of many different layers, the first ones have a diagram, and each one has a table."""
    [_, *parts] = check(write_model(tmp_path / "model.json", 3, layers=12))["parts"]

    assert [bool(part["diagram"]) for part in parts] == [True] * 10 + [False] * 2
    assert all("<table" in part["html"] for part in parts)


def test_a_layer(check: Any) -> None:
    """A layer has its prediction and its diagram for the shape."""
    result = check("GRU(4)", "2,3,5")

    assert "for x of shape (2, 3, 5): one tensor" in result["text"]
    assert "x (2, 3, 5)" in result["parts"][0]["diagram"]


@pytest.mark.parametrize(
    ("target", "shape", "error"),
    [
        ("LSTM", "", "There is no such file; a layer needs its arguments"),
        ("-h", "", "There is no such file"),
        ("LSTM(4)", "a,b", "argument --input: expected a shape such as 8,10,3"),
        ("LSTM(4)", "--json", "argument --input: expected"),
    ],
)
def test_errors(check: Any, target: str, shape: str, error: str) -> None:
    """What cannot be read has an error on one line, as on the command line."""
    assert error in check(target, shape)["error"]


def test_a_hostile_file(check: Any, model_files: Path) -> None:
    """A file that cannot be read has the error of the command."""
    error = check(model_files / HOSTILE / "deep-lists.keras")["error"]

    assert error.startswith("deep-lists.keras cannot be read. config.json in it is nested")
