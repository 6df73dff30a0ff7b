"""A saved model, loaded without running code from its file; what cannot be is said in one line."""

import json
import os
import re
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

import keras

CONFIG = "config.json"
# How Keras writes a Python function without a name.
LAMBDA = "__lambda__"
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def load(path: str | os.PathLike[str]) -> Any:
    """Load the model in the ``.keras`` file at *path*, to be looked at only.

    Keras's safe mode stays on, and losses and optimizers are left out.

    Raises:
        ValueError: If there is no such model, with the reason in one line.
    """
    file = Path(path)
    config = _config(file)
    try:
        with warnings.catch_warnings():
            # Loading repeats what was said when the model was made.
            warnings.simplefilter("ignore")
            return keras.saving.load_model(file, compile=False, safe_mode=True)
    except Exception as error:  # Whatever a damaged file makes Keras stumble over.
        raise ValueError(f"{file.name} cannot be loaded: {_reason(error, config)}") from error


def _config(file: Path) -> str:
    """Read what is in *file* about the layers of the model, if it is a Keras file."""
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
            if CONFIG not in archive.namelist():
                raise ValueError(f"{name} is not a Keras file: there is no {CONFIG} in it.")
            config = archive.read(CONFIG)
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}.") from error
    except DAMAGED as error:
        raise ValueError(f"{name} is damaged, or no Keras file: {_one_line(error)}") from error
    try:
        written = isinstance(json.loads(config), dict)
    except ValueError:
        written = False
    if not written:
        raise ValueError(f"{name} is damaged, or no Keras file: {CONFIG} in it says nothing.")
    return config.decode()


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
    return f"{type(error).__name__}: {_one_line(error)}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
