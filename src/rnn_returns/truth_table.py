"""The return value table: each layer with each argument combination."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rnn_returns.dependencies import keras
from rnn_returns.messages import Message, Render
from rnn_returns.observation import observe
from rnn_returns.rules.expectation import Expected, expected
from rnn_returns.rules.flags import FLAG_COMBINATIONS, Flags
from rnn_returns.table import Table, as_message

# The source of each layer, and the shape of the input that it is called on.
SEQUENCE = (2, 3, 5)
FORMS = {
    "SimpleRNN(4, ARGUMENTS)": SEQUENCE,
    "GRU(4, ARGUMENTS)": SEQUENCE,
    "LSTM(4, ARGUMENTS)": SEQUENCE,
    "RNN(GRUCell(4), ARGUMENTS)": SEQUENCE,
    "RNN(LSTMCell(4), ARGUMENTS)": SEQUENCE,
    "RNN([GRUCell(6), GRUCell(4)], ARGUMENTS)": SEQUENCE,
    "RNN([LSTMCell(6), LSTMCell(4)], ARGUMENTS)": SEQUENCE,
    **{
        f"Bidirectional({kind}(4, ARGUMENTS), merge_mode={mode!r})": SEQUENCE
        for kind in ("SimpleRNN", "GRU", "LSTM")
        for mode in ("concat", "sum", "ave", "mul", None)
    },
    "ConvLSTM1D(4, 3, ARGUMENTS)": (2, 3, 8, 5),
    "ConvLSTM2D(4, 3, ARGUMENTS)": (2, 3, 8, 7, 5),
    "ConvLSTM3D(4, 3, ARGUMENTS)": (2, 3, 9, 8, 7, 5),
    "TimeDistributed(GRU(4, ARGUMENTS))": (2, 6, 3, 5),
    "TimeDistributed(LSTM(4, ARGUMENTS))": (2, 6, 3, 5),
}

YES, NO = Message("yes"), Message("no")
# All rows of the layers that are neither wrappers nor convolutions.
FIRST_ROWS = 28


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _record(**properties: dict[str, Any]) -> dict[str, Any]:
    """Describe an object that has these properties and no other."""
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


TENSOR = _record(
    name={"type": "string"}, axes=_array({"type": "string"}), shape=_array({"type": "integer"})
)
ROW = _record(
    layer={"type": "string", "description": "the code that creates the layer"},
    flags={
        "description": "the name of the combination of return_sequences and return_state",
        "enum": [flags.name for flags in FLAG_COMBINATIONS],
    },
    return_sequences={"type": "boolean"},
    return_state={"type": "boolean"},
    input={**_array({"type": "integer"}), "description": "the shape of the input"},
    container={
        "description": "error: the call raises an error, and tensors and equalities are empty",
        "enum": ["tensor", "tuple", "list", "error"],
    },
    tensors={**_array(TENSOR), "description": "the returned tensors, in Keras's order"},
    equalities={
        **_array({"type": "string"}),
        "description": "equalities of the tensors' values, for any input without a mask",
    },
)
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What Keras recurrent layers return",
    "type": "object",
    "required": ["keras", "rows"],
    "properties": {
        "keras": {"type": "string", "description": "the Keras version of the calls"},
        "rows": _array(ROW),
    },
}


@dataclass(frozen=True)
class TruthTableRow:
    """One layer with one argument combination.

    Args:
        layer: The code that creates the layer.
        flags: The values of ``return_sequences`` and ``return_state``.
        input_shape: The shape of the input.
        expected: What the rules predict and Keras returns; None if the call raises an error.
        plain_layer: The code that creates the layer, without the two arguments.
        error: The name of the error that the call raises; empty if there is no error.
    """

    layer: str
    flags: Flags
    input_shape: tuple[int, ...]
    expected: Expected | None
    plain_layer: str = ""
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the row as a dictionary, in the format of ``SCHEMA``."""
        result = self.expected
        return {
            "layer": self.layer,
            "flags": self.flags.name,
            **self.flags.arguments,
            "input": list(self.input_shape),
            "container": result.container if result else "error",
            "tensors": [
                {"name": tensor.name, "axes": list(tensor.axes), "shape": list(tensor.shape)}
                for tensor in (result.tensors if result else ())
            ],
            "equalities": [str(equality) for equality in result.equalities] if result else [],
        }


@dataclass(frozen=True, repr=False)
class FilteredTable(Table):
    """A table with a menu for each of its first columns, to select the rows to show.

    The menus and the button after the table do nothing without ``filter.js``, which shows them.

    Args:
        menus: The entries of the menu of each of the first columns. An entry selects the rows whose
            cell begins with it.
        first_rows: How many rows are shown before a reader selects any.
    """

    menus: tuple[tuple[str, ...], ...] = ()
    first_rows: int = 0

    _classes: ClassVar[str] = "rnn-table return-values"

    def html(self, render: Render) -> str:
        """Write it as HTML, with its messages as *render* returns them."""
        menus = "".join(
            f'<label><span>{render(as_message(title))}</span> <select data-column="{column}">'
            f"<option>{render(Message('any'))}</option>"
            f"{''.join(f'<option>{render(entry)}</option>' for entry in menu)}</select></label>"
            for column, (title, menu) in enumerate(zip(self.columns, self.menus, strict=False))
        )
        button = render(Message("Show all {count} rows", count=len(self.rows)))
        return (
            f'<div class="menus" data-first-rows="{self.first_rows}">{menus}</div>'
            f"{super().html(render)}"
            f'<button type="button" class="all-rows" hidden>{button}</button>'
        )


