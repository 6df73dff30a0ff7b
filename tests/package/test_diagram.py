"""Diagrams show what Keras returns and nothing else, as a drawing and in words."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from itertools import combinations, groupby, pairwise, product
from typing import Any
from xml.etree import ElementTree

import keras
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from support import grid
from support.sites import ROOT

from rnn_returns import CellSpec, Diagram, LayerSpec, diagram, expected
from rnn_returns.diagrams.cheat_sheet import draw_cheat_sheet
from rnn_returns.diagrams.drawing import Gallery
from rnn_returns.diagrams.layout import MARKS, boxes_by_tensor
from rnn_returns.diagrams.layout_data import BoxValue
from rnn_returns.diagrams.svg_elements import STYLES
from rnn_returns.messages import CLOSE, MIME, OPEN
from rnn_returns.rules.layer_spec import input_axes, unwrap
from rnn_returns.table import Table
from site_build.content.pdf import convert_svg
from site_build.i18n import catalogs

CASES = [case for case in grid.list_accepted() if not case.symbolic]
MASKS = [[False, True, False], [True, False, True]]
LSTM = LayerSpec("LSTM", units=2, return_sequences=True, return_state=True)
BOTH_WAYS = grid.bidirectional(LSTM)


def draw(case: grid.Case, mask: Any = None) -> Diagram:
    """Draw a case, with one of its masks."""
    steps = case.shape[input_axes(case.layer).index("timesteps")] or 0
    unmasked = mask or [True] * steps if case.mask else None
    return diagram(
        case.layer, input_shape=case.shape, mask=unmasked, initial_state=case.initial_state
    )


@pytest.fixture(scope="module")
def pictures() -> list[tuple[grid.Case, Diagram]]:
    """Draw all cases, without masked time steps."""
    return [(case, draw(case)) for case in CASES]


def boxes(picture: Diagram) -> Iterator[tuple[str, str, list[BoxValue]]]:
    """Yield each box of the drawing: the tensor, the operator, the values."""
    return boxes_by_tensor(picture.layout["directions"], picture.layout["outputs"])


def values(picture: Diagram, returned: bool = True) -> list[BoxValue]:
    """List the values of the drawing that are returned, or those that are not."""
    every = [value for *_, box in boxes(picture) for value in box]
    return [value for value in every if value["returned"] == returned]


def is_merged(picture: Diagram) -> bool:
    """Return whether the outputs of both directions are merged into one value."""
    return any(row["operator"] for row in picture.layout["outputs"])


def elements(picture: Diagram) -> list[ElementTree.Element]:
    """List the elements of the SVG, in order."""
    return list(ElementTree.fromstring(picture.svg).iter())


def style(element: ElementTree.Element) -> str:
    """Return the style of an element."""
    return element.get("class", "").removeprefix("rnn-")


# The drawing is what Keras returns.


@pytest.mark.parametrize("case", CASES[::4], ids=str)
def test_it_shows_what_keras_returns(case: grid.Case) -> None:
    """Names, shapes and values: what is drawn with one symbol is one value, and 0 is zero."""
    returned = grid.run_case(case, grid.build_layer(case.layer))
    masks = grid.make_masks(case)
    while masks.ndim > 2:
        masks = masks[:, 0]  # Of TimeDistributed the first slice is drawn.
    for sample in range(case.shape[0] or 0):
        picture = draw(case, masks[sample].tolist())
        listed = [(line["name"], line["shape"]) for line in picture.layout["tensors"]]
        symbols: dict[str, Any] = {"0": 0.0}

        assert listed == list(zip(returned.names, map(str, returned.shapes), strict=True))
        for symbol, entry in symbols_with_values(case, picture, returned, sample):
            known = symbols.setdefault(symbol, entry)
            np.testing.assert_array_equal(entry, np.broadcast_to(known, entry.shape), symbol)
        del symbols["0"]
        if not case.initial_state and "custom" not in case.layer.to_json():
            # Given states are the same for both directions, and a custom cell may output ones.
            assert all(np.any(entry) for entry in symbols.values())
            assert not any(np.array_equal(*pair) for pair in combinations(symbols.values(), 2))


def symbols_with_values(
    case: grid.Case, picture: Diagram, returned: Any, sample: int
) -> Iterator[tuple[str, Any]]:
    """Yield the symbol of each returned value with what Keras returned at its place."""
    rules = expected(case.layer, case.shape, **case.call)
    tensors: dict[str, Any] = {}
    for name, axes, entries in zip(rules.names, rules.axes, returned, strict=True):
        while "slices" in axes:
            place = axes.index("slices")
            entries, axes = np.take(entries, 0, place), (*axes[:place], *axes[place + 1 :])
        if axes[0] == "returned":
            tensors |= {f"[{i}]": part[sample] for i, part in enumerate(entries)}
        else:
            tensors[name] = entries[sample]
    stacked = iter(tensors if "[0]" in tensors else ())
    shown = [box for box in boxes(picture) if box[2][0]["returned"]]
    for name, group in groupby(shown, key=lambda box: box[0]):
        entries = tensors[next(stacked, name)]
        sequence = name.endswith("output") and "timesteps" in rules.axes[0]
        for i, (_, operator, box) in enumerate(group):
            entry = entries[i] if sequence else entries
            if len(box) == 1:
                yield box[0]["symbol"], entry
            elif not operator:
                layer = unwrap(case.layer)
                size = layer.filters or layer.cells[-1].units
                yield box[0]["symbol"], entry[..., :size]
                yield box[1]["symbol"], entry[..., size:]


def test_returned_values_are_highlighted(pictures: list[tuple[grid.Case, Diagram]]) -> None:
    """Each returned value is in a highlighted box, every other value in a dashed one."""
    for _, picture in pictures:
        returned = Counter(value["symbol"] for value in values(picture))
        drawn: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        for box, text in pairwise(elements(picture)):
            if box.tag.endswith("rect") and style(text) in ("on", "faint"):
                drawn[style(box) != "dim"][text.text or ""] += 1
        for mark in MARKS:  # The list repeats the letters in its swatches.
            del drawn[True][mark]

        assert drawn[False] == Counter(value["symbol"] for value in values(picture, False))
        if is_merged(picture):  # The box of a merged output has two values.
            assert not drawn[True].keys() - returned.keys()
        else:
            assert drawn[True] == returned


def test_equal_values_have_one_mark(pictures: list[tuple[grid.Case, Diagram]]) -> None:
    """Without a mask, a value that is returned twice has a letter, and no other value has it."""
    for case, picture in pictures:
        if case.mask or is_merged(picture):
            continue
        returned = values(picture)
        times = Counter(value["symbol"] for value in returned)
        marked = {(value["symbol"], value["mark"]) for value in returned if value["mark"]}

        assert {symbol for symbol, _ in marked} == {each for each in times if times[each] > 1}, case
        assert len({mark for _, mark in marked}) == len(marked), case


@pytest.mark.parametrize("layer", [LSTM, BOTH_WAYS], ids=lambda layer: str(layer.kind))
def test_a_mark_is_a_color_and_a_letter(layer: LayerSpec) -> None:
    """Equal values have a color of their own in drawing, list and table, and its letter there."""
    picture = diagram(layer)
    marks = {value["mark"] for value in values(picture)} - {""}
    assert marks == {line["mark"] for line in picture.layout["equalities"]}

    for mark in marks:
        rectangles = [each for each in elements(picture) if style(each) == f"equal-{mark.lower()}"]
        letters = [each for each in elements(picture) if each.text == mark]
        # Twice in the drawing and twice in the list, where the equality has its letter too.
        assert len(rectangles) == 4
        assert len(letters) >= 4
        assert f'<tr class="rnn-equal-{mark.lower()}">' in picture.table._repr_html_()
        assert re.search(rf"state_h .* {mark}$", repr(picture.table), re.M)


def test_a_table_with_marks() -> None:
    """Rows that are equal have their letter in a column, and their color."""
    table = Table("two", ("name",), (("a",), ("b",), ("c",)), marks=("A", "", "A"))

    assert repr(table) == "two\nname  equal\na     A\nb\nc     A"
    assert table._repr_html_().count('<tr class="rnn-equal-a">') == 2


def test_each_state_of_a_cell_has_a_symbol() -> None:
    """However many states a custom cell has, or cells a stack, no two share a symbol."""
    cell = CellSpec("custom", units=2, state_size=(2,) * 40)
    layer = LayerSpec("RNN", cell=cell, return_state=True)
    _, *states = [value["symbol"] for value in values(diagram(layer, 1))]

    assert len(states) == len(set(states)) == 40
    assert states[:6] == ["s₁", "t₁", "u₁", "v₁", "w₁", "s′₁"]

    # Of a stack the cells are numbered in superscript, also from the eleventh on.
    stack = LayerSpec("RNN", cell=(CellSpec("GRUCell", 4),) * 12, return_state=True)

    assert [value["symbol"] for value in values(diagram(stack))][-2:] == ["h¹⁰₃", "h¹¹₃"]


def test_where_the_states_start() -> None:
    """The initial states are zeros, given, kept, or a cell's own, and each has its symbol."""
    started, gru = grid.STARTED, LayerSpec("GRU", units=2, return_state=True)
    layer = LayerSpec("RNN", cell=(started, grid.GRU), return_state=True)
    own = "what the cell's get_initial_state returns"
    pictures = {
        f"The states start from {own}.": diagram(layer),
        "The states start from a given initial state.": diagram(layer, initial_state=True),
        "The states start from zeros.": diagram(gru),
    }
    for sentence, picture in pictures.items():
        assert sentence in repr(picture)
    bottom, top = pictures[f"The states start from {own}."].layout["directions"][0]["cells"]
    assert [state["start"] for state in bottom["states"]] == ["h⁰₀", "c⁰₀"]
    assert [state["start"] for state in top["states"]] == ["0"]
    texts = [each.text for each in elements(pictures[f"The states start from {own}."])]
    assert texts.count("own") == 2

    backwards = LayerSpec("RNN", cell=started, return_state=True, go_backwards=True)
    text = repr(diagram(grid.bidirectional(gru, backward_layer=backwards)))
    assert "The forward states start from zeros." in text
    assert f"The backward states start from {own}." in text


