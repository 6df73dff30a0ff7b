"""One direction of a layer, unrolled: what each time step reads, carries on and puts out."""

from typing import NamedTuple

from rnn_returns.layer import CELL_STATES, IMAGE_AXES, Layer

SUBSCRIPTS, SUPERSCRIPTS = "₀₁₂₃₄₅₆₇₈₉", "⁰¹²³⁴⁵⁶⁷⁸⁹"
ARROWS = {"": "", "forward": "→", "backward": "←"}
# The states of a custom cell have numbers for names.
LETTERS = {"state_h": "h", "state_c": "c", **{f"state_{i}": "stuvw"[i] for i in range(5)}}


class UnrolledCell(NamedTuple):
    """A cell of the layer: its kind, its states' own names, and what stands before these."""

    kind: str
    states: tuple[str, ...]
    prefix: str


class Unrolled(NamedTuple):
    """One direction of a layer, run over some time steps; each value has a symbol.

    ``h₂`` is the hidden state after time step 2 was read, ``c₂`` the cell state; ``s₂``, ``t₂``
    and so on are states of a custom cell, and ``y₂`` is its output. In a stack ``h⁰₂`` is of the
    bottom cell. An arrow says which way a Bidirectional layer went. ``h₀`` is a state to start from
    that is not zero.

    Args:
        layer: The layer of this direction.
        way: ``"forward"`` or ``"backward"`` of a Bidirectional layer, otherwise nothing.
        real: For each time step whether it is real, which is to say not masked.
        initial_state: Whether the layer is given a state to start from.

    >>> from rnn_returns.layer import Layer
    >>> from rnn_returns.unrolled import Unrolled
    >>> run = Unrolled(Layer("GRU", units=4), "", [True, True, False], False)
    >>> [run.output(step) for step in range(3)], run.end("state_h", 0)
    (['h₁', 'h₂', 'h₂'], 'h₂')
    """

    layer: Layer
    way: str
    real: list[bool]
    initial_state: bool

    @property
    def order(self) -> list[int]:
        """The time steps in the order in which they are read."""
        steps = list(range(len(self.real)))
        return steps[::-1] if self.layer.go_backwards else steps

    @property
    def read(self) -> list[int]:
        """For each time step the last real one that was read by then, -1 if there is none."""
        found, last = [-1] * len(self.real), -1
        for step in self.order:
            last = step if self.real[step] else last
            found[step] = last
        return found

    @property
    def cells(self) -> list[UnrolledCell]:
        """The cells of the layer, the bottom one first."""
        way = f"{self.way}_" if self.way else ""
        if self.layer.kind in IMAGE_AXES:
            return [UnrolledCell(self.layer.kind, CELL_STATES["LSTMCell"], way)]
        stack = isinstance(self.layer.cell, tuple)
        return [
            UnrolledCell(
                cell.kind if self.layer.kind == "RNN" else self.layer.kind,
                cell.state_names,
                f"{way}cell_{i}_" if stack else way,
            )
            for i, cell in enumerate(self.layer.cells)
        ]

    @property
    def starts(self) -> str:
        """Where the states start from: ``"given"``, ``"kept"``, or nothing for zeros."""
        if self.initial_state:
            return "given"
        return "kept" if self.layer.stateful else ""

    def start(self, state: str, level: int) -> str:
        """The *state* of the cell on *level* before the first time step."""
        return self._letter(LETTERS.get(state, "w"), level) + SUBSCRIPTS[0] if self.starts else "0"

    def end(self, state: str, level: int) -> str:
        """The *state* of the cell on *level* after the last time step."""
        last = self.read[self.order[-1]]
        if last < 0:
            return self.start(state, level)
        return self._letter(LETTERS.get(state, "w"), level) + numbered(last)

    def output(self, step: int) -> str:
        """The output at a time step: a masked one repeats the one before, or is zero."""
        if self.read[step] < 0 or (self.layer.zero_output_for_mask and self._zeroed(step)):
            return "0"
        top = self.cells[-1]
        own = top.kind != "custom"
        return self._letter("h" if own else "y", len(self.cells) - 1) + numbered(self.read[step])

    def _zeroed(self, step: int) -> bool:
        if self.layer.unroll and self.layer.return_sequences:
            # Keras turns the mask around for reading, but not for this.
            step = self.order.index(step)
        return not self.real[step]

    def _letter(self, letter: str, level: int) -> str:
        return ARROWS[self.way] + letter + (SUPERSCRIPTS[level] if len(self.cells) > 1 else "")


def numbered(step: int) -> str:
    """Write which time step, counted from 0, in small digits from 1.

    >>> from rnn_returns.unrolled import numbered
    >>> numbered(11)
    '₁₂'
    """
    return "".join(SUBSCRIPTS[int(digit)] for digit in str(step + 1))
