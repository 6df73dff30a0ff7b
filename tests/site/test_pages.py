"""The content of every page of the built site."""

import re
from html import unescape
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from support.pages import PAGES, parse
from support.sites import ROOT

from rnn_returns.original_notebook import CELLS
from rnn_returns.table import values_text

# One package under two names: the lock takes the small one where there is one.
TENSORFLOW = packages_distributions()["tensorflow"][0]
FLAG_PAGES = [page for page in PAGES if page.startswith("docs/flags/")]


def text_of(published: Path, page: str) -> str:
    html = (published / page).read_text(encoding="utf-8")
    # Code has spans within a line.
    return " ".join(unescape(re.sub("<[^>]*>", " ", re.sub("</?span[^>]*>", "", html))).split())


def outputs_of(published: Path, page: str) -> list[str]:
    return [text.get_text().strip() for text in parse(published / page).select(".cell_output pre")]


@pytest.mark.parametrize("page", PAGES)
def test_every_page(published: Path, page: str) -> None:
    """Every page shows the installed versions, which it was executed on, and has no id twice."""
    keras, tensorflow, numpy = map(version, ("keras", TENSORFLOW, "numpy"))
    executed_on = f"Executed on Keras {keras}, TensorFlow {tensorflow}, NumPy {numpy}."
    ids = re.findall(r'\sid="([^"]+)"', (published / page).read_text(encoding="utf-8"))

    assert executed_on in text_of(published, page)
    assert [name for name in set(ids) if ids.count(name) > 1] == []


@pytest.mark.parametrize("page", FLAG_PAGES)
def test_a_flag_page(published: Path, page: str) -> None:
    """A page on the arguments shows three layers, the final hidden state and a common mistake."""
    text = text_of(published, page)
    last = CELLS["both"].printed["state_h"]

    for layer in ("LSTM", "GRU", "SimpleRNN"):
        assert f'weights("{layer}")' in text
    assert values_text(last) in text or values_text(last[0]) in text
    assert "ValueError:" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("page", FLAG_PAGES)
def test_equal_values_are_printed(published: Path, page: str) -> None:
    """A page on the arguments prints the equal values of two tensors one below the other."""
    values = [re.findall(r"\[[-. \d]+\]", output) for output in outputs_of(published, page)]

    assert any(rows[0] == rows[1] for rows in values if len(rows) > 1)


@pytest.mark.parametrize("page", PAGES)
def test_no_output_is_a_bare_answer(published: Path, page: str) -> None:
    """No cell outputs only True or False: readers see the values that are compared."""
    assert not {"True", "False"} & set(outputs_of(published, page))


def test_the_numbers_of_the_original_notebook(published: Path) -> None:
    """Every number of the original notebook is on its page next to today's, to six decimals."""
    text = text_of(published, "docs/original.html")

    for cell in CELLS.values():
        for printed in cell.printed.values():
            assert f"{values_text(printed)} {values_text(printed)}" in text
    assert "largest difference: 0.1 millionths" in text


def test_only_the_site_is_published(published: Path) -> None:
    """The published folder has what a browser loads, and no working files."""
    kinds = {path.suffix for path in published.rglob("*") if path.is_file()}

    assert not kinds & {".doctree", ".pickle", ".log", ".db", ".buildinfo"}
    assert not list(published.rglob(".*"))
    assert not list(published.rglob("*.glue.json"))


def test_our_own_files_need_no_inline_code() -> None:
    """Our templates, scripts and styles work from a disk and under a strict policy.

    The worker of the model checker, which runs only from a host, alone loads files.
    """
    ours = [*ROOT.glob("docs/_templates/**/*.html"), *ROOT.glob("docs/_static/**/*.*")]
    ours += [*ROOT.glob("docs/_tool/*.js"), *ROOT.glob("docs/_tool/*.css")]
    ours = [file for file in ours if file.suffix != ".png"]
    assert ours
    mode = '<script>{% include "mode.js" %}</script>'  # The policy names it by its hash.

    for file in ours:
        text = file.read_text(encoding="utf-8").replace(mode, "")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text), file
        if file.name != "model-check-worker.js":
            assert not re.search(r"\bfetch\(|\bimport\(|type=.module", text), file
        assert not re.search(r"^\s*(?:import|export)\s", text, re.M), file
