"""Which contract tests execute which lines of Keras: recorded once, then read."""

import hashlib
import importlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING

import pytest
from support.sites import ROOT

if TYPE_CHECKING:
    from _typeshed import TraceFunction

# What the contract tests depend on, besides Keras.
DEPENDENCIES = (
    "tests/contract.txt",
    "tests/slower_contract.txt",
    "tests/package/**/*.py",
    "tests/support/*.py",
    "src/rnn_returns/**/*.py",
    "docs/*.md",
    "pyproject.toml",
)
# Of these files each line is recorded; of the others, only which functions are called.
RECORDED_BY_LINE = ("/layers/rnn/", "/backend/tensorflow/rnn.py")
# Key of the lines that are executed while the tests are collected.
COLLECTION = "collection"


@dataclass(frozen=True)
class ExecutedLines:
    """The lines of Keras that each test executes.

    Attributes:
        tests: The tests, those that take the least time first. The first one stands for what
            is executed while tests are collected.
        lines: For each line, as ``file:number``, a number whose bits stand for the tests.
    """

    tests: Sequence[str]
    lines: dict[str, int]

    def find_tests(self, file: str, lines: set[int], first_line: int) -> list[str]:
        """Return the tests that execute one of the *lines* of *file*, the fastest first.

        Args:
            file: A file of Keras.
            lines: Lines of a function in it.
            first_line: The function's first line, which stands for all lines of it in files whose
                lines are not recorded.
        """
        if not _is_recorded_by_line(file):
            lines = {first_line}
        found = 0
        for line in lines:
            found |= self.lines.get(f"{file}:{line}", 0)
        if found & 1:  # What the collection executes may matter to any test.
            found = -1
        return [test for i, test in enumerate(self.tests) if found >> i & 1 and i]


def get_file() -> Path:
    """Return the file for the installed Keras, its backend and the present tests."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for package in ("keras", "tensorflow"):
        digest.update(importlib.import_module(package).__version__.encode())
    for pattern in DEPENDENCIES:
        for file in sorted(ROOT.glob(pattern)):
            digest.update(file.read_bytes())
    return ROOT / "_build" / "mutation" / f"{digest.hexdigest()[:16]}.json"


def read(file: Path) -> ExecutedLines:
    """Read what `Recorder.write` has written."""
    recorded = json.loads(file.read_text(encoding="utf-8"))
    lines = {line: int(tests, 16) for line, tests in recorded["lines"].items()}
    return ExecutedLines(recorded["tests"], lines)


class Recorder:
    """A plugin of pytest that records which lines of Keras each test executes."""

    def __init__(self) -> None:
        self.tests: dict[str, set[tuple[CodeType, int]]] = {}
        self._seconds: dict[str, float] = {COLLECTION: -1}
        self._lines = set[tuple[CodeType, int]]()
        self._wanted: dict[str, bool | None] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Record what is executed while the tests are collected."""
        return (yield from self._record(COLLECTION))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Record what the test *item* and its fixtures execute."""
        started = time.perf_counter()
        result = yield from self._record(item.nodeid)
        self._seconds[item.nodeid] = time.perf_counter() - started
        return result

    def write(self, file: Path) -> None:
        """Write what was recorded to *file*, completely or not at all."""
        tests = sorted(self.tests, key=self._seconds.__getitem__)
        lines = defaultdict[str, int](int)
        for i, test in enumerate(tests):
            for code, line in self.tests[test]:
                lines[f"{code.co_filename}:{line}"] |= 1 << i
        recorded = {"tests": tests, "lines": {line: f"{bits:x}" for line, bits in lines.items()}}
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".tmp")
        partial.write_text(json.dumps(recorded), encoding="utf-8")
        partial.replace(file)

    def _record(self, name: str) -> Generator[None, object, object]:
        self._lines = self.tests[name] = set()
        sys.settrace(self._trace_call)
        try:
            return (yield)
        finally:
            sys.settrace(None)

    def _trace_call(self, frame: FrameType, event: str, argument: object) -> "TraceFunction | None":
        code = frame.f_code
        wanted = self._wanted.get(code.co_filename, ...)
        if wanted is ...:
            wanted = _is_recorded_by_line(code.co_filename) if _is_keras(code) else None
            self._wanted[code.co_filename] = wanted
        if wanted is None:
            return None
        self._lines.add((code, code.co_firstlineno))
        return self._trace_line if wanted else None

    def _trace_line(self, frame: FrameType, event: str, argument: object) -> "TraceFunction":
        self._lines.add((frame.f_code, frame.f_lineno))
        return self._trace_line


def _is_recorded_by_line(file: str) -> bool:
    return any(part in file.replace("\\", "/") for part in RECORDED_BY_LINE)


def _is_keras(code: CodeType) -> bool:
    return "/keras/src/" in code.co_filename.replace("\\", "/")
