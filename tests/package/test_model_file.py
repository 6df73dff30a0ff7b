"""A model file is read for its configuration, whatever wrote it; other files give a clear line."""

import io
import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest
from support.model_files import VERSIONS, list_files, read_expected

from rnn_returns.models.files.model_file import MAX_DEPTH, read_model_file, read_model_json

MODEL: dict[str, Any] = {"class_name": "Sequential", "config": {"layers": []}}
TEXT = json.dumps(MODEL)
SAVE = 'Save the model again with model.save("model.keras").'


def get_message(path: str | Path) -> str:
    """Return the message with which the file is rejected, which is one line."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 The tests look at the message.
        read_model_file(path)
    assert type(caught.value) is ValueError
    message = str(caught.value)
    assert message.isprintable()
    return message


def write_zip(
    path: Path, config: str | bytes, method: int = zipfile.ZIP_STORED, **more: str
) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("config.json", config)
        for name, content in more.items():
            archive.writestr(f"{name}.json", content)
    return path


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_of_keras(version: str, model_files: Path) -> None:
    """Every file of the version gives the configuration that ``to_json()`` has."""
    folder = model_files / version
    keras_version = read_expected(folder)["keras"]
    formats = set()
    for file in list_files(folder):
        formats.add(file.format)
        if file.format == "weights":
            assert "It contains weights only" in get_message(file.path)
            continue
        saved = read_model_file(file.path)
        sibling = json.loads((folder / f"{file.model}.json").read_text(encoding="utf-8"))
        has_version = file.format != "json" or "keras_version" in sibling

        assert saved.format == file.format, file
        assert saved.config["class_name"] == sibling["class_name"], file
        assert saved.keras_version == (keras_version if has_version else ""), file
        assert saved.backend == ("" if file.format == "zip" or not has_version else "tensorflow")
        if file.format == "json":
            assert read_model_json(file.path.read_text(encoding="utf-8")) == saved
    assert formats >= {"json", "hdf5"}
    assert list(folder.glob("m*.*")) != []


def test_the_first_bytes_decide(tmp_path: Path) -> None:
    """Each kind of file is recognized under any name, and a byte order mark is accepted."""
    write_zip(tmp_path / "model.h5", TEXT, metadata='{"keras_version": "3.15.1"}')
    with h5py.File(tmp_path / "model.json", "w") as file:
        file.attrs["model_config"] = TEXT
    (tmp_path / "model.keras").write_text("\ufeff\n" + TEXT, encoding="utf-8")
    found = [read_model_file(tmp_path / f"model.{end}") for end in ("h5", "json", "keras")]

    assert [saved.format for saved in found] == ["zip", "hdf5", "json"]
    assert [saved.keras_version for saved in found] == ["3.15.1", "", ""]
    assert all(saved.config == MODEL for saved in found)


def make_saved_model(path: Path) -> None:
    path.mkdir()
    (path / "saved_model.pb").touch()


def make_unreadable(path: Path) -> None:
    path.write_text(TEXT)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("This user may read every file.")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "There is no file it."),
        (Path.touch, f"it is empty. {SAVE}"),
        (Path.mkdir, "it is a folder. Pass a file: .keras, .h5, or the JSON of a model."),
        (make_saved_model, "it is a SavedModel folder, which cannot be read without TensorFlow."),
        (os.mkfifo, "it is a pipe or a device. Copy its content to a file, and pass that."),
        (make_unreadable, "it cannot be read: Permission denied."),
        (lambda path: path.write_bytes(b"\0" * 99), "It is not a zip (.keras), not HDF5 (.h5) and"),
        (lambda path: path.write_text(TEXT, "utf-16"), "It is not JSON in UTF-8."),
        (lambda path: path.write_text(" " * 9_000_000 + "{"), "It is not a zip (.keras), not"),
        (lambda path: path.write_text("{" + " " * 9_000_000), "It has more than 8,388,608"),
    ],
)
def test_no_model_file(make: Callable[[Path], object], message: str, tmp_path: Path) -> None:
    """Something else than a model file gives one line, which names it, and nothing blocks."""
    make(tmp_path / "it")

    found = get_message(tmp_path / "it")
    assert message in found
    assert found.startswith(("it ", "There is no file it"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a\nb\x1b[31m\u202e", r"There is no file a\nb\x1b[31m\u202e."),
        ("a\0b", r"There is no file a\x00b."),
        ("n" * 300, "n cannot be read: File name too long."),
        ("", ". is a folder."),
    ],
)
def test_names_of_files(name: str, message: str) -> None:
    """A name with control characters, too long or empty gives one line, in which it is escaped."""
    assert message in get_message(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "It is not JSON: Expecting value, line 1, column 1."),
        ("{'a'}", "It is not JSON: Expecting property name enclosed in double quotes, line 1"),
        (TEXT[:-1], "It is not JSON: Expecting ',' delimiter, line 1, column"),
        ("[1]", "It is JSON, but a list instead of an object."),
        (json.dumps(TEXT), "It is JSON, but a text instead of an object."),
        ("{}", "It is JSON without class_name; a model is an object with class_name"),
        ('{"class_name": "LSTM"}', "It is JSON without config; a model is"),
        ('{"class_name": 3, "config": {}}', "It is JSON with a number as class_name; a model is"),
        ('{"class_name": "A", "config": null}', "It is JSON with null as config; a model is"),
        (TEXT[:-1] + ', "keras_version": true}', "It is JSON with true or false as keras_version"),
        ("[" * 100_000 + "]" * 100_000, "It is nested more than 200 levels deep"),
        ('{"a":' * 201 + "1" + "}" * 201, "It is nested more than 200 levels deep"),
        (f'{{"a": {"9" * 5000}}}', "It is JSON with a number of too many digits."),
        (f'{{"a": [{"[]," * 600_000}1]}}', "It has more than 500,000 values"),
        ("{" + " " * 8 * 2**20, "It has more than 8,388,608 characters"),
    ],
)
def test_no_json_of_a_model(text: str, message: str) -> None:
    """A text that is not the JSON of a model is rejected, with the reason and what to do."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 The message is compared below.
        read_model_json(text)

    assert str(caught.value).startswith(f"The text cannot be read. {message}")
    assert str(caught.value).endswith("Pass the text that model.to_json() returns.")


