"""The HDF5 reader returns what h5py wrote, and rejects what is damaged or not supported."""

import io
import struct
from typing import Any

import h5py
import pytest

from rnn_returns.models.files.hdf5 import MAX_MESSAGES, read_attributes
from rnn_returns.models.files.hdf5_storage import SIGNATURE, Source

TEXT = '{"class_name": "Sequential", "config": "é' + "x" * 5000 + '"}'
FIXED = h5py.string_dtype("utf-8", 5100)
NAMES = ("model_config", "keras_version", "backend")


def write(text: Any = TEXT, count: int = 0, dtype: Any = None, **options: Any) -> bytes:
    """Return an HDF5 file with *text* as ``model_config``, after *count* other attributes."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        for i in range(count):
            file.attrs[f"other_{i}"] = "y" * i
        if dtype is FIXED:
            text = text.encode()
        file.attrs.create("model_config", text, dtype=dtype)
        file.attrs["keras_version"] = "3.15.1"
        file.create_dataset("weights", data=[[1.0, 2.0]])
    return buffer.getvalue()


def read(data: bytes) -> dict[str, str | None]:
    return read_attributes(io.BytesIO(data), NAMES)


def replace(data: bytes, old: bytes, new: bytes) -> bytes:
    """Return *data* with *new* for *old*, which must be there."""
    assert old in data
    return data.replace(old, new)


@pytest.mark.parametrize("userblock_size", [0, 512, 2048])
@pytest.mark.parametrize("track_order", [False, True])
@pytest.mark.parametrize(
    ("libver", "version"),
    [("earliest", 0), (("v108", "v108"), 2), (("v110", "v110"), 3), ("latest", 3)],
)
@pytest.mark.parametrize("dtype", [None, FIXED], ids=["variable", "fixed"])
def test_versions(
    libver: Any, version: int, userblock_size: int, track_order: bool, dtype: Any
) -> None:
    """Superblocks and object headers of each version, with both kinds of strings, are read."""
    options = {"libver": libver, "userblock_size": userblock_size, "track_order": track_order}
    for count in (0, 3, 5):
        data = write(count=count, dtype=dtype, **options)

        assert data[userblock_size + len(SIGNATURE)] == version
        assert read(data) == {"model_config": TEXT, "keras_version": "3.15.1", "backend": None}


def test_continuation_blocks() -> None:
    """An object header in several blocks is read to its end."""
    assert read(write(count=300))["model_config"] == TEXT


@pytest.mark.parametrize("size", [2, 4, 8])
def test_sizes_of_addresses(size: int) -> None:
    """Addresses and lengths of fewer bytes than eight are read."""
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    creation.set_sizes(size, size)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fapl_core(backing_store=False)
    with h5py.File(h5py.h5f.create(b"unused", fcpl=creation, fapl=access)) as file:
        file.attrs["model_config"] = TEXT
        file.flush()
        data = file.id.get_file_image()

    assert read(data)["model_config"] == TEXT


def test_data_in_front_of_the_superblock() -> None:
    """Addresses count from the superblock, also if data was added or removed in front of it."""
    for data in (b"#" * 1024 + write(), write(userblock_size=512)[512:]):
        assert read(data)["model_config"] == TEXT


@pytest.mark.parametrize(
    ("text", "dtype", "expected"),
    [
        ("", None, ""),
        ([TEXT], h5py.string_dtype(), TEXT),
        ("a\0b", FIXED, "a"),
        (b"ascii", None, "ascii"),
    ],
)
def test_forms_of_text(text: Any, dtype: Any, expected: str) -> None:
    """An empty text, a list of one, and one that ends before its field are read."""
    assert read(write(text, dtype=dtype))["model_config"] == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The signature of HDF5 is missing"),
        (SIGNATURE, "The superblock ends"),
        (SIGNATURE + b"\4" * 90, "The superblock has version 4; versions 0 to 3"),
        (SIGNATURE + b"\2\3" * 40, "Addresses and lengths of 2, 4 or 8 bytes"),
        (write()[:-1], "The file is cut off: it has"),
        (write(3), "model_config is not text"),
        (write([TEXT, TEXT], dtype=h5py.string_dtype()), "model_config is not a single text"),
        (write(h5py.Empty(h5py.string_dtype())), "model_config is not a single text"),
        (write(b"\xff" * 10), "model_config is not UTF-8"),
        (write("x" * (8 * 2**20 + 1)), "model_config has 8,388,609 bytes; at most 8,388,608"),
        (write(count=20, libver="latest"), "dense storage, which is not supported"),
        (replace(write(), b"GCOL\1", b"GCOL\2"), "There is no global heap"),
        (replace(write(libver="latest"), b"OHDR\2", b"OHDR\1"), "There is no object header"),
    ],
)
def test_damaged_or_not_supported(data: bytes, message: str) -> None:
    """What cannot be read raises a ValueError with the reason."""
    with pytest.raises(ValueError, match=message):
        read(data)


def test_types_of_their_own() -> None:
    """An attribute whose type is stored elsewhere is rejected, if it was asked for."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver="latest") as file:
        file["type"] = FIXED
        file.attrs.create("model_config", TEXT.encode(), dtype=file["type"])

    with pytest.raises(ValueError, match="model_config has a shared type"):
        read(buffer.getvalue())
    assert read_attributes(buffer, ["keras_version"]) == {"keras_version": None}


