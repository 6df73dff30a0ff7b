"""The address of the Explorer: it has all settings, and a broken one does no harm."""

import re
from random import Random

from playwright.sync_api import expect
from support.chromium import Open
from support.explorer import LAYERS, PAGE, Explorer, address, random_input, random_mask

from site_build.content.explorer_data import MAX_TIMESTEPS, MAX_UNITS


def test_the_address_holds_all_that_is_chosen(visit: Open) -> None:
    """An address restores all settings and numbers."""
    first = Explorer(visit(PAGE).page)
    first.element.get_by_label("GRU", exact=True).check()
    first.element.get_by_role("combobox", name="Bidirectional").select_option("mul")
    first.element.get_by_label("time step 2", exact=True).fill("-0.5")
    first.element.get_by_label("masked: time step 3").check()
    expect(first.page).to_have_url(re.compile("mask=110"))
    hash_ = first.page.evaluate("location.hash")
    assert hash_ == (
        "#layer=gru&bidirectional=mul&sequences=1&state=1&units=1&x=0.1,-0.5,0.3&mask=110"
    )

    second = Explorer(visit(PAGE + hash_).page)
    assert second.chosen == first.chosen
    assert second.numbers == first.numbers


def test_every_written_address_can_be_read(explorer: Explorer) -> None:
    """No setting is lost in the address."""
    draw = Random(11)
    for key in LAYERS:
        steps = draw.randint(1, MAX_TIMESTEPS)
        text = address(
            key, draw.randint(1, MAX_UNITS), random_input(draw, steps), random_mask(draw, steps)
        )
        once, twice = explorer.page.evaluate(
            "text => { const { read, write } = rnnAddress;"
            " return [read(text), read(write(read(text)))]; }",
            text,
        )
        assert once == twice
        assert explorer.page.evaluate("chosen => rnnAddress.key(chosen)", once) == key


BROKEN = [
    *("", "a" * 100_000, "x=" + "1," * 5000, "%E0%A4%A"),
    *("layer=", "layer=rnn", "layer=constructor", "layer=LSTM%20000"),
    *("bidirectional=max", "bidirectional=toString", "sequences=2&state=true", "sequences=&state="),
    *("units=0", "units=5", "units=1e1", "units=-1", "units=1.5", "units=Infinity"),
    *("x=", "x=,,", "x=1,2,3,4,5,6,7", "x=NaN", "x=Infinity,1", "x=1e5", "x=11", "x=0x10"),
    *("mask=11", "mask=1111", "mask=abc", "mask=<script>alert(1)</script>", "x=1;alert(1)"),
    "layer=__proto__&units=__proto__&sequences=constructor",
    "layer=<img src=x onerror=alert(1)>",
    "layer=%3Cimg%20src=x%20onerror=alert(1)%3E&x=%3Cscript%3E",
    "x=javascript:alert(1)&layer=javascript:alert(1)",
    "constructor=1&__proto__=2&layer[]=gru",
]


def test_a_broken_address_shows_the_default(visit: Open) -> None:
    """A hostile or broken address runs nothing and shows what is shown without one."""
    visited = visit(PAGE + "#layer=gru&x=<img src=x onerror=alert(1)>&units=<script>")
    page = visited.page
    explorer = Explorer(page)
    start = page.evaluate("rnnAddress.start")
    assert explorer.chosen == start | {"layer": "GRU"}

    for broken in BROKEN:
        explorer.show("#layer=gru&units=3&x=1")
        page.evaluate("hash => history.replaceState(null, '', hash)", f"#{broken}")
        explorer.show(page.evaluate("location.hash"))

        assert explorer.chosen == start, broken
        assert explorer.element.locator("script, img, iframe, [onerror]").count() == 0
    assert visited.console == []


def test_a_broken_field_leaves_the_others(explorer: Explorer) -> None:
    """An invalid field has its default; the others are kept."""
    explorer.show("#layer=gru&units=9&sequences=0&state=x&x=1,2&mask=1")
    chosen = explorer.chosen

    assert (chosen["layer"], chosen["units"], chosen["sequences"]) == ("GRU", 1, False)
    assert (chosen["state"], chosen["x"], chosen["mask"]) == (True, [1, 2], [True, True])
    explorer.show("#layer=gru&bidirectional=sum&backwards=1")
    assert (explorer.chosen["bidirectional"], explorer.chosen["backwards"]) == ("sum", False)


def test_the_links_of_the_page(explorer: Explorer) -> None:
    """Each question on the page opens its answer, and an anchor of the page changes nothing."""
    links = explorer.page.locator("a[href^='#layer=']")
    assert links.count() >= 3
    for link in links.all():
        link.click()
        target = link.get_attribute("href")
        # Playwright's own way to wait makes code of text, which the page's policy refuses.
        explorer.page.evaluate(
            "hash => new Promise((done) => { const look = () =>"
            " document.querySelector('rnn-explorer').chosen.units === rnnAddress.read(hash).units"
            " ? done() : requestAnimationFrame(look); look(); })",
            target,
        )
        assert explorer.chosen == explorer.page.evaluate("rnnAddress.read", target)
        assert explorer.page.evaluate("rnnAddress.write", explorer.chosen) == target
    before = explorer.chosen
    explorer.page.evaluate("location.hash = '#what-to-try'")
    explorer.page.wait_for_timeout(50)
    assert explorer.chosen == before


def test_the_copy_buttons(visit: Open) -> None:
    """The code and the address can be taken along with one press each."""
    page = visit(PAGE, permissions=["clipboard-read", "clipboard-write"]).page
    explorer = Explorer(page)
    code = explorer.element.get_by_role("button", name="Copy code")
    code.click()
    expect(page.locator(".rnn-status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == explorer.code
    assert code.count() == 0
    code.wait_for()  # Its own words come back.
    explorer.element.get_by_role("button", name="Copy link").click()
    expect(page.locator(".rnn-copy_link")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(
        f"{PAGE}#layer=lstm&sequences=1&state=1&units=1&x=0.1,0.2,0.3"
    )
