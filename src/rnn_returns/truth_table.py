"""The truth table: each recurrent layer under each flag combination, foretold and observed."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from rnn_returns.flags import FLAG_COMBINATIONS, Flags
from rnn_returns.observe import observe
from rnn_returns.rules import Expected, expected
from rnn_returns.table import Table

# How each layer is written, and the shape of what it is called on here.
SEQUENCE = (2, 3, 5)
FORMS = {
    "SimpleRNN(4, FLAGS)": SEQUENCE,
    "GRU(4, FLAGS)": SEQUENCE,
    "LSTM(4, FLAGS)": SEQUENCE,
    "RNN(GRUCell(4), FLAGS)": SEQUENCE,
    "RNN(LSTMCell(4), FLAGS)": SEQUENCE,
    "RNN([GRUCell(6), GRUCell(4)], FLAGS)": SEQUENCE,
    "RNN([LSTMCell(6), LSTMCell(4)], FLAGS)": SEQUENCE,
    **{
        f"Bidirectional({kind}(4, FLAGS), merge_mode={mode!r})": SEQUENCE
        for kind in ("SimpleRNN", "GRU", "LSTM")
        for mode in ("concat", "sum", "ave", "mul", None)
    },
    "ConvLSTM1D(4, 3, FLAGS)": (2, 3, 8, 5),
    "ConvLSTM2D(4, 3, FLAGS)": (2, 3, 8, 7, 5),
    "ConvLSTM3D(4, 3, FLAGS)": (2, 3, 9, 8, 7, 5),
    "TimeDistributed(GRU(4, FLAGS))": (2, 6, 3, 5),
    "TimeDistributed(LSTM(4, FLAGS))": (2, 6, 3, 5),
}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What Keras recurrent layers return",
    "type": "object",
    "required": ["keras", "rows"],
    "properties": {
        "keras": {"type": "string", "description": "the Keras version that it was observed on"},
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["layer", "flags", "input", "container", "tensors", "equalities"],
                "additionalProperties": False,
                "properties": {
                    "layer": {"type": "string", "description": "how to write the layer"},
                    "flags": {"enum": [flags.name for flags in FLAG_COMBINATIONS]},
                    "input": {"type": "array", "items": {"type": "integer"}},
                    "container": {"enum": ["tensor", "tuple", "list", "refused"]},
                    "tensors": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["name", "axes", "shape"],
                            "additionalProperties": False,
                            "properties": {
                                "name": {"type": "string"},
                                "axes": {"type": "array", "items": {"type": "string"}},
                                "shape": {"type": "array", "items": {"type": "integer"}},
                            },
                        },
                    },
                    "equalities": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Row:
    """One layer under one flag combination.

    Args:
        layer: How the layer is written.
        flags: The combination.
        input_shape: The shape of what it was called on.
        expected: What the rules say, and what was observed; None if both refuse the call.
    """

    layer: str
    flags: Flags
    input_shape: tuple[int, ...]
    expected: Expected | None

    def as_dict(self) -> dict[str, Any]:
        """Give the row as data, of the form that ``SCHEMA`` describes."""
        result = self.expected
        tensors = zip(result.names, result.axes, result.shapes, strict=True) if result else ()
        return {
            "layer": self.layer,
            "flags": self.flags.name,
            "input": list(self.input_shape),
            "container": result.container if result else "refused",
            "tensors": [
                {"name": name, "axes": list(axes), "shape": list(shape)}
                for name, axes, shape in tensors
            ],
            "equalities": [str(equality) for equality in result.equalities] if result else [],
        }


def truth_table() -> tuple[Row, ...]:
    """Foretell every row by the rules, and observe that it is so on the installed Keras.

    Raises:
        AssertionError: If Keras returned something else than the rules say.
    """
    return tuple(
        _row(form, shape, flags) for form, shape in FORMS.items() for flags in FLAG_COMBINATIONS
    )


def as_table(rows: tuple[Row, ...]) -> Table:
    """Show *rows* as one table, with the tensors' axes by name."""
    shown = []
    for row in rows:
        data = row.as_dict()
        tensors = [f"{tensor['name']} ({', '.join(tensor['axes'])})" for tensor in data["tensors"]]
        returned = "; ".join([data["container"], *tensors])
        shown.append((row.layer, returned, "; ".join(data["equalities"])))
    return Table(f"{len(rows)} calls", ("layer", "returns", "equal"), tuple(shown))


def as_json(rows: tuple[Row, ...]) -> str:
    """Write *rows* as JSON text of the form that ``SCHEMA`` describes."""
    data = {"keras": keras.__version__, "rows": [row.as_dict() for row in rows]}
    return json.dumps(data, indent=1)


def as_csv(rows: tuple[Row, ...]) -> str:
    """Write *rows* as CSV text, with one line for each returned tensor."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("layer", "flags", "container", "tensor", "axes", "shape"))
    for row in rows:
        data = row.as_dict()
        for tensor in data["tensors"]:
            writer.writerow(
                (
                    *(data[column] for column in ("layer", "flags", "container")),
                    tensor["name"],
                    " ".join(tensor["axes"]),
                    " ".join(map(str, tensor["shape"])),
                )
            )
    return text.getvalue()


def _row(form: str, shape: tuple[int, ...], flags: Flags) -> Row:
    written = ", ".join(f"{name}={value}" for name, value in flags.arguments.items() if value)
    code = form.replace(", FLAGS", f", {written}" if written else "")
    layer = eval(code, {}, vars(keras.layers))
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    try:
        result = expected(layer, shape)
    except ValueError:
        try:
            observe(layer, x)
        except Exception:  # Each backend has errors of its own.
            return Row(code, flags, shape, None)
        raise AssertionError(
            f"{code} was called, though the rules say that it is refused"
        ) from None
    returned = observe(layer, x)
    for what in ("container", "structure", "names", "shapes", "mask"):
        assert getattr(result, what) == getattr(returned, what), f"{code} returned another {what}"
    for equality in result.equalities:
        assert equality.holds(returned), f"{code} returned tensors without {equality}"
    return Row(code, flags, shape, result)