def test_a_rounded_output_has_another_symbol() -> None:
    """An output that Bidirectional casts to a smaller type is drawn as another value."""
    picture = diagram(replace(BOTH_WAYS, dtype="mixed_float16"), 1)

    assert [value["symbol"] for value in values(picture)] == [
        *("→y₁", "←y₁", "→h₁", "→c₁", "←h₁", "←c₁")
    ]
    assert not picture.layout["equalities"]


def test_a_cell_without_zeros_is_read_from_keras() -> None:
    """Whether a cell has its own get_initial_state is read from its class."""
    for cell, text in {
        grid.StartedCell(2): "from what the cell's get_initial_state returns",
        keras.layers.LSTMCell(2): "from zeros",
    }.items():
        assert f"The states start {text}." in repr(diagram(keras.layers.RNN(cell)))


# The same in words, and as valid SVG.


def test_text_names_all_that_is_returned(pictures: list[tuple[grid.Case, Diagram]]) -> None:
    """Description and drawing name every tensor, its shape, and what is equal."""
    for case, picture in pictures:
        rules = expected(case.layer, case.shape, **case.call)
        words = next(each.text or "" for each in elements(picture) if each.tag.endswith("desc"))
        texts = [each.text or "" for each in elements(picture) if each.tag.endswith("text")]
        # A long line is broken at a space.
        squeezed = "".join(texts).replace("\u00a0", "").replace(" ", "")

        for name, shape in zip(rules.names, rules.shapes, strict=True):
            assert f"{name} of shape {shape}, " in words
        for line in picture.layout["tensors"]:
            assert line["written"] + line["shape"] in "".join(texts)
        for equality in map(str, rules.equalities):
            assert f"Equal: {equality}." in words
            assert equality.replace(" ", "") in squeezed
        assert repr(picture).replace("\n", " ").endswith(words)


