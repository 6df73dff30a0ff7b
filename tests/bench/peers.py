"""The same pages with stock MyST-NB, with sphinx-exec-jupyter and with our preloaded kernels.

Each has a separate environment, with the same Python and the same versions of all that they
share, and executes the pages as MyST-NB does: nothing of this site's build is used.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import nbformat
from support.sites import ROOT

from bench import process_tree
from bench.sites import FOLDER, STOCK, MeasuredSite, this_site

RESULT = ROOT / "_build" / "peers.json"
PEER = "sphinx-exec-jupyter"
OURS = "preloaded-kernels"
PROCESSES = (1, 2)
LIMIT = 900  # Seconds after which a build is killed, as one that hangs.
# The peer needs a newer Sphinx than the lock has for the oldest Python of this project.
OVERRIDE = "sphinx>=9.1,<9.2"
SHOWN = ("sphinx", "myst-nb", "jupyter-client", "ipykernel", "keras", "tensorflow-cpu")

IMPORTS = ["keras", "myst_nb", "rnn_returns"]
CONFS = {
    "stock": STOCK,
    PEER: STOCK
    + 'extensions.append("sphinx_exec_jupyter")\n'
    + f'exec_jupyter_code = "import {", ".join(IMPORTS)}"\n',
    OURS: STOCK + f'extensions.append("preloaded_kernels")\npreloaded_kernel_imports = {IMPORTS}\n',
}
REQUIREMENTS = {"stock": [], PEER: [PEER], OURS: [str(ROOT / "src/preloaded-kernels")]}
FAILED = re.compile(r"Executing notebook failed|Kernel died|one by one", re.MULTILINE)


@dataclass
class Measurements:
    """What was measured of one way to execute the pages."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {str(n): [] for n in PROCESSES})
    memory: list[int] = field(default_factory=list)
    builds: int = 0
    failures: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # Processes that remained.
    different: dict[str, int] = field(default_factory=dict)  # By page: the builds it differed in.


class Contender:
    """One way to execute the pages, with its environment."""

    def __init__(self, name: str, site: MeasuredSite, python: str) -> None:
        self.name, self.site = name, site
        self.folder = FOLDER / "peers" / name
        self.python = self._install(python)
        self.found = Measurements()
        self.last = 0.0  # The seconds of the last build.
        site.write(f"{name}/conf.py", CONFS[name])

    def build(self, processes: int, *, sample: bool = False) -> dict[str, list[Any]] | None:
        """Build the site from scratch; return the outputs of its pages, or None if it failed."""
        built = self.site.folder / "_build" / self.name
        shutil.rmtree(built, ignore_errors=True)
        options = ["-c", self.name, "-j", str(processes), "--fresh-env", "--doctree-dir"]
        place = f"_build/{self.name}"
        command = [self.python, "-m", "sphinx", *options, f"{place}/doctrees", ".", f"{place}/html"]
        environment = os.environ | {"NO_COLOR": "1", "PYTHONPATH": str(ROOT / "src")}
        folder = self.site.folder
        result = process_tree.run(command, folder, environment, limit=LIMIT, sample=sample)
        found = self.found
        found.builds += 1
        self.last = result.seconds
        found.left += result.left
        if result.memory:
            found.memory.append(result.memory)
        if result.status != 0 or FAILED.search(result.output):
            found.failures.append(result.output[-2000:])
            return None
        if not sample:
            found.seconds[str(processes)].append(result.seconds)
        return read_outputs(built / "jupyter_execute")

    def compare(self, outputs: dict[str, list[Any]], expected: dict[str, list[Any]]) -> None:
        """Count the pages whose outputs are not those of ordinary kernels."""
        for page in expected.keys() | outputs.keys():
            if outputs.get(page) != expected.get(page):
                self.found.different[page] = self.found.different.get(page, 0) + 1

    def list_versions(self) -> dict[str, str]:
        """Return the versions of what is installed."""
        command = ["pip", "list", "--python", self.python, "--format", "json"]
        listed = subprocess.run(
            [sys.executable, "-m", "uv", *command], check=True, capture_output=True, text=True
        )
        return {entry["name"]: entry["version"] for entry in json.loads(listed.stdout)}

    def _install(self, python: str) -> str:
        """Create the environment, and return its Python."""
        uv = [sys.executable, "-m", "uv", "--quiet"]
        made = str(self.folder / "bin/python")
        subprocess.run([*uv, "venv", "--clear", "--python", python, str(self.folder)], check=True)
        override = self.folder / "override.txt"
        override.write_text(OVERRIDE + "\n", encoding="utf-8")
        install = [*uv, "pip", "install", "--compile-bytecode", "--python", made]
        lock = ["--requirement", str(ROOT / "requirements.lock"), "--override", str(override)]
        subprocess.run([*install, *lock], check=True)
        if REQUIREMENTS[self.name]:
            subprocess.run([*install, "--no-deps", *REQUIREMENTS[self.name]], check=True)
        return made


def read_outputs(folder: Path) -> dict[str, list[Any]]:
    """Return the outputs of every executed page, by its name.

    A kernel sends what a cell prints in pieces, whose number depends on the speed of the machine
    and which MyST-NB joins; here they are joined too.
    """
    pages = {}
    for file in sorted(folder.rglob("*.ipynb")):
        notebook = nbformat.read(file, as_version=4)
        cells = [list(_join(cell.outputs)) for cell in notebook.cells if "outputs" in cell]
        pages[file.relative_to(folder).as_posix()] = cells
    return pages


