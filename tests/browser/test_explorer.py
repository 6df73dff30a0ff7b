"""The Explorer is accessible on every device, by mouse and keyboard, and small."""

import gzip
import json
import re
from itertools import combinations, product
from pathlib import Path

import pytest
from support.chromium import LIGHT_AND_DARK, PHONE, Open, settle, window
from support.explorer import DATA, PAGE, Explorer
from support.pages import barriers
from support.sites import ROOT, SmallSite

from site_build.__main__ import NO_EXECUTION, STRICT
from site_build.content.explorer import LOADER, SCRIPTS, STYLE
from site_build.content.explorer_data import GATES, MAX_TIMESTEPS, MAX_UNITS

STATIC = ROOT / "docs" / "_static"


# The controls, by mouse and by keyboard.


def test_every_control(visit: Open) -> None:
    """Each control changes its setting and the tensors, and breaks no part of the page's policy."""
    visited = visit(PAGE)
    explorer = Explorer(visited.page)
    element = explorer.element
    for kind in GATES:
        element.get_by_label(kind, exact=True).check()
        assert f"keras.layers.{kind}(" in explorer.code
    for sequences, state in product((True, False), repeat=2):
        element.get_by_role("checkbox", name="return_sequences").set_checked(sequences)
        element.get_by_role("checkbox", name="return_state").set_checked(state)
        assert ("return_sequences=True" in explorer.code) == sequences
        assert ("return_state=True" in explorer.code) == state
        assert list(explorer.shapes) == ["output", *(["state_h", "state_c"] * state)]
    element.get_by_role("checkbox", name="return_sequences").check()
    element.get_by_role("checkbox", name="go_backwards").check()
    assert "go_backwards=True" in explorer.code
    assert element.locator("tbody th").all_inner_texts() == [f"time step {n}" for n in (3, 2, 1)]
    for mode in DATA["modes"]:
        element.get_by_role("combobox", name="Bidirectional").select_option(mode)
        assert "keras.layers.Bidirectional(\n    keras.layers.LSTM(1" in explorer.code
        assert element.get_by_role("checkbox", name="go_backwards").is_disabled()
        assert "go_backwards" not in explorer.code
    element.get_by_role("combobox", name="Bidirectional").select_option("")
    assert element.get_by_role("checkbox", name="go_backwards").is_enabled()
    for units in range(1, MAX_UNITS + 1):
        element.get_by_role("group", name="Units").get_by_label(str(units)).check()
        assert explorer.shapes == {"output": f"(1, 3, {units})"}
    for steps in range(1, MAX_TIMESTEPS + 1):
        element.get_by_role("group", name="Time steps").get_by_label(str(steps)).check()
        assert explorer.shapes == {"output": f"(1, {steps}, 4)"}
        assert element.locator("[name=rnn-x]").count() == steps
    element.get_by_label("time step 2", exact=True).fill("-1.25")
    assert "[-1.25]" in explorer.code
    element.get_by_label("masked: time step 5").check()
    assert "[[True, True, True, True, False, True]]" in explorer.code
    element.locator("tbody button").first.click()
    assert element.locator("svg text").first.is_visible()
    element.get_by_role("button", name="Start again").click()
    assert explorer.chosen == explorer.page.evaluate("rnnAddress.start")
    assert visited.console == []


def test_a_number_is_changed(explorer: Explorer) -> None:
    """Text, or a number that is too large, is marked and reset; no number moves the page."""
    field = explorer.element.get_by_label("time step 1", exact=True)
    before = explorer.numbers
    for text in ("", "999", "-"):
        if text == "-":
            field.press("Control+a")
            field.press("-")
        else:
            field.fill(text)
        assert field.get_attribute("aria-invalid") == "true", text
        assert explorer.numbers == before
        field.press("Tab")
        assert field.input_value() == "0.1"
        assert field.get_attribute("aria-invalid") is None
    where = "explorer => JSON.stringify(explorer.getBoundingClientRect())"
    place = explorer.element.evaluate(where)
    for text in ("-1", "0.1111", "9"):
        field.fill(text)
        assert explorer.element.evaluate(where) == place


