"""What programs read says what the pages say: llms.txt, the pages as Markdown, the truth table."""

import json
import re
from pathlib import Path

import pytest
from test_pages import PAGES
from test_takeaway import FOR_THE_BUILD

from rnn_returns.layer import Layer
from rnn_returns.rules import expected
from site_build.languages import LANGUAGES

FOLDERS = [language.folder for language in LANGUAGES.values()]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_list_leads_to_every_page(published: Path, folder: str) -> None:
    """llms.txt has the form that llmstxt.org asks for, and every page once, as Markdown."""
    text = (published / folder / "llms.txt").read_text(encoding="utf-8")
    links = re.findall(r"^- \[[^\]]+\]\(([^)]+)\): \S.*$", text, re.M)

    assert re.match(r"# [^\n]+\n\n> [^\n]+\n\n", text)
    assert sorted(links) == sorted(f"{page}.md" for page in PAGES if page != "index.html")
    for link in links:
        page = (published / folder / link).read_text(encoding="utf-8")
        assert page.startswith("# "), link
        prose = re.sub(r"^(`{3,}).*?^\1$", "", page, flags=re.M | re.S)
        assert not re.search(FOR_THE_BUILD, prose, re.M), link


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_list_has_the_answers_of_the_table(published: Path, folder: str) -> None:
    """What llms.txt says of the three layers is what the truth table and the rules say."""
    text = (published / folder / "llms.txt").read_text(encoding="utf-8")
    table = json.loads((published / "docs/truth-table.json").read_text(encoding="utf-8"))
    said = dict(re.findall(r"^- `((?:SimpleRNN|GRU|LSTM)\(.*\))` returns a (.*)$", text, re.M))
    rows = {row["layer"]: row for row in table["rows"] if row["layer"] in said}

    assert len(said) == 12
    assert f"keras {table['keras']}" in text
    for written, answer in said.items():
        layer = Layer(
            written.partition("(")[0],
            units=4,
            return_sequences="return_sequences=True" in written,
            return_state="return_state=True" in written,
        )
        rule = expected(layer, tuple(rows[written]["input"]))
        tensors = [
            f"`{name}` ({', '.join(axes)})"
            for name, axes in zip(rule.names, rule.axes, strict=True)
        ]
        assert answer.startswith(f"{rule.container}: {', '.join(tensors)}")
        assert re.findall(r"; `([^`]*)`", answer) == [str(equal) for equal in rule.equalities]


def test_the_way_to_it_is_on_a_page(published: Path) -> None:
    """The truth table's page leads to llms.txt, in each language to its own."""
    for folder in FOLDERS:
        page = published / folder / "docs/truth-table.html"
        assert 'href="../llms.txt"' in page.read_text(encoding="utf-8")
        assert (page.parent / "../llms.txt").resolve().is_file()