def _join(outputs: list[Any]) -> Iterator[Any]:
    previous: Any = None
    for output in outputs:
        stream = output.output_type == "stream"
        if previous is not None and stream and previous.get("name") == output.name:
            previous.text += output.text
            continue
        if previous is not None:
            yield previous
        previous = output
    if previous is not None:
        yield previous


def find_python() -> str | None:
    """Find a Python that the peer supports: of this environment, in the path, or of pyenv."""
    candidates = [sys.executable, "python3.13", "python3.12"]
    candidates += map(str, sorted(Path.home().glob(".pyenv/versions/3.1[23].*/bin/python"))[::-1])
    check = "import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 14))"
    for candidate in filter(shutil.which, candidates):
        tried = subprocess.run([candidate, "-c", check], capture_output=True, check=False)
        if tried.returncode == 0:
            return candidate
    return None


def measure(rounds: int, builds: int) -> dict[str, list[float]]:
    """Measure the time in turns, then memory and failures in more builds; print the table.

    Returns:
        The seconds of each, by its name and the number of processes.
    """
    python = find_python()
    if python is None:
        print(f"peers: skipped, because {PEER} needs Python 3.12 or 3.13, and there is none here.")
        return {}
    site = this_site(trained=False)
    contenders = [Contender(name, site, python) for name in CONFS]
    expected = contenders[0].build(PROCESSES[0])  # It also warms the caches of the disk.
    if expected is None:
        raise RuntimeError(contenders[0].found.failures[0])
    contenders[0].found = Measurements()

    def build(contender: Contender, processes: int, label: str, *, sample: bool = False) -> None:
        outputs = contender.build(processes, sample=sample)
        if outputs is not None:
            contender.compare(outputs, expected)
        verdict = f"{'failed' if outputs is None else 'built'} in {contender.last:.1f} s"
        print(f"peers: {label}: {contender.name}, {processes} processes: {verdict}", flush=True)

    for number in range(rounds):
        for processes in PROCESSES:
            for contender in contenders[:: -1 if number % 2 else 1]:
                build(contender, processes, f"round {number + 1} of {rounds}")
    for number in range(builds):
        for contender in contenders:
            build(contender, PROCESSES[-1], f"build {number + 1} of {builds}", sample=True)

    record = {
        "date": time.strftime("%Y-%m-%d"),
        "pages": len(expected),
        "versions": {contender.name: contender.list_versions() for contender in contenders},
        "python": subprocess.run(
            [contenders[0].python, "-V"], capture_output=True, text=True, check=True
        ).stdout.split()[1],
        "cores": os.cpu_count(),
        "found": {contender.name: vars(contender.found) for contender in contenders},
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    print(f"\n{format_table(record)}\n\nAll figures are in {RESULT.relative_to(ROOT)}.\n")
    return {
        f"{contender.name}, {processes} processes": contender.found.seconds[str(processes)]
        for contender in contenders
        for processes in PROCESSES
    }


def compare(seconds: dict[str, list[float]]) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield how many times faster ours is, as the median of all rounds with its spread."""
    targets = {("stock", 1): 5, ("stock", 2): 3.5, (PEER, 1): 1, (PEER, 2): 1}
    for (name, processes), target in targets.items():
        others, ours = (seconds.get(f"{who}, {processes} processes") for who in (name, OURS))
        if others and ours:
            ratios = [other / own for other, own in zip(others, ours, strict=False)]
            ratio = {"is": median(ratios), "from": min(ratios), "to": max(ratios)}
            yield (
                f"ours, times faster than {name} at {processes}",
                {**ratio, "at least": target},
            )


def format_table(record: dict[str, Any]) -> str:
    """Return the figures as a table in Markdown."""
    found, names = record["found"], list(record["found"])
    head = [name if name == "stock" else f"`{name}`" for name in names]
    rows = [["", *[name.replace("stock", "Stock MyST-NB") for name in head]]]
    for processes in map(str, PROCESSES):
        times = [_spread(found[name]["seconds"][processes], "s") for name in names]
        rows.append([f"Cold build, processes: {processes}", *times])
        row = [f"Times as fast as stock, processes: {processes}"]
        for name in names:
            stock, own = (found[who]["seconds"][processes] for who in ("stock", name))
            row.append(_spread([a / b for a, b in zip(stock, own, strict=False)], "", digits=2))
        rows.append(row)
    gibibytes = [[value / 2**30 for value in found[name]["memory"]] for name in names]
    rows += [
        [
            f"Peak memory of all processes, processes: {PROCESSES[-1]}",
            *[_spread(values, "GiB", digits=2) for values in gibibytes],
        ],
        ["Failed builds", *[_count(found[name], "failures") for name in names]],
        ["Processes left behind", *[str(len(found[name]["left"])) for name in names]],
        [
            "Pages with other outputs than ordinary kernels",
            *[str(len(found[name]["different"])) for name in names],
        ],
    ]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    versions = record["versions"]
    shared = ", ".join(f"{name} {versions[OURS][name]}" for name in SHOWN if name in versions[OURS])
    own = ", ".join(f"{name} {versions[name][name]}" for name in (PEER, OURS))
    note = (
        f"Measured on {record['date']} with {record['pages']} pages and {record['cores']} cores: "
        f"Python {record['python']}, {shared}; {own}. Medians, with the smallest and the largest "
        "value in parentheses."
    )
    return "\n".join([*lines, "", note])


def _spread(values: list[float], unit: str, digits: int = 1) -> str:
    if not values:
        return "–"
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return f"{median(values):.{digits}f} {unit}".strip() + f" ({low} to {high})"


def _count(found: dict[str, Any], name: str) -> str:
    return f"{len(found[name])} of {found['builds']}"
