"""Whether a file can be a saved model at all, which needs no Keras to say."""

import json
import os
import zipfile
import zlib
from pathlib import Path

CONFIG = "config.json"
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def read_config(path: str | os.PathLike[str]) -> str:
    """Read what the ``.keras`` file at *path* says of the layers of its model.

    Raises:
        ValueError: If it is no such file, with the reason in one line.
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
            if CONFIG not in archive.namelist():
                raise ValueError(f"{name} is not a Keras file: there is no {CONFIG} in it.")
            config = archive.read(CONFIG)
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}.") from error
    except DAMAGED as error:
        raise ValueError(f"{name} is damaged, or no Keras file: {one_line(error)}") from error
    try:
        written = isinstance(json.loads(config), dict)
    except ValueError:
        written = False
    if not written:
        raise ValueError(f"{name} is damaged, or no Keras file: {CONFIG} in it says nothing.")
    return config.decode()


def one_line(error: Exception) -> str:
    """Give the message of *error* on one line, and no more of it than one reads."""
    return " ".join(str(error).split())[:200]
