"""Count the mutations of Keras that the contract tests notice.

``make mutation`` makes those of keras.toml, ``make mutation LIST=FILE.toml`` those of a list of
one's own, and ``make mutation SAMPLE=200 SEED=1`` a sample of those that can be generated. Each is
made to the installed Keras in a separate process, in which the contract tests must then fail.
"""

import argparse
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from support.sites import ROOT

from mutation import executed_lines
from mutation.generated import Generated, generate, sample
from mutation.mutation import Mutation
from mutation.runs import CONTRACT, Run, order_by_execution, record_executed_lines, run_all
from site_build.execution import environment

LISTS = [Path(__file__).with_name("keras.toml")]
# Of the mutations of a list, in percent. Of a sample, the score is only reported.
REQUIRED_SCORE = 95


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
    parser.add_argument("--sample", type=int, metavar="SIZE", help="generate mutations instead")
    parser.add_argument("--seed", type=int, default=1, help="another sample for each seed")
    parser.add_argument("--only", metavar="SAYS", help="make one mutation, in this process")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    parser.add_argument(
        "--executing-only",
        action="store_true",
        help="run only the tests that execute what was changed",
    )
    options = parser.parse_args(arguments)
    try:
        mutations = {mutation.description: mutation for mutation in _choose(options)}
        for mutation in mutations.values():
            mutation.check()
    except ValueError as error:
        parser.error(str(error))
    if options.only:
        if options.only not in mutations:
            parser.error(f"no list has a mutation that says {options.only!r}")
        mutations[options.only].make()
        return int(pytest.main(CONTRACT))

    file = executed_lines.get_file()
    if file.exists():
        [(_, failure)] = run_all([Run(first=executed_lines.read(file).tests)], jobs=1)
    else:
        failure = record_executed_lines(file)
    if failure:
        print(f"The contract tests fail on the original Keras: {failure}", file=sys.stderr)
        return 2
    executed = executed_lines.read(file)
    noticed = _make_all([*mutations.values()], executed, options.jobs, options.executing_only)
    if options.sample is None:
        return 0 if _report(noticed) >= REQUIRED_SCORE else 1
    _report_sample([*mutations.values()], options.seed)
    _report(noticed)
    return 0


def _choose(options: argparse.Namespace) -> list[Mutation]:
    """Return the mutations that the options ask for.

    Raises:
        ValueError: If a list of them is wrong.
    """
    if options.sample is None:
        return [mutation for file in options.lists for mutation in read_mutations(file)]
    return [*sample(generate(), options.sample, options.seed)]


def _make_all(
    mutations: Sequence[Mutation],
    executed: executed_lines.ExecutedLines,
    jobs: int,
    executing_only: bool,
) -> dict[Mutation, bool]:
    """Make the mutations that a test may notice, and return which are noticed."""
    noticed, runs, count = dict[Mutation, bool](), list[Run](), 0

    def show(mutation: Mutation, result: str) -> None:
        nonlocal count
        count += 1
        print(f"{count:3}/{len(mutations)}  {result}  <- {mutation.description}", flush=True)

    for mutation in mutations:
        if isinstance(mutation, Generated) and mutation.known:
            show(mutation, mutation.known)
        elif tests := order_by_execution(mutation, executed):
            runs.append(Run(mutation, tests, executing_only))
        else:
            noticed[mutation] = False
            show(mutation, "MISSED, no test executes it")
    for run, failure in run_all(runs, jobs):
        assert run.mutation is not None
        noticed[run.mutation] = bool(failure)
        show(run.mutation, failure or f"MISSED, {len(run.first)} tests execute it")
    return noticed


def _report_sample(mutations: Sequence[Mutation], seed: int) -> None:
    """Print what the sample consists of."""
    generated = [mutation for mutation in mutations if isinstance(mutation, Generated)]
    known = Counter(mutation.known.partition(":")[0] for mutation in generated)
    operators = Counter(mutation.operator for mutation in generated)
    print(f"\nA sample of {len(generated)} mutations with seed {seed}.")
    print("Operators: " + ", ".join(f"{name} {n}" for name, n in operators.most_common()))
    print(f"Left out of the score: {known['equivalent']} equivalent, {known['gpu']} on a GPU only.")


def _report(noticed: Mapping[Mutation, bool]) -> float:
    """Print and return the score in percent."""
    total = len(noticed)
    score = 100 * sum(noticed.values()) / total if total else 100
    print(f"\n{sum(noticed.values())} of {total} mutations noticed, {score:.1f} percent.")
    for mutation, is_noticed in noticed.items():
        if not is_noticed:
            print(f"Not noticed: {mutation.description}")
    return score


if __name__ == "__main__":
    os.environ.update(environment.get_variables(ROOT))
    os.chdir(ROOT)  # The contract tests are named from there.
    sys.exit(main())
