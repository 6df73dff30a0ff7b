"""Folders for the sockets of kernels.

For TCP, Jupyter looks for a free port, releases it, and passes its number to the kernel; two that
start together may get the same number. A socket in the file system belongs to one kernel.
"""

import os
import tempfile

# The path of a socket may have about a hundred bytes, and Jupyter appends some to this.
MAX_FOLDER_LENGTH = 60


def make_folder(parent: str | None = None) -> str:
    """Make a private folder for sockets, with a short path."""
    default = tempfile.gettempdir()
    short = default if len(os.fsencode(default)) <= MAX_FOLDER_LENGTH else "/tmp"
    if os.name != "posix":
        short = default
    return tempfile.mkdtemp(prefix="kernel-", dir=parent or short)
