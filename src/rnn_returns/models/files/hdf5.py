"""Text attributes of the root group of an HDF5 file, read with the standard library only.

The layout is from the *HDF5 File Format Specification*, version 3.0, by The HDF Group, sections
"Level 2A1 - Data Object Header Prefix" (versions 1 and 2) and "Level 2A2 - Data Object Header
Messages": Dataspace, Datatype (strings of fixed and of variable length), Attribute (versions 1 to
3), Object Header Continuation and Attribute Info. `hdf5_storage` has the levels below.

Not supported, each with an error: dense attribute storage, shared attributes and types, and arrays
of more than one string.
"""

from collections.abc import Collection, Iterator
from typing import BinaryIO

from rnn_returns.models.files.hdf5_storage import (
    MAX_READ,
    Piece,
    Source,
    read_heap_object,
    read_superblock,
)

MAX_MESSAGES = 10_000

# The types of messages, a flag of theirs, and the types of data.
ATTRIBUTE, CONTINUATION, ATTRIBUTE_INFO = 0x0C, 0x10, 0x15
IS_SHARED = 2
FIXED_STRING, VARIABLE_LENGTH = 3, 9


def read_attributes(file: BinaryIO, names: Collection[str]) -> dict[str, str | None]:
    """Read text attributes of the root group of an HDF5 file.

    Args:
        file: The file, open for reading bytes.
        names: The names of the attributes.

    Returns:
        The text of each attribute by its name, or None if the root group does not have it.

    Raises:
        ValueError: If the file is damaged, has one of these attributes in a form that is not
            supported, or is not an HDF5 file.

    Example:
        >>> import io
        >>> read_attributes(io.BytesIO(b"PK"), ["model_config"])
        Traceback (most recent call last):
        ValueError: The signature of HDF5 is missing.
    """
    source, root = read_superblock(file)
    found: dict[str, str | None] = dict.fromkeys(names)
    is_dense = False
    for kind, flags, message in _read_messages(source, root):
        if kind == ATTRIBUTE:
            if flags & IS_SHARED:
                raise ValueError("Shared attributes are not supported.")
            name, datatype, dataspace = _read_attribute(message)
            if name in found:
                found[name] = _read_text(source, name, datatype, dataspace, message)
        elif kind == ATTRIBUTE_INFO:
            is_dense = is_dense or _is_dense(source, message)
    if is_dense and None in found.values():
        raise ValueError("The attributes are in dense storage, which is not supported.")
    return found


def _read_messages(source: Source, address: int) -> Iterator[tuple[int, int, Piece]]:
    """Yield the type, flags and content of each message in the object header at *address*."""
    is_old, has_order, start, length = _open_header(source, address)
    blocks = [(start, length)]
    seen = set[int]()
    count = total = 0
    while blocks:
        start, length = blocks.pop()
        total += length
        if start in seen:
            raise ValueError("The object header goes round in a circle.")
        if total > MAX_READ:
            raise ValueError(f"The object header has more than {MAX_READ:,} bytes.")
        seen.add(start)
        block = source.read(start, length, "object header")
        while block.left >= (8 if is_old else 6 if has_order else 4):
            count += 1
            if count > MAX_MESSAGES:
                raise ValueError(f"The object header has more than {MAX_MESSAGES:,} messages.")
            kind = block.take_number(2 if is_old else 1)
            size, flags = block.take_number(2), block.take_number(1)
            block.take(3 if is_old else 2 if has_order else 0)
            message = Piece("message in the object header", block.take(size))
            if kind == CONTINUATION:
                blocks.append(_find_block(source, message, is_old))
            else:
                yield kind, flags, message