def build_truth_table(
    forms: dict[str, tuple[int, ...]] | None = None,
) -> tuple[TruthTableRow, ...]:
    """Predict every row with the rules, and compare it with a call of the layer.

    Args:
        forms: The code of each layer, with ``ARGUMENTS`` in place of the two arguments, and the
            shape of its input; None for all layers.

    Returns:
        A row for each layer and argument combination.

    Raises:
        AssertionError: If the installed Keras returns something that the rules do not predict.

    >>> from rnn_returns.truth_table import build_truth_table
    >>> forms = {"LSTM(4, ARGUMENTS)": (2, 3, 5)}
    >>> for row in build_truth_table(forms):
    ...     print(row.layer)
    LSTM(4)
    LSTM(4, return_sequences=True)
    LSTM(4, return_state=True)
    LSTM(4, return_sequences=True, return_state=True)
    """
    return tuple(
        _build_row(form, shape, flags)
        for form, shape in (FORMS if forms is None else forms).items()
        for flags in FLAG_COMBINATIONS
    )


def as_table(rows: tuple[TruthTableRow, ...]) -> Table:
    """Show *rows* as a table, with the names of the axes in place of their lengths.

    >>> from rnn_returns.truth_table import as_table, build_truth_table
    >>> rows = build_truth_table({"GRU(4, ARGUMENTS)": (2, 3, 5)})
    >>> as_table(rows).rows[2]
    ('GRU(4)', 'no', 'yes', 'tuple; output (batch, units); state_h (batch, units)', \
'state_h == output')
    """
    cells = []
    for row in rows:
        data = row.as_dict()
        tensors = [f"{tensor['name']} ({', '.join(tensor['axes'])})" for tensor in data["tensors"]]
        returned = "; ".join([data["container"], *tensors])
        if row.error:
            returned = Message("error: the call raises {error}", error=row.error)
        arguments = (YES if value else NO for value in row.flags.arguments.values())
        cells.append((row.plain_layer, *arguments, returned, "; ".join(data["equalities"])))
    kinds = dict.fromkeys(row.plain_layer.partition("(")[0] for row in rows)
    return FilteredTable(
        Message("{count} calls", count=len(rows)),
        ("layer", *Flags().arguments, "returns", "equal values"),
        tuple(cells),
        menus=(tuple(kinds), (YES, NO), (YES, NO)),
        first_rows=FIRST_ROWS,
    )


def as_json(rows: tuple[TruthTableRow, ...]) -> str:
    """Write *rows* as JSON text, in the format of ``SCHEMA``.

    >>> import json
    >>> from rnn_returns.truth_table import as_json, build_truth_table
    >>> rows = build_truth_table({"GRU(4, ARGUMENTS)": (2, 3, 5)})
    >>> json.loads(as_json(rows))["rows"][0]["tensors"]
    [{'name': 'output', 'axes': ['batch', 'units'], 'shape': [2, 4]}]
    """
    data = {"keras": keras.__version__, "rows": [row.as_dict() for row in rows]}
    return json.dumps(data, indent=1)


def as_csv(rows: tuple[TruthTableRow, ...]) -> str:
    """Write *rows* as CSV text, with one line for each returned tensor.

    A call that raises an error has one line with the container ``error`` and no tensor.

    >>> from rnn_returns.truth_table import as_csv, build_truth_table
    >>> rows = build_truth_table({"GRU(4, ARGUMENTS)": (2, 3, 5)})
    >>> for line in as_csv(rows).splitlines()[:2]:
    ...     print(line)
    layer,flags,container,tensor,axes,shape,return_sequences,return_state
    GRU(4),neither,tensor,output,batch units,2 4,False,False
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = tuple(Flags().arguments)
    writer.writerow(("layer", "flags", "container", "tensor", "axes", "shape", *names))
    for row in rows:
        data = row.as_dict()
        call = (data["layer"], data["flags"], data["container"])
        arguments = tuple(data[name] for name in names)
        for tensor in data["tensors"] or [{"name": "", "axes": [], "shape": []}]:
            axes, shape = " ".join(tensor["axes"]), " ".join(map(str, tensor["shape"]))
            writer.writerow((*call, tensor["name"], axes, shape, *arguments))
    return text.getvalue()


def _build_row(form: str, shape: tuple[int, ...], flags: Flags) -> TruthTableRow:
    arguments = ", ".join(f"{name}={value}" for name, value in flags.arguments.items() if value)
    plain = form.replace(", ARGUMENTS", "")
    code = form.replace(", ARGUMENTS", f", {arguments}" if arguments else "")
    layer = eval(code, {}, vars(keras.layers))
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    try:
        result = expected(layer, shape)
    except ValueError as error:
        try:
            layer(x)
        except _list_errors() as raised:
            return TruthTableRow(code, flags, shape, None, plain, type(raised).__name__)
        returned = observe(layer, x)
        raise AssertionError(
            f"{code}: the rules of this package predict an error ({error}), Keras returns "
            f"{returned.structure} of the shapes {returned.shapes}"
        ) from None
    returned = observe(layer, x)
    for name in ("container", "structure", "names", "shapes", "mask"):
        predicted, observed = getattr(result, name), getattr(returned, name)
        assert predicted == observed, (
            f"{code}: the rules of this package predict the {name} {predicted}, Keras returns "
            f"{observed}"
        )
    for equality in result.equalities:
        assert equality.holds(returned), (
            f"{code}: the rules of this package predict {equality}, Keras returns other values"
        )
    return TruthTableRow(code, flags, shape, result, plain)


def _list_errors() -> tuple[type[Exception], ...]:
    """Return the errors that Keras and its backend raise on arguments that they do not support."""
    if keras.backend.backend() != "tensorflow":
        return TypeError, ValueError, RuntimeError  # The last one is PyTorch's.
    import tensorflow as tf

    return TypeError, ValueError, tf.errors.InvalidArgumentError
