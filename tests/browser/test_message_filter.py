"""The lists of all error messages and pitfalls, and the fields that filter them."""

import pytest
from playwright.sync_api import Page, expect
from support.chromium import PHONE, Open, window

LANGUAGES = {"en": "", "zh": "zh/"}
LABELS = {
    "en": "Show the messages with these words",
    "zh": "只显示含有这些词的消息",
}
LABELS_OF_PITFALLS = {
    "en": "Show the pitfalls with these words",
    "zh": "只显示含有这些词的陷阱",
}
# A word of a heading on each list, which the list of pages must not contain.
FOLDERS = {"errors": "ndim", "pitfalls": "unroll"}
NDIM = "incompatible with the layer: expected ndim=…, found ndim=…"
# A message as it is pasted, with the heading that quotes it.
PASTED = {
    'ValueError: Input 0 of layer "lstm_1" is incompatible with the layer: expected ndim=3, '
    "found ndim=2. Full shape received: (None, 4)": NDIM,
    # As a terminal wraps it.
    "ValueError: Input 0 with name 'None' of layer 'gru_7' is incompatible with the layer:\n"
    "  expected ndim=3, found ndim=4. Full shape received: (32, 9, 7, 1)": NDIM,
    "ValueError: Arguments `target` and `output` must have the same rank (ndim). Received: "
    "target.shape=(None, 7), output.shape=(None, 3, 1)": (
        "Arguments `target` and `output` must have the same …"
    ),
    # Without the backquotes, which some programs remove.
    "TimeDistributed Layer should be passed an input_shape with at least 3 dimensions, "
    "received: (None, 96)": "`TimeDistributed` Layer should be passed an `input_shape`",
}


@pytest.fixture(params=LANGUAGES)
def messages(request: pytest.FixtureRequest, visit: Open) -> Page:
    page = visit(f"{LANGUAGES[request.param]}docs/errors/index.html").page
    page.get_by_role("searchbox", name=LABELS[request.param]).focus()
    return page


def visible(page: Page) -> list[str]:
    """Return the messages that are visible."""
    return page.locator("article li.toctree-l2:visible").all_inner_texts()


def fill(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)


def test_the_filter_shows_the_messages_with_all_words(messages: Page) -> None:
    """The filter shows and counts the messages with all words, in any case and order."""
    everything = visible(messages)
    count = messages.locator("output")
    expect(count).to_have_text(f"{len(everything)} / {len(everything)}")

    fill(messages, "NDIM incompatible")
    left = visible(messages)
    assert NDIM in left
    assert all("ndim" in message and "incompatible" in message for message in left)
    expect(count).to_have_text(f"{len(left)} / {len(everything)}")
    fill(messages, "")
    assert visible(messages) == everything


@pytest.mark.parametrize("pasted", PASTED)
def test_the_filter_finds_a_pasted_message(messages: Page, pasted: str) -> None:
    """A message with its numbers and names is found by the heading that leaves these out."""
    fill(messages, pasted)

    assert visible(messages) == [PASTED[pasted]]


def test_the_filter_shows_the_most_similar_message(messages: Page) -> None:
    """A message in other words finds the heading with most words in common."""
    fill(messages, "Shapes used to initialize the kernel must be fully defined, not None")

    assert visible(messages) == ["Shapes used to initialize variables must be fully-defined"]


def test_the_filter_shows_nothing_without_a_match(messages: Page) -> None:
    """Without a match the count is zero, and the groups are hidden as well."""
    everything = len(visible(messages))
    fill(messages, "Segmentation fault (core dumped)")

    assert visible(messages) == []
    assert messages.locator("article li.toctree-l1:visible").count() == 0
    expect(messages.locator("output")).to_have_text(f"0 / {everything}")


def test_the_filter_works_with_the_keyboard(messages: Page) -> None:
    """The field is labeled, the count is announced, and the next link is the group's."""
    messages.keyboard.type("ragged inner")
    assert len(visible(messages)) == 1
    assert messages.get_by_role("status").count() == 1

    messages.keyboard.press("Tab")
    messages.keyboard.press("Tab")
    messages.keyboard.press("Enter")
    messages.wait_for_url("**/docs/errors/shapes.html#error-ragged")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_filter_shows_the_pitfalls_with_all_words(visit: Open, language: str) -> None:
    """The filter shows and counts the pitfalls with all words, and hides groups without one."""
    page = visit(f"{LANGUAGES[language]}docs/pitfalls/index.html").page
    page.get_by_role("searchbox", name=LABELS_OF_PITFALLS[language]).focus()
    everything = visible(page)
    count, groups = page.locator("output"), page.locator("article li.toctree-l1:visible")
    all_groups = groups.count()
    expect(count).to_have_text(f"{len(everything)} / {len(everything)}")

    fill(page, "UNROLL bidirectional")
    [left] = visible(page)
    assert "unroll=True" in left
    assert "Bidirectional" in left
    expect(count).to_have_text(f"1 / {len(everything)}")
    assert groups.count() == 1 < all_groups
    link = page.locator("article li.toctree-l2:visible a")
    assert (link.get_attribute("href") or "").endswith("#pitfall-unrolled-zero-output")

    fill(page, "")
    assert visible(page) == everything
    assert groups.count() == all_groups


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_heading_is_listed(visit: Open, folder: str) -> None:
    """The list has each message or pitfall of each group, and the list of pages has none."""
    page = visit(f"docs/{folder}/index.html").page
    groups = page.locator("article li.toctree-l1 > a").evaluate_all("all => all.map((a) => a.href)")
    listed = visible(page)
    assert any(FOLDERS[folder] in text for text in listed)
    assert page.locator("nav.bd-docs-nav", has_text=FOLDERS[folder]).count() == 0

    headings: list[str] = []
    for group in groups:
        texts = visit(group).page.locator("article h2").all_inner_texts()
        headings += [text.removesuffix("#").strip() for text in texts]
    assert listed == headings


@pytest.mark.parametrize("language", LANGUAGES.values())
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_list_on_a_phone(visit: Open, folder: str, language: str) -> None:
    """On a phone long headings wrap, so that the page does not scroll sideways."""
    page = visit(f"{language}docs/{folder}/index.html", **window(PHONE)).page

    assert visible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.parametrize("folder", FOLDERS)
def test_without_javascript_the_whole_list_is_visible(visit: Open, folder: str) -> None:
    """Without JavaScript all headings are visible, and the filter is not."""
    page = visit(f"docs/{folder}/index.html", java_script_enabled=False).page

    assert any(FOLDERS[folder] in text for text in visible(page))
    assert page.locator(".filter").is_hidden()
