"""The configuration of a saved model, read with the standard library only.

Nothing of the file is run, extracted or written to disk. What is read is limited: 8 MiB of JSON,
500,000 values in it, 200 levels of nesting.
"""

import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from rnn_returns.models.files.archive import read_members
from rnn_returns.models.files.hdf5 import read_attributes
from rnn_returns.models.files.hdf5_storage import find_superblock

CONFIG, METADATA = "config.json", "metadata.json"
ATTRIBUTES = ("model_config", "keras_version", "backend")
MAX_JSON = 8 * 2**20
MAX_VALUES = 500_000  # A model of 2,000 layers has 160,000 in 2 MiB.
MAX_DEPTH = 200
# A text in JSON, also one without an end, so that each character is read once.
_TEXT = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKETS = bytes({*range(256)} - {*b"[]{}"})

SAVE = 'Save the model again with model.save("model.keras").'
DAMAGED = f"The file is damaged, or in a form that is not supported. {SAVE}"
TO_JSON = "Pass the text that model.to_json() returns."
UTF_8_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    type(None): "null",
}


@dataclass(frozen=True)
class SavedConfig:
    """The configuration of a saved model.

    Args:
        config: The whole JSON object, with at least ``class_name`` (a text) and ``config`` (an
            object, or a list of layers in a Sequential model of Keras 2.1).
        keras_version: The version that wrote it, or "" if it is not in the file.
        backend: The backend of that Keras, or "" if it is not in the file.
        format: ``zip``, ``hdf5`` or ``json``.
    """

    config: dict[str, Any]
    keras_version: str
    backend: str
    format: str


class _NoModelError(ValueError):
    """A file that is not damaged, but is not one of a model, with what to do."""


def read_model_file(path: str | os.PathLike[str]) -> SavedConfig:
    """Read the configuration of the model in a file, without Keras and without running anything.

    Args:
        path: A ``.keras`` file, an HDF5 file of a whole model (``.h5``), or a file with the text
            that ``model.to_json()`` returns. The first bytes decide, not the ending of the name.

    Raises:
        ValueError: If there is no configuration of a model to read, with the reason in one line.

    Example:
        >>> read_model_file("mistyped.keras")
        Traceback (most recent call last):
        ValueError: There is no file mistyped.keras.
    """
    file = Path(path)
    name = _show(file.name or str(file))
    _check_kind(file, name)
    try:
        with file.open("rb") as stream:
            return _read(stream)
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror or error}.") from error
    except _NoModelError as error:
        raise ValueError(f"{name} cannot be read. {error}") from error
    except ValueError as error:
        raise ValueError(f"{name} cannot be read. {error} {DAMAGED}") from error


def read_model_json(text: str) -> SavedConfig:
    """Read the configuration of a model from the text that ``model.to_json()`` returns.

    Args:
        text: The text.

    Raises:
        ValueError: If it is not the JSON of a model, with the reason in one line.

    Example:
        >>> saved = read_model_json('{"class_name": "Sequential", "config": {"layers": []}}')
        >>> saved.config["class_name"], saved.keras_version, saved.format
        ('Sequential', '', 'json')
    """
    try:
        return _read_json(text)
    except ValueError as error:
        raise ValueError(f"The text cannot be read. {error} {TO_JSON}") from error


