"""The data of the original notebook, and weights that reproduce its values."""

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
"""The input of the notebook, one sample with one feature, ``(batch, timesteps, features)``."""


@dataclass(frozen=True)
class NotebookCell:
    """One code cell of the notebook: the arguments it set and what it printed.

    Args:
        number: The number of the cell in the notebook.
        flags: The values of ``return_sequences`` and ``return_state``.
        printed: The printed values, by the names of the tensors.
        kernel: The weights of the input for the gates i, f, c and o.
        recurrent_kernel: The weights of the hidden state for the same gates.
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
"""The four code cells of the notebook, by the name of the argument combination."""

# A GRU has three gates and a SimpleRNN has none, so they use some columns of the LSTM's four.
_COLUMNS = {"LSTM": slice(0, 4), "GRU": slice(0, 3), "SimpleRNN": slice(2, 3)}


def columns(layer: str, cell: str = "both") -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the weights of a layer with one unit, one number for each gate.

    Args:
        layer: ``"LSTM"``, ``"GRU"`` or ``"SimpleRNN"``. A GRU uses the first three numbers of the
            LSTM, and a SimpleRNN the third.
        cell: The name of the argument combination of a notebook cell.

    Returns:
        The weights of the input, and the weights of the hidden state.

    Raises:
        ValueError: If *layer* or *cell* has another value.

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
    """Return arguments that set the weights of a layer with one unit.

    The bias has Keras's default.

    Args:
        layer: As for :func:`columns`.
        cell: The name of the argument combination of a notebook cell.

    Returns:
        The arguments ``kernel_initializer`` and ``recurrent_initializer``.

    Raises:
        ValueError: If *layer* or *cell* has another value.

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
