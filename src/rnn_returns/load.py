"""A saved model, loaded without running code from its file; what cannot be is said in one line."""

import os
import re
import warnings
from pathlib import Path
from typing import Any

import keras
from keras.src.saving.serialization_lib import SafeModeScope

from rnn_returns.keras_file import one_line, read_config

# How Keras writes a Python function without a name.
LAMBDA = "__lambda__"


def load(path: str | os.PathLike[str]) -> Any:
    """Load the model in the ``.keras`` file at *path*, to be looked at only.

    Keras's safe mode is on, and losses and optimizers are left out.

    Raises:
        ValueError: If there is no such model, with the reason in one line.
    """
    file = Path(path)
    config = read_config(file)
    try:
        # The argument safe_mode would give way to a user who has switched safe mode off.
        with SafeModeScope(True), warnings.catch_warnings():
            # Loading repeats what was said when the model was made.
            warnings.simplefilter("ignore")
            return keras.saving.load_model(file, compile=False)
    except Exception as error:  # Whatever a damaged file makes Keras stumble over.
        raise ValueError(f"{file.name} cannot be loaded: {_reason(error, config)}") from error


def _reason(error: Exception, config: str) -> str:
    """Say in one line why Keras did not load a file."""
    if LAMBDA in config:
        return (
            "there is a Python lambda in it, and code from a file is not run; "
            "make the model in Python, and call explain(model) there."
        )
    if missing := re.search(r"Could not locate (\w+ '\w+')", str(error)):
        return (
            f"it needs the custom {missing[1]}; import that in Python, "
            "and call explain(path) there."
        )
    return f"{type(error).__name__}: {one_line(error)}"
