"""A saved model, loaded without running code from its file; what cannot be is said in one line."""

import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

import keras


def load(path: str | os.PathLike[str]) -> Any:
    """Load the model in the ``.keras`` file at *path*, to be looked at only.

    Keras's safe mode stays on, and losses and optimizers are left out.

    Raises:
        ValueError: If there is no such model, with the reason in one line.
    """
    file = Path(path)
    _check(file)
    try:
        with warnings.catch_warnings():
            # Loading repeats what was said when the model was made.
            warnings.simplefilter("ignore")
            return keras.saving.load_model(file, compile=False, safe_mode=True)
    except Exception as error:  # Whatever a damaged file makes Keras stumble over.
        raise ValueError(f"{file.name} cannot be loaded: {_reason(error)}") from error


def _check(file: Path) -> None:
    """Refuse what is no Keras file."""
    if file.is_dir():
        raise ValueError(f"{file.name} is a folder, not a .keras file.")
    if not file.exists():
        raise ValueError(f"There is no file {file.name}.")
    if file.suffix != ".keras":
        raise ValueError(f"{file.name} is not a .keras file; save the model as one first.")
    try:
        if file.stat().st_size == 0:
            raise ValueError(f"{file.name} is empty.")
        with zipfile.ZipFile(file) as archive:
            if "config.json" not in archive.namelist():
                raise ValueError(f"{file.name} is not a Keras file: there is no config.json in it.")
            damaged = archive.testzip()
    except OSError as error:
        raise ValueError(f"{file.name} cannot be read: {error.strerror}.") from error
    except zipfile.BadZipFile as error:
        raise ValueError(
            f"{file.name} is damaged or not a Keras file: it is no complete zip archive."
        ) from error
    if damaged:
        raise ValueError(f"{file.name} is damaged: {damaged} in it cannot be read.")


def _reason(error: Exception) -> str:
    """Say in one line why Keras did not load a file."""
    text = " ".join(str(error).split())
    if "Could not locate" in text:
        return (
            f"{text.split('. ')[0]}. It needs custom objects: "
            "import them in Python, and call explain(path) there."
        )
    if "lambda" in text.lower():
        return (
            "it has a Lambda layer with Python code in it, and code from a file is not run; "
            "make the model in Python, and call explain(model) there."
        )
    return f"{type(error).__name__}: {text[:200]}"
