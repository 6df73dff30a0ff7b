"""Every message on the page of errors is raised by its section, which then fixes the code."""

import re
from itertools import pairwise
from typing import Any

import pytest
from support.sites import ROOT

# The labels above a heading, the message that it quotes, and all up to the next one.
SECTION = re.compile(r"((?:^\(.+\)=\n)+)### (`+) ?(.+?) ?\2\n((?s:.*?))(?=^\(|^## |\Z)", re.M)
CELL = re.compile(r"^```{code-cell}\n((?::.+\n)*)((?s:.+?))^```$", re.M)
# A heading writes this for what differs from program to program.
LEFT_OUT = "…"


def read_cells(text: str) -> list[tuple[str, bool]]:
    """Read the code of each cell in a piece of the page, and whether it is meant to raise."""
    return [(code, "raises-exception" in tags) for tags, code in CELL.findall(text)]


PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
OPENING = read_cells(PAGE[: PAGE.index("\n## ")])
# Of each message: the labels above its heading, its words, and its cells in order.
SECTIONS = [
    (re.findall(r"\((.+)\)=", labels), message, read_cells(text))
    for labels, _, message, text in SECTION.findall(PAGE)
]


def test_nothing_is_overlooked() -> None:
    """A reader finds at least fifteen messages; all, and every cell, are put to the test below."""
    assert 15 <= len(SECTIONS) == PAGE.count("\n### ")
    cells = [*OPENING, *(cell for *_, cells in SECTIONS for cell in cells)]
    assert len(cells) == PAGE.count("```{code-cell}")


def test_anchors() -> None:
    """Each section has an address of its own, which can be linked to."""
    anchors = [[label for label in labels if label.startswith("error-")] for labels, *_ in SECTIONS]

    assert all(len(labels) == 1 for labels in anchors)
    assert len({label for [label] in anchors}) == len(SECTIONS)


@pytest.mark.parametrize(
    ("message", "cells"),
    [rest for _, *rest in SECTIONS],
    ids=[labels[0] for labels, *_ in SECTIONS],
)
def test_section(message: str, cells: list[tuple[str, bool]]) -> None:
    """Each section raises the message of its heading, and then runs code that is fixed."""
    raising = [raises for _, raises in cells]
    assert True in raising
    assert raising[-1] is False
    assert (True, True) not in pairwise(raising)

    names: dict[str, Any] = {}
    words = ".*".join(map(re.escape, message.split(LEFT_OUT)))
    for code, raises in (*OPENING, *cells):
        if raises:
            with pytest.raises(Exception, match=f"(?s){words}"):
                exec(code, names)
        else:
            exec(code, names)