def test_the_values_that_are_not_returned() -> None:
    """The text lists the outputs and states of all time steps that no returned tensor contains."""
    masked = [case for case in CASES if case.mask and case.shape[-2] == 3]
    for case, mask in [*((case, None) for case in CASES), *product(masked, MASKS)]:
        picture = draw(case, mask)
        steps = [step for step, unmasked in enumerate(picture.layout["mask"]) if unmasked]
        shown = {value["symbol"] for *_, box in boxes(picture) for value in box}
        letters = {re.sub("[₀₁₂₃]$", "", symbol) for symbol in shown} - {"0"}
        computed = {letter + "₁₂₃"[step] for letter, step in product(letters, steps)}
        contained = {
            value["symbol"]
            for _, operator, box in boxes(picture)
            for value in box
            # A sum or a product of two values contains neither of them.
            if value["returned"] and not operator
        }

        listed = re.findall(r"Computed but not returned: (.*)\.$", repr(picture))
        hidden = listed[0].split(", ") if listed else []
        assert set(hidden) == computed - contained, case
        assert len(hidden) == len(set(hidden)), case


@pytest.mark.parametrize(
    ("arguments", "hidden"),
    [
        ({}, "h₁, h₂, c₁, c₂, c₃"),
        ({"return_sequences": True}, "c₁, c₂, c₃"),
        ({"return_state": True}, "h₁, h₂, c₁, c₂"),
        ({"return_sequences": True, "return_state": True}, "c₁, c₂"),
    ],
)
def test_the_values_that_an_lstm_does_not_return(arguments: dict[str, Any], hidden: str) -> None:
    """No combination of the two arguments returns the cell states of earlier time steps."""
    assert repr(diagram(LayerSpec("LSTM", units=2, **arguments))).endswith(
        f"\nComputed but not returned: {hidden}."
    )


