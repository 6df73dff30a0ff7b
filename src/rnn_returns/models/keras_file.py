"""A ``.keras`` file: its configuration, read without Keras, and the model created from it."""

import json
import os
import re
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

CONFIG = "config.json"
WEIGHTS = {"model.weights.h5", "model.weights.npz"}
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
# How Keras writes a Python function without a name.
LAMBDA = "__lambda__"


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the configuration of the model in the ``.keras`` file at *path*.

    Raises:
        ValueError: If it is not such a file, with the reason in one line.
    """
    file = Path(path)
    name = file.name or str(file)
    if file.is_dir():
        raise ValueError(f"{name} is a folder, not a .keras file.")
    if not file.exists():
        raise ValueError(f"There is no file {name}.")
    if file.suffix != ".keras":
        raise ValueError(f"{name} is not a .keras file; save the model as one first.")
    try:
        if file.stat().st_size == 0:
            raise ValueError(f"{name} is empty.")
        with zipfile.ZipFile(file) as archive:
            members = archive.namelist()
            if CONFIG not in members:
                raise ValueError(f"{name} is not a Keras file: there is no {CONFIG} in it.")
            text = archive.read(CONFIG)
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}.") from error
    except DAMAGED as error:
        raise ValueError(f"{name} is damaged, or no Keras file: {_to_one_line(error)}") from error
    try:
        config = json.loads(text)
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise ValueError(f"{name} is damaged, or no Keras file: {CONFIG} in it says nothing.")
    if WEIGHTS.isdisjoint(members):
        raise ValueError(f"{name} cannot be loaded: there are no weights in it.")
    return config


def load_model(path: str | os.PathLike[str], config: dict[str, Any]) -> Any:
    """Create the Keras model of the file at *path*, without its weights, loss and optimizer.

    Keras's safe mode is on, so that no code from the file runs.

    Raises:
        ValueError: If Keras cannot create the model, with the reason in one line.
    """
    from rnn_returns.dependencies import keras  # Slow; an error in the file does not need it.

    serialization_lib = keras.src.saving.serialization_lib
    try:
        # The argument safe_mode would yield to a user who has switched safe mode off. The other
        # scope is that of keras.saving.load_model.
        with (
            serialization_lib.SafeModeScope(True),
            serialization_lib.ObjectSharingScope(),
            warnings.catch_warnings(),
        ):
            # Loading repeats the warnings from the creation of the model.
            warnings.simplefilter("ignore")
            model = serialization_lib.deserialize_keras_object(config | {"compile_config": None})
        if not isinstance(model, keras.Model):
            raise TypeError(f"it contains an object of type {type(model).__name__}, not a model")
        return model
    except Exception as error:  # A damaged configuration can raise anything in Keras.
        reason = _explain_failure(error, config)
        raise ValueError(f"{Path(path).name} cannot be loaded: {reason}") from error


def _explain_failure(error: Exception, config: dict[str, Any]) -> str:
    """Return in one line why Keras did not create the model of a file."""
    if LAMBDA in json.dumps(config):
        return (
            "there is a Python lambda in it, and code from a file is not run; "
            "make the model in Python, and call explain(model) there."
        )
    if missing := re.search(r"Could not locate (\w+ '\w+')", str(error)):
        return (
            f"it needs the custom {missing[1]}; import that in Python, "
            "and call explain(path) there."
        )
    return f"{type(error).__name__}: {_to_one_line(error)}"


def _to_one_line(error: Exception) -> str:
    """Return the start of the message of *error* on one line."""
    return " ".join(str(error).split())[:200]
