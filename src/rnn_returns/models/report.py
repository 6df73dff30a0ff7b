"""The report on a model: data that can be displayed as text, HTML and JSON."""

import json
import textwrap
from dataclasses import asdict, dataclass
from html import escape

from rnn_returns.rules.layer_spec import Shape
from rnn_returns.table import Table

WIDTH = 88
UNKNOWN = "not known"


@dataclass(frozen=True)
class ReturnedTensor:
    """One tensor that a layer returns.

    Args:
        name: Its name, or None where it is not known.
        axes: The names of its axes, or None where they are not known.
        shape: Its shape, or None where it is not known.
        used_by: The names of what uses it, or None where that is not known.
    """

    name: str | None
    axes: tuple[str, ...] | None
    shape: Shape | None
    used_by: tuple[str, ...] | None

    @property
    def row(self) -> tuple[str, str, str]:
        """Its row in a table."""
        axes = f"({', '.join(self.axes)})" if self.axes else UNKNOWN
        used_by = UNKNOWN if self.used_by is None else ", ".join(self.used_by) or "nothing"
        return self.name or UNKNOWN, str(self.shape) if self.shape else axes, used_by


@dataclass(frozen=True)
class RecurrentLayer:
    """One call of a recurrent layer in a model, or one such layer whose calls are not known.

    Args:
        name: The layer's name, behind the names of the models that it is in.
        layer: The Python that makes it; of a class of its own, the name of the class.
        flags: ``return_sequences`` and ``return_state``, and the other flags that are set.
        reads: The shape of its input, or None where it is not known.
        container: ``"tensor"`` or ``"tuple"``, or None where it is not known.
        tensors: What it returns.
        mask: Whether it is given a mask, or None where that is not known.
        mask_note: The same in words, and where a mask was lost.
        diagnostics: The traps that are here.
    """

    name: str
    layer: str
    flags: dict[str, bool]
    reads: Shape | None
    container: str | None
    tensors: tuple[ReturnedTensor, ...]
    mask: bool | None
    mask_note: str
    diagnostics: tuple[str, ...]

    def __repr__(self) -> str:
        flags = ", ".join(f"{name}={value}" for name, value in self.flags.items())
        _, *rows = repr(self._table("")).splitlines()
        lines = [
            f"{self.name}: {self.layer}",
            *_format_field("flags", flags),
            *_format_field("reads", self._reads),
            *_format_field("returns", self._returns),
            *(f"    {row}" for row in rows if self.tensors),
            *_format_field("mask", self.mask_note),
        ]
        for diagnostic in self.diagnostics:
            lines += _format_field("diagnostic", diagnostic)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        caption = f"{self.name}: {self.layer}; reads: {self._reads}; returns: {self._returns}"
        notes = [f"mask: {self.mask_note}", *(f"diagnostic: {text}" for text in self.diagnostics)]
        items = "".join(f"<li>{escape(note)}</li>" for note in notes)
        return f'{self._table(caption)._repr_html_()}<ul class="rnn-notes">{items}</ul>'

    @property
    def _reads(self) -> str:
        return UNKNOWN if self.reads is None else str(self.reads)

    @property
    def _returns(self) -> str:
        return {"tensor": "one tensor", None: UNKNOWN}.get(self.container, f"a {self.container}")

    def _table(self, caption: str) -> Table:
        columns = ("tensor", "shape", "used by")
        return Table(caption, columns, tuple(tensor.row for tensor in self.tensors))


@dataclass(frozen=True)
class Report:
    """What ``explain`` found out about a model.

    Args:
        model: The model's name and class.
        notes: What is true of the model as a whole.
        layers: The calls of recurrent layers, in the order in which the model makes them; behind
            them the recurrent layers whose calls are not known.
    """

    model: str
    notes: tuple[str, ...]
    layers: tuple[RecurrentLayer, ...]

    def to_json(self) -> str:
        """Write the report as JSON text, with null for what is not known, or open in a shape."""
        return json.dumps(asdict(self))

    def __repr__(self) -> str:
        notes = (textwrap.fill(note, WIDTH) for note in self.notes)
        return "\n\n".join([self.model, *notes, *map(repr, self.layers)])

    def _repr_html_(self) -> str:
        lines = "".join(f"<p>{escape(line)}</p>" for line in (self.model, *self.notes))
        return lines + "".join(layer._repr_html_() for layer in self.layers)


def _format_field(title: str, text: str) -> list[str]:
    """Return *text* next to its title, wrapped to as many lines as needed."""
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {title:<12}", subsequent_indent=" " * 14)
