"""See whether the contract notices when Keras changes: ``python -m alarms [LIST.toml ...]``.

Each change is made to the real Keras in a process of its own, where the contract then has to fail.
"""

import argparse
import math
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from site_build import environment

from .change import Change, read

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONTRACT = ["-q", "--exitfirst", "--numprocesses=0", "@tests/contract.txt"]
# Of the changes, in percent.
NEEDED = 95
# A change may make Keras run for ever. What takes so many times as long as the contract takes on
# Keras as it is, and a minute more, is noticed as well.
TIMES = 10

RED = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
# A fork has imported Keras already, which is half of the time that most changes take.
PROCESS: type[BaseProcess] = (
    multiprocessing.get_context("fork").Process if hasattr(os, "fork") else multiprocessing.Process
)


class Run:
    """The contract in a process of its own, in which *change* is made before.

    Args:
        change: The change; none for Keras as it is.
        seconds: How long it may take.
    """

    def __init__(self, change: Change | None, seconds: float) -> None:
        self._folder = TemporaryDirectory()
        self._said = Path(self._folder.name, "said.txt")
        self._process = PROCESS(target=_make, args=(change, self._said))
        self._process.start()
        self._ends = time.monotonic() + seconds
        self.sentinel = self._process.sentinel

    def is_over(self) -> bool:
        """Say whether there is an answer: the process has ended, or has taken too long."""
        return not self._process.is_alive() or time.monotonic() > self._ends

    def noticed(self) -> str:
        """Return the test that failed; nothing if all passed."""
        hangs = self._process.is_alive()
        self._process.kill()
        self._process.join()
        said = self._said.read_text(encoding="utf-8") if self._said.exists() else ""
        self._folder.cleanup()
        if hangs:
            return "It hangs."
        if self._process.exitcode == pytest.ExitCode.OK:
            return ""
        failed = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
        if self._process.exitcode not in RED or not failed:
            raise RuntimeError(f"The contract could not be run.\n{said}")
        return failed[0].split(" - ")[0]


def main() -> int:
    """Make the changes one by one, say which were noticed, and print the score."""
    parser = argparse.ArgumentParser(prog="python -m alarms", description=__doc__)
    parser.add_argument("lists", nargs="*", type=Path, default=sorted(HERE.glob("*.toml")))
    parser.add_argument("--only", metavar="SAYS", help="make this one change, in this process")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="how many changes are tried at once"
    )
    arguments = parser.parse_args()
    environment.prepare(ROOT)
    try:
        changes = {change.says: change for file in arguments.lists for change in read(file)}
        for change in changes.values():
            change.source()
    except ValueError as error:
        parser.error(str(error))
    if arguments.only and arguments.only not in changes:
        parser.error(f"no list has a change that says {arguments.only!r}")
    os.chdir(ROOT)
    if arguments.only:
        changes[arguments.only].make()
        return int(pytest.main(CONTRACT))

    started = time.monotonic()
    [(_, red)] = _runs({"": None}, jobs=1)
    if red:
        print(f"The contract is red as it is; mend that first: {red}", file=sys.stderr)
        return 2
    patience = 60 + TIMES * (time.monotonic() - started)
    missed = []
    for count, (says, noticed) in enumerate(_runs(changes, arguments.jobs, patience), start=1):
        missed += [] if noticed else [says]
        print(f"{count:3}/{len(changes)}  {noticed or 'MISSED'}  <- {says}", flush=True)
    score = 100 * (1 - len(missed) / len(changes))
    print(f"\n{len(changes) - len(missed)} of {len(changes)} changes noticed, {score:.1f} percent.")
    for says in missed:
        print(f"Not noticed: {says}")
    return 0 if score >= NEEDED else 1


def _runs(
    changes: Mapping[str, Change | None], jobs: int, seconds: float = math.inf
) -> Iterator[tuple[str, str]]:
    """Yield each change by what it says, and the test that noticed it or nothing."""
    waiting, running = list(changes), dict[str, Run]()
    while waiting or running:
        while waiting and len(running) < jobs:
            says = waiting.pop(0)
            running[says] = Run(changes[says], seconds)
        wait([run.sentinel for run in running.values()], timeout=1)
        for says in [says for says, run in running.items() if run.is_over()]:
            yield says, running.pop(says).noticed()


def _make(change: Change | None, said: Path) -> None:
    """Make *change* here, run the contract, and end with its status."""
    with said.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        if change:
            change.make()
        status = pytest.main(CONTRACT)
        sys.stdout.flush()
    sys.exit(int(status))


if __name__ == "__main__":
    sys.exit(main())
