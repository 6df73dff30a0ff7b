"""Runs of the contract tests, each in a separate process, whose Keras is mutated."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mutation.executed_lines import ExecutedLines, Recorder
from mutation.mutation import Mutation

CONTRACT = [
    *("-q", "--exitfirst", "-p", "no:cacheprovider"),
    *("@tests/contract.txt", "@tests/slower_contract.txt"),
]
# A mutation may make Keras run forever, which counts as noticed: if a test takes more than this
# many seconds of processor time, where the slowest takes two, or waits for as long as the other.
PATIENCE = 60
PATIENCE_WITH_WAITING = 600

FAILED = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
CRASHED = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGFPE}
# A fork has imported Keras already, which is half of the time that most mutations take.
PROCESS: type[BaseProcess] = (
    multiprocessing.get_context("fork").Process if hasattr(os, "fork") else multiprocessing.Process
)


@dataclass(frozen=True)
class Run:
    """A run of the contract tests.

    Attributes:
        mutation: The mutation made before; None stands for the original Keras.
        first: The tests to run first, in this order.
        only_first: Whether the others are left out.
    """

    mutation: Mutation | None = None
    first: Sequence[str] = ()
    only_first: bool = False


class _Order:
    """A plugin of pytest that orders the tests as a run wants, and shows that they advance."""

    def __init__(self, run: Run, log: Path) -> None:
        self.run, self.log = run, log

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Order the tests."""
        rank = {test: i for i, test in enumerate(self.run.first)}
        if self.run.only_first:
            config.hook.pytest_deselected(items=[i for i in items if i.nodeid not in rank])
            items[:] = [item for item in items if item.nodeid in rank]
        items.sort(key=lambda item: rank.get(item.nodeid, len(rank)))

    def pytest_runtest_logstart(self) -> None:
        """Show that another test starts."""
        os.utime(self.log)
        _limit_processor_time()


def run_all(runs: Sequence[Run], jobs: int) -> Iterator[tuple[Run, str]]:
    """Run the contract tests once for each of *runs*.

    Args:
        runs: What to run.
        jobs: The number of processes at a time.

    Yields:
        The run, and the test that failed or an empty text.
    """
    waiting, running = [*enumerate(runs)], dict[int, tuple[Run, BaseProcess, Path]]()
    with TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < jobs:
                number, run = waiting.pop(0)
                log = Path(folder, f"{number}.txt")
                log.touch()
                process = PROCESS(target=_run_contract, args=(run, log))
                process.start()
                running[number] = run, process, log
            wait([process.sentinel for _, process, _ in running.values()], timeout=1)
            for number, (run, process, log) in list(running.items()):
                if not process.is_alive() or time.time() > (
                    log.stat().st_mtime + PATIENCE_WITH_WAITING
                ):
                    del running[number]
                    yield run, _find_failure(process, log)


def record_executed_lines(file: Path) -> str:
    """Record in *file* which lines each test executes; return the test that failed, if any."""
    with TemporaryDirectory() as folder:
        log = Path(folder, "log.txt")
        process = PROCESS(target=_record_contract, args=(file, log))
        process.start()
        process.join()
        return _find_failure(process, log)


def order_by_execution(mutation: Mutation, executed: ExecutedLines) -> list[str]:
    """Return the tests that execute what *mutation* changes, the fastest first."""
    file, lines, first_line = mutation.changed_lines()
    return executed.find_tests(file, lines, first_line)


def _find_failure(process: BaseProcess, log: Path) -> str:
    """End *process*, and return the test that failed in it, or an empty text if all passed."""
    hangs = process.is_alive()
    process.kill()
    process.join()
    if hangs or process.exitcode == -signal.SIGPROF:
        return "It hangs."
    if process.exitcode == pytest.ExitCode.OK:
        return ""
    if process.exitcode in CRASHED:
        return "Python crashes."
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    failed = [line for line in text.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if process.exitcode not in FAILED or not failed:
        raise RuntimeError(f"The contract tests could not be run.\n{text}")
    return failed[0].split(" - ")[0]


def _run_contract(run: Run, log: Path) -> None:
    """Make the mutation here, run the contract tests, and end with their exit status."""
    _limit_processor_time()
    with _output_to(log):
        if run.mutation:
            run.mutation.make()
        status = pytest.main(CONTRACT, plugins=[_Order(run, log)])
    sys.exit(int(status))


def _record_contract(file: Path, log: Path) -> None:
    """Record which lines the contract tests execute, and end with their exit status."""
    recorder = Recorder()
    with _output_to(log):
        status = pytest.main(CONTRACT, plugins=[recorder])
    if status == pytest.ExitCode.OK:
        recorder.write(file)
    sys.exit(int(status))


def _limit_processor_time() -> None:
    """Let this process be ended after some processor time, unless this is called again."""
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    with log.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        yield
        sys.stdout.flush()
