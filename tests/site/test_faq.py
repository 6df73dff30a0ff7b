"""The FAQ: each short answer links a section that shows it, and public questions are answered."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.sites import ROOT

FAQ = (ROOT / "docs/faq.md").read_text(encoding="utf-8")
PUBLIC_QUESTIONS = tomllib.loads(
    (ROOT / "docs/search/public_questions.toml").read_text(encoding="utf-8")
)["question"]
PAGES = [*ROOT.glob("index.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.py")]

ENTRY = re.compile(
    r"\*\*(?P<question>.+?\?)\*\* (?P<answer>.+) See \[.*\]\(#(?P<label>[a-z0-9-]+)\)\."
)
SECTION = re.compile(r"(?P<labels>(?:\([a-z0-9-]+\)=\n+)+)(?P<level>#+) (?P<heading>.+)\n")
CODE = "{code}"
SOURCE = re.compile(r"[\w.-]+/[\w.-]+#\d+|https?://\S+")


@dataclass(frozen=True)
class Section:
    """A section that has a label: its page, its heading and its text, with code as ``CODE``."""

    page: str
    heading: str
    text: str


def read_prose(page: Path) -> str:
    """Return the text of a page or a script, in which ``CODE`` stands for each code cell."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        text = re.sub(r"^```\{code-cell\}.*?^```$", CODE, text, flags=re.M | re.S)
        return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    cells = re.split(r"^# %%(.*)\n", text, flags=re.M)[1:]
    return "\n".join(
        re.sub(r"^# ?", "", cell, flags=re.M) if "[markdown]" in head else CODE
        for head, cell in zip(cells[::2], cells[1::2], strict=True)
    )


def find_sections(page: Path) -> Iterator[tuple[str, Section]]:
    """Yield each label of a page with its section, which ends at the next heading of its level."""
    prose = read_prose(page)
    name = page.relative_to(ROOT).with_suffix("").as_posix()
    for found in SECTION.finditer(prose):
        level = len(found["level"])
        text = re.split(rf"^#{{1,{level}}} ", prose[found.end() :], maxsplit=1, flags=re.M)[0]
        for label in re.findall(r"[a-z0-9-]+", found["labels"]):
            yield label, Section(name, found["heading"], text)


SECTIONS: dict[str, list[Section]] = {}
for _page in PAGES:
    for _label, _section in find_sections(_page):
        SECTIONS.setdefault(_label, []).append(_section)

PARAGRAPHS = [" ".join(text.split()) for text in FAQ.split("\n\n") if text.startswith("**")]
ENTRIES = [entry for text in PARAGRAPHS if (entry := ENTRY.fullmatch(text))]


def split_sentences(text: str) -> list[str]:
    """Split *text* into sentences; code counts as one word."""
    return re.split(r"(?<=[.?!]) ", re.sub(r"`[^`]+`", "code", text))


def test_every_paragraph_is_an_entry() -> None:
    """There are 45 to 70 questions, none twice, each with an answer and a link."""
    assert [entry.string for entry in ENTRIES] == PARAGRAPHS
    assert 45 <= len(ENTRIES) <= 70
    questions = [entry["question"] for entry in ENTRIES]
    assert len({*questions}) == len(questions)


def test_the_entries_are_grouped() -> None:
    """Each entry is below one of the headings, and no group has only a few."""
    introduction, *groups = re.split(r"^## .+$", FAQ, flags=re.M)

    assert "**" not in introduction
    assert all(group.count("\n\n**") >= 5 for group in groups)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["question"])
def test_an_answer_is_short(entry: re.Match[str]) -> None:
    """An answer has one or two sentences of at most 25 words."""
    sentences = split_sentences(entry["answer"])

    assert len(sentences) <= 2
    assert all(len(sentence.split()) <= 25 for sentence in sentences)
    assert all(sentence[-1] in ".!" for sentence in sentences)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["question"])
def test_an_answer_is_executed(entry: re.Match[str]) -> None:
    """The section that an answer links to exists once and has code that runs."""
    sections = SECTIONS.get(entry["label"], [])

    assert len(sections) == 1, f"{entry['label']} is in {[section.page for section in sections]}"
    # The landing page answers in a table, whose shapes come from a cell below it.
    assert CODE in sections[0].text or "{glue:text}" in sections[0].text


@pytest.mark.parametrize("asked", PUBLIC_QUESTIONS, ids=lambda asked: asked["question"])
def test_a_public_question_is_answered(asked: dict[str, Any]) -> None:
    """The section that answers it exists, and its heading or its FAQ entry has the words."""
    sections = SECTIONS.get(asked["label"], [])
    assert [section.page for section in sections] == [asked["page"]]

    entries = [entry[0] for entry in ENTRIES if entry["label"] == asked["label"]]
    names = " ".join([sections[0].heading, *entries]).lower()
    assert asked["words"]
    assert [word for word in asked["words"] if word.lower() not in names] == []


def test_the_sources_of_public_questions() -> None:
    """A source is a thread or an address, and no question is listed twice."""
    sources = [asked["source"] for asked in PUBLIC_QUESTIONS if "source" in asked]
    questions = [asked["question"] for asked in PUBLIC_QUESTIONS]

    assert [source for source in sources if not SOURCE.fullmatch(source)] == []
    assert len({*questions}) == len(questions)
    assert len(sources) >= 60


def test_code_ends_no_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment in code is not a heading, and a section ends at the next one of its level."""
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("(a)=\n(b)=\n## A\n\n```{code-cell}\n# x\n```\n\n### B\n\nb\n\n## C\n\nc\n")
    script = tmp_path / "script.py"
    script.write_text('# %% [markdown]\n# (c)=\n# # C\n# text\n\n# %% tags=["x"]\n# y\nz = 1\n')

    found = [*find_sections(page), *find_sections(script)]

    assert [(label, section.heading) for label, section in found] == [
        ("a", "A"),
        ("b", "A"),
        ("c", "C"),
    ]
    assert all(CODE in section.text for _, section in found)
    assert "b" in found[0][1].text
    assert "\nc\n" not in found[0][1].text