def make_file(*messages: bytes, second: bytes = b"", size: int = 4096, version: int = 0) -> bytes:
    """Return a file of *size* bytes with *messages* in its object header, and *second* at 256."""
    superblock = SIGNATURE + bytes([version, 0, 0, 0, 0, 8, 8]) + bytes(13 if version else 9)
    superblock += struct.pack("<QQQQQQ", 0, 0, size, 0, 0, 104)
    block = b"".join(messages)
    header = struct.pack("<BxHII4x", 1, len(messages), 1, len(block)) + block
    return ((superblock.ljust(104, b"\0") + header).ljust(256, b"\0") + second).ljust(size, b"\0")


def make_message(kind: int, content: bytes) -> bytes:
    return struct.pack("<HHB3x", kind, len(content), 0) + content


def continue_at(address: int, length: int) -> bytes:
    """Return a message that the object header continues at *address*."""
    return make_message(0x10, struct.pack("<QQ", address, length))


def test_continuation_in_a_circle() -> None:
    """Blocks of an object header that continue at each other end with an error."""
    with pytest.raises(ValueError, match="goes round in a circle"):
        read(make_file(continue_at(256, 24), second=continue_at(120, 24)))


def test_many_messages() -> None:
    """An object header with too many messages is rejected."""
    empty = make_message(0, b"")

    assert read(make_file(*[empty] * MAX_MESSAGES, size=2**20))["model_config"] is None
    with pytest.raises(ValueError, match="more than 10,000 messages"):
        read(make_file(*[empty] * (MAX_MESSAGES + 1), size=2**20))


@pytest.mark.parametrize(
    ("length", "message"),
    [(4000, "is not inside the file"), (2**60, "at most 8,388,608|more than 8,388,608 bytes")],
)
def test_lengths_beyond_the_file(length: int, message: str) -> None:
    """A length that the file does not have is neither read nor allocated."""
    with pytest.raises(ValueError, match=message):
        read(make_file(continue_at(256, length)))


def test_the_limit_of_each_read() -> None:
    """No piece of a large file is read that is longer than the limit."""
    with pytest.raises(ValueError, match="The heap has 8,388,609 bytes; at most 8,388,608"):
        Source(io.BytesIO(), size=2**60).read(0, 2**23 + 1, "heap")


def make_attribute() -> bytes:
    """Return the content of an attribute message of version 1, with the text "text"."""
    datatype, dataspace = struct.pack("<BBHI", 0x13, 0, 0, 4), struct.pack("<BB6x", 1, 0)
    content = struct.pack("<BxHHH", 1, 13, 8, 8) + b"model_config".ljust(16, b"\0")
    return content + datatype + dataspace + b"text"


@pytest.mark.parametrize("gap", range(6))
def test_gaps(gap: int) -> None:
    """A block of an object header of version 2 may end with a gap shorter than a message."""
    attribute = make_attribute()
    block = struct.pack("<BHBH", 0x0C, len(attribute), 0, 0) + attribute + bytes(gap)
    header = b"OHDR\2\4" + bytes([len(block)]) + block
    superblock = SIGNATURE + b"\2\x08\x08\0" + struct.pack("<QqQQI", 0, -1, 200, 48, 0)

    assert read((superblock + header).ljust(200, b"\0"))["model_config"] == "text"


@pytest.mark.parametrize("version", [0, 1])
def test_superblock_of_version_1(version: int) -> None:
    """Version 1 of the superblock, which h5py does not write, has four more bytes than 0."""
    message = make_message(0x0C, make_attribute())

    assert read(make_file(message, version=version))["model_config"] == "text"
