"""Members of a zip, read within limits; nothing is extracted.

A ``.keras`` file is a zip since TensorFlow 2.13. Python's `zipfile` reads it, after checks that
keep a hostile file from using much memory or time: only the two methods of packing that `zipfile`
unpacks chunk by chunk, at most 8 MiB for each member, and at most 1 MiB for the directory.
"""

import zipfile
import zlib
from collections.abc import Collection
from typing import BinaryIO

MAX_MEMBER = 8 * 2**20
MAX_DIRECTORY = 2**20
PIECE = 2**16
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1  # A flag of a member.
# What zipfile raises for damaged files.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


class _RefusedError(ValueError):
    """A zip that could be read, but is not, with the reason."""


class _BoundedFile:
    """A file for `zipfile`, which may only read as much of it at once as a directory may have."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(min(size, MAX_DIRECTORY) if size >= 0 else MAX_DIRECTORY)
        if size > MAX_DIRECTORY or (size < 0 and len(data) == MAX_DIRECTORY):
            raise _RefusedError(f"The directory of the zip has more than {MAX_DIRECTORY:,} bytes.")
        return data


def read_members(file: BinaryIO, names: Collection[str]) -> dict[str, bytes | None]:
    """Read members of a zip.

    Args:
        file: The zip, open for reading bytes.
        names: The names of the members. Of two with the same name, the last one counts, as for
            Python and Keras.

    Returns:
        The content of each member by its name, or None if it is not in the zip.

    Raises:
        ValueError: If the zip is damaged, or one of these members is too large, encrypted, or
            packed with another method than Keras uses.

    Example:
        >>> import io
        >>> read_members(io.BytesIO(b"PK"), ["config.json"])
        Traceback (most recent call last):
        ValueError: It is not a zip that can be read: File is not a zip file.
    """
    try:
        with zipfile.ZipFile(_BoundedFile(file)) as archive:
            members = {info.filename: info for info in archive.infolist()}
            return {
                name: _read_member(archive, members[name]) if name in members else None
                for name in names
            }
    except _RefusedError:
        raise
    except DAMAGED as error:
        reason = " ".join(str(error).split())[:200] or "it ends too early"
        raise ValueError(f"It is not a zip that can be read: {reason}.") from error


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the content of *member*."""
    size = max(member.file_size, member.compress_size)
    if size > MAX_MEMBER:
        raise _RefusedError(
            f"{member.filename} in it has {size:,} bytes; at most {MAX_MEMBER:,} are read."
        )
    if member.compress_type not in METHODS:
        raise _RefusedError(
            f"{member.filename} in it is packed with a method that is not supported."
        )
    if member.flag_bits & ENCRYPTED:
        raise _RefusedError(f"{member.filename} in it is encrypted.")
    with archive.open(member) as content:  # Python stops at the size that the member declares.
        return b"".join(iter(lambda: content.read(PIECE), b""))
