"""The files for programs match the pages: llms.txt, the pages as Markdown, the return values."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from support.pages import FOR_THE_BUILD, PAGES, parse
from support.sites import ROOT

from rnn_returns.rules.expectation import expected
from rnn_returns.rules.layer_spec import LayerSpec
from site_build.i18n.languages import LANGUAGES

FOLDERS = [language.folder for language in LANGUAGES.values()]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_list_links_to_every_page(published: Path, folder: str) -> None:
    """llms.txt has the format of llmstxt.org, and every page once, described in sentences."""
    text = (published / folder / "llms.txt").read_text(encoding="utf-8")
    links = re.findall(r"^- \[[^\]]+\]\(([^)]+)\): \S.*[.?。？]$", text, re.M)

    assert re.match(r"# [^\n]+\n\n> [^\n]+[.。]\n\n", text)
    assert sorted(links) == sorted(f"{page}.md" for page in PAGES if page != "index.html")
    for link in links:
        page = (published / folder / link).read_text(encoding="utf-8")
        assert page.startswith("# "), link
        prose = re.sub(r"^(`{3,}).*?^\1$", "", page, flags=re.M | re.S)
        assert not re.search(FOR_THE_BUILD, prose, re.M), link


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_page_names_its_markdown(published: Path, folder: str) -> None:
    """Each page names its Markdown in its metadata, and links to it next to the downloads."""
    for page in PAGES:
        soup = parse(published / folder / page)
        [metadata] = soup.select('head link[rel~="alternate"][type="text/markdown"]')
        [link] = soup.select(f'.downloads a[href="{metadata["href"]}"]')

        assert link.get_text(strip=True)
        assert metadata["href"] == f"{Path(page).name}.md"
        assert (published / folder / f"{page}.md").is_file()


@pytest.mark.parametrize("folder", FOLDERS)
def test_downloads_have_no_text_of_the_interface(published: Path, folder: str) -> None:
    """The Explorer's texts, which only its script completes, are not in what programs read."""
    template = (ROOT / "docs/_parts/explorer.md").read_text(encoding="utf-8")
    placeholders = set(re.findall(r"(?<!\{)\{[a-z]+\}(?!`)", template))
    assert "{step}" in placeholders

    for name in ("index.html.md", "index.ipynb", "docs/explorer.html.md"):
        file = published / folder / name
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".ipynb":
            cells = nbformat.reads(text, as_version=4).cells
            text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        prose = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.M | re.S)
        assert not {each for each in placeholders if each in prose}, file
        assert "JavaScript" not in prose, file


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_list_has_the_rows_of_the_table(published: Path, folder: str) -> None:
    """llms.txt has the same return values as the return value table and the rules."""
    text = (published / folder / "llms.txt").read_text(encoding="utf-8")
    table = json.loads((published / "docs/truth-table.json").read_text(encoding="utf-8"))
    returns = dict(re.findall(r"^- `((?:SimpleRNN|GRU|LSTM)\(.*\))` returns a (.*)$", text, re.M))
    rows = {row["layer"]: row for row in table["rows"] if row["layer"] in returns}

    assert len(returns) == 12
    assert f"keras {table['keras']}" in text
    for source, text in returns.items():
        layer = LayerSpec(
            source.partition("(")[0],
            units=4,
            return_sequences="return_sequences=True" in source,
            return_state="return_state=True" in source,
        )
        rule = expected(layer, tuple(rows[source]["input"]))
        named = zip(rule.names, rule.axes, strict=True)
        tensors = [f"`{name}` ({', '.join(axes)})" for name, axes in named]
        assert text.startswith(f"{rule.container}: {', '.join(tensors)}")
        assert re.findall(r"; `([^`]*)`", text) == [str(equal) for equal in rule.equalities]


def test_a_page_links_to_the_list(published: Path) -> None:
    """The page of the return value table links to llms.txt in its language."""
    for folder in FOLDERS:
        page = published / folder / "docs/truth-table.html"
        assert 'href="../llms.txt"' in page.read_text(encoding="utf-8")
        assert (page.parent / "../llms.txt").resolve().is_file()
