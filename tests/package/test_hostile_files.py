"""Hostile and damaged model files give a result or one line, within 2 s and 300 MiB."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.model_files import HOSTILE, read_expected

from rnn_returns.models.files.model_file import read_model_file

SECONDS, MEBIBYTES = 2, 300

# "" for a file that is read, else a part of the message.
OUTCOMES = {
    "bomb-bzip2.keras": "config.json in it has 200,000,000 bytes; at most 8,388,608 are read.",
    "bomb-deflate.keras": "config.json in it has 40,000,000 bytes; at most 8,388,608 are read.",
    "deep-lists.keras": "config.json in it is nested more than 200 levels deep",
    "duplicate-members.keras": "",
    "empty.keras": "empty.keras is empty.",
    "huge-attribute.h5": "The attribute model_config is not a single text.",
    "huge-string-attribute.h5": "The attribute model_config has 4,294,967,280 bytes",
    "lambda-with-code.keras": "",
    "many-paths.keras": "",
    "missing-layers.keras": "",
    "names.keras": "",
    "no-config.keras": "It is a zip without config.json, so no model is in it.",
    "not-a-dict.json": "It is JSON, but a list instead of an object.",
    "not-json.h5": "The file is damaged",
    "not-utf-8.keras": "config.json in it is not JSON in UTF-8.",
    "path-traversal.keras": "",
    "pickled.h5": "It is not a zip (.keras), not HDF5 (.h5) and not JSON.",
    "pickled.keras": "config.json in it is not JSON in UTF-8.",
    "truncated.h5": "The file is cut off: it has 7,264 bytes, and should have 14,528.",
    "truncated.keras": "It is not a zip that can be read",
    "utf-8-bom.json": "",
    "wrong-types.keras": "",
}

# In a process of its own, with limits for its memory and its time on a processor.
READ = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEBIBYTES} << 20,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS},) * 2)
from rnn_returns.models.files.model_file import read_model_file
try:
    saved = read_model_file(sys.argv[1])
except ValueError as error:
    print(ascii(str(error)))
"""


