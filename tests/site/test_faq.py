"""The thirty questions: each is answered by code."""

import re
from pathlib import Path

from support.sites import ROOT

QUESTIONS = (ROOT / "docs/faq.md").read_text(encoding="utf-8")


def test_every_question_is_answered() -> None:
    """There are thirty, and each is a link."""
    entries = re.findall(r"^(\d+)\. (.*)", QUESTIONS, re.M)

    assert [int(number) for number, _ in entries] == list(range(1, 31))
    for _, text in entries:
        assert re.fullmatch(r"\{ref\}`[^<`]+\? <q-[a-z-]+>`", text), text


def test_every_answer_is_executed() -> None:
    """The section that a question links to has code that runs, before the next heading."""
    pages = [*ROOT.glob("index.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.py")]
    texts = [to_markdown(page) for page in pages]
    labels = re.findall(r"<(q-[a-z-]+)>", QUESTIONS)
    assert len(labels) == 30

    for label in labels:
        found = [text for text in texts if f"({label})=\n" in text]
        assert len(found) == 1, f"{label} is on {len(found)} pages"
        _, section, *_ = re.split(r"^#+ ", found[0].split(f"({label})=\n")[1], flags=re.M)
        # The landing page answers in a table, whose shapes come from a cell below it.
        assert "{code-cell}" in section or "{glue:text}" in section, label


def to_markdown(page: Path) -> str:
    """Return the text of a page; of a script, its prose with the code as code cells."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".py":
        text = re.sub(r"^# %%$", "```{code-cell}", text, flags=re.M)
        text = re.sub(r"^# (?!%%)", "", text, flags=re.M)
    return text
