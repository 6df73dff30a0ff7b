"""The processes of a command: how much memory they take together, and which of them remain."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import NamedTuple

import psutil

GRACE = 10  # Seconds in which processes may end after the command.
INTERVAL = 0.1  # Seconds between two samples of the memory.
MARK = "BENCH_BUILD"  # The environment variable that all processes of a command have.


class Result(NamedTuple):
    """How a command ended, and what it took."""

    status: int | None  # None if it did not end in time.
    output: str
    seconds: float
    memory: int  # The largest sum of the memory of all processes, in bytes; 0 if not sampled.
    left: list[str]  # The processes that remained, which were killed then.


def run(
    command: list[str],
    folder: Path,
    environment: dict[str, str],
    *,
    limit: float,
    sample: bool = False,
) -> Result:
    """Run a command, for at most *limit* seconds.

    Args:
        command: The program and its arguments.
        folder: Where to run it.
        environment: Its environment variables.
        limit: The seconds after which it is killed.
        sample: Whether to sample its memory, which takes time.
    """
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment | {MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = [0]
    ended = threading.Event()
    sampler = threading.Thread(target=_sample, args=(process.pid, peak, ended))
    if sample:
        sampler.start()
    status: int | None
    try:
        output, _ = process.communicate(timeout=limit)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        _kill_all(mark)  # They hold the other end of the output.
        output, _ = process.communicate()
        status = None
    seconds = time.perf_counter() - begun
    ended.set()
    if sample:
        sampler.join()
    end = time.monotonic() + GRACE
    while _find(mark) and time.monotonic() < end:
        time.sleep(0.1)
    left = _kill_all(mark)
    return Result(status, output, seconds, peak[0], left)


def _sample(pid: int, peak: list[int], ended: threading.Event) -> None:
    """Keep the largest sum of the proportional set sizes of a process and its descendants.

    A page of memory that several processes share counts once.
    """
    while not ended.wait(INTERVAL):
        total = 0
        with contextlib.suppress(psutil.Error):
            for process in (root := psutil.Process(pid), *root.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += process.memory_full_info().pss
        peak[0] = max(peak[0], total)


def _find(mark: str) -> dict[int, str]:
    """Find the processes of a command that run; return their command lines by their numbers."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{MARK}={mark}".encode() in (process / "environ").read_bytes().split(b"\0"):
                line = (process / "cmdline").read_text().replace("\0", " ").strip()
                found[int(process.name)] = line
    return found


def _kill_all(mark: str) -> list[str]:
    """Kill every process of a command that still runs; return their command lines."""
    found = _find(mark)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return list(found.values())
