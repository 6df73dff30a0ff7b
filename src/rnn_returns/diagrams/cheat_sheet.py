"""The four argument combinations on one page to print, drawn by the rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from rnn_returns.diagrams.description import describe_layout
from rnn_returns.diagrams.layout import build_layout
from rnn_returns.diagrams.layout_data import DiagramLayout, TensorLine
from rnn_returns.diagrams.svg import build_svg, render_svg
from rnn_returns.diagrams.svg_elements import draw_rule, draw_text
from rnn_returns.messages import Displayed, Joined, Message, Render
from rnn_returns.rules.expectation import expected
from rnn_returns.rules.flags import FLAG_COMBINATIONS, Flags
from rnn_returns.rules.layer_spec import LayerSpec

# The format of A4, in the units of the drawings.
WIDTH, HEIGHT = 780, 1103
LEFT, COLUMN = 40, 364
TOPS = (128, 476)  # Of the upper two drawings and of the lower two.
TABLE, LINE = 948, 26
TABLE_COLUMNS = (LEFT, LEFT + 232, LEFT + 474)
TITLE = Message("Return values of a Keras LSTM")
LEGEND = (
    Message("Highlighted: returned."),
    Message("Dashed: computed but not returned."),
    Message("Same letter: same values."),
)
TABLE_TITLE = Message("Return values by layer")
KINDS = ("LSTM", "GRU", "SimpleRNN")
INPUT = (None, 3, 1)


@dataclass(frozen=True)
class CheatSheet(Displayed):
    """A page to print, displayed as SVG in a notebook and as text in a terminal.

    Args:
        diagrams: The diagrams.
        table: The rows of the table below the diagrams. The first row lists the layers.
    """

    diagrams: tuple[DiagramLayout, ...]
    table: tuple[tuple[str, ...], ...]

    @property
    def svg(self) -> str:
        """The page as the text of an SVG file."""
        return self._render_svg(escape)

    def html(self, render: Render) -> str:
        """Write it as HTML, with its messages as *render* returns them."""
        # On a narrow screen it scrolls, which must be possible by keyboard too.
        return (
            f'<div class="rnn-diagram rnn-sheet" tabindex="0" role="group" '
            f'aria-label="{render(TITLE)}">{self._render_svg(render).strip()}</div>'
        )

    def __repr__(self) -> str:
        sentences = (sentence.removesuffix(".") for sentence in self._sentences())
        return "\n".join([TITLE, " ".join(LEGEND), *sentences])

    def _sentences(self) -> Iterator[Message]:
        """Describe the diagrams, then the table row by row."""
        (_, first, second), *rows = self.table
        for (flags, *_), layout in zip(rows, self.diagrams, strict=True):
            tensors = ", ".join(f"{line['name']} ({line['axes']})" for line in layout["tensors"])
            yield Message("{flags}: {tensors}.", flags=flags, tensors=tensors)
        yield Message("{first}; {second}.", first=first, second=second)
        for flags, first, second in rows:
            template = "{flags}; {first}; {second}."
            yield Message(template, flags=flags, first=first, second=second)

    def _render_svg(self, render: Render) -> str:
        drawn = draw_text("title", LEFT, 66, TITLE, render=render)
        drawn += draw_text("faint", LEFT, 92, Joined(" ", LEGEND), render=render)
        for i, layout in enumerate(self.diagrams):
            x, y = LEFT + COLUMN * (i % 2), TOPS[i // 2]
            description = describe_layout(layout, key="cheat sheet")
            svg = render_svg(_name_axes(layout), description, render)
            drawn += draw_text("strong", x, y, self.table[1 + i][0], render=render)
            drawn += svg.replace("<svg ", f'<svg x="{x}" y="{y + 10}" ', 1)
        drawn += draw_text("strong", LEFT, TABLE - LINE - 8, TABLE_TITLE, render=render)
        for i, row in enumerate(self.table):
            y = TABLE + LINE * i
            drawn += draw_rule(LEFT, WIDTH - LEFT, y + 9)
            for x, cell in zip(TABLE_COLUMNS, row, strict=True):
                drawn += draw_text("code" if i else "faint", x, y, cell, render=render)
        sentences = Joined(" ", (*LEGEND, *self._sentences()))
        words = render(TITLE), render(sentences)
        return build_svg("rnn-sheet", (WIDTH, HEIGHT), words, drawn) + "\n"


def draw_cheat_sheet() -> CheatSheet:
    """Draw the return values of an LSTM with each argument combination, on one page.

    A table lists the return values of GRU and SimpleRNN.

    >>> from rnn_returns.diagrams.cheat_sheet import draw_cheat_sheet
    >>> print(repr(draw_cheat_sheet()).splitlines()[2])
    neither argument: output (batch, units)
    """
    layouts = tuple(build_layout(layer, INPUT, steps=3) for layer in _list_layers("LSTM"))
    return CheatSheet(layouts, tuple(_build_table()))


def _list_layers(kind: str) -> list[LayerSpec]:
    return [
        LayerSpec(kind, 1, flags.return_sequences, flags.return_state)
        for flags in FLAG_COMBINATIONS
    ]


def _name_axes(layout: DiagramLayout) -> DiagramLayout:
    """Name the axes in place of their lengths, which may be any."""
    tensors: list[TensorLine] = [
        {**line, "shape": f"({line['axes']})"} for line in layout["tensors"]
    ]
    return {**layout, "input": "x (batch, timesteps, features)", "tensors": tensors}


def _build_table() -> Iterator[tuple[str, ...]]:
    """Yield for each combination the tensors; layers that return the same share a column."""
    columns: dict[tuple[str, ...], list[str]] = {}
    for kind in KINDS:
        names = tuple(", ".join(expected(layer, INPUT).names) for layer in _list_layers(kind))
        columns.setdefault(names, []).append(kind)
    yield ("", *map(", ".join, columns.values()))
    for flags, row in zip(FLAG_COMBINATIONS, zip(*columns, strict=True), strict=True):
        yield (_write_flags(flags), *row)


def _write_flags(flags: Flags) -> str:
    given = [f"{name}={value}" for name, value in flags.arguments.items() if value]
    if not given:
        return Message("neither argument")
    return Message("both arguments") if len(given) > 1 else given[0]
