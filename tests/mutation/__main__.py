"""Count the mutations of Keras that the contract tests notice: ``make mutation [LIST=FILE.toml]``.

Each mutation is made to the installed Keras in a process of its own, in which the contract tests
must then fail.
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
from support.sites import ROOT

from site_build.execution import environment

from .mutation import Mutation, read_mutations

LISTS = sorted(Path(__file__).parent.glob("*.toml"))
CONTRACT = ["-q", "--exitfirst", "@tests/contract.txt"]
# Of the mutations, in percent.
REQUIRED_SCORE = 95
# A mutation may make Keras run forever. A run that takes this many times as long as the contract
# tests on the original Keras, plus a minute, counts as noticed.
PATIENCE = 10

FAILED = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
# A fork has imported Keras already, which is half of the time that most mutations take.
PROCESS: type[BaseProcess] = (
    multiprocessing.get_context("fork").Process if hasattr(os, "fork") else multiprocessing.Process
)


class ContractRun:
    """A run of the contract tests in a process of its own, after one mutation.

    Args:
        mutation: The mutation; None for the original Keras.
        timeout: Seconds after which the run is over.
    """

    def __init__(self, mutation: Mutation | None, timeout: float) -> None:
        self._folder = TemporaryDirectory()
        self._log = Path(self._folder.name, "log.txt")
        self._process = PROCESS(target=_run_contract, args=(mutation, self._log))
        self._process.start()
        self._deadline = time.monotonic() + timeout
        self.sentinel = self._process.sentinel

    def is_over(self) -> bool:
        """Return whether the process has ended or has taken too long."""
        return not self._process.is_alive() or time.monotonic() > self._deadline

    def failure(self) -> str:
        """Return the test that failed, or an empty text if all passed."""
        hangs = self._process.is_alive()
        self._process.kill()
        self._process.join()
        log = self._log.read_text(encoding="utf-8") if self._log.exists() else ""
        self._folder.cleanup()
        if hangs:
            return "It hangs."
        if self._process.exitcode == pytest.ExitCode.OK:
            return ""
        failed = [line for line in log.splitlines() if line.startswith(("FAILED", "ERROR"))]
        if self._process.exitcode not in FAILED or not failed:
            raise RuntimeError(f"The contract tests could not be run.\n{log}")
        return failed[0].split(" - ")[0]


def main(arguments: list[str] | None = None) -> int:
    """Make the mutations one by one, print which are noticed, and return the exit status."""
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("lists", nargs="*", type=Path, default=LISTS)
    parser.add_argument("--only", metavar="SAYS", help="make one mutation, in this process")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    options = parser.parse_args(arguments)
    try:
        mutations = {
            mutation.description: mutation
            for file in options.lists
            for mutation in read_mutations(file)
        }
        for mutation in mutations.values():
            mutation.source()
    except ValueError as error:
        parser.error(str(error))
    if options.only:
        if options.only not in mutations:
            parser.error(f"no list has a mutation that says {options.only!r}")
        mutations[options.only].make()
        return int(pytest.main(CONTRACT))

    started = time.monotonic()
    [(_, failure)] = _run_all({"": None}, jobs=1)
    if failure:
        print(f"The contract tests fail on the original Keras: {failure}", file=sys.stderr)
        return 2
    timeout = 60 + PATIENCE * (time.monotonic() - started)
    missed = []
    for count, (description, failure) in enumerate(
        _run_all(mutations, options.jobs, timeout), start=1
    ):
        missed += [] if failure else [description]
        print(f"{count:3}/{len(mutations)}  {failure or 'MISSED'}  <- {description}", flush=True)
    score = 100 * (1 - len(missed) / len(mutations))
    noticed = len(mutations) - len(missed)
    print(f"\n{noticed} of {len(mutations)} mutations noticed, {score:.1f} percent.")
    for description in missed:
        print(f"Not noticed: {description}")
    return 0 if score >= REQUIRED_SCORE else 1


def _run_all(
    mutations: Mapping[str, Mutation | None], jobs: int, timeout: float = math.inf
) -> Iterator[tuple[str, str]]:
    """Yield each mutation's description and the test that noticed it, or an empty text."""
    waiting, running = list(mutations), dict[str, ContractRun]()
    while waiting or running:
        while waiting and len(running) < jobs:
            description = waiting.pop(0)
            running[description] = ContractRun(mutations[description], timeout)
        wait([run.sentinel for run in running.values()], timeout=1)
        for description in [description for description, run in running.items() if run.is_over()]:
            yield description, running.pop(description).failure()


def _run_contract(mutation: Mutation | None, log: Path) -> None:
    """Make *mutation* here, run the contract tests, and end with their exit status."""
    with log.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        if mutation:
            mutation.make()
        status = pytest.main(CONTRACT)
        sys.stdout.flush()
    sys.exit(int(status))


if __name__ == "__main__":
    os.environ.update(environment.get_variables(ROOT))
    os.chdir(ROOT)  # The contract tests are named from there.
    sys.exit(main())
