"""The return value table: each layer with each argument combination, predicted and observed."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_returns.dependencies import keras
from rnn_returns.messages import Message
from rnn_returns.observation import observe
from rnn_returns.rules.expectation import Expected, expected
from rnn_returns.rules.flags import FLAG_COMBINATIONS, Flags
from rnn_returns.table import Table

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
    layer={"type": "string", "description": "how to write the layer"},
    flags={"enum": [flags.name for flags in FLAG_COMBINATIONS]},
    input=_array({"type": "integer"}),
    container={"enum": ["tensor", "tuple", "list", "error"]},
    tensors=_array(TENSOR),
    equalities=_array({"type": "string"}),
)
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What Keras recurrent layers return",
    "type": "object",
    "required": ["keras", "rows"],
    "properties": {
        "keras": {"type": "string", "description": "the Keras version that it was observed on"},
        "rows": _array(ROW),
    },
}


@dataclass(frozen=True)
class TruthTableRow:
    """One layer with one argument combination.

    Args:
        layer: How the layer is written.
        flags: The combination.
        input_shape: The shape of what it was called on.
        expected: What the rules predict and Keras returns; None if the call raises an error.
    """

    layer: str
    flags: Flags
    input_shape: tuple[int, ...]
    expected: Expected | None

    def as_dict(self) -> dict[str, Any]:
        """Return the row as data, of the form that ``SCHEMA`` describes."""
        result = self.expected
        return {
            "layer": self.layer,
            "flags": self.flags.name,
            "input": list(self.input_shape),
            "container": result.container if result else "error",
            "tensors": [
                {"name": tensor.name, "axes": list(tensor.axes), "shape": list(tensor.shape)}
                for tensor in (result.tensors if result else ())
            ],
            "equalities": [str(equality) for equality in result.equalities] if result else [],
        }


def build_truth_table() -> tuple[TruthTableRow, ...]:
    """Predict every row with the rules and verify it with the installed Keras.

    Raises:
        AssertionError: If Keras returns something else than the rules predict.
    """
    return tuple(
        _build_row(form, shape, flags)
        for form, shape in FORMS.items()
        for flags in FLAG_COMBINATIONS
    )


def as_table(rows: tuple[TruthTableRow, ...]) -> Table:
    """Show *rows* as one table, with the tensors' axes by name."""
    cells = []
    for row in rows:
        data = row.as_dict()
        tensors = [f"{tensor['name']} ({', '.join(tensor['axes'])})" for tensor in data["tensors"]]
        returned = "; ".join([data["container"], *tensors])
        cells.append((row.layer, returned, "; ".join(data["equalities"])))
    return Table(
        Message("{count} calls", count=len(rows)), ("layer", "returns", "equal"), tuple(cells)
    )


def as_json(rows: tuple[TruthTableRow, ...]) -> str:
    """Write *rows* as JSON text of the form that ``SCHEMA`` describes."""
    data = {"keras": keras.__version__, "rows": [row.as_dict() for row in rows]}
    return json.dumps(data, indent=1)


def as_csv(rows: tuple[TruthTableRow, ...]) -> str:
    """Write *rows* as CSV text, with one line for each returned tensor."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("layer", "flags", "container", "tensor", "axes", "shape"))
    for row in rows:
        data = row.as_dict()
        call = (data["layer"], data["flags"], data["container"])
        for tensor in data["tensors"]:
            axes, shape = " ".join(tensor["axes"]), " ".join(map(str, tensor["shape"]))
            writer.writerow((*call, tensor["name"], axes, shape))
    return text.getvalue()


def _build_row(form: str, shape: tuple[int, ...], flags: Flags) -> TruthTableRow:
    arguments = ", ".join(f"{name}={value}" for name, value in flags.arguments.items() if value)
    code = form.replace(", ARGUMENTS", f", {arguments}" if arguments else "")
    layer = eval(code, {}, vars(keras.layers))
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    try:
        result = expected(layer, shape)
    except ValueError as error:
        try:
            layer(x)
        except _list_errors():
            return TruthTableRow(code, flags, shape, None)
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
    return TruthTableRow(code, flags, shape, result)


def _list_errors() -> tuple[type[Exception], ...]:
    """Return the errors that Keras and its backend raise on arguments that they do not support."""
    if keras.backend.backend() != "tensorflow":
        return TypeError, ValueError, RuntimeError  # The last one is PyTorch's.
    import tensorflow as tf

    return TypeError, ValueError, tf.errors.InvalidArgumentError