def test_messages_can_be_translated(pictures: list[tuple[grid.Case, Diagram]]) -> None:
    """A notebook has HTML and messages; the catalog lists the messages' templates, no others."""
    formatter: Any = DisplayFormatter()
    templates: set[str] = set()

    def translate(message: Any) -> str:
        if isinstance(message, str):
            return message
        if isinstance(message, dict):
            return str(message["separator"]).join(map(translate, message["parts"]))
        template, named = message
        templates.add(template)
        return (
            str(template)
            .replace("`", "")
            .format(**{name: translate(value) for name, value in named.items()})
        )

    shown = [draw(case, [False, True, False]) for case in CASES if case.mask]
    shown += [picture for _, picture in pictures]
    shown += [diagram(layer, 1) for layer in (LSTM, BOTH_WAYS)]
    for output in (Gallery(shown), draw_cheat_sheet()):
        bundle, _ = formatter.format(output)
        messages = [escape(translate(message)) for message in bundle[MIME]["messages"]]
        parts = re.split(rf"{OPEN}(\d+){CLOSE}", bundle[MIME]["html"])
        parts[1::2] = [messages[int(number)] for number in parts[1::2]]
        assert "".join(parts) == bundle["text/html"]
    catalog = catalogs.read(ROOT / catalogs.LOCALE / "diagrams.pot")
    assert templates == {str(each.id) for each in catalog if each.id} - {": "}


