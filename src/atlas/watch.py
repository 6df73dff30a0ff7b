"""See whether another Keras does as the newest recorded release: ``python -m atlas.watch``.

Asks the Keras that is installed here, or takes what is recorded of an environment, and says in
words what is otherwise. It leaves a report for Keras's authors, also in the summary of a workflow.
"""

import argparse
import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

from atlas.alone import program
from atlas.changes import Change, changes
from atlas.environments import ENVIRONMENTS, NEWEST, VERSIONS, Environment
from atlas.live import answers
from atlas.news import news
from atlas.rows import Row, Value, fingerprint, measured, read, row_of
from atlas.words import title

REPORT = Path("_build/upstream.md")
INSTALLED = Environment("installed", "the installed Keras", "", ())


def newest() -> Row:
    """Give the row of the newest release."""
    return next(row for row in measured(VERSIONS) if row.keras == NEWEST)


def recorded(name: str) -> Row:
    """Give the row of the environment that is called *name*.

    Raises:
        ValueError: If there is none, or nothing was run for it.
    """
    names = {one.name: one for one in ENVIRONMENTS if one.probe == INSTALLED.probe}
    if name not in names:
        raise ValueError(f"There is no environment {name!r}; there are {', '.join(names)}.")
    row = read(names[name])
    if row is None or row.not_run:
        why = row.not_run if row else "nobody has tried"
        raise ValueError(f"Nothing is recorded of {name}: {why}. Run `make atlas` where it can be.")
    return row


def installed() -> Row:
    """Ask the Keras that is installed here.

    Raises:
        ValueError: If there is none, or it does not even import.
    """
    try:
        return row_of(INSTALLED, {**answers(), "date": "", "probe": fingerprint(INSTALLED)})
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or "it said nothing").splitlines()[-1]
        raise ValueError(f"The installed Keras could not be asked: {last}") from error


def alarming(before: Row, now: Row, told: Row | None = None) -> list[Change]:
    """List what nobody has told of: what is otherwise than in *told*, or else than *before*."""
    return changes([told or before, now])


def in_words(before: Row, now: Row, told: Row | None = None) -> str:
    """Say for a log what *now* does otherwise than *before*."""
    found = changes([before, now])
    alarms = {change.behaviour: change for change in alarming(before, now, told)}
    if not found and not alarms:
        return f"Nothing changed: {name_of(now)} does all that {name_of(before)} does."
    said = [f"{name_of(now)} does otherwise than {name_of(before)}:"] if found else []
    for change in found:
        mark = "" if alarms.pop(change.behaviour, None) else " (told before)"
        said.append(f"- {title(change.behaviour)}: {change.was} before, {change.now} now{mark}")
    if alarms:
        said.append(f"{name_of(now)} does again what {name_of(before)} does:")
    said += [f"- {title(one.behaviour)}: {one.now}, told as {one.was}" for one in alarms.values()]
    return "\n".join(said)


def name_of(row: Row) -> str:
    """Name the Keras of a row."""
    return f"Keras {row.keras}"


def report(before: Row, now: Row) -> str:
    """Write a report for Keras's authors: one section for each thing that changed."""
    on = ", ".join(f"{name} {version}" for name, version in sorted(now.versions.items()))
    found = sorted(changes([before, now]), key=_matter)
    lines = [f"# {name_of(now)} does otherwise than {name_of(before)}", "", f"Run on {on}."]
    for matter, together in groupby(found, key=_matter):
        lines += ["", f"## {matter}", ""]
        lines += [f"| | {name_of(before)} | {name_of(now)} |", "|---|---|---|"]
        behaviours = list(together)
        for change in behaviours:
            values = f"{_cell(change.was)} | {_cell(change.now)}"
            lines.append(f"| {_cell(title(change.behaviour))} | {values} |")
        first = behaviours[0]
        lines += ["", f"To reproduce: {title(first.behaviour)}", ""]
        lines += ["```python", program(first.behaviour), "```", ""]
        lines += [f"Expected: `{_plain(first.was)}`", "", f"Got: `{_plain(first.now)}`"]
    return "\n".join(lines) + "\n"


def _matter(change: Change) -> str:
    """Say what a change is about: changes that mean the same are reported together."""
    try:
        return news(change).says
    except KeyError:  # Nobody has found words for what it means yet.
        return f"Another answer: {title(change.behaviour)}"


def _plain(value: Value) -> str:
    return str(value).replace("`", "'")


def _cell(value: Value) -> str:
    return str(value).replace("|", r"\|")


def main(arguments: list[str] | None = None) -> int:
    """Say what is otherwise; 1 if something is that was not told before."""
    parser = argparse.ArgumentParser(
        prog="python -m atlas.watch",
        description="Say what the installed Keras does otherwise than the newest recorded release.",
    )
    parser.add_argument(
        "name",
        nargs="?",
        help="an environment, such as keras-nightly, in place of what is installed",
    )
    parser.add_argument("--told", metavar="NAME", help="a recorded environment that is no alarm")
    parser.add_argument("--report", type=Path, default=REPORT, help=f"where to write; {REPORT}")
    chosen = parser.parse_args(arguments)
    try:
        before = newest()
        now = recorded(chosen.name) if chosen.name else installed()
        told = recorded(chosen.told) if chosen.told else None
    except ValueError as error:
        parser.error(str(error))

    print(in_words(before, now, told))
    if changes([before, now]):
        text = report(before, now)
        chosen.report.parent.mkdir(parents=True, exist_ok=True)
        chosen.report.write_text(text, encoding="utf-8")
        print(f"A report for Keras's authors is in {chosen.report}.")
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(text)
    return int(bool(alarming(before, now, told)))


if __name__ == "__main__":
    sys.exit(main())
