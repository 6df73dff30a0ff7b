"""The sites whose builds are measured: copies of this one, and generated ones."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import jupytext
from support.sites import ROOT, Site, cells

FOLDER = ROOT / "_build" / "bench"

# Our settings without our extensions: stock MyST-NB, with the kernel that Jupyter provides.
STOCK = """
import os
from pathlib import Path
from site_build.execution import fingerprint
fingerprint.get_cache_path = lambda root: ""
__file__ = str(Path(__file__).parents[1] / "conf.py")
exec(Path(__file__).read_text())
OURS = "site_build", "preloaded_kernels"
del os.environ["JUPYTER_PATH"], html_math_renderer
extensions = [name for name in extensions if not name.startswith(OURS)]
html_static_path = ["../docs/_static"]
# Our templates use what our extensions provide.
templates_path, html_additional_pages, html_theme_options = [], {}, {"home_page_in_toc": True}
nb_execution_mode = os.environ.get("STOCK_MODE", "force")
suppress_warnings = ["mystnb.unknown_mime_type"]
"""
# `make html` with more options, because pages may refer to a page that was removed.
OURS = """
import sys
from pathlib import Path
from site_build.__main__ import build_html
sys.exit(build_html(Path.cwd(), *sys.argv[1:]))
"""
LENIENT = ["--define", "suppress_warnings=ref,myst.xref_missing,toc,mystnb.glue_ref"]

# A page with any of these trains a model, itself or through the probe.
TRAINING = (".fit(", ".probed(")

GENERATED = """
import keras
import numpy

layer = keras.layers.GRU({units}, return_sequences=True)
layer(numpy.ones((1, {number}, 2))).shape
"""


class MeasuredSite(Site):
    """A site in a folder of its own, with methods to build it."""

    def __init__(self, name: str) -> None:
        super().__init__(FOLDER / name)
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in ("_static", "_templates"):
            shutil.copytree(ROOT / "docs" / folder, self.folder / "docs" / folder)
        shutil.copy(ROOT / "conf.py", self.folder)
        self.write("stock/conf.py", STOCK)
        self.output = ""

    @property
    def pages(self) -> list[Path]:
        """List the pages that are executed."""
        texts = [*self.folder.glob("*.md"), *self.folder.glob("docs/**/*.md")]
        executed = [page for page in texts if "{code-cell}" in page.read_text()]
        return sorted([*executed, *self.folder.glob("examples/*.py")])

    def stock(self, processes: int) -> float:
        """Build it from scratch with stock MyST-NB."""
        shutil.rmtree(self.folder / "_build" / "stock", ignore_errors=True)
        options = ["-c", "stock", "-j", str(processes), "--fresh-env"]
        return self._time("-m", "sphinx", *options, ".", "_build/stock")

    def stock_again(self) -> float:
        """Build what changed with stock MyST-NB, which keeps outputs in its own cache."""
        return self._time("-m", "sphinx", "-c", "stock", ".", "_build/stock", STOCK_MODE="cache")

    def ours(
        self, *options: str, cold: bool = False, clean: bool = False, may_fail: bool = True
    ) -> float:
        """Build it as `make html` does: what changed, or all of it from scratch if *clean*.

        If it is *cold*, there are no outputs either.
        """
        if cold:
            shutil.rmtree(self.folder / "_build/executed", ignore_errors=True)
        lenient = LENIENT if may_fail else []
        return self._time("-c", OURS, *lenient, *options, CI="true" if cold or clean else "")

    def executed(self) -> int:
        """Count the pages that the last build executed."""
        return len(re.findall(r"^Executed ", self.output, re.M))

    def cells(self) -> float:
        """Run the cells of all pages in one plain process, one after the other."""
        pages = []
        for page in self.pages:
            text = page.read_text()
            if page.suffix == ".py":
                notebook = jupytext.reads(text, fmt="py:percent")
                cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
            else:
                fences = re.findall(r"^```\{code-cell\}.*?\n(.*?)^```", text, re.M | re.S)
                cells = [re.sub(r"\A(?::.*\n)+", "", fence) for fence in fences]
            pages.append({"folder": str(page.parent), "cells": cells})
        self.write("_build/cells.json", json.dumps(pages))
        return self._time(str(Path(__file__).with_name("plain.py")), "_build/cells.json")

    def _time(self, *command: str, **environment: str) -> float:
        start = time.perf_counter()
        result = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=os.environ | {"NO_COLOR": "1"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - start
        self.output = result.stdout
        if result.returncode:
            raise RuntimeError(textwrap.indent(result.stdout[-3000:], "  "))
        return seconds


def this_site(*, trained: bool) -> MeasuredSite:
    """Copy this site: all of it, or only in English and without the pages that train a model."""
    site = MeasuredSite("complete" if trained else "untrained")
    for name in ("docs", "examples", "src/keras_compat"):  # A page includes a probe.
        shutil.copytree(ROOT / name, site.folder / name, dirs_exist_ok=True)
    shutil.copy(ROOT / "index.md", site.folder)
    if not trained:
        # Stock MyST-NB does not support a second language.
        shutil.rmtree(site.folder / "docs" / "locale")
        for page in site.pages:
            if any(trains in page.read_text() for trains in TRAINING):
                page.unlink()
    return site


def generated_site(count: int) -> MeasuredSite:
    """Generate a site of *count* small pages that use Keras, each with cells of its own."""
    site = MeasuredSite(f"generated-{count}")
    names = [f"docs/page-{number}" for number in range(1, count + 1)]
    for number, name in enumerate(names, start=1):
        code = GENERATED.format(number=number, units=1 + number % 7).strip()
        site.write_page(cells(code, "layer.count_params()"), name)
    site.write_index(*names)
    return site
