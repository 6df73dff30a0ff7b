"""Every message on the pages of errors is raised by its section, which then fixes the code."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.sites import ROOT

# The labels above a heading, the message that it quotes, and all up to the next one.
SECTION = re.compile(r"((?:^\(.+\)=\n)+)## (`+) ?(.+?) ?\2\n((?s:.*?))(?=^\(|^## |\Z)", re.M)
CELL = re.compile(r"^```{code-cell}\n((?::.+\n)*)((?s:.+?))^```$", re.M)
# A heading writes this for what differs from program to program.
LEFT_OUT = "…"


def read_cells(text: str) -> list[tuple[str, bool]]:
    """Read the code of each cell in a piece of the page, and whether it is meant to raise."""
    return [(code, "raises-exception" in tags) for tags, code in CELL.findall(text)]


PAGES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs" / "errors").glob("*.md"))
    if path.stem != "index"
}
# The cells above the first message of a page, which all of its sections need.
OPENINGS = {name: read_cells(page[: page.index("\n## ")]) for name, page in PAGES.items()}
# Of each message: its page, the labels above its heading, its words, and its cells in order.
SECTIONS = [
    (name, re.findall(r"\((.+)\)=", labels), message, read_cells(text))
    for name, page in PAGES.items()
    for labels, _, message, text in SECTION.findall(page)
]


def test_nothing_is_overlooked() -> None:
    """A reader finds at least 45 messages; all, and every cell, are executed below."""
    assert 45 <= len(SECTIONS) == sum(page.count("\n## ") for page in PAGES.values())
    openings = sum(map(len, OPENINGS.values()))
    assert openings + sum(len(cells) for *_, cells in SECTIONS) == sum(
        page.count("```{code-cell}") for page in PAGES.values()
    )


def test_anchors() -> None:
    """Each section has an address of its own, which can be linked to."""
    anchors = [
        [label for label in labels if label.startswith("error-")] for _, labels, *_ in SECTIONS
    ]

    assert all(len(labels) == 1 for labels in anchors)
    assert len({label for [label] in anchors}) == len(SECTIONS)


@pytest.mark.parametrize(
    ("page", "message", "cells"),
    [(page, *rest) for page, _, *rest in SECTIONS],
    ids=[labels[0] for _, labels, *_ in SECTIONS],
)
def test_section(
    page: str,
    message: str,
    cells: list[tuple[str, bool]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Each section raises the message of its heading, and then runs code that is fixed."""
    monkeypatch.chdir(tmp_path)  # A page may change to another folder, for its files.
    raising = [raises for _, raises in cells]
    assert True in raising
    assert raising[-1] is False
    assert (True, True) not in pairwise(raising)

    names: dict[str, Any] = {}
    words = ".*".join(map(re.escape, message.split(LEFT_OUT)))
    for code, raises in (*OPENINGS[page], *cells):
        if raises:
            with pytest.raises(Exception, match=f"(?s){words}"):
                exec(code, names)
        else:
            exec(code, names)
