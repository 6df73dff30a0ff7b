"""The original notebook: its input, what it printed, and weights that reproduce its numbers."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from rnn_returns.rules.flags import FLAG_COMBINATIONS, Flags

NOTEBOOK: dict[str, Any] = json.loads(
    files(__name__).joinpath("notebook.json").read_text(encoding="utf-8")
)
"""The sourced data file, as it is."""

INPUT = np.array(NOTEBOOK["input"], "float32").reshape(1, 3, 1)
"""The notebook's input, one sample of one feature, of shape ``(batch, timesteps, features)``."""


@dataclass(frozen=True)
class NotebookCell:
    """One code cell of the notebook: the arguments it set and what it printed.

    Args:
        number: Its number in the notebook.
        flags: The combination that it showed.
        printed: What it printed, by today's names of the tensors.
        kernel: Weights from the one feature to the gates i, f, c, o.
        recurrent_kernel: Weights from the one hidden state to the same gates.
    """

    number: int
    flags: Flags
    printed: dict[str, np.ndarray]
    kernel: tuple[float, ...]
    recurrent_kernel: tuple[float, ...]


CELLS = {
    flags.name: NotebookCell(
        number=data["number"],
        flags=flags,
        printed={name: np.array(values) for name, values in data["printed"].items()},
        kernel=tuple(data["kernel"]),
        recurrent_kernel=tuple(data["recurrent_kernel"]),
    )
    for flags in FLAG_COMBINATIONS
    for data in [NOTEBOOK["cells"][flags.name]]
}
"""The notebook's four cells, by the name of their argument combination."""

# A GRU has three gates and a SimpleRNN has none, so they use some columns of the LSTM's four.
_COLUMNS = {"LSTM": slice(0, 4), "GRU": slice(0, 3), "SimpleRNN": slice(2, 3)}


def columns(layer: str, cell: str = "both") -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the weights of a notebook cell for a layer of one unit, one number for each gate.

    Args:
        layer: ``"LSTM"``, ``"GRU"`` or ``"SimpleRNN"``. The last two have fewer gates
            and take the LSTM's first three columns and its third.
        cell: The name of the cell's argument combination.

    Returns:
        The weights from the one feature, and those from the one hidden state.

    Raises:
        ValueError: If there is no such layer or cell.

    >>> from rnn_returns.original_notebook import columns
    >>> columns("SimpleRNN")
    ((1.043996,), (-0.203027,))
    """
    if layer not in _COLUMNS or cell not in CELLS:
        raise ValueError(
            f"There are weights for the layers {', '.join(_COLUMNS)} and the cells "
            f"{', '.join(CELLS)}, but not for {layer!r} and {cell!r}."
        )
    gates = _COLUMNS[layer]
    return CELLS[cell].kernel[gates], CELLS[cell].recurrent_kernel[gates]


def weights(layer: str, cell: str = "both") -> dict[str, Any]:
    """Return the arguments that initialize a layer of one unit with the weights of a cell.

    The bias is left to Keras's default.

    Args:
        layer: As for :func:`columns`.
        cell: The name of the cell's argument combination.

    Returns:
        ``kernel_initializer`` and ``recurrent_initializer``.

    Raises:
        ValueError: If there is no such layer or cell.

    >>> import keras
    >>> from rnn_returns import observe
    >>> from rnn_returns.original_notebook import INPUT, weights
    >>> observe(keras.layers.LSTM(1, **weights("LSTM")), INPUT)
    one tensor
    name    shape   dtype    values
    output  (1, 1)  float32  [[0.154501]]
    """
    from rnn_returns.dependencies import keras  # The data of the notebook needs no Keras.

    kernel, recurrent_kernel = columns(layer, cell)
    return {
        "kernel_initializer": keras.initializers.Constant([kernel]),
        "recurrent_initializer": keras.initializers.Constant([recurrent_kernel]),
    }
