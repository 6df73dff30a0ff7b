"""The storage of an HDF5 file: its superblock and its global heaps, read within limits.

The layout is from the *HDF5 File Format Specification*, version 3.0, by The HDF Group, sections
"Level 0A - Format Signature and Superblock" (versions 0 to 3) and "Level 1E - Global Heap".
Checksums are not compared. Every address and length is compared with the size of the file and with
a limit before it is used.
"""

from dataclasses import dataclass
from typing import BinaryIO

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_READ = 8 * 2**20
MAX_HEAP_OBJECTS = 2**16  # The number of an object has two bytes.
MAX_SUPERBLOCK = 100  # Version 1 with addresses of eight bytes.
HEAP_PREFIX = 16  # Of a collection and of an object, filled up where lengths are shorter.


@dataclass
class Piece:
    """A part of the file, whose fields are taken one after the other."""

    name: str
    data: bytes
    position: int = 0

    @property
    def left(self) -> int:
        """The number of bytes that are left."""
        return len(self.data) - self.position

    def take(self, length: int) -> bytes:
        """Return the next *length* bytes.

        Raises:
            ValueError: If fewer are left.
        """
        if length > self.left:
            raise ValueError(f"The {self.name} ends before its last field.")
        self.position += length
        return self.data[self.position - length : self.position]

    def take_number(self, length: int) -> int:
        """Return the next *length* bytes as a number without a sign.

        Raises:
            ValueError: If fewer are left.
        """
        return int.from_bytes(self.take(length), "little")


@dataclass(frozen=True)
class Source:
    """An open file, with what its superblock contains about addresses and lengths.

    Args:
        file: The file, open for reading bytes.
        size: Its size.
        base: Where its HDF5 data starts, from where addresses are counted.
        address_size: The number of bytes of an address.
        length_size: The number of bytes of a length.
    """

    file: BinaryIO
    size: int
    base: int = 0
    address_size: int = 8
    length_size: int = 8

    def read(self, address: int, length: int, name: str) -> Piece:
        """Return *length* bytes at *address*, both of which may come from the file.

        Raises:
            ValueError: If they are not inside the file, or if *length* is beyond the limit.
        """
        if length > MAX_READ:
            raise ValueError(f"The {name} has {length:,} bytes; at most {MAX_READ:,} are read.")
        start = self.base + address
        if start + length > self.size:
            raise ValueError(f"The {name} is not inside the file, which has {self.size:,} bytes.")
        self.file.seek(start)
        data = self.file.read(length)
        if len(data) != length:
            raise ValueError(f"The file ended inside the {name}.")
        return Piece(name, data)


def find_superblock(file: BinaryIO) -> int | None:
    """Return where the HDF5 data in *file* starts, or None if it is not an HDF5 file.

    Args:
        file: The file, open for reading bytes.

    Returns:
        0, or 512, 1024, 2048 and so on in a file that has other data first.

    Example:
        >>> import io
        >>> find_superblock(io.BytesIO(SIGNATURE)), find_superblock(io.BytesIO(b"PK"))
        (0, None)
    """
    size = file.seek(0, 2)
    position = 0
    while position + len(SIGNATURE) <= size:
        file.seek(position)
        if file.read(len(SIGNATURE)) == SIGNATURE:
            return position
        position = position * 2 or 512
    return None


def read_superblock(file: BinaryIO) -> tuple[Source, int]:
    """Read the superblock of an HDF5 file.

    Args:
        file: The file, open for reading bytes.

    Returns:
        The file with what its superblock says, and the address of the root group's object header.

    Raises:
        ValueError: If the file is cut off, has a superblock that is not supported, or is not an
            HDF5 file.
    """
    start = find_superblock(file)
    if start is None:
        raise ValueError("The signature of HDF5 is missing.")
    size = file.seek(0, 2)
    block = Source(file, size).read(start, min(MAX_SUPERBLOCK, size - start), "superblock")
    block.take(len(SIGNATURE))
    version = block.take_number(1)
    if version > 3:
        raise ValueError(f"The superblock has version {version}; versions 0 to 3 are supported.")
    is_old = version < 2
    block.take(4 if is_old else 0)  # Versions of other parts.
    address_size, length_size = block.take_number(1), block.take_number(1)
    if address_size not in (2, 4, 8) or length_size not in (2, 4, 8):
        raise ValueError("Addresses and lengths of 2, 4 or 8 bytes are supported, not of others.")
    block.take({0: 9, 1: 13}.get(version, 1))  # Sizes in trees, flags.
    base = block.take_number(address_size)
    block.take(address_size)  # The free space, or the extension of the superblock.
    end = block.take_number(address_size)
    block.take(2 * address_size if is_old else 0)  # The driver, and the name of the root group.
    root = block.take_number(address_size)
    # Base and end stay as they were when data in front of the superblock is added or removed.
    end += start - base
    if end > size:
        raise ValueError(f"The file is cut off: it has {size:,} bytes, and should have {end:,}.")
    return Source(file, size, start, address_size, length_size), root


def read_heap_object(source: Source, address: int, number: int, length: int) -> bytes:
    """Read a text of variable length from a global heap.

    Args:
        source: The file.
        address: The address of the heap's collection.
        number: The number of the object in the collection.
        length: The length of the text, which is the start of the object.

    Raises:
        ValueError: If it is not there, or longer than the object.
    """
    prefix = source.read(address, HEAP_PREFIX, "global heap")
    if prefix.take(8)[:5] != b"GCOL\1":
        raise ValueError("There is no global heap of version 1 where a text should be.")
    end = address + prefix.take_number(source.length_size)
    address += HEAP_PREFIX
    for _ in range(MAX_HEAP_OBJECTS):
        if address + HEAP_PREFIX > end:
            break
        entry = source.read(address, HEAP_PREFIX, "global heap")
        found = entry.take_number(2)
        entry.take(6)  # How often it is used.
        size = entry.take_number(source.length_size)
        address += HEAP_PREFIX
        if found == 0:  # The rest is free.
            break
        if found == number:
            if length > size or address + size > end:
                raise ValueError("A text is longer than its object in the global heap.")
            return source.read(address, length, "text in the global heap").data
        address += size + -size % 8
    raise ValueError("A text is not in the global heap that should contain it.")
