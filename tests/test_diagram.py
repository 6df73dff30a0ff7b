"""A diagram shows what Keras returns, to everybody, and nothing else."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree

import grid
import keras
import numpy as np
import pytest
from conftest import ROOT

from rnn_returns import Diagram, Layer, diagram, expected
from rnn_returns.cheat_sheet import cheat_sheet
from rnn_returns.diagram import Gallery
from rnn_returns.layer import input_axes
from rnn_returns.painter import LOOKS
from rnn_returns.table import Table
from site_build.pdf import pdf_of

CASES = [case for case in grid.accepted() if not case.symbolic]
LSTM = Layer("LSTM", units=2, return_sequences=True, return_state=True)
BOTH_WAYS = grid.both_ways(LSTM)


def draw(case: grid.Case, mask: Any = None) -> Diagram:
    """Draw a case, under one mask of its many."""
    steps = case.shape[input_axes(case.layer).index("timesteps")] or 0
    real = mask or [True] * steps if case.mask else None
    return diagram(case.layer, input_shape=case.shape, mask=real, initial_state=case.initial_state)


def elements(picture: Diagram) -> list[ElementTree.Element]:
    """Give what is painted, in order."""
    return list(ElementTree.fromstring(picture.svg).iter())


def look(element: ElementTree.Element) -> str:
    """Give how an element looks."""
    return element.get("class", "").removeprefix("rnn-")


# What is shown is what Keras returns.


@pytest.mark.parametrize("case", CASES[::4], ids=str)
def test_it_shows_what_keras_returns(case: grid.Case) -> None:
    """Names, shapes and values: what is drawn with one symbol is one value, and 0 is zero."""
    returned = grid.run(case, grid.build(case.layer))
    masks = grid.masks(case)
    while masks.ndim > 2:
        masks = masks[:, 0]  # Of TimeDistributed the first slice is drawn.
    for sample in range(case.shape[0] or 0):
        picture = draw(case, masks[sample].tolist())
        listed = [(tensor["name"], tensor["shape"]) for tensor in picture.scene["tensors"]]
        symbols: dict[str, Any] = {"0": 0.0}

        assert listed == list(zip(returned.names, map(str, returned.shapes), strict=True))
        for symbol, values in shown_values(case, picture, returned, sample):
            known = symbols.setdefault(symbol, values)
            np.testing.assert_array_equal(values, np.broadcast_to(known, values.shape), symbol)
        del symbols["0"]
        if not case.initial_state and "custom" not in case.layer.to_json():
            # Given states are the same for both directions, and a custom cell may put out ones.
            assert all(np.any(values) for values in symbols.values())
            assert not any(np.array_equal(*pair) for pair in combinations(symbols.values(), 2))


def shown_values(
    case: grid.Case, picture: Diagram, returned: Any, sample: int
) -> Iterator[tuple[str, Any]]:
    """Give each lit symbol with the values that Keras returned at its place."""
    rule = expected(case.layer, case.shape, **case.call)
    tensors: dict[str, Any] = {}
    for name, axes, values in zip(rule.names, rule.axes, returned, strict=True):
        while "slices" in axes:
            place = axes.index("slices")
            values, axes = np.take(values, 0, place), (*axes[:place], *axes[place + 1 :])
        if axes[0] == "returned":
            tensors |= {f"[{i}]": part[sample] for i, part in enumerate(values)}
        else:
            tensors[name] = values[sample]
    scene, stacked = picture.scene, iter(tensors if "[0]" in tensors else ())
    for row in scene["rows"]:
        values = tensors[next(stacked, row["tensor"])]
        boxes = [box for box in row["boxes"] if box["parts"][0]["lit"]]
        sequence = "timesteps" in rule.axes[0]
        for i, box in enumerate(boxes[:: -1 if scene["lanes"][0]["backwards"] else 1]):
            entry = values[i] if sequence else values
            if len(box["parts"]) == 1:
                yield box["parts"][0]["text"], entry
            elif not row["joint"]:
                size = forward_size(case.layer)
                yield box["parts"][0]["text"], entry[..., :size]
                yield box["parts"][1]["text"], entry[..., size:]
    for lane in scene["lanes"]:
        for level in lane["levels"]:
            for state in level["states"]:
                if state["end"]["lit"]:
                    yield state["end"]["text"], tensors[next(stacked, state["tensor"])]


def forward_size(layer: Layer) -> int:
    """Give the length of the last axis of what the forward layer puts out."""
    while layer.layer:
        layer = layer.layer
    return layer.filters or layer.cells[-1].units


def test_what_is_lit_is_drawn_so() -> None:
    """Each value that comes back is on a lit box, each that does not is on a dashed one."""
    for case in CASES:
        picture = draw(case)
        lit = Counter(text for text, is_lit, _ in values(picture) if is_lit)
        dim = Counter(text for text, is_lit, _ in values(picture) if not is_lit)
        drawn: dict[str, Counter[str]] = {"lit": Counter(), "dim": Counter()}
        for box, text in pairwise(elements(picture)):
            if box.tag.endswith("rect") and look(text) in ("on", "faint"):
                drawn["dim" if look(box) == "dim" else "lit"][text.text or ""] += 1

        assert drawn["dim"] == dim
        # The list repeats the letters on its swatches, and a joint box holds two values.
        assert not {text: 1 for text in drawn["lit"] if text not in "AB"}.keys() - lit.keys()
        if not any(row["joint"] for row in picture.scene["rows"]):
            assert Counter({t: n for t, n in drawn["lit"].items() if t not in "AB"}) == lit


def values(picture: Diagram) -> Iterator[tuple[str, bool, str]]:
    """Give each value in the drawing: its symbol, whether it is lit, and its mark."""
    for row in picture.scene["rows"]:
        for box in row["boxes"]:
            for part in box["parts"]:
                yield part["text"], part["lit"], part["mark"]
    for lane in picture.scene["lanes"]:
        for level in lane["levels"]:
            for state in level["states"]:
                end = state["end"]
                yield end["text"], end["lit"], end["mark"]


def test_equal_is_what_has_one_mark() -> None:
    """Without a mask, what comes back twice has the same letter, and nothing else has one."""
    for case in CASES:
        picture = draw(case)
        if case.mask or any(row["joint"] for row in picture.scene["rows"]):
            continue
        lit = [(text, mark) for text, is_lit, mark in values(picture) if is_lit]
        times = Counter(text for text, _ in lit)

        assert all(bool(mark) == (times[text] > 1) for text, mark in lit), case
        assert len({text for text, mark in lit if mark}) == len({m for _, m in lit if m}), case


@pytest.mark.parametrize("layer", [LSTM, BOTH_WAYS], ids=lambda layer: str(layer.kind))
def test_a_mark_is_a_colour_and_a_letter(layer: Layer) -> None:
    """What is equal has a colour of its own in drawing, list and table, and its letter there."""
    picture = diagram(layer)
    marks = sorted({mark for *_, mark in values(picture) if mark})
    assert marks == sorted({line["mark"] for line in picture.scene["equal"]})

    for mark in marks:
        boxes = [each for each in elements(picture) if look(each) == f"equal-{mark.lower()}"]
        letters = [each for each in elements(picture) if each.text == mark]
        # Twice in the drawing and twice in the list, where the equality itself has its letter too.
        assert len(boxes) == 4
        assert len(letters) >= 4
        assert f'<tr class="rnn-equal-{mark.lower()}">' in picture.table._repr_html_()
        assert re.search(rf"state_h .* {mark}$", repr(picture.table), re.M)


def test_a_table_with_marks() -> None:
    """Rows that are equal have their letter in a column, and their colour."""
    table = Table("two", ("name",), (("a",), ("b",), ("c",)), marks=("A", "", "A"))

    assert repr(table) == "two\nname  equal\na     A\nb\nc     A"
    assert table._repr_html_().count('<tr class="rnn-equal-a">') == 2


# For everybody.


def test_the_words_name_all_that_comes_back() -> None:
    """Who does not see the drawing is told every tensor, its shape, and what is equal."""
    for case in CASES:
        rule, picture = expected(case.layer, case.shape, **case.call), draw(case)
        desc = next(each.text or "" for each in elements(picture) if each.tag.endswith("desc"))

        for name, shape in zip(rule.names, rule.shapes, strict=True):
            assert f"{name} of shape {shape}, " in desc
        for equality in rule.equalities:
            assert f"Equal: {equality}." in desc
        assert repr(picture).replace("\n", " ").endswith(desc)


def test_the_drawing_names_all_that_comes_back() -> None:
    """Names, shapes and what is equal are real text in the picture."""
    for case in CASES:
        picture = draw(case)
        # A line that is too long is broken at a space.
        text = "".join(each.text or "" for each in elements(picture) if each.tag.endswith("text"))
        for tensor in picture.scene["tensors"]:
            assert tensor["opens"] + tensor["name"] + tensor["closes"] + tensor["shape"] in text
        for line in picture.scene["equal"]:
            squeezed = text.replace("\u00a0", "").replace(" ", "")
            assert line["text"].replace(" ", "") in squeezed


def test_every_picture_is_lean_and_valid_svg() -> None:
    """Well-formed, with nothing that a strict policy refuses, and no id twice on a page."""
    pictures = [draw(case) for case in CASES]
    seen: dict[str, str] = {}
    for picture in pictures:
        for element in elements(picture):
            assert element.tag.rpartition("}")[2] in {
                *("svg", "title", "desc", "g", "path", "rect", "circle", "text")
            }
            assert not {"style", "onclick", "onload", "href"} & element.attrib.keys()
            if element.get("class") not in (None, "rnn-picture"):
                assert look(element) in LOOKS
        ids = re.findall(r'\bid="([^"]*)"', picture.svg)
        root = ElementTree.fromstring(picture.svg)
        assert (root.get("aria-labelledby") or "").split() == ids
        for name in ids:
            # Two calls that show the same may share it.
            assert seen.setdefault(name, picture.svg) == picture.svg


def test_a_picture_is_the_same_every_time() -> None:
    """The text depends on nothing but the layer and the call; a key sets equal ones apart."""
    assert diagram(LSTM).svg == diagram(LSTM).svg
    first, second = diagram(LSTM), diagram(LSTM, key="second")
    ids = [set(re.findall(r'id="([^"]*)"', each.svg)) for each in (first, second)]
    assert len(ids[0] | ids[1]) == 4


def test_three_steps_can_be_read_on_a_phone() -> None:
    """On a screen of 320 px no letter is smaller than 11 px."""
    column = 288  # What the theme leaves for the text.
    for case in CASES:
        root = ElementTree.fromstring(draw(case).svg)
        sizes = [float(each.get("font-size", "99")) for each in root.iter()]
        if "TimeDistributed" not in str(case):
            assert min(sizes) * column / float(root.attrib["width"]) >= 11


def test_what_is_wider_scrolls_by_keyboard() -> None:
    """With more time steps the picture keeps its size, and its box can be focused."""
    assert 'tabindex="0"' not in diagram(LSTM)._repr_html_()
    wide = diagram(LSTM, 6)._repr_html_()
    assert wide.startswith('<div class="rnn-diagram rnn-wide" tabindex="0" role="group" aria-label')


# Colours.

CSS = (ROOT / "docs/_static/site.css").read_text(encoding="utf-8")
# The theme's own.
PAPER = {"light": "#ffffff", "dark": "#121212"}


def theme(name: str) -> dict[str, str]:
    """Give the colours of a theme."""
    light, dark = (
        dict(re.findall(r"--rnn-([\w-]+): (#\w+);", block))
        for block in re.findall(r'^html(?:\[data-theme="dark"\])? \{([^}]*)\}', CSS, re.M)[:2]
    )
    return light if name == "light" else dark


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours as WCAG defines it."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    high, low = sorted(map(luminance, (one, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_contrast(name: str) -> None:
    """Text has 4.5 to 1 and what is lit has 3 to 1 at least, in both themes."""
    colours, paper = theme(name), PAPER[name]
    for text in ("ink", "faint", "equal-a", "equal-b"):
        assert contrast(colours[text], paper) >= 4.5, text
    for lit in ("lit", "equal-a", "equal-b"):
        assert contrast(colours["on"], colours[lit]) >= 4.5, lit
        assert contrast(colours[lit], paper) >= 3, lit
    assert contrast(colours["ink"], colours["cell"]) >= 4.5
    assert contrast(colours["line"], paper) >= 3


def test_the_picture_alone_has_the_colours_of_the_light_page() -> None:
    """A file, or a notebook elsewhere, looks as the site does."""
    colours = set(theme("light").values()) | {"#ffffff"}
    assert set(re.findall(r"#\w+", " ".join(LOOKS.values()))) <= colours
    for kind in LOOKS:
        assert re.search(rf"\.rnn-{kind}\b", CSS), f"site.css has nothing to say of {kind}"


# What it is drawn from.


def test_a_description_needs_no_keras() -> None:
    """A drawing takes no second: the rules work without Keras."""
    code = (
        "import sys; from rnn_returns import Layer, diagram; "
        "assert diagram(Layer('LSTM', units=4)).svg; assert 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_keras_layer_is_drawn_as_its_description() -> None:
    """Layer and description give the same picture."""
    layer = keras.layers.LSTM(2, return_sequences=True, return_state=True)
    assert diagram(layer).svg == diagram(LSTM).svg


def test_time_steps_come_from_what_is_given() -> None:
    """The shape or the mask say how many steps there are; an open axis is drawn with three."""
    assert diagram(LSTM).scene["steps"] == 3
    assert diagram(LSTM, input_shape=(2, 5, 1)).scene["steps"] == 5
    assert diagram(LSTM, mask=np.array([True, False])).scene["steps"] == 2
    assert diagram(LSTM, input_shape=(None, None, 1)).scene["tensors"][0]["shape"] == (
        "(None, None, 2)"
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"layer": None}, TypeError, r"diagram needs a recurrent layer .* was given None"),
        ({"layer": keras.layers.LSTM}, TypeError, r"given the class LSTM. Make a layer"),
        ({"layer": Layer("LSTM")}, ValueError, "LSTM needs units"),
        ({"layer": Layer("Dense", units=4)}, ValueError, "There is no layer 'Dense'"),
        ({"timesteps": 0}, ValueError, "from 1 to 12 time steps, but timesteps has 0"),
        ({"timesteps": 100}, ValueError, "from 1 to 12 time steps, but timesteps has 100"),
        ({"timesteps": 2.5}, TypeError, "timesteps is an object of type float.*whole number"),
        ({"timesteps": True}, TypeError, "timesteps is an object of type bool"),
        ({"timesteps": 2, "mask": [True]}, ValueError, "timesteps has 2, mask has 1; give the sam"),
        ({"mask": []}, TypeError, r"mask is \[\], but it needs True or False for each"),
        ({"mask": True}, TypeError, "mask is True, but it needs True or False for each"),
        ({"mask": [[True, True]]}, TypeError, "for each time step of one sample"),
        ({"mask": [1, 0]}, TypeError, r"as in \[True, True, False\]"),
        ({"input_shape": 3}, TypeError, "input_shape is 3, but it needs a whole number or None"),
        ({"input_shape": (None, "a", 1)}, TypeError, "whole number or None for each axis"),
        ({"input_shape": (2, 3)}, ValueError, "rank 2.*reads rank 3"),
        ({"input_shape": (2, 50, 1)}, ValueError, "but input_shape has 50; draw fewer"),
    ],
)
def test_bad_input(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    """What was given, what is needed, and what to do."""
    with pytest.raises(error, match=message):
        diagram(**{"layer": LSTM, **arguments})


# Several at once, and on paper.


def test_a_gallery_names_each_layer() -> None:
    """Beside each other, each picture stands under the Python that makes its layer."""
    html = Gallery([diagram(LSTM), diagram(BOTH_WAYS)])._repr_html_()

    assert html.count("<figure>") == html.count("<svg ") == 2
    assert "<code>LSTM(2, return_sequences=True, return_state=True)</code>" in html


def left_out(svg: str) -> list[str]:
    """List what a sheet should name, by the rules, and does not."""
    root = ElementTree.fromstring(svg)
    shown = "".join(each.text or "" for each in root.iter() if each.tag.endswith("text"))
    rules = [expected(Layer("LSTM", units=1, **flags), (None, 3, 1)) for flags in grid.FLAGS]
    tensors = [
        f"{name}({', '.join(axes)})"
        for rule in rules
        for name, axes in zip(rule.names, rule.axes, strict=True)
    ]
    return [tensor for tensor in tensors if tensor not in shown]


def test_the_cheat_sheet_says_what_the_truth_table_says() -> None:
    """Each combination has the names and axes of the rules; every layer has its line."""
    sheet = cheat_sheet()
    ids = re.findall(r'\bid="([^"]*)"', sheet.svg)

    assert len(ids) == len(set(ids))
    assert "return_state=True; output, state_h, state_c; output, state_h" in repr(sheet)
    assert left_out(sheet.svg) == []


def test_a_cheat_sheet_that_is_wrong() -> None:
    """A sheet with another name or another axis than the rules have is seen to be wrong."""
    svg = cheat_sheet().svg

    assert set(left_out(svg.replace("state_c", "state_d"))) == {"state_c(batch, units)"}
    assert "output(batch, timesteps, units)" in left_out(svg.replace("timesteps", "units"))


def test_the_printed_sheet_is_the_same_every_time() -> None:
    """One page of PDF, with all the words of the sheet, and without the time of its making."""
    sheet = cheat_sheet()
    pdf = pdf_of(sheet.svg)

    assert pdf == pdf_of(sheet.svg)
    assert pdf.count(b"/Type /Page\n") == 1
    assert not re.search(rb"/CreationDate \(D:20[1-9]", pdf)
    for word in (b"(state_c)", b"\\(batch, timesteps, units\\)", b"(both flags)"):
        assert word in pdf


def test_what_cannot_be_printed_is_named() -> None:
    """A sheet with something new in it does not come out of the printer with a hole."""
    with pytest.raises(ValueError, match="<ellipse> is not printed"):
        pdf_of('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><ellipse/></svg>')