def test_by_keyboard_alone(explorer: Explorer) -> None:
    """Everything can be done without a mouse, and the focus is visible."""
    page, element = explorer.page, explorer.element
    element.get_by_label("LSTM", exact=True).focus()

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)
            assert page.evaluate(
                """() => {
                  const focused = document.activeElement;
                  const visible = focused.matches(".rnn-segments input")
                    ? focused.nextElementSibling : focused;
                  return getComputedStyle(visible).outlineStyle !== "none";
                }"""
            ), f"the focus is not visible after {key}"

    press("ArrowLeft")
    assert explorer.chosen["layer"] == "GRU"
    press("Tab", "ArrowDown")
    assert explorer.chosen["bidirectional"] == "concat"
    press("Tab", "Space", "Space", "Tab", "Space", "Space")
    press("Tab")  # go_backwards cannot be chosen now, so this is the units.
    press("ArrowRight", "Tab", "ArrowRight", "Tab")
    assert explorer.shapes["output"] == "(1, 4, 4)"
    page.keyboard.press("Control+a")
    page.keyboard.type("0.75")
    assert explorer.chosen["x"][0] == 0.75
    press("Tab", "Space")
    assert explorer.chosen["mask"] == [False, True, True, True]
    for _ in range(20):
        press("Tab")
        if page.evaluate("document.activeElement.closest('.rnn-tensor td') !== null"):
            break
    assert "output[0, 0, 0]" in element.locator(".rnn-formula").inner_text()
    press("ArrowDown", "ArrowRight", "Enter")
    assert "output[0, 1, 1]" in element.locator(".rnn-formula").inner_text()
    press("Tab")
    assert "forward_state_h[0, 0]" in element.locator(".rnn-formula").inner_text()


def test_changes_are_announced(explorer: Explorer) -> None:
    """The live region has one sentence about each change, as on the page."""
    element = explorer.element
    assert explorer.status == ""
    element.get_by_role("checkbox", name="return_state").uncheck()
    assert explorer.status == explorer.summary == "Returns one tensor: output (1, 3, 1)."
    element.get_by_role("combobox", name="Bidirectional").select_option("None")
    assert explorer.status == explorer.summary
    assert explorer.summary.startswith("Returns a tuple of 2 tensors: forward_output (1, 3, 1), ")
    element.get_by_role("combobox", name="Bidirectional").select_option("")
    element.get_by_label("time step 3", exact=True).fill("0.7")
    (last,) = explorer.numbers["output"][-1]
    assert explorer.status == f"Recomputed: the first tensor ends with {last:.6f}."
    element.locator("tbody button").last.click()
    assert explorer.status == f"output[0, 2, 0] = {last:.6f}"
    assert element.locator(".rnn-status").get_attribute("role") == "status"


# Sizes and accessibility.


STATES = [
    "",
    "#layer=simplernn&sequences=0&state=0&x=1",
    "#layer=gru&bidirectional=concat&sequences=1&state=1&units=4&x=1,2,3,4,5,6&mask=111110",
    "#layer=lstm&bidirectional=none&sequences=1&state=1&units=2&x=-0.1234,-9.1234,0.3",
]
# What a finger selects, and texts that are wider than their element.
TARGETS = """explorer => [...explorer.querySelectorAll(
  ".rnn-segments label, .rnn-flags label, .rnn-input li label, button, select, [type=number]")]
  .filter((each) => each.checkVisibility())
  .map((each) => { const { x, y, width, height } = each.getBoundingClientRect();
    return { what: each.textContent, x, y, width, height,
      inside: each.closest("li label") && each.matches("input") ? 1 : 0 }; })"""
CLIPPED = """explorer => [...explorer.querySelectorAll(
  "button, .rnn-segments span, legend, caption, th, .rnn-summary, .rnn-notes li, dd, label, "
  + "select")]
  .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).display !== "inline")
  .map((each) => each.textContent)"""


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_nothing_is_cut_off(visit: Open, width: int) -> None:
    """At every width the page does not scroll sideways, and all texts and targets fit."""
    page = visit(PAGE, **window(width)).page
    explorer = Explorer(page)
    for state in STATES:
        explorer.show(state)
        explorer.element.locator("tbody button").last.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
        assert explorer.element.evaluate(CLIPPED) == [], state
        targets = explorer.element.evaluate(TARGETS)
        for target in targets:
            assert min(target["width"], target["height"]) >= 24, target
        outer = [target for target in targets if not target["inside"]]
        for first, second in combinations(outer, 2):
            apart = any(
                before[start] + before[length] <= after[start] + 0.5
                for before, after in ((first, second), (second, first))
                for start, length in (("x", "width"), ("y", "height"))
            )
            assert apart, (first, second)


@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
def test_accessibility(visit: Open, scheme: str) -> None:
    """The axe rules for accessible pages find nothing in the Explorer, in any of its states."""
    for page, state, width in (
        ("index.html", "#layer=<broken>&units=9", 320),
        *zip([PAGE] * len(STATES), STATES, (1440, 320, 768, 320), strict=True),
    ):
        visited = visit(page + state, color_scheme=scheme, reduced_motion="reduce", **window(width))
        explorer = Explorer(visited.page)
        explorer.element.locator("tbody button").last.click()

        assert barriers(visited.page, "rnn-explorer") == [], state
        assert visited.page.evaluate("document.getAnimations().length") == 0


