"""Every message of the page of errors is raised, under its own words, and then mended."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from conftest import ROOT

# The labels above a heading, the message that it quotes, and all up to the next one.
SECTION = re.compile(r"((?:^\(.+\)=\n)+)### (`+) ?(.+?) ?\2\n((?s:.*?))(?=^\(|^## |\Z)", re.M)
CELL = re.compile(r"^```{code-cell}\n((?::.+\n)*)((?s:.+?))^```$", re.M)
# A heading writes this for what differs from program to program.
LEFT_OUT = "…"


@dataclass
class Cell:
    """The code of one cell, and whether the page means it to raise."""

    code: str
    raises: bool


@dataclass
class Section:
    """One message: the labels above its heading, its words, and its cells in order."""

    labels: list[str]
    message: str
    cells: list[Cell]


def cells(text: str) -> list[Cell]:
    """Read the cells of a piece of the page."""
    return [Cell(code, "raises-exception" in tags) for tags, code in CELL.findall(text)]


PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
OPENING = cells(PAGE[: PAGE.index("\n## ")])
SECTIONS = [
    Section(re.findall(r"\((.+)\)=", labels), message, cells(text))
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
def test_a_section_keeps_its_word(section: Section) -> None:
    """Each section, on its own, raises the message of its heading, and mends what raises."""
    meant = [cell.raises for cell in section.cells]
    assert True in meant
    assert meant[-1] is False
    assert (True, True) not in pairwise(meant)

    names: dict[str, Any] = {}
    words = ".*".join(map(re.escape, section.message.split(LEFT_OUT)))
    for cell in (*OPENING, *section.cells):
        if cell.raises:
            with pytest.raises(Exception, match=f"(?s){words}"):
                exec(cell.code, names)
        else:
            exec(cell.code, names)
