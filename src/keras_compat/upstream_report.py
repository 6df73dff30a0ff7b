"""Compare another Keras with the newest recorded release.

Run as ``python -m keras_compat.upstream_report``.

Measures the Keras that is installed, or reads what is recorded about an environment, and lists what
differs. Writes a report for Keras's authors, also into the summary of a workflow.
"""

import argparse
import ast
import inspect
import os
import shutil
import sys
from itertools import groupby
from pathlib import Path

from keras_compat import probe
from keras_compat.changes import Change, find_changes
from keras_compat.data_files import PACKAGE, MeasuredKeras, Value, read_keras
from keras_compat.environments import BACKENDS, NEWEST, ON_GPU, VERSIONS
from keras_compat.labels import format_title
from keras_compat.migration_notes import find_note
from keras_compat.verify import measure_installed

REPORT = Path("_build/upstream.md")


def read_newest() -> MeasuredKeras:
    """Read what is recorded about the newest release."""
    return next(keras for keras in map(read_keras, VERSIONS) if keras.keras == NEWEST)


def read_recorded(name: str) -> MeasuredKeras:
    """Read what is recorded about the environment that is called *name*.

    Raises:
        ValueError: If there is no such environment, or nothing was run in it.
    """
    environments = {item.name: item for item in (*VERSIONS, *BACKENDS, *ON_GPU)}
    if name not in environments:
        raise ValueError(f"There is no environment {name!r}; there are {', '.join(environments)}.")
    keras = read_keras(environments[name])
    if not keras.behaviors:
        reason = keras.not_run or "it was not tried"
        raise ValueError(f"Nothing is recorded about {name}: {reason}. Run `make compat` first.")
    return keras


def format_log(before: MeasuredKeras, now: MeasuredKeras, known: MeasuredKeras) -> str:
    """List for a log what changed, and what of it is not in *known*."""
    changes = find_changes([before, now])
    unknown = {change.behavior: change for change in find_changes([known, now])}
    if not changes and not unknown:
        return f"Nothing changed from {_name(before)} to {_name(now)}."
    lines = [f"{_name(now)} differs from {_name(before)}:"] if changes else []
    for change in changes:
        mark = "" if unknown.pop(change.behavior, None) else " (known)"
        title = format_title(change.behavior)
        lines.append(f"- {title}: {change.old} before, {change.new} now{mark}")
    if unknown:
        lines.append(f"{_name(now)} is like {_name(before)} again:")
    for change in unknown.values():
        lines.append(f"- {format_title(change.behavior)}: {change.new}, known as {change.old}")
    return "\n".join(lines)


def _name(keras: MeasuredKeras) -> str:
    return f"Keras {keras.keras}"


def format_report(before: MeasuredKeras, now: MeasuredKeras) -> str:
    """Format a report for Keras's authors: one section for each migration note."""
    versions = ", ".join(f"{name} {version}" for name, version in sorted(now.versions.items()))
    lines = [f"# {_name(now)} differs from {_name(before)}", "", f"Measured on {versions}."]
    lines += ["", "The commands need only `probe.py`, which is next to this report and in"]
    lines += ["`src/keras_compat/` of the project."]
    changes = sorted(find_changes([before, now]), key=_summarize)
    for summary, group in groupby(changes, key=_summarize):
        lines += ["", f"## {summary}", ""]
        lines += [f"| | {_name(before)} | {_name(now)} |", "|---|---|---|"]
        together = list(group)
        for change in together:
            cells = (format_title(change.behavior), change.old, change.new)
            lines.append(f"| {' | '.join(map(_format_cell, cells))} |")
        first = together[0]
        lines += ["", f"To reproduce: {format_title(first.behavior)}", ""]
        lines += ["```shell", format_command(first.behavior), "```", ""]
        lines += ["```python", format_code(first.behavior), "```", ""]
        lines += [f"Expected: `{_format_inline(first.old)}`", ""]
        lines.append(f"Got: `{_format_inline(first.new)}`")
    return "\n".join(lines) + "\n"


def format_command(behavior: str) -> str:
    """Return the command that measures *behavior*."""
    return f"python probe.py keras --only {behavior}"


def format_code(behavior: str) -> str:
    """Return the function of the probe that measures *behavior*, without its decorators."""
    source = inspect.getsource(probe.MEASUREMENTS[behavior].function)
    return "\n".join(source.splitlines()[ast.parse(source).body[0].lineno - 1 :])


def _summarize(change: Change) -> str:
    """Return what a change is about: changes with the same note are reported together."""
    try:
        return find_note(change).summary
    except KeyError:  # The note is written when the change is reviewed.
        return f"Another value: {format_title(change.behavior)}"


def _format_inline(value: Value) -> str:
    return str(value).replace("`", "'")


def _format_cell(value: Value) -> str:
    return str(value).replace("|", r"\|")


def main(arguments: list[str] | None = None) -> int:
    """Report what differs; return 1 if something does that is not known."""
    parser = argparse.ArgumentParser(
        prog="python -m keras_compat.upstream_report",
        description="Compare the installed Keras with the newest recorded release.",
    )
    parser.add_argument(
        "name",
        nargs="?",
        help="an environment, such as keras-nightly, instead of what is installed",
    )
    parser.add_argument("--known", metavar="NAME", help="an environment whose changes are known")
    parser.add_argument("--report", type=Path, default=REPORT, help=f"where to write; {REPORT}")
    options = parser.parse_args(arguments)
    try:
        before = read_newest()
        now = read_recorded(options.name) if options.name else measure_installed()
        known = read_recorded(options.known) if options.known else before
    except ValueError as error:
        parser.error(str(error))

    print(format_log(before, now, known))
    if find_changes([before, now]):
        text = format_report(before, now)
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(text, encoding="utf-8")
        shutil.copy(PACKAGE / "probe.py", options.report.parent)
        print(f"A report for Keras's authors is in {options.report}, with the probe next to it.")
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(text)
    return int(bool(find_changes([known, now])))


if __name__ == "__main__":
    sys.exit(main())
