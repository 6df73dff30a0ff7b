"""What the tests share: the environment of the pages, and small copies of the site."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import browser, visit

from site_build import environment

__all__ = ["browser", "visit"]  # Fixtures that have a file of their own.

ROOT = Path(__file__).parents[1]
environment.prepare(ROOT)

HEADER = """---
file_format: mystnb
kernelspec:
  name: python3
  language: python
---

"""
INDEX = HEADER + "# A small site\n\n```{toctree}\npage\n```\n"
PAGE = HEADER + "# A page\n\n```{code-cell}\n1 + 1\n```\n"


class SmallSite:
    """A site of two pages with the real conf.py, to plant things in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "conf.py", folder)
        for name in ("_static", "_templates"):
            shutil.copytree(ROOT / "docs" / name, folder / "docs" / name)
        self.write("index.md", INDEX.replace("\npage\n", "\ndocs/page\n"))
        self.write("docs/page.md", PAGE)

    def write(self, name: str, text: str) -> None:
        """Write one file of the site."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run ``python -m`` with *command* in the site; stdout and stderr come back as one."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            # The tests read what a build says, whatever this terminal is asked to colour.
            env=os.environ | {"NO_COLOR": "1"},
        )


@pytest.fixture
def small_site(tmp_path: Path) -> SmallSite:
    """Give a small site in a folder of its own."""
    return SmallSite(tmp_path)


@pytest.fixture
def page() -> Callable[[str], str]:
    """Give a function that makes a page of Markdown text."""
    return lambda text: f"{HEADER}# A page\n\n{text}\n"


@pytest.fixture(scope="session")
def published() -> Path:
    """Give the folder of the built site."""
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").exists():
        pytest.fail("There is no built site; run `make html` first, or `make test` for both.")
    return folder
