"""What a reader of the built site finds on every page."""

import re
from html import unescape
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from conftest import ROOT

from rnn_returns.original import CELLS
from rnn_returns.table import values_text

PAGES = sorted(
    path.relative_to(ROOT).with_suffix(".html").as_posix()
    for pattern in ("index.md", "docs/**/*.md", "examples/*.py")
    for path in ROOT.glob(pattern)
    if "_parts" not in path.parts
)
# One package under two names: the lock takes the small one where there is one.
TENSORFLOW = packages_distributions()["tensorflow"][0]
FLAG_PAGES = [page for page in PAGES if page.startswith("docs/flags/")]


def text_of(published: Path, page: str) -> str:
    """Give the words of a page, without its markup."""
    html = (published / page).read_text(encoding="utf-8")
    # A highlighted line of code is in one span a word.
    return " ".join(unescape(re.sub("<[^>]*>", " ", re.sub("</?span[^>]*>", "", html))).split())


@pytest.mark.parametrize("page", PAGES)
def test_the_foot_of_every_page(published: Path, page: str) -> None:
    """Every page says which versions it was executed on, and they are the installed ones."""
    keras, tensorflow, numpy = map(version, ("keras", "tensorflow-cpu", "numpy"))

    assert f"Executed on Keras {keras}, TensorFlow {tensorflow}, NumPy {numpy}." in text_of(
        published, page
    )


@pytest.mark.parametrize("page", FLAG_PAGES)
def test_one_value_turns_up_on_every_flag_page(published: Path, page: str) -> None:
    """The last hidden state is the same number on all four pages, and so are GRU's and RNN's."""
    last = CELLS["both"].printed["state_h"]

    assert values_text(last) in text_of(published, page) or values_text(last[0]) in text_of(
        published, page
    )


@pytest.mark.parametrize("page", FLAG_PAGES)
def test_each_flag_page_shows_three_layers_and_a_mistake(published: Path, page: str) -> None:
    """Each combination is shown for LSTM, GRU and SimpleRNN, and with the mistake people make."""
    text = text_of(published, page)

    for layer in ("LSTM", "GRU", "SimpleRNN"):
        assert f'weights("{layer}")' in text
    assert "ValueError:" in text
    assert "Traceback" not in text


def test_the_original_numbers(published: Path) -> None:
    """Every number that the notebook printed stands on its page beside today's, to six decimals."""
    text = text_of(published, "docs/original.html")

    for cell in CELLS.values():
        for printed in cell.printed.values():
            assert f"{values_text(printed)} {values_text(printed)}" in text
    assert "bool(max(differences) <= 1e-7) True" in text


def test_no_equality_of_a_page_is_false(published: Path) -> None:
    """A cell that compares values comes out True, but for the one that shows a difference."""
    for page in FLAG_PAGES:
        html = (published / page).read_text(encoding="utf-8")
        outputs = re.findall(r"<pre>(True|False)\s*</pre>", re.sub("</?span[^>]*>", "", html))

        assert "True" in outputs
        assert outputs.count("False") == (1 if page.endswith("both.html") else 0)


@pytest.mark.parametrize("page", PAGES)
def test_every_id_is_there_once(published: Path, page: str) -> None:
    """The words of a picture belong to that picture, also where a page has several."""
    ids = re.findall(r'\sid="([^"]+)"', (published / page).read_text(encoding="utf-8"))

    assert [name for name in set(ids) if ids.count(name) > 1] == []


def test_only_the_site_is_published(published: Path) -> None:
    """The published folder holds what a browser asks for, and no working files."""
    kinds = {path.suffix for path in published.rglob("*") if path.is_file()}

    assert not kinds & {".doctree", ".pickle", ".log", ".db", ".buildinfo"}
    assert not list(published.rglob(".*"))
    assert not list(published.rglob("*.glue.json"))


def test_our_own_files_need_no_inline_code() -> None:
    """Our templates, scripts and styles work from a disk and under a strict policy."""
    ours = [*ROOT.glob("docs/_templates/**/*.html"), *ROOT.glob("docs/_static/**/*.*")]
    ours = [file for file in ours if file.suffix != ".png"]
    assert ours
    mode = '<script>{% include "mode.js" %}</script>'  # The policy names it by its hash.

    for file in ours:
        text = file.read_text(encoding="utf-8").replace(mode, "")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text), file
        assert not re.search(r"\bfetch\(|type=.module|^\s*(?:import|export)\s", text, re.M), file
