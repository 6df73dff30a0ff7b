"""Count the mutations of Keras that the contract tests notice: ``make mutation [LIST=FILE.toml]``.

Each mutation is made to the installed Keras in a process of its own, in which the contract tests
must then fail.
"""

import argparse
import importlib
import inspect
import math
import multiprocessing
import os
import sys
import textwrap
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType

import pytest
from support.sites import ROOT

from site_build.execution import environment

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


@dataclass(frozen=True)
class Mutation:
    """Replace *old* by *new* in the source of the function *where*.

    Attributes:
        description: What a user would notice.
        where: The function, as ``module:name``.
        old: A text of its source.
        new: The text that replaces it.
        times: How often *old* is found.
    """

    description: str
    where: str
    old: str
    new: str
    times: int = 1

    def source(self) -> str:
        """Return the mutated source of *where*.

        Raises:
            ValueError: If *where* is not a function, or *old* is not found in it *times* times.
                The mutation would then be a different one, or have no effect.
        """
        source = inspect.getsource(self._function())
        found = source.count(self.old)
        if found != self.times:
            raise ValueError(
                f"{self.description!r} needs {self.old!r} {self.times} times in {self.where}, "
                f"but found it {found} times. Update the mutation to the function's new source."
            )
        return source.replace(self.old, self.new)

    def make(self) -> None:
        """Mutate the function in place, also for modules that have imported it already."""
        function, source = self._function(), self.source()
        # A method is indented already, as it is in its class.
        body = source if source.startswith("    ") else textwrap.indent(source, "    ")
        # Compiled inside a function that has a __class__, which `super()` needs.
        code = f"def outer():\n    __class__ = None\n{body}\n    return {function.__name__}"
        names = dict(vars(importlib.import_module(function.__module__)))
        exec(compile(code, f"<{self.description}>", "exec"), names)
        mutated = names["outer"]()
        function.__code__ = mutated.__code__
        function.__defaults__ = mutated.__defaults__

    def _function(self) -> FunctionType:
        module, _, name = self.where.partition(":")
        try:
            found: object = reduce(getattr, name.split("."), importlib.import_module(module))
        except (ImportError, AttributeError):
            found = None
        if not isinstance(found, FunctionType):
            raise ValueError(f"{self.description!r} needs {self.where}, which is not a function.")
        return found


def read_mutations(file: Path) -> list[Mutation]:
    """Read a list of mutations from a TOML file: a ``[[change]]`` each, described by ``says``.

    Raises:
        ValueError: If the file is not such a list.
    """
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))["change"]
        return [Mutation(entry.pop("says"), **entry) for entry in entries]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ValueError(
            f"{file} is not a list of mutations. It needs a [[change]] with says, where, old and "
            f"new for each: {error}"
        ) from error


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
    """Make each mutation in a process of its own, and yield which test noticed it.

    Args:
        mutations: The mutations by their descriptions; None stands for the original Keras.
        jobs: The number of processes at a time.
        timeout: Seconds after which a process is ended.

    Yields:
        The description, and the test that failed or an empty text.
    """
    waiting, running = list(mutations.items()), dict[str, tuple[BaseProcess, Path, float]]()
    with TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < jobs:
                description, mutation = waiting.pop(0)
                log = Path(folder, f"{len(waiting)}.txt")
                process = PROCESS(target=_run_contract, args=(mutation, log))
                process.start()
                running[description] = process, log, time.monotonic() + timeout
            wait([process.sentinel for process, _, _ in running.values()], timeout=1)
            for description, (process, log, deadline) in list(running.items()):
                if not process.is_alive() or time.monotonic() > deadline:
                    del running[description]
                    yield description, _find_failure(process, log)


def _find_failure(process: BaseProcess, log: Path) -> str:
    """End *process*, and return the test that failed in it, or an empty text if all passed."""
    hangs = process.is_alive()
    process.kill()
    process.join()
    if hangs:
        return "It hangs."
    if process.exitcode == pytest.ExitCode.OK:
        return ""
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    failed = [line for line in text.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if process.exitcode not in FAILED or not failed:
        raise RuntimeError(f"The contract tests could not be run.\n{text}")
    return failed[0].split(" - ")[0]


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