def _open_header(source: Source, address: int) -> tuple[bool, bool, int, int]:
    """Return how an object header is written, and the address and length of its first block.

    How: whether in version 1, and whether its messages contain the order of their creation.
    """
    start = source.read(address, 6, "object header").data
    if start[0] == 1:
        prefix = source.read(address, 16, "object header")
        prefix.take(8)  # The version, the number of messages, and how often the object is used.
        return True, False, address + 16, prefix.take_number(4)
    if start[:5] != b"OHDR\2":
        raise ValueError("There is no object header of version 1 or 2 where it should be.")
    flags = start[5]
    # The times, and the limits of compact storage, are there where a flag is set.
    start_of_size = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    length = source.read(start_of_size, width, "object header").take_number(width)
    return False, flags & 4 != 0, start_of_size + width, length


def _find_block(source: Source, message: Piece, is_old: bool) -> tuple[int, int]:
    """Return the address and length of the messages in the next block of an object header."""
    address = message.take_number(source.address_size)
    length = message.take_number(source.length_size)
    if is_old:
        return address, length
    if source.read(address, 4, "object header").data != b"OCHK" or length < 8:
        raise ValueError("The object header continues where no block of it is.")
    return address + 4, length - 8  # Without the signature and the checksum.


def _is_dense(source: Source, message: Piece) -> bool:
    """Return whether an Attribute Info message refers to attributes outside the object header."""
    message.take(1)
    has_order = message.take_number(1) & 1
    message.take(2 if has_order else 0)
    is_undefined = message.take(source.address_size) == b"\xff" * source.address_size
    return not is_undefined


def _read_attribute(message: Piece) -> tuple[str, Piece, Piece]:
    """Return the name, datatype and dataspace of an attribute; its value is left in *message*."""
    version, flags = message.take_number(1), message.take_number(1)
    if version not in (1, 2, 3):
        raise ValueError(f"An attribute has version {version}; versions 1 to 3 are supported.")
    lengths = [message.take_number(2) for _ in range(3)]
    message.take(1 if version == 3 else 0)  # The encoding of the name.
    parts = []
    for length in lengths:
        parts.append(message.take(length))
        message.take(-length % 8 if version == 1 else 0)
    name, datatype, dataspace = parts
    if (
        version > 1 and flags & 3
    ):  # They are references to the types, which are stored in another place.
        datatype = b""
    text = name.split(b"\0")[0].decode("utf-8", "replace")
    return text, Piece("datatype of an attribute", datatype), Piece("dataspace", dataspace)


def _read_text(source: Source, name: str, datatype: Piece, dataspace: Piece, value: Piece) -> str:
    """Return the text of the attribute *name*."""
    if not datatype.data:
        raise ValueError(f"The attribute {name} has a shared type, which is not supported.")
    kind = datatype.take_number(1) & 0x0F  # The other half is the version.
    padding_or_type = datatype.take_number(3) & 0x0F
    size = datatype.take_number(4)
    if kind != FIXED_STRING and (kind, padding_or_type) != (VARIABLE_LENGTH, 1):
        raise ValueError(f"The attribute {name} is not text.")
    if not _has_one_element(source, dataspace):
        raise ValueError(f"The attribute {name} is not a single text.")
    if kind == VARIABLE_LENGTH:
        size = value.take_number(4)
    if size > MAX_READ:
        raise ValueError(f"The attribute {name} has {size:,} bytes; at most {MAX_READ:,} are read.")
    if kind == FIXED_STRING:
        data = value.take(size)
        if padding_or_type == 2:
            data = data.rstrip(b" ")
    else:
        address, number = value.take_number(source.address_size), value.take_number(4)
        data = read_heap_object(source, address, number, size) if size else b""
    try:
        return data.split(b"\0")[0].decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"The attribute {name} is not UTF-8.") from None


def _has_one_element(source: Source, dataspace: Piece) -> bool:
    """Return whether a dataspace is that of exactly one element."""
    version, rank, _ = (dataspace.take_number(1) for _ in range(3))
    if version not in (1, 2):
        raise ValueError(f"A dataspace has version {version}; versions 1 and 2 are supported.")
    if version == 1:
        dataspace.take(5)
    elif dataspace.take_number(1) == 2:  # It has no elements.
        return False
    return all(dataspace.take_number(source.length_size) == 1 for _ in range(rank))