def read(path: Path) -> str:
    """Read the file in a process with limits; return the message as Python shows it, or ""."""
    command = [sys.executable, "-c", READ, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_the_outcomes_are_complete(model_files: Path) -> None:
    """Every hostile file has an outcome."""
    folder = model_files / HOSTILE

    assert OUTCOMES.keys() == read_expected(folder).keys()
    assert {path.name for path in folder.iterdir()} == {*OUTCOMES, "expected.json"}


@pytest.mark.parametrize(("name", "outcome"), OUTCOMES.items())
def test_hostile_files(name: str, outcome: str, model_files: Path) -> None:
    """Each hostile file is read, or gives one line with the reason, within the limits."""
    message = read(model_files / HOSTILE / name)

    if outcome:
        assert outcome in message
        assert message.count("\\n") == 0
    else:
        assert message == ""


def test_the_last_of_two_members_counts(model_files: Path) -> None:
    """Of two members with one name, the last one is read, as by Python and Keras."""
    saved = read_model_file(model_files / HOSTILE / "duplicate-members.keras")

    assert saved.config["config"]["layers"][1]["config"]["return_sequences"] is False


@pytest.mark.parametrize(
    "pattern",
    [
        *("[]", "[0]", "1.5", '"\U0001f600a"', '{"":0}', '{"":{"":{"":0}}}', "[" * 99 + "]" * 99),
        *('{"%d":0}', '"%d"'),
    ],
)
def test_the_largest_json(pattern: str, tmp_path: Path) -> None:
    """JSON with as many values as the limits allow, or more, takes at most 2 s and 300 MiB."""
    path = tmp_path / "large.json"
    marks = sum(pattern.count(mark) for mark in ",[{") + 1
    for count in (499_990 // marks, 8 * 2**20 // (len(pattern.encode()) + 1) - 40):
        values = ",".join(pattern % i if "%" in pattern else pattern for i in range(count))
        path.write_text(f'{{"class_name": "A", "config": [{values}]}}', encoding="utf-8")
        message = read(path)
        assert message == "" or "has more than 500,000 values" in message or "8,388,608" in message


def read_originals(files: Path) -> dict[str, bytes]:
    """Return good files of every kind by their names."""
    chosen = (
        *("keras-2.1.6/m01.h5", "tf-2.10/m01.keras", "keras-3.15.1/m01.h5", "tf-2.3/m09b.h5"),
        *("tf-2.13/m01.keras", "keras-3.15.1/m02.keras", "keras-nightly/m16.keras"),
        *("keras-2.2.4/m01.json", "keras-3.15.1/m01.json", "hostile/wrong-types.keras"),
    )
    return {name: (files / name).read_bytes() for name in chosen}


# Most of what matters is at the start of an HDF5 file, and at the end of a zip.
POSITIONS = st.integers(0, 1000) | st.integers(-400, -1) | st.integers(0, 50_000)
PIECES = st.binary(min_size=1, max_size=8) | st.sampled_from(
    [b"\xff" * 8, b"\0" * 8, b"\xff\xff\xff\x7f", b"[", b"{", b'"', b",", b"\x10\0\x10\0"]
)
EDITS = st.lists(
    st.tuples(st.sampled_from(["flip", "replace", "insert", "delete", "cut"]), POSITIONS, PIECES),
    min_size=1,
    max_size=4,
)


def mutate(data: bytes, edits: list[tuple[str, int, bytes]]) -> bytes:
    """Return *data* after the *edits*, each of which is what to do, where, and with which bytes."""
    for action, position, piece in edits:
        if not data:
            break
        place, length = position % len(data), len(piece)
        before, after = data[:place], data[place:]
        match action:
            case "flip":
                data = before + bytes([after[0] ^ 1 << piece[0] % 8]) + after[1:]
            case "replace":
                data = before + piece + after[length:]
            case "insert":
                data = before + piece + after
            case "delete":
                data = before + after[piece[0] :]
            case "cut":
                data = before
    return data


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Stop what runs longer than *seconds* on the processor."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"Reading takes more than {seconds} s.")

    previous = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


def get_message(path: Path) -> str:
    """Read the file; return the message with which it is rejected, or ""."""
    try:
        read_model_file(path)
    except ValueError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def try_mutations(folder: Path, files: Path, count: int, derandomize: bool) -> dict[str, int]:
    """Read *count* changed files; return how many were read and how many were rejected."""
    originals = read_originals(files)
    path = folder / "mutated"
    outcomes = {"read": 0, "rejected": 0}

    @settings(
        max_examples=count // len(originals),
        derandomize=derandomize,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(EDITS)
    def look(edits: list[tuple[str, int, bytes]]) -> None:
        for data in originals.values():
            path.write_bytes(mutate(data, edits))
            with limit(SECONDS):
                message = get_message(path)
            assert message.isprintable()
            assert message.startswith("ValueError: ") or not message
            outcomes["rejected" if message else "read"] += 1

    look()
    return outcomes


def test_mutations(tmp_path: Path, model_files: Path) -> None:
    """Good files in which bytes were changed are read, or raise a ValueError of one line."""
    outcomes = try_mutations(tmp_path, model_files, 500, derandomize=True)

    assert sum(outcomes.values()) >= 400
    assert min(outcomes.values()) > 20


@pytest.mark.slow
def test_many_mutations(tmp_path: Path, model_files: Path) -> None:
    """The same for 100,000 mutations, other ones in each run."""
    start = time.perf_counter()
    outcomes = try_mutations(tmp_path, model_files, 100_000, derandomize=False)

    print(json.dumps(outcomes), f"in {time.perf_counter() - start:.0f} s")
    assert sum(outcomes.values()) >= 90_000
