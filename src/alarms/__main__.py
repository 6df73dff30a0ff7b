"""See whether the contract notices when Keras changes: ``python -m alarms [LIST.toml ...]``.

Each change is made to the real Keras in a process of its own, where the contract then has to fail.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import pytest

from site_build import environment

from .change import Change, read

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONTRACT = ["-q", "--exitfirst", "--numprocesses=0", "@tests/contract.txt"]
# Of the changes, in percent.
NEEDED = 95
# A change may make Keras run for ever, which is noticed as well.
SECONDS = 600

RED = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)


def main() -> int:
    """Make the changes one by one, say which were noticed, and print the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lists", nargs="*", type=Path, default=sorted(HERE.glob("*.toml")))
    parser.add_argument("--only", help="make this one change, in this process")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="how many changes are tried at once"
    )
    arguments = parser.parse_args()
    changes = {change.says: change for file in arguments.lists for change in read(file)}
    if arguments.only:
        return _make(changes[arguments.only])

    if _run([]).returncode:
        print("The contract is red as it is; mend that first.", file=sys.stderr)
        return 2
    missed = []
    for count, (change, noticed) in enumerate(_noticed(arguments.lists, changes, arguments.jobs), start=1):
        missed += [] if noticed else [change]
        print(f"{count:3}/{len(changes)}  {noticed or 'MISSED'}  <- {change}", flush=True)
    score = 100 * (1 - len(missed) / len(changes))
    print(f"\n{len(changes) - len(missed)} of {len(changes)} changes noticed, {score:.1f} percent.")
    for change in missed:
        print(f"Not noticed: {change}")
    return 0 if score >= NEEDED else 1


def _noticed(
    lists: list[Path], changes: dict[str, Change], jobs: int
) -> Iterator[tuple[str, str]]:
    """Yield each change, and the test that noticed it or nothing."""
    with ThreadPoolExecutor(jobs) as pool:
        runs = {
            pool.submit(_run, [*map(str, lists), "--only", change]): change for change in changes
        }
        for run in as_completed(runs):
            yield runs[run], _said(run.result())


def _run(arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run the contract in a process of its own, with the change that *arguments* name."""
    command = ["-m", "alarms", *arguments] if arguments else ["-m", "pytest", *CONTRACT]
    try:
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, pytest.ExitCode.TESTS_FAILED, "FAILED hangs")


def _said(run: "subprocess.CompletedProcess[str]") -> str:
    """Return the test that failed; nothing if all passed."""
    if run.returncode == pytest.ExitCode.OK:
        return ""
    if run.returncode not in RED:
        raise RuntimeError(run.stdout + run.stderr)
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" - ")[0] if failed else "ERROR"


def _make(change: Change) -> int:
    """Make *change* here, and run the contract."""
    environment.prepare(ROOT)
    change.make()
    return int(pytest.main(CONTRACT))


if __name__ == "__main__":
    sys.exit(main())
