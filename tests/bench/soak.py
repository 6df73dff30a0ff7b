"""Start kernels and build sites until one fails: ``python -m bench.soak`` in ``tests``.

After every step no process, socket or folder may remain.
"""

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from support.kernels import list_files
from support.sites import PlainSite

import preloaded_kernels

CONF = """
project = "soak"
extensions = ["myst_nb", "preloaded_kernels"]
html_theme = "basic"
exclude_patterns = ["_build"]
preloaded_kernel_imports = ["numpy"]
nb_execution_raise_on_error = True
"""
# MyST-NB executes in the processes that read; our execution, in threads of the first.
CONFS = {
    "MyST-NB's execution": CONF + "nb_execution_mode = 'force'\n",
    "our execution": CONF
    + "extensions.append('site_build.execution.prefill_cache')\n"
    + "nb_execution_mode = 'cache'\nnb_execution_cache_path = '_build/executed'\n",
}
PAGES = 6
MAX_KERNELS = 8
STEP = 50


def check(name: str, remaining: list[str]) -> None:
    """Exit if something remains of the step *name*."""
    if remaining:
        sys.exit(f"{name} left behind: {remaining}")


def add_one(number: int) -> None:
    cell = nbformat.v4.new_code_cell(f"import numpy\nint(numpy.sum([{number}, 1]))")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, kernel_name="python3").execute()
    assert notebook.cells[0].outputs[0].data["text/plain"] == str(number + 1)


def start_kernels(count: int) -> None:
    """Start *count* kernels, several at once."""
    with tempfile.TemporaryDirectory(prefix="soak-", dir="/tmp") as folder:
        tempfile.tempdir = folder
        with preloaded_kernels.provide(["numpy"]) as pool:
            for start in range(0, count, STEP):
                end = min(start + STEP, count)
                with ThreadPoolExecutor(MAX_KERNELS) as threads:
                    list(threads.map(add_one, range(start, end)))
                assert pool.forks, "a kernel was not forked"
                check("Kernels", sorted(list_files(pool.folder)))
                print(f"{end} of {count} kernels", flush=True)
        check("The preload process", os.listdir(folder))
        tempfile.tempdir = None


def build_sites(count: int, processes: int) -> None:
    """Build *count* small sites from scratch."""
    names = list(CONFS)
    for number in range(count):
        name = names[number % len(names)]
        with tempfile.TemporaryDirectory(prefix="soak-", dir="/tmp") as folder:
            pages = {f"page{page}": [f"{page} + {number}"] for page in range(PAGES)}
            site = PlainSite(Path(folder), CONFS[name], **pages)
            status, output = site.build("-j", str(processes))
            if status or "one by one" in output:
                sys.exit(f"Build {number + 1} at -j {processes} with {name}:\n{output}")
            check(f"Build {number + 1} at -j {processes} with {name}", site.left_behind())
        print(f"{number + 1} of {count} builds at -j {processes}, with {name}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--kernels", type=int, default=500)
    parser.add_argument("--builds", type=int, default=30, help="at two processes, and at four")
    arguments = parser.parse_args()
    start = time.monotonic()
    start_kernels(arguments.kernels)
    for processes in (2, 4):
        build_sites(arguments.builds, processes)
    print(f"Nothing failed, and nothing remains, after {time.monotonic() - start:.0f} seconds.")
