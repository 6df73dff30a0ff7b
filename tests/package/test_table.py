"""The table of what came back says the same in a terminal and on a page."""

import re
from html import unescape

import keras
import numpy as np
import pytest

from rnn_returns import FLAG_COMBINATIONS, Flags, observe
from rnn_returns.messages import MIME, translatable
from rnn_returns.original_notebook import INPUT, weights
from rnn_returns.table import Table, values_text


def words(text: str) -> list[str]:
    """Give what *text* says, without how it is laid out."""
    return unescape(re.sub("<[^>]*>", " ", text)).split()


@pytest.mark.parametrize("flags", FLAG_COMBINATIONS, ids=lambda flags: str(flags.name))
def test_html_and_text_say_the_same(flags: Flags) -> None:
    """A reader of the page sees what a reader of the terminal sees."""
    returned = observe(keras.layers.LSTM(1, **flags.arguments, **weights("LSTM")), INPUT)

    assert words(returned._repr_html_()) == words(repr(returned))


def test_html_carries_no_style_and_no_markup_of_the_data() -> None:
    """The table works under a strict policy, and a text with angle brackets stays a text."""
    html = Table("<b>", ("<i>",), (("<script>",),))._repr_html_()

    assert "style" not in html
    assert set(re.findall(r"<(\w+)", html)) == {
        *("table", "caption", "thead", "tbody", "tr", "th")  # What we wrote, and nothing of it.
    }


def test_captions_and_titles_are_translated() -> None:
    """Texts with words are messages; names from code, values and texts with numbers are not."""
    lstm = keras.layers.LSTM(1, return_sequences=True, return_state=True)
    masked = observe(lstm, INPUT, mask=[[True, True, False]])
    symbolic = observe(keras.layers.GRU(1), keras.Input((3, 1)))
    table = Table("one argument", ("name", "state_h", "step 3"), (("kept", "1", "2"),))

    titles = {"name", "shape", "dtype", "values"}
    for shown, templates in (
        (table, {"one argument", "name"}),
        (masked, {"{container} of {count}", *titles, "propagated mask"}),
        (symbolic, {"one tensor", *titles, "symbolic"}),
    ):
        messages = translatable(shown.html)[MIME]["messages"]
        assert {template for template, _ in messages} == templates


def test_text_can_be_pinned() -> None:
    """No line ends in a space, which a doctest would trip over."""
    table = Table("caption", ("name", "values"), (("a long name", "1"), ("b", "")))

    assert repr(table) == "caption\nname         values\na long name  1\nb"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (np.float32(0.1), "0.100000"),
        (np.array([-1e-9, 2.5]), "[0.000000, 2.500000]"),
        (np.array([np.nan, np.inf]), "[nan, inf]"),
        (np.array([True, False]), "[True, False]"),
        (np.array([10**6]), "[1000000]"),
        (np.arange(100.0), "[0.000000, ..., 99.000000]"),
    ],
)
def test_values(values: np.ndarray, text: str) -> None:
    """Values have six decimals and one line, no minus before zero, and corners when many."""
    assert values_text(np.asarray(values)) == text
