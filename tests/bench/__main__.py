"""Measure how fast the site is built: ``python -m bench`` in ``tests``.

Cases that are compared are measured in turns, in one run, and only ratios have a target, because
seconds depend on the machine and on what else it runs.
"""

import argparse
import json
import os
import platform
from collections.abc import Callable
from functools import partial
from statistics import median

from support.sites import ROOT

from bench import command, explorer, peers, search
from bench.sites import FOLDER, generated_site, this_site

RESULT = ROOT / "_build" / "bench.json"
EDITED = "docs/flags/both.md"
FEW, MANY = 5, 40

Cases = dict[str, Callable[[], float]]
Seconds = dict[str, list[float]]  # By the names of the cases.


def untrained() -> Cases:
    """Pages that train no model: ours against stock MyST-NB."""
    site = this_site(trained=False)
    return {
        "stock, one process": lambda: site.stock(1),
        "stock, two processes": lambda: site.stock(2),
        "ours, cold": lambda: site.ours(cold=True),
    }


def complete() -> Cases:
    """The complete site: ours against what its parts cost without kernels."""
    site = this_site(trained=True)
    off = ["--define", "nb_execution_mode=off"]
    return {
        "ours, cold": lambda: site.ours(cold=True, may_fail=False),
        "execution off": lambda: site.ours(*off),
        "cells in one process": site.cells,
    }


def edits() -> Cases:
    """The complete site again, with nothing or one page changed, and from scratch."""
    site = this_site(trained=True)
    site.ours(cold=True, may_fail=False)
    site.stock_again()
    page = site.folder / EDITED

    def ours(executes: int, *, clean: bool = False) -> float:
        seconds = site.ours(may_fail=False, clean=clean)
        if site.executed() != executes:
            raise RuntimeError(f"{site.executed()} pages were executed, not {executes}.")
        return seconds

    def edit(old: str, new: str) -> None:
        text = page.read_text()
        assert old in text
        page.write_text(text.replace(old, new + old, 1))

    def after(edited: Callable[[], None], build: Callable[[], float]) -> float:
        edited()
        return build()

    def edit_prose() -> None:
        edit("```{code-cell}", "More of it.\n\n")

    def edit_code() -> None:
        edit("import keras\n", "x = None\n")

    return {
        "nothing changed": lambda: ours(0),
        "prose of one page": lambda: after(edit_prose, lambda: ours(0)),
        "code of one page": lambda: after(edit_code, lambda: ours(1)),
        "everything, outputs cached": lambda: ours(0, clean=True),
        "everything, cold": lambda: site.ours(cold=True, may_fail=False),
        "stock, prose of one page": lambda: after(edit_prose, site.stock_again),
    }


def added() -> Cases:
    """What an added page costs: sites of few and of many small pages."""
    cases: Cases = {}
    for count in (FEW, MANY):
        site = generated_site(count)
        cases |= {
            f"stock, {count} pages": partial(site.stock, 1),
            f"ours, {count} pages": partial(site.ours, cold=True),
        }
    return cases


def report_on_files() -> Cases:
    """A report on a model file: the command, beside the import of NumPy and a report by Keras."""
    return command.create_cases()


PARTS = {part.__name__: part for part in (untrained, complete, edits, added, report_on_files)}
# What is measured in another way, with the rounds and the builds of the command line.
OTHERS: dict[str, Callable[[int, int], Seconds]] = {
    "peers": peers.measure,
    "explorer": lambda rounds, builds: explorer.measure(),
    "search": lambda rounds, builds: search.measure(),
}


def measure(part: str, rounds: int) -> Seconds:
    """Measure the cases of a part in turns, every other round backwards."""
    cases = PARTS[part]()
    seconds: Seconds = {name: [] for name in cases}
    for number in range(rounds):
        for name in list(cases)[:: -1 if number % 2 else 1]:
            seconds[name].append(cases[name]())
            print(f"{part}: round {number + 1} of {rounds}: {name}: {seconds[name][-1]:.2f} s")
    return seconds


