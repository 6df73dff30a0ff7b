"""One direction of a layer, unrolled: a symbol for each value at each time step."""

from collections.abc import Iterator
from typing import NamedTuple

from rnn_returns.rules.equality import holds_exactly
from rnn_returns.rules.layer_spec import LayerSpec

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
ARROWS = {"": "", "forward": "→", "backward": "←"}
KERAS_LETTERS = {"state_h": "h", "state_c": "c"}
# The letters of a custom cell's states; from the sixth state on they are repeated with primes.
CUSTOM_LETTERS = "stuvw"


class UnrolledCell(NamedTuple):
    """A cell of the layer."""

    kind: str
    letters: dict[str, str]  # The letter of each state, by the state's name in the layer.
    prefix: str  # What the states' names have in front in a stack or a Bidirectional layer.


class UnrolledDirection(NamedTuple):
    """One direction of a layer over some time steps; each value has a symbol.

    ``h₂`` is the hidden state after time step 2, ``c₂`` the cell state; ``s₂``, ``t₂`` and so on
    are states of a custom cell. ``y₂`` is its output, or an output that is rounded to *dtype*.
    In a stack ``h⁰₂`` is of the bottom cell. An arrow is the direction of a Bidirectional layer.
    ``h₀`` is an initial state that may be other than zero.

    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> from rnn_returns.diagrams.unrolling import UnrolledDirection
    >>> run = UnrolledDirection(LayerSpec("GRU", units=4), "", [True, True, False], False)
    >>> [run.output(step) for step in range(3)], run.final_state("h", 0)
    (['h₁', 'h₂', 'h₂'], 'h₂')
    """

    layer: LayerSpec
    direction: str  # "forward" or "backward" in a Bidirectional layer, "" in any other.
    mask: list[bool]  # For each time step False if it is masked.
    initial_state: bool
    dtype: str = "float32"  # The type of the output; a Bidirectional layer casts to its own.

    @property
    def order(self) -> list[int]:
        """The time steps in the order of processing."""
        steps = list(range(len(self.mask)))
        return steps[::-1] if self.layer.go_backwards else steps

    @property
    def sources(self) -> list[int]:
        """For each time step the last unmasked one processed by then, -1 if there is none."""
        found, last = [-1] * len(self.mask), -1
        for step in self.order:
            last = step if self.mask[step] else last
            found[step] = last
        return found

    @property
    def cells(self) -> list[UnrolledCell]:
        """The cells of the layer, the bottom one first."""
        outer = f"{self.direction}_" if self.direction else ""
        unrolled = []
        for level, cell in enumerate(self.layer.cells):
            kind = cell.kind if self.layer.kind == "RNN" else self.layer.kind
            prefix = f"{outer}cell_{level}_" if isinstance(self.layer.cell, tuple) else outer
            letters = {prefix + name: _letter(name, i) for i, name in enumerate(cell.state_names)}
            unrolled.append(UnrolledCell(kind, letters, prefix))
        return unrolled

    @property
    def initial(self) -> str:
        """The origin of the initial states: ``"given"``, ``"kept"``, ``"own"`` or ``""``.

        ``"own"`` is the ``get_initial_state`` of a cell, and ``""`` stands for zeros.
        """
        if self.initial_state:
            return "given"
        if self.layer.stateful:
            return "kept"
        return "own" if any(cell.own_initial_state for cell in self.layer.cells) else ""

    def start(self, letter: str, level: int) -> str:
        """Return the symbol of a state of the cell on *level* before the first time step."""
        own = self.layer.cells[level].own_initial_state
        zero = not self.initial or (self.initial == "own" and not own)
        return "0" if zero else self._symbol(letter, level, 0)

    def final_state(self, letter: str, level: int) -> str:
        """Return the symbol of a state of the cell on *level* after the last time step."""
        last = self.sources[self.order[-1]]
        return self.start(letter, level) if last < 0 else self._symbol(letter, level, last + 1)

    def output(self, step: int) -> str:
        """Return the symbol of the output: a masked one repeats the previous one, or is zero."""
        source = self.sources[step]
        if source < 0 or (self.layer.zero_output_for_mask and self._is_zeroed(step)):
            return "0"
        return self._symbol(self._output_letter, len(self.cells) - 1, source + 1)

    @property
    def _output_letter(self) -> str:
        exact = holds_exactly(self.dtype, self.layer.compute_dtype)
        return "h" if exact and self.cells[-1].kind != "custom" else "y"

    def computed(self) -> Iterator[str]:
        """Yield the symbol of each output and state that an unmasked time step computes."""
        steps = [step for step in self.order if self.mask[step]]
        letters = [(self._output_letter, len(self.cells) - 1)]
        for level, cell in enumerate(self.cells):
            letters += [(letter, level) for letter in cell.letters.values()]
        for letter, level in letters:
            yield from (self._symbol(letter, level, step + 1) for step in steps)

    def _is_zeroed(self, step: int) -> bool:
        if self.layer.unroll and self.layer.return_sequences:
            # Keras reverses the mask for processing, but not for this.
            step = self.order.index(step)
        return not self.mask[step]

    def _symbol(self, letter: str, level: int, number: int) -> str:
        cell = str(level).translate(SUPERSCRIPTS) if len(self.cells) > 1 else ""
        return ARROWS[self.direction] + letter + cell + _subscript(number)


def input_symbol(step: int) -> str:
    """Return the symbol of the input at a time step, counted from 0.

    >>> from rnn_returns.diagrams.unrolling import input_symbol
    >>> input_symbol(11)
    'x₁₂'
    """
    return "x" + _subscript(step + 1)


def _letter(state: str, place: int) -> str:
    primes, letter = divmod(place, len(CUSTOM_LETTERS))
    return KERAS_LETTERS.get(state, CUSTOM_LETTERS[letter] + "′" * primes)


def _subscript(number: int) -> str:
    return str(number).translate(SUBSCRIPTS)
