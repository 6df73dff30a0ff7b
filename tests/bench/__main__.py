"""Measure how fast the site is built: ``python -m bench`` in ``tests``.

Whatever is compared is measured in turns, in one run, and only ratios are held against a target:
another machine, or a busy one, has other seconds.
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable
from functools import partial

from bench.sites import PLACE, ROOT, generated_site, this_site

RESULT = ROOT / "_build" / "bench.json"
EDITED = "docs/flags/both.md"
FEW, MANY = 5, 40

Cases = dict[str, Callable[[], float]]


def untrained() -> Cases:
    """Pages that train no model: ours against MyST-NB as it comes."""
    site = this_site(trained=False)
    return {
        "stock, one process": lambda: site.stock(1),
        "stock, two processes": lambda: site.stock(2),
        "ours, cold": lambda: site.ours(cold=True),
    }


def whole() -> Cases:
    """The whole site: ours against what its parts cost without kernels."""
    site = this_site(trained=True)
    off = ["--define", "nb_execution_mode=off"]
    return {
        "ours, cold": lambda: site.ours(cold=True, may_fail=False),
        "execution off": lambda: site.ours(*off),
        "cells in one process": site.cells,
    }


def edits() -> Cases:
    """The whole site again, with nothing or one page changed."""
    site = this_site(trained=True)
    site.ours(cold=True, may_fail=False)
    page = site.folder / EDITED
    count = 0

    def edit(old: str, new: str, executes: int) -> float:
        nonlocal count
        count += 1
        text = page.read_text()
        assert old in text
        page.write_text(text.replace(old, new.format("x" * count) + old, 1))
        return build(executes)

    def build(executes: int) -> float:
        seconds = site.ours(may_fail=False)
        if site.executed() != executes:
            raise RuntimeError(f"{site.executed()} pages were executed, not {executes}.")
        return seconds

    return {
        "nothing changed": lambda: build(0),
        "prose of one page": lambda: edit("```{code-cell}", "More of {}.\n\n", 0),
        "code of one page": lambda: edit("import keras\n", "{} = None\n", 1),
    }


def added() -> Cases:
    """What an added page costs: sites of few and of many small pages."""
    sites = {count: generated_site(count) for count in (FEW, MANY)}
    cases: Cases = {}
    for count, site in sites.items():
        cases |= {
            f"stock, {count} pages": partial(site.stock, 1),
            f"ours, {count} pages": partial(site.ours, cold=True),
        }
    return cases


PARTS = {part.__name__: part for part in (untrained, whole, edits, added)}


def measure(part: str, rounds: int) -> dict[str, list[float]]:
    """Measure the cases of a part in turns, every other round backwards."""
    cases = PARTS[part]()
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds):
        for name in list(cases)[:: -1 if number % 2 else 1]:
            seconds[name].append(cases[name]())
            print(f"{part}: round {number + 1} of {rounds}: {name}: {seconds[name][-1]:.2f} s")
    return seconds


def ratios(found: dict[str, dict[str, list[float]]]) -> dict[str, dict[str, float]]:
    """Compare medians within a part; each with its target, and which side of it is good."""
    middle = {
        part: {name: statistics.median(values) for name, values in cases.items()}
        for part, cases in found.items()
    }
    compared: dict[str, dict[str, float]] = {}

    if times := middle.get("untrained"):
        ours = times["ours, cold"]
        compared["cold, times faster than stock at one process"] = {
            "is": times["stock, one process"] / ours, "at least": 5}  # fmt: skip
        compared["cold, times faster than stock at two processes"] = {
            "is": times["stock, two processes"] / ours, "at least": 3}  # fmt: skip
    if times := middle.get("whole"):
        floor = times["execution off"] + times["cells in one process"]
        compared["whole site, times its floor"] = {
            "is": times["ours, cold"] / floor,
            "at most": 1.5,
        }
    if times := middle.get("added"):
        each = {
            case: (times[f"{case}, {MANY} pages"] - times[f"{case}, {FEW} pages"]) / (MANY - FEW)
            for case in ("stock", "ours")
        }
        compared["an added page, as a part of stock's"] = {
            "is": each["ours"] / each["stock"],
            "at most": 1 / 6,
        }
    if times := middle.get("explorer"):
        for name, value in times.items():
            compared[f"milliseconds, {name}"] = {"is": 1000 * value, "at most": 50}
    return compared


def table(found: dict[str, dict[str, list[float]]], compared: dict[str, dict[str, float]]) -> str:
    """Write down medians with their spread, and the ratios with their targets."""
    lines = []
    for part, cases in found.items():
        lines.append(f"\n{part}")
        for name, values in cases.items():
            spread = f"{min(values):.2f} to {max(values):.2f}"
            middle = statistics.median(values)
            lines.append(f"  {name:40} {middle:8.2f}   {spread}, {len(values)} rounds")
    lines.append("")
    for name, ratio in compared.items():
        side, target = next((key, value) for key, value in ratio.items() if key != "is")
        met = ratio["is"] >= target if side == "at least" else ratio["is"] <= target
        verdict = "met" if met else "MISSED"
        lines.append(f"  {name:56} {ratio['is']:6.2f}   {side} {target:.2f}: {verdict}")
    return "\n".join(lines)


def main() -> None:
    """Measure what was asked for, and add it to what was measured before."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}, explorer")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    arguments = parser.parse_args()
    PLACE.mkdir(parents=True, exist_ok=True)

    explorer = importlib.util.find_spec("bench.explorer")
    known = [*PARTS, *(["explorer"] if explorer else [])]
    found = json.loads(RESULT.read_text())["found"] if RESULT.exists() else {}
    for part in arguments.parts or known:
        if part == "explorer":
            found[part] = importlib.import_module("bench.explorer").measure()
        elif part in PARTS:
            found[part] = measure(part, arguments.rounds)
        else:
            sys.exit(f"There is no part {part!r}; there are {', '.join(known)}.")
        compared = ratios(found)
        machine = {"python": platform.python_version(), "cores": os.cpu_count()}
        result = {"machine": machine, "found": found, "ratios": compared}
        RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(table(found, ratios(found)))
    print(f"\nAll figures are in {RESULT.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