def ratios(found: dict[str, Seconds]) -> dict[str, dict[str, float]]:
    """Compare medians within a part; each ratio with its target, at least or at most."""
    medians = {
        part: {name: median(values) for name, values in cases.items() if values}
        for part, cases in found.items()
    }
    compared: dict[str, dict[str, float]] = {}

    if times := medians.get("untrained"):
        for processes, target in (("one process", 5), ("two processes", 3.5)):
            faster = times[f"stock, {processes}"] / times["ours, cold"]
            name = f"cold, times faster than stock at {processes}"
            compared[name] = {"is": faster, "at least": target}
    if times := medians.get("complete"):
        floor = times["execution off"] + times["cells in one process"]
        slower = times["ours, cold"] / floor
        compared["complete site, times its floor"] = {"is": slower, "at most": 1.5}
    if times := medians.get("edits"):
        cached, stock = times.pop("everything, outputs cached"), times["stock, prose of one page"]
        most = {"nothing changed": 0.05, "prose of one page": 0.25}
        for name, seconds in times.items():
            compared[f"{name}, of everything cached"] = {"is": seconds / cached} | (
                {"at most": most[name]} if name in most else {}
            )
            compared[f"{name}, of stock with prose changed"] = {"is": seconds / stock}
    if times := medians.get("added"):
        ours, stock = (
            times[f"{case}, {MANY} pages"] - times[f"{case}, {FEW} pages"]
            for case in ("ours", "stock")
        )
        compared["an added page, as a part of stock's"] = {"is": ours / stock, "at most": 1 / 6}
    if times := medians.get("report_on_files"):
        small, large = f"report, {command.SMALL} layers", f"report, {command.LARGE} layers"
        most_of_numpy = {"is": times[small] / times["import numpy"], "at most": 1}
        compared[f"{small}, of import numpy"] = most_of_numpy
        compared[f"{small}, of a report by Keras"] = {
            "is": times[small] / times[f"{small}, by Keras"]
        }
        compared[f"seconds, {large}"] = {"is": times[large], "at most": 2}
    compared |= dict(peers.compare(found.get("peers", {})))
    for name, seconds in medians.get("explorer", {}).items():
        compared[f"milliseconds, {name}"] = {"is": 1000 * seconds, "at most": 50}
    if keys := found.get("search"):
        slowest = 1000 * search.slowest_of_twenty(keys["search: later keys"])
        compared["milliseconds, 19 of 20 keys of the search"] = {"is": slowest, "at most": 100}
    return compared


def report(found: dict[str, Seconds]) -> None:
    """Print medians with their spread, and the ratios with their targets."""
    for part, cases in found.items():
        print(f"\n{part}")
        for name, values in cases.items():
            if not values:
                continue  # All builds of it failed.
            spread = f"{min(values):.2f} to {max(values):.2f}"
            print(f"  {name:40} {median(values):8.2f}   {spread}, {len(values)} rounds")
    print()
    for name, ratio in ratios(found).items():
        value, verdict = ratio.pop("is"), ""
        if "from" in ratio:
            verdict = f"({ratio.pop('from'):.2f} to {ratio.pop('to'):.2f})  "
        for side, target in ratio.items():  # One, or none.
            met = value >= target if side == "at least" else value <= target
            verdict += f"{side} {target:.2f}: {'met' if met else 'MISSED'}"
        print(f"  {name:56} {value:6.2f}   {verdict}")
    print(f"\nAll figures are in {RESULT.relative_to(ROOT)}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known = [*PARTS, *OTHERS]
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(known)}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--builds", type=int, default=30, help="of peers, in which failures count")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(known):
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(known)}")
    FOLDER.mkdir(parents=True, exist_ok=True)

    found = json.loads(RESULT.read_text())["found"] if RESULT.exists() else {}
    for part in arguments.parts or known:
        other = OTHERS.get(part)
        found[part] = (
            other(arguments.rounds, arguments.builds) if other else measure(part, arguments.rounds)
        )
        machine = {"python": platform.python_version(), "cores": os.cpu_count()}
        result = {"machine": machine, "found": found, "ratios": ratios(found)}
        RESULT.write_text(json.dumps(result, indent=1) + "\n")
    report(found)