def test_every_picture_is_valid_svg(pictures: list[tuple[grid.Case, Diagram]]) -> None:
    """It is well-formed, a strict policy allows all of it, and no two pictures share an id."""
    seen: dict[str, str] = {}
    for _, picture in pictures:
        root, *inner = elements(picture)
        for element in (root, *inner):
            assert element.tag.rpartition("}")[2] in {
                *("svg", "title", "desc", "g", "path", "rect", "circle", "text")
            }
            assert not {"style", "onclick", "onload", "href"} & element.attrib.keys()
            if element.get("class") not in (None, "rnn-picture"):
                assert style(element) in STYLES
        ids = re.findall(r'\bid="([^"]*)"', picture.svg)
        assert (root.get("aria-labelledby") or "").split() == ids
        for name in ids:
            # Two calls that show the same may share it.
            assert seen.setdefault(name, picture.svg) == picture.svg


def test_a_picture_is_the_same_every_time() -> None:
    """A layer and its description have one picture; only a key sets equal ones apart."""
    layer = keras.layers.LSTM(2, return_sequences=True, return_state=True)
    assert diagram(layer).svg == diagram(LSTM).svg
    svgs = diagram(LSTM).svg + diagram(LSTM, key="second").svg
    assert len(set(re.findall(r'id="([^"]*)"', svgs))) == 4


def test_three_steps_can_be_read_on_a_phone(pictures: list[tuple[grid.Case, Diagram]]) -> None:
    """On a screen of 320 px no letter is smaller than 11 px."""
    column = 288  # What the theme leaves for the text.
    for case, picture in pictures:
        root, *inner = elements(picture)
        sizes = [float(each.get("font-size", "99")) for each in inner]
        if "TimeDistributed" not in str(case):
            assert min(sizes) * column / float(root.attrib["width"]) >= 11


def test_what_is_wider_scrolls_by_keyboard() -> None:
    """With more time steps the picture keeps its size, and its box can be focused."""
    assert 'tabindex="0"' not in diagram(LSTM)._repr_html_()
    wide = diagram(LSTM, 6)._repr_html_()
    assert wide.startswith('<div class="rnn-diagram rnn-wide" tabindex="0" role="group" aria-label')


# Colors.