def _show(name: str) -> str:
    """Return the name of a file for a message: on one line, and without control characters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def _check_kind(file: Path, name: str) -> None:
    """Check that *file* is a regular file with content, so that reading it cannot block."""
    try:
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # A null in the name.
        raise ValueError(f"There is no file {name}.") from error
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror or error}.") from error
    if stat.S_ISDIR(status.st_mode):
        if (file / "saved_model.pb").exists() or (file / "keras_metadata.pb").exists():
            raise ValueError(
                f"{name} is a SavedModel folder, which cannot be read without TensorFlow. Load it "
                'with the Keras that wrote it, and save it with model.save("model.keras").'
            )
        raise ValueError(f"{name} is a folder. Pass a file: .keras, .h5, or the JSON of a model.")
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(
            f"{name} is a pipe or a device. Copy its content to a file, and pass that."
        )
    if status.st_size == 0:
        raise ValueError(f"{name} is empty. {SAVE}")


def _read(stream: BinaryIO) -> SavedConfig:
    """Read the configuration in an open file, by the kind that its first bytes show."""
    start = stream.read(2**12)
    if start.startswith(b"PK"):
        return _read_zip(stream)
    if find_superblock(stream) is not None:
        return _read_hdf5(stream)
    if not (
        start.removeprefix(UTF_8_MARK).lstrip().startswith((b"{", b"[", b'"'))
        or start.startswith(UTF_16_MARKS)
    ):
        raise _NoModelError(
            "It is not a zip (.keras), not HDF5 (.h5) and not JSON. Pass a file that model.save() "
            "wrote, or one with the text that model.to_json() returns."
        )
    stream.seek(0)
    return _read_json(_decode(stream.read(MAX_JSON + 1), "It"))


def _read_zip(stream: BinaryIO) -> SavedConfig:
    """Read the configuration in a ``.keras`` file of TensorFlow 2.13 and later."""
    members = read_members(stream, (CONFIG, METADATA))
    config, metadata = members[CONFIG], members[METADATA]
    if config is None:
        raise _NoModelError(f"It is a zip without {CONFIG}, so no model is in it. {SAVE}")
    model = _parse_model(_decode(config, f"{CONFIG} in it"), f"{CONFIG} in it")
    where = f"{METADATA} in it"
    about = _parse(_decode(metadata, where), where) if metadata is not None else {}
    return SavedConfig(model, _get_text(about, "keras_version", where), "", "zip")


def _read_hdf5(stream: BinaryIO) -> SavedConfig:
    """Read the configuration in an HDF5 file."""
    attributes = read_attributes(stream, ATTRIBUTES)
    config = attributes["model_config"]
    if config is None:
        raise _NoModelError(
            "It contains weights only: it is HDF5 without the attribute model_config, which "
            'describes the layers. Save the whole model with model.save("model.keras").'
        )
    model = _parse_model(config, "Its attribute model_config")
    return SavedConfig(
        model, attributes["keras_version"] or "", attributes["backend"] or "", "hdf5"
    )


def _read_json(text: str) -> SavedConfig:
    """Read the configuration in the text of ``model.to_json()``."""
    model = _parse_model(text, "It")
    version, backend = (_get_text(model, key, "It") for key in ATTRIBUTES[1:])
    return SavedConfig(model, version, backend, "json")


def _decode(data: bytes, what: str) -> str:
    """Return *data* as text."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{what} is not JSON in UTF-8.") from None


def _parse_model(text: str, what: str) -> dict[str, Any]:
    """Return the JSON object of a model in *text*; messages call that *what*."""
    model = _parse(text, what)
    expected = "a model is an object with class_name (a text) and config (an object or a list)"
    for key, types in (("class_name", (str,)), ("config", (dict, list))):
        if key not in model:
            raise ValueError(f"{what} is JSON without {key}; {expected}.")
        if not isinstance(model[key], types):
            raise ValueError(f"{what} is JSON with {_name(model[key])} as {key}; {expected}.")
    return model


def _parse(text: str, what: str) -> dict[str, Any]:
    """Return the JSON object in *text*, if it is within the limits."""
    if len(text) > MAX_JSON:
        raise ValueError(
            f"{what} has more than {MAX_JSON:,} characters; at most that many are read."
        )
    if sum(text.count(mark) for mark in ",[{") > MAX_VALUES:
        raise ValueError(f"{what} has more than {MAX_VALUES:,} values; at most that many are read.")
    if _is_nested(text, MAX_DEPTH):
        raise ValueError(
            f"{what} is nested more than {MAX_DEPTH} levels deep; at most that many are read."
        )
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{what} is not JSON: {error.msg}, {place}.") from None
    except ValueError:  # From int().
        raise ValueError(f"{what} is JSON with a number of too many digits.") from None
    if not isinstance(value, dict):
        raise ValueError(f"{what} is JSON, but {_name(value)} instead of an object.")
    return value


def _is_nested(text: str, depth: int) -> bool:
    """Return whether a text has more than *depth* levels of brackets.

    The limit of the JSON parser differs between systems, and in a browser exceeding it ends Python.
    """
    marks = _TEXT.sub("", text).encode("ascii", "replace").translate(None, _NO_BRACKETS)
    level = 0
    for mark in marks:
        level += 1 if mark in b"[{" else -1
        if not 0 <= level <= depth:
            return level > depth
    return False


def _get_text(values: dict[str, Any], key: str, what: str) -> str:
    """Return the text *key* of a JSON object, or "" if it is not there."""
    text = values.get(key, "")
    if not isinstance(text, str):
        raise ValueError(f"{what} is JSON with {_name(text)} as {key}, which must be a text.")
    return text


def _name(value: Any) -> str:
    """Return what a JSON value is, for a message."""
    return NAMES.get(type(value), "a number")