def test_json_that_python_reads() -> None:
    """NaN, a list of layers, a byte order mark and 200 levels are accepted."""
    deep = json.dumps(MODEL | {"config": [float("nan")], "more": None})
    levels = MAX_DEPTH - 1
    deep = deep.replace("null", "[" * levels + "]" * levels)

    assert len(read_model_json("\ufeff" + deep).config["config"]) == 1


HEADER, ENTRY, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def put(*changes: tuple[bytes, int, bytes]) -> Callable[[bytes], bytes]:
    """Return a function that puts bytes at a distance from the signatures in a zip."""

    def change(data: bytes) -> bytes:
        for signature, distance, new in changes:
            place = data.index(signature) + distance
            data = data[:place] + new + data[place + len(new) :]
        return data

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put((HEADER, 6, b"\1"), (ENTRY, 8, b"\1")), "config.json in it is encrypted."),
        (lambda data: data[:-30], "It is not a zip that can be read: File is not a zip file."),
        (lambda data: data.replace(b"Sequential", b"sequential"), "Bad CRC-32 for file 'config.j"),
        (lambda data: data.replace(b"config.json", b"CONFIG.JSON"), "a zip without config.json"),
        (put((ENTRY, 0, b"pk")), "Bad magic number for central directory"),
        (put((ENTRY, 6, b"\xff")), "zip file version 25.5"),
        (put((ENTRY, 9, b"\x08"), (ENTRY, 46, b"\xff")), "can't decode byte 0xff"),
        (put((ENTRY, 20, b"\0\x20"), (ENTRY, 24, b"\0\x20")), "it ends too early"),
        (put((END, 16, b"\xff\xff")), "Invalid argument"),
    ],
)
def test_damaged_zip(change: Callable[[bytes], bytes], message: str, tmp_path: Path) -> None:
    """A zip that is damaged or encrypted gives one line."""
    path = write_zip(tmp_path / "model.keras", TEXT)
    path.write_bytes(change(path.read_bytes()))

    assert message in get_message(path)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (zipfile.ZIP_DEFLATED, None),
        (zipfile.ZIP_BZIP2, "packed with a method that is not supported"),
        (zipfile.ZIP_LZMA, "packed with a method that is not supported"),
    ],
)
def test_methods_of_packing(method: int, message: str | None, tmp_path: Path) -> None:
    """Only methods that Python unpacks piece by piece are read."""
    path = write_zip(tmp_path / "model.keras", TEXT, method)

    if message:
        assert message in get_message(path)
    else:
        assert read_model_file(path).config == MODEL


@pytest.mark.parametrize("declared", [100, 2**32 - 16])
def test_a_size_that_is_not_true(declared: int, tmp_path: Path) -> None:
    """No more is unpacked than the zip declares, and no more than the limit."""
    path = write_zip(tmp_path / "model.keras", b" " * 40_000_000, zipfile.ZIP_DEFLATED)
    true, false = (size.to_bytes(4, "little") for size in (40_000_000, declared))
    data = path.read_bytes()
    assert data.count(true) == 2
    path.write_bytes(data.replace(true, false))

    assert "Bad CRC-32" in get_message(path) or "at most 8,388,608 are read" in get_message(path)


def test_a_large_directory(tmp_path: Path) -> None:
    """A zip with more members than any model has is rejected before its directory is read."""
    path = write_zip(tmp_path / "model.keras", TEXT)
    with zipfile.ZipFile(path, "a") as archive:
        for i in range(20_000):
            archive.writestr(f"member_{i}", "")
    message = get_message(path)

    assert "The directory of the zip has more than 1,048,576 bytes." in message


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("{", "metadata.json in it is not JSON"),
        ("[]", "metadata.json in it is JSON, but a list instead of an object."),
        ('{"keras_version": 3}', "metadata.json in it is JSON with a number as keras_version"),
    ],
)
def test_damaged_metadata(metadata: str, message: str, tmp_path: Path) -> None:
    """A zip without a version is read; one with a damaged version is not."""
    assert read_model_file(write_zip(tmp_path / "a.keras", TEXT)).keras_version == ""
    assert message in get_message(write_zip(tmp_path / "b.keras", TEXT, metadata=metadata))


def test_reading_leaves_no_trace(model_files: Path) -> None:
    """Reading files, hostile ones too, creates no file and changes none."""
    folder = model_files / "hostile"

    def look() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_size, stat.S_IMODE(path.stat().st_mode))
            for path in [*model_files.rglob("*"), *Path.cwd().iterdir()]
        }

    before = look()
    for path in folder.iterdir():
        try:
            read_model_file(path)
        except ValueError:
            continue
    assert look() == before


def test_a_file_in_memory_is_not_a_path() -> None:
    """An open file instead of a path raises TypeError, as in Python itself."""
    with pytest.raises(TypeError):
        read_model_file(io.BytesIO())  # type: ignore[arg-type]
