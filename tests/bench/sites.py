"""The sites that are built against the clock: copies of this one, and generated ones."""

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

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "_build" / "bench"

# Our settings without anything of ours: MyST-NB as it comes, with the kernel that Jupyter brings.
STOCK = """
import os
from pathlib import Path
from site_build import fingerprint
fingerprint.execution_cache = lambda root: ""
__file__ = str(Path(__file__).parents[1] / "conf.py")
exec(Path(__file__).read_text())
del os.environ["JUPYTER_PATH"], html_math_renderer
extensions = [name for name in extensions if not name.startswith("site_build")]
html_static_path, templates_path = ["../docs/_static"], ["../docs/_templates"]
nb_execution_mode = "force"
"""
# `make html`, with more options: a page that was left out may be referred to.
OURS = """
import sys
from site_build.__main__ import html
sys.exit(html(*sys.argv[1:]))
"""
LENIENT = ["--define", "suppress_warnings=ref,myst.xref_missing,toc,mystnb.glue_ref"]

# What a page says that trains a model, itself or through the probe.
TRAINING = (".fit(", "live.probed(")

GENERATED = """\
---
file_format: mystnb
kernelspec:
  name: python3
  language: python
---

# Page {number}

```{{code-cell}}
import keras
import numpy

layer = keras.layers.GRU({units}, return_sequences=True)
layer(numpy.ones((1, {number}, 2))).shape
```

```{{code-cell}}
layer.count_params()
```
"""


class Site:
    """A site in a folder of its own, with ways to build it."""

    def __init__(self, name: str) -> None:
        self.folder = PLACE / name
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(ROOT / "docs" / "_static", self.folder / "docs" / "_static")
        shutil.copytree(ROOT / "docs" / "_templates", self.folder / "docs" / "_templates")
        shutil.copy(ROOT / "conf.py", self.folder)
        (self.folder / "stock").mkdir()
        (self.folder / "stock" / "conf.py").write_text(STOCK)
        self.said = ""

    @property
    def pages(self) -> list[Path]:
        """List the pages that are executed."""
        found = [
            *self.folder.glob("*.md"),
            *self.folder.glob("docs/**/*.md"),
            *self.folder.glob("examples/*.py"),
        ]
        return sorted(
            page for page in found if "{code-cell}" in page.read_text() or page.suffix == ".py"
        )

    def stock(self, processes: int) -> float:
        """Build it with MyST-NB as it comes, everything anew."""
        shutil.rmtree(self.folder / "_build" / "stock", ignore_errors=True)
        options = ["-c", "stock", "-j", str(processes), "--fresh-env"]
        return self._time("-m", "sphinx", *options, ".", "_build/stock")

    def ours(self, *options: str, cold: bool = False, may_fail: bool = True) -> float:
        """Build it as `make html` does."""
        if cold:
            shutil.rmtree(self.folder / "_build", ignore_errors=True)
        lenient = LENIENT if may_fail else []
        return self._time("-c", OURS, *lenient, *options)

    def executed(self) -> int:
        """Count the pages that the last build executed."""
        return len(re.findall(r"^Executed ", self.said, re.M))

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
        list_of_pages = self.folder / "_build" / "cells.json"
        list_of_pages.parent.mkdir(exist_ok=True)
        list_of_pages.write_text(json.dumps(pages))
        return self._time(str(Path(__file__).with_name("plain.py")), str(list_of_pages))

    def _time(self, *command: str) -> float:
        environment = os.environ | {"NO_COLOR": "1"}
        start = time.perf_counter()
        result = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - start
        self.said = result.stdout
        if result.returncode:
            raise RuntimeError(textwrap.indent(result.stdout[-3000:], "  "))
        return seconds


def this_site(*, trained: bool) -> Site:
    """Copy this site: all of it, or in English alone and without the pages that train a model."""
    site = Site("whole" if trained else "untrained")
    for name in ("docs", "examples", "src/atlas"):  # A page shows a probe.
        shutil.copytree(ROOT / name, site.folder / name, dirs_exist_ok=True)
    shutil.copy(ROOT / "index.md", site.folder)
    if not trained:
        # MyST-NB as it comes knows nothing of a second language.
        shutil.rmtree(site.folder / "docs" / "locale")
        for page in site.pages:
            if any(trains in page.read_text() for trains in TRAINING):
                page.unlink()
    return site


def generated_site(count: int) -> Site:
    """Generate a site of *count* small pages that use Keras, each with cells of its own."""
    site = Site(f"generated-{count}")
    names = [f"page-{number}" for number in range(1, count + 1)]
    for number, name in enumerate(names, start=1):
        text = GENERATED.format(number=number, units=1 + number % 7)
        (site.folder / "docs" / f"{name}.md").write_text(text)
    toctree = "\n".join(f"docs/{name}" for name in names)
    (site.folder / "index.md").write_text(f"# Generated\n\n```{{toctree}}\n{toctree}\n```\n")
    return site
