"""Every message on the page of errors is raised by its section, which then fixes the code."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from support.sites import ROOT

# The labels above a heading, the message that it quotes, and all up to the next one.
SECTION = re.compile(r"((?:^\(.+\)=\n)+)### (`+) ?(.+?) ?\2\n((?s:.*?))(?=^\(|^## |\Z)", re.M)
CELL = re.compile(r"^```{code-cell}\n((?::.+\n)*)((?s:.+?))^```$", re.M)
# A heading writes this for what differs from program to program.
LEFT_OUT = "…"


@dataclass
class CodeCell:
    """The code of one cell, and whether the page means it to raise."""

    code: str
    raises: bool


@dataclass
class Section:
    """One message: the labels above its heading, its words, and its cells in order."""

    labels: list[str]
    message: str
    cells: list[CodeCell]


def read_cells(text: str) -> list[CodeCell]:
    """Read the cells of a piece of the page."""
    return [CodeCell(code, "raises-exception" in tags) for tags, code in CELL.findall(text)]


PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
OPENING = read_cells(PAGE[: PAGE.index("\n## ")])
SECTIONS = [
    Section(re.findall(r"\((.+)\)=", labels), message, read_cells(text))
    for labels, _, message, text in SECTION.findall(PAGE)
]


def test_there_are_many() -> None:
    """A reader finds at least fifteen messages."""
    assert len(SECTIONS) >= 15


def test_nothing_is_overlooked() -> None:
    """Every section and every cell of the page is put to the test below."""
    assert len(SECTIONS) == PAGE.count("\n### ")
    assert len(OPENING) + sum(len(s.cells) for s in SECTIONS) == PAGE.count("```{code-cell}")


def test_anchors() -> None:
    """Each section has an address of its own, which can be linked to."""
    anchors = [[label for label in s.labels if label.startswith("error-")] for s in SECTIONS]

    assert all(len(labels) == 1 for labels in anchors)
    assert len({label for [label] in anchors}) == len(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.labels[0])
def test_section(section: Section) -> None:
    """Each section raises the message of its heading, and then runs code that is fixed."""
    raising = [cell.raises for cell in section.cells]
    assert True in raising
    assert raising[-1] is False
    assert (True, True) not in pairwise(raising)

    names: dict[str, Any] = {}
    words = ".*".join(map(re.escape, section.message.split(LEFT_OUT)))
    for cell in (*OPENING, *section.cells):
        if cell.raises:
            with pytest.raises(Exception, match=f"(?s){words}"):
                exec(cell.code, names)
        else:
            exec(cell.code, names)