def test_without_javascript(visit: Open) -> None:
    """Without JavaScript there is no dead control, but the executed table and where to look."""
    page = visit(PAGE, java_script_enabled=False).page
    explorer = page.locator("rnn-explorer")

    assert "needs JavaScript" in explorer.inner_text()
    assert explorer.locator("input, button, select").count() == 0
    table = page.locator("article table").first
    assert table.is_visible()
    assert "state_h (1, 1), state_c (1, 1)" in table.inner_text()
    # Whoever can see the Explorer needs no table in its place.
    assert "needs JavaScript" not in visit(PAGE).page.locator("article").inner_text()


# Its files and texts.


def test_it_is_small_and_self_contained(published: Path) -> None:
    """Scripts and style are at most 20 KB when compressed, and load no other file."""
    files = [STATIC / name for name in (LOADER, *SCRIPTS[1:], STYLE)]
    texts = [file.read_bytes() for file in files]

    assert sum(len(gzip.compress(text)) for text in texts) <= 20_000
    for text in texts:
        assert not re.search(rb"https?://(?!www\.w3\.org/2000/svg)|innerHTML|eval\(|import\b", text)


def test_it_is_loaded_when_it_is_near(visit: Open) -> None:
    """A phone loads the Explorer's scripts only when its reader scrolls down to it."""
    page = visit("index.html", **window(PHONE)).page
    settle(page)
    scripts = page.locator("script[src*='explorer']")
    assert scripts.count() == 1

    Explorer(page)
    assert scripts.count() == 1 + len(SCRIPTS)


@pytest.mark.parametrize("width", [PHONE, 390, 600])
def test_its_place_is_kept(visit: Open, width: int) -> None:
    """What follows the Explorer moves by a line at most when its scripts arrive."""
    page = visit("index.html", **window(width)).page
    settle(page)
    height = "explorer => explorer.getBoundingClientRect().height"
    before = page.locator("rnn-explorer").evaluate(height)
    Explorer(page)

    assert abs(page.locator("rnn-explorer").evaluate(height) - before) <= 24


def test_other_pages_do_without_it(published: Path) -> None:
    """Only a page that contains the Explorer loads its files."""
    for page in published.glob("**/*.html"):
        html = page.read_text(encoding="utf-8")
        assert ("explorer-data.js" in html) == ("<rnn-explorer>" in html), page
    assert "<rnn-explorer>" in (published / "index.html").read_text(encoding="utf-8")


def test_the_data_are_up_to_date(published: Path) -> None:
    """The data of the built site are those of the rules of this checkout."""
    text = (published / "_static/explorer-data.js").read_text(encoding="utf-8")
    assert json.loads(text.partition(" = ")[2].rstrip(";\n")) == json.loads(json.dumps(DATA))


def test_its_texts_are_translated_with_the_page(small_site: SmallSite) -> None:
    """Every text that the scripts need is on the page and in its catalog."""
    parts = (ROOT / "docs/_parts/explorer.md").read_text(encoding="utf-8")
    small_site.write("docs/_parts/explorer.md", parts)
    small_site.write("docs/page.md", "# A page\n\n```{include} _parts/explorer.md\n```\n")
    small_site.write(
        "docs/locale/zh_CN/LC_MESSAGES/docs/page.po",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "Time steps"\nmsgstr "时间步"\n',
    )
    result = small_site.run("sphinx", "-b", "gettext", *STRICT, *NO_EXECUTION, ".", "_build/pot")
    assert result.returncode == 0, result.stdout
    catalog = (small_site.folder / "_build/pot/docs/page.pot").read_text(encoding="utf-8")
    catalog = catalog.replace('"\n"', "")
    words = dict(re.findall(r"^\{\.(\w+)\}\n(.+)$", parts, re.MULTILINE))
    assert len(words) > 40
    for text in words.values():
        assert f'msgid "{text}"' in catalog

    for script in STATIC.glob("explorer*.js"):
        uses = re.findall(r"""(?:word|text|button)\(\s*"(\w+)\"""", script.read_text("utf-8"))
        assert set(uses) <= set(words)

    result = small_site.run(
        "sphinx", "-b", "html", *STRICT, *NO_EXECUTION, "-D", "language=zh_CN", ".", "_build/zh"
    )
    assert result.returncode == 0, result.stdout
    chinese = (small_site.folder / "_build/zh/docs/page.html").read_text(encoding="utf-8")
    assert '<p class="steps">时间步</p>' in chinese
