"""The four flag combinations on one page to print, drawn by the rules."""

from dataclasses import dataclass
from html import escape

from rnn_returns.flags import FLAG_COMBINATIONS, Flags
from rnn_returns.layer import Layer
from rnn_returns.painter import LOOKS, paint
from rnn_returns.rules import Expected, expected
from rnn_returns.scene import scene

# The format of A4, in the units of the drawings.
WIDTH, HEIGHT = 780, 1103
LEFT, COLUMN = 40, 364
TOPS = (128, 476)  # Of the upper two drawings and of the lower two.
TABLE, LINE = 948, 26
TABLE_COLUMNS = (LEFT, LEFT + 232, LEFT + 474)
TITLE = "What a Keras LSTM gives back"
LEGEND = "Lit: comes back. Dashed: computed, and not handed back. Same letter: same values."
OTHERS = "What comes back from which layer"
KINDS = ("LSTM", "GRU", "SimpleRNN")
INPUT = (None, 3, 1)


@dataclass(frozen=True)
class CheatSheet:
    """A page that shows itself in a notebook; as text it says the same in words.

    Args:
        svg: The text of an SVG file.
        words: What it shows, in words.
    """

    svg: str
    words: str

    def __repr__(self) -> str:
        return self.words

    def _repr_html_(self) -> str:
        # Where the screen is narrower it scrolls, which must be possible by keyboard too.
        return (
            f'<div class="rnn-diagram rnn-sheet" tabindex="0" role="group" aria-label="{TITLE}">'
            f"{self.svg.strip()}</div>"
        )


def cheat_sheet() -> CheatSheet:
    """Draw what comes back under each flag combination: from an LSTM, and from the other layers.

    >>> from rnn_returns.cheat_sheet import cheat_sheet
    >>> print(repr(cheat_sheet()).splitlines()[2])
    neither flag: output (batch, units)
    """
    drawn = _text("title", LEFT, 66, TITLE) + _text("faint", LEFT, 92, LEGEND)
    words = [TITLE, LEGEND]
    for i, flags in enumerate(FLAG_COMBINATIONS):
        x, y = LEFT + COLUMN * (i % 2), TOPS[i // 2]
        drawn += _text("strong", x, y, _written(flags))
        drawn += _picture(flags).replace("<svg ", f'<svg x="{x}" y="{y + 10}" ', 1)
        told = _told("LSTM", flags)
        tensors = (f"{name} {axes}" for name, axes in zip(told.names, _axes(told), strict=True))
        words.append(f"{_written(flags)}: {', '.join(tensors)}")
    drawn += _text("strong", LEFT, TABLE - LINE - 8, OTHERS)
    for line, row in enumerate(_table()):
        y = TABLE + LINE * line
        drawn += f'<path {_look("rule")} d="M{LEFT} {y + 9}H{WIDTH - LEFT}"/>'
        for x, cell in zip(TABLE_COLUMNS, row, strict=True):
            drawn += _text("code" if line else "faint", x, y, cell)
        words.append("; ".join(filter(None, row)))
    said = [LEGEND, *(f"{line}." for line in words[2:])]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rnn-picture" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-labelledby="rnn-sheet-title rnn-sheet-words">'
        f'<title id="rnn-sheet-title">{TITLE}</title>'
        f'<desc id="rnn-sheet-words">{escape(" ".join(said))}</desc>{drawn}</svg>\n'
    )
    return CheatSheet(svg, "\n".join(words))


def _picture(flags: Flags) -> str:
    """Draw an LSTM of any number of units, that reads any number of features."""
    shown = scene(_layer("LSTM", flags), INPUT, steps=3, key="cheat sheet")
    shown["reads"] = "x (batch, timesteps, features)"
    for tensor, axes in zip(shown["tensors"], _axes(_told("LSTM", flags)), strict=True):
        tensor["shape"] = axes
    return paint(shown)


def _table() -> list[tuple[str, ...]]:
    """Under each combination the tensors of each layer, of those that return the same at once."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for kind in KINDS:
        names = tuple(", ".join(_told(kind, flags).names) for flags in FLAG_COMBINATIONS)
        alike.setdefault(names, []).append(kind)
    rows = zip(*alike, strict=True)
    return [
        ("", *map(", ".join, alike.values())),
        *((_written(flags), *row) for flags, row in zip(FLAG_COMBINATIONS, rows, strict=True)),
    ]


def _layer(kind: str, flags: Flags) -> Layer:
    return Layer(kind, 1, flags.return_sequences, flags.return_state)


def _told(kind: str, flags: Flags) -> Expected:
    return expected(_layer(kind, flags), INPUT)


def _axes(told: Expected) -> list[str]:
    return [f"({', '.join(axes)})" for axes in told.axes]


def _written(flags: Flags) -> str:
    given = [f"{name}={value}" for name, value in flags.arguments.items() if value]
    return "both flags" if len(given) > 1 else "".join(given) or "neither flag"


def _look(name: str) -> str:
    return f'class="rnn-{name}" {LOOKS[name]}'


def _text(look: str, x: int, y: int, text: str) -> str:
    return f'<text {_look(look)} x="{x}" y="{y}">{escape(text)}</text>' if text else ""
