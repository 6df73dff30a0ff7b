"""The report on a model: data that can be displayed as text, HTML and JSON."""

import json
import textwrap
from dataclasses import asdict, dataclass
from html import escape

from rnn_returns.models.diagnostics import SEVERITIES, Diagnostic, ModelError
from rnn_returns.models.terminal_text import escape_texts
from rnn_returns.rules.layer_spec import Shape
from rnn_returns.table import Table

WIDTH = 88
UNKNOWN = "not known"


@dataclass(frozen=True)
class ReturnedTensor:
    """One tensor that a layer returns. A value that is not known is None.

    Args:
        name: The name of the tensor.
        axes: The names of the axes.
        shape: The shape.
        used_by: The names of the layers and operations that use the tensor.
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
    """One call of a recurrent layer in a model, or a layer whose calls are not known.

    A value that is not known is None.

    Args:
        name: The name of the layer, after the names of the models that contain it.
        layer: The code that creates the layer; for a custom class, the name of the class.
        flags: ``return_sequences`` and ``return_state``, and the other arguments that are set.
        reads: The shape of the input.
        container: ``"tensor"`` or ``"tuple"``; ``"list"`` in a file of an old version.
        tensors: The returned tensors.
        mask: Whether the layer receives a mask.
        mask_note: The same as text, with the place where a mask is lost.
        diagnostics: The mistakes in the call.
        facts: Other facts about the call, such as states that no layer uses.
        changes: What the newest Keras does differently, if an older version wrote the model.
    """

    name: str
    layer: str
    flags: dict[str, bool]
    reads: Shape | None
    container: str | None
    tensors: tuple[ReturnedTensor, ...]
    mask: bool | None
    mask_note: str
    diagnostics: tuple[Diagnostic, ...]
    facts: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return escape_texts(self)._format()

    def _format(self) -> str:
        arguments = ", ".join(f"{name}={value}" for name, value in self.flags.items())
        _, *rows = repr(self._table("")).splitlines()
        lines = [
            f"{self.name}: {self.layer}",
            *_format_field("arguments", arguments),
            *_format_field("input", self._reads),
            *_format_field("returns", self._returns),
            *(f"    {row}" for row in rows if self.tensors),
            *_format_field("mask", self.mask_note),
        ]
        for fact in self.facts:
            lines += _format_field("fact", fact)
        for change in self.changes:
            lines += _format_field("change", change)
        for diagnostic in self.diagnostics:
            lines += _format_field(diagnostic.severity, str(diagnostic))
            lines += _format_field("", f"fix: {diagnostic.fix}") if diagnostic.fix else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return escape_texts(self)._format_html()

    def _format_html(self) -> str:
        caption = f"{self.name}: {self.layer}; input: {self._reads}; returns: {self._returns}"
        items = "".join(f"<li>{escape(note)}</li>" for note in self._notes)
        return f'{self._table(caption)._repr_html_()}<ul class="rnn-notes">{items}</ul>'

    @property
    def _notes(self) -> list[str]:
        fixes = [f" Fix: {each.fix}" if each.fix else "" for each in self.diagnostics]
        return [
            f"mask: {self.mask_note}",
            *(f"fact: {fact}" for fact in self.facts),
            *(f"change: {change}" for change in self.changes),
            *(f"{text}{fix}" for text, fix in zip(self.diagnostics, fixes, strict=True)),
        ]

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
    """The report on a model.

    Args:
        model: The name and the class of the model.
        notes: Facts about the whole model.
        layers: The calls of recurrent layers in their order, then the recurrent layers whose calls
            are not known.
        keras_version: The version of Keras that wrote the file; "" if it is not known, and for a
            model in Python.
    """

    model: str
    notes: tuple[str, ...]
    layers: tuple[RecurrentLayer, ...]
    keras_version: str = ""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The diagnostics of all layers."""
        return tuple(each for layer in self.layers for each in layer.diagnostics)

    def raise_for(self, severity: str) -> None:
        """Raise an error if the report has diagnostics of this severity.

        Args:
            severity: ``"fails"``, or ``"silent"`` for both severities.

        Raises:
            rnn_returns.models.diagnostics.ModelError: If there are such diagnostics. It lists them.
            ValueError: If *severity* has another value.

        >>> import keras
        >>> from rnn_returns import explain
        >>> inputs = keras.Input((3, 5))
        >>> model = keras.Sequential([inputs, keras.layers.GRU(4)])
        >>> explain(model).raise_for("silent")
        """
        if severity not in SEVERITIES:
            raise ValueError(f"severity is one of {', '.join(SEVERITIES)}, not {severity!r}.")
        accepted = SEVERITIES[: SEVERITIES.index(severity) + 1]
        if found := tuple(each for each in self.diagnostics if each.severity in accepted):
            raise ModelError(found)

    def to_json(self) -> str:
        """Write the report as JSON text, with null for a value or dimension that is not known."""
        return json.dumps(asdict(self))

    def __repr__(self) -> str:
        model, notes = escape_texts((self._title, self.notes))
        wrapped = (textwrap.fill(note, WIDTH) for note in notes)
        return "\n\n".join([model, *wrapped, *map(repr, self.layers)])

    def _repr_html_(self) -> str:
        texts = escape_texts((self._title, *self.notes))
        lines = "".join(f"<p>{escape(text)}</p>" for text in texts)
        return lines + "".join(layer._repr_html_() for layer in self.layers)

    @property
    def _title(self) -> str:
        version = self.keras_version
        return f"{self.model}, written by Keras {version}" if version else self.model


def _format_field(title: str, text: str) -> list[str]:
    """Return *text* next to its title, wrapped to as many lines as needed."""
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {title:<12}", subsequent_indent=" " * 14)
