"""The pages of diagnostics: each kind has one section, with a model that has it and a fixed one."""

import re
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.runs import raises, run
from support.sites import ROOT

from rnn_returns import explain
from rnn_returns.models.diagnostics import KINDS, DiagnosticKind

CELL = re.compile(r"^```{code-cell}\n((?s:.+?))^```$", re.M)
# The label and the title of a section, and all up to the next one.
SECTION = re.compile(r"^\((rnn\d+)\)=\n### (RNN\d+): (.+)\n((?s:.*?))(?=^\(rnn|^## |\Z)", re.M)

INDEX = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
PAGES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs" / "diagnostics").glob("*.md"))
}
SECTIONS = {
    label: (page, code, title, text)
    for page, source in PAGES.items()
    for label, code, title, text in SECTION.findall(source)
}


def test_each_kind_has_one_section() -> None:
    """Each kind has one section, in the order of the codes, with its title and its address."""
    every = [each for source in PAGES.values() for each in re.findall(r"^\((\S+)\)=", source, re.M)]

    assert sorted(every) == [kind.code.lower() for kind in KINDS]
    assert [(kind.code, kind.title) for kind in KINDS] == [
        SECTIONS[kind.code.lower()][1:3] for kind in KINDS
    ]
    assert sum(source.count("\n### ") for source in PAGES.values()) == len(KINDS)


def test_the_table() -> None:
    """The table lists every kind, and the text those of one backend."""
    rows = re.findall(r"^\| \[(\w+)\]\(#(\w+)\) \| `(.+)` \| `(\w+)` \|$", INDEX, re.M)
    only = next(line for line in INDEX.splitlines() if "backend other than" in line)

    assert rows == [(kind.code, kind.code.lower(), kind.name, kind.severity) for kind in KINDS]
    assert re.findall(r"RNN\d+", only) == [kind.code for kind in KINDS if kind.applies_to]


@cache
def open_page(page: str) -> tuple[dict[str, Any], list[Any]]:
    """Run the cells before the first section; return the names, and the models explained later."""
    models: list[Any] = []
    names: dict[str, Any] = {}
    for code in CELL.findall(PAGES[page].split("\n## ")[0]):
        exec(code, names)

    def record(model: Any) -> Any:
        models.append(model)
        return explain(model)

    names["explain"] = record
    # Other tests in this process use tensors whose names must stay unique.
    names["utils"] = SimpleNamespace(clear_session=lambda: None)
    return names, models


@pytest.mark.parametrize("kind", KINDS, ids=[kind.code for kind in KINDS])
def test_section(kind: DiagnosticKind, capsys: pytest.CaptureFixture[str]) -> None:
    """The first model has the diagnostic alone, and fails if it says so; the second is sound."""
    page, *_, text = SECTIONS[kind.code.lower()]
    names, models = open_page(page)
    models.clear()
    printed = []
    for code in CELL.findall(text):
        exec(code, names)
        printed.append(capsys.readouterr().out)

    assert re.findall(r"RNN\d+", printed[0]) == [kind.code]
    assert printed[1:] == ["no diagnostics\n"]
    assert [fails(model) for model in models] == [kind.severity == "fails", False]
    assert find_target(kind) in text


def find_target(kind: DiagnosticKind) -> str:
    """Return how a section links to the section of a kind: by its label, or by its page."""
    page, _, label = kind.section.partition("#")
    return (
        f"](#{label})" if label else f"](../{page.removeprefix('docs/').removesuffix('.html')}.md)"
    )


def fails(model: Any) -> bool:
    """Return whether running *model* raises an error."""
    if not getattr(model, "inputs", None):  # A custom model.
        return raises(lambda: model(np.ones((2, 6, 3, 5), "float32")))
    if model.inputs[0].ragged:
        tensorflow = pytest.importorskip("tensorflow")
        rows = tensorflow.RaggedTensor.from_row_lengths(np.ones((3, 5), "float32"), [1, 2])
        return raises(lambda: model(rows))
    return raises(lambda: run(model, 2))
