"""Start kernels and build sites until something breaks: ``python -m bench.soak`` in ``tests``.

After every step there must be nothing left of it: no process, no socket, no folder.
"""

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from conftest import PlainSite
from nbclient import NotebookClient

from site_build import warm
from site_build.warm.provisioner import WarmProvisioner, Zygote

CONF = """
project = "soak"
extensions = ["myst_nb", "site_build.warm"]
html_theme = "basic"
exclude_patterns = ["_build"]
warm_kernel_imports = ["numpy"]
nb_execution_raise_on_error = True
"""
# MyST-NB executes in the processes that read; our execution, in threads of the first.
HOW = {
    "MyST-NB's execution": CONF + "nb_execution_mode = 'force'\n",
    "our execution": CONF
    + "extensions.append('site_build.execute')\n"
    + "nb_execution_mode = 'cache'\nnb_execution_cache_path = '_build/executed'\n",
}
PAGES = 6
AT_ONCE = 8
STEP = 50


def check(what: str, left: list[str]) -> None:
    """End here if anything is left."""
    if left:
        sys.exit(f"{what} left behind: {left}")


def kernels(count: int) -> None:
    """Start *count* kernels, several at once, and ask each for a sum."""
    with tempfile.TemporaryDirectory(prefix="soak-", dir="/tmp") as folder:
        tempfile.tempdir = folder
        warm.provide()
        zygote = WarmProvisioner.zygote = Zygote(["numpy"])

        def ask(number: int) -> None:
            code = f"import numpy\nint(numpy.sum([{number}, 1]))"
            cell = nbformat.v4.new_code_cell(code)
            notebook = nbformat.v4.new_notebook(cells=[cell])
            NotebookClient(notebook, kernel_name="python3").execute()
            assert notebook.cells[0].outputs[0].data["text/plain"] == str(number + 1)

        for start in range(0, count, STEP):
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(ask, range(start, min(start + STEP, count))))
            assert WarmProvisioner.zygote is zygote, "a kernel was not forked"
            left = set(os.listdir(zygote.folder)) - {Path(zygote.address).name}
            check("Kernels", sorted(left))
            print(f"{min(start + STEP, count)} of {count} kernels", flush=True)
        zygote.stop()
        WarmProvisioner.zygote = None
        check("The zygote", os.listdir(folder))
        tempfile.tempdir = None


def builds(count: int, processes: int) -> None:
    """Build small sites anew, *count* times in a row."""
    names = list(HOW)
    for number in range(count):
        how = names[number % len(names)]
        with tempfile.TemporaryDirectory(prefix="soak-", dir="/tmp") as folder:
            pages = {f"page{page}": [f"{page} + {number}"] for page in range(PAGES)}
            site = PlainSite(Path(folder), HOW[how], **pages)
            status, said = site.build("-j", str(processes))
            if status or "one by one" in said:
                sys.exit(f"Build {number + 1} at -j {processes} with {how}:\n{said}")
            check(f"Build {number + 1} at -j {processes} with {how}", site.left_behind())
        print(f"{number + 1} of {count} builds at -j {processes}, with {how}", flush=True)


def main() -> None:
    """Soak."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--kernels", type=int, default=500)
    parser.add_argument("--builds", type=int, default=30, help="at two processes, and at four")
    arguments = parser.parse_args()
    start = time.monotonic()
    kernels(arguments.kernels)
    for processes in (2, 4):
        builds(arguments.builds, processes)
    print(f"Nothing failed, and nothing is left, after {time.monotonic() - start:.0f} seconds.")


if __name__ == "__main__":
    main()