CSS = (ROOT / "docs/_static/site.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--rnn-([\w-]+): (#\w+);", block))
    for block in re.findall(r'^html(?:\[data-theme="dark"\])? \{([^}]*)\}', CSS, re.M)[:2]
)


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colors as WCAG defines it."""

    def luminance(color: str) -> float:
        digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    high, low = sorted(map(luminance, (first, second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


# The paper is the theme's own.
@pytest.mark.parametrize(
    ("colors", "paper"), [(LIGHT, "#ffffff"), (DARK, "#121212")], ids=["light", "dark"]
)
def test_contrast(colors: dict[str, str], paper: str) -> None:
    """Text has at least 4.5 to 1 and a highlighted box 3 to 1, in both themes."""
    for text in ("ink", "faint", "equal-a", "equal-b"):
        assert contrast(colors[text], paper) >= 4.5, text
    for box in ("lit", "equal-a", "equal-b"):
        assert contrast(colors["on"], colors[box]) >= 4.5, box
        assert contrast(colors[box], paper) >= 3, box
    assert contrast(colors["ink"], colors["cell"]) >= 4.5
    assert contrast(colors["line"], paper) >= 3


def test_the_picture_alone_has_the_colors_of_the_light_page() -> None:
    """A file, or a notebook outside the site, looks like the site."""
    colors = set(LIGHT.values()) | {"#ffffff"}
    assert set(re.findall(r"#\w+", " ".join(STYLES.values()))) <= colors
    for kind in STYLES:
        assert re.search(rf"\.rnn-{kind}\b", CSS), f"site.css has no style for {kind}"


# Its arguments.


def test_a_description_needs_no_keras() -> None:
    """A drawing takes no second: the rules work without Keras."""
    code = (
        "import sys; from rnn_returns import LayerSpec, diagram; "
        "assert diagram(LayerSpec('LSTM', units=4)).svg; assert 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_time_steps_come_from_what_is_given() -> None:
    """The shape or the mask sets the number of steps; the default is three."""
    assert diagram(LSTM).layout["steps"] == 3
    assert diagram(LSTM, input_shape=(2, 5, 1)).layout["steps"] == 5
    assert diagram(LSTM, mask=np.array([True, False])).layout["steps"] == 2
    assert diagram(LSTM, input_shape=(None, None, 1)).layout["tensors"][0]["shape"] == (
        "(None, None, 2)"
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"layer": None}, TypeError, r"diagram needs a recurrent layer .* was given None"),
        ({"layer": keras.layers.LSTM}, TypeError, r"given the class LSTM. Make a layer"),
        ({"layer": LayerSpec("LSTM")}, ValueError, "LSTM needs units"),
        ({"layer": LayerSpec("Dense", units=4)}, ValueError, "There is no layer 'Dense'"),
        ({"timesteps": 0}, ValueError, "from 1 to 12 time steps, but timesteps has 0"),
        ({"timesteps": 100}, ValueError, "from 1 to 12 time steps, but timesteps has 100"),
        ({"timesteps": 2.5}, TypeError, "timesteps is an object of type float.*whole number"),
        ({"timesteps": True}, TypeError, "timesteps is an object of type bool"),
        ({"timesteps": 2, "mask": [True]}, ValueError, "timesteps has 2, mask has 1; pass the sam"),
        ({"mask": []}, TypeError, r"mask is \[\], but it needs True or False for each"),
        ({"mask": True}, TypeError, "mask is True, but it needs True or False for each"),
        ({"mask": [[True, True]]}, TypeError, "for each time step of one sample"),
        ({"mask": [1, 0]}, TypeError, r"as in \[True, True, False\]"),
        ({"input_shape": 3}, TypeError, "input_shape is 3, but it needs a whole number or None"),
        ({"input_shape": (None, "a", 1)}, TypeError, "whole number or None for each axis"),
        ({"input_shape": (2, 3)}, ValueError, "rank 2.*expects rank 3"),
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


def missing_tensors(svg: str) -> list[str]:
    """List the tensors that a sheet should name, by the rules, and does not."""
    root = ElementTree.fromstring(svg)
    shown = "".join(each.text or "" for each in root.iter() if each.tag.endswith("text"))
    rules = [expected(LayerSpec("LSTM", units=1, **flags), (None, 3, 1)) for flags in grid.FLAGS]
    tensors = [
        f"{name}({', '.join(axes)})"
        for rule in rules
        for name, axes in zip(rule.names, rule.axes, strict=True)
    ]
    return [tensor for tensor in tensors if tensor not in shown]


def test_the_cheat_sheet_says_what_the_truth_table_says() -> None:
    """Each combination has the names and axes of the rules; every layer has its line."""
    sheet = draw_cheat_sheet()
    ids = re.findall(r'\bid="([^"]*)"', sheet.svg)

    assert len(ids) == len(set(ids))
    assert "return_state=True; output, state_h, state_c; output, state_h" in repr(sheet)
    assert missing_tensors(sheet.svg) == []


def test_a_cheat_sheet_that_is_wrong() -> None:
    """A sheet with another name or another axis than the rules have is seen to be wrong."""
    svg = draw_cheat_sheet().svg

    assert set(missing_tensors(svg.replace("state_c", "state_d"))) == {"state_c(batch, units)"}
    assert "output(batch, timesteps, units)" in missing_tensors(svg.replace("timesteps", "units"))


def test_the_printed_sheet_is_the_same_every_time() -> None:
    """One page of PDF, with all the words of the sheet, and without the time of its making."""
    sheet = draw_cheat_sheet()
    pdf = convert_svg(sheet.svg)

    assert pdf == convert_svg(sheet.svg)
    assert pdf.count(b"/Type /Page\n") == 1
    assert not re.search(rb"/CreationDate \(D:20[1-9]", pdf)
    for word in (b"(state_c)", b"\\(batch, timesteps, units\\)", b"(both arguments)"):
        assert word in pdf


def test_what_cannot_be_printed_is_named() -> None:
    """An element that the PDF does not support raises an error."""
    with pytest.raises(ValueError, match="<ellipse> is not supported"):
        convert_svg('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><ellipse/></svg>')
