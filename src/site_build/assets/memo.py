"""What a build computed from texts, for the next build, which has most of the same texts."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any


class Memo:
    """The results by a digest of what they were computed from, in a file.

    Args:
        file: The file, which `save` writes.
        reuse: Whether the results in the file are valid: not if the code or its settings changed.
    """

    def __init__(self, file: Path, reuse: bool) -> None:
        self._file = file
        self._before = json.loads(file.read_text()) if reuse and file.exists() else {}
        self._results: dict[str, Any] = {}

    def recall(self, function: Callable[..., Any], *arguments: str) -> Any:
        """Return what *function*, whose results are JSON data, returns for these *arguments*."""
        key = sha256("\0".join((function.__name__, *arguments)).encode()).hexdigest()
        if key not in self._results:
            known = key in self._before
            self._results[key] = self._before[key] if known else function(*arguments)
        return self._results[key]

    def save(self) -> None:
        """Write the results that this build used."""
        self._file.write_text(json.dumps(self._results))
