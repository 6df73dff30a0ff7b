"""What the tests share: the environment of the pages, and small copies of the site."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import browser, visit

from site_build import environment
from site_build.serve import HOST, server

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


def cells(*code: str) -> str:
    """Write code cells."""
    return "\n".join(f"```{{code-cell}}\n{cell}\n```\n" for cell in code)


class SmallSite:
    """A site of two pages with the real conf.py, to plant things in.

    Its pages need no Keras, so that its kernels start from a process that has not imported it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        conf = (ROOT / "conf.py").read_text(encoding="utf-8")
        imports = '["keras", "myst_nb", "rnn_returns"]'
        assert imports in conf
        self.write("conf.py", conf.replace(imports, '["myst_nb"]'))
        for name in ("_static", "_templates"):
            shutil.copytree(ROOT / "docs" / name, folder / "docs" / name)
        self.write("index.md", INDEX.replace("\npage\n", "\ndocs/page\n"))
        self.write("docs/page.md", PAGE)

    def write(self, name: str, text: str) -> None:
        """Write one file of the site."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run ``python -m`` with *command* in the site; stdout and stderr come back as one."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            # The tests read what a build says, whatever this terminal is asked to colour.
            env=os.environ | {"NO_COLOR": "1"} | environment,
        )


def copy_of_this_site(folder: Path) -> SmallSite:
    """Copy the whole site."""
    site = SmallSite(folder)
    shutil.rmtree(folder / "docs")
    shutil.copy(ROOT / "conf.py", folder)
    for name in ("docs", "examples", "src/atlas"):  # A page shows a probe.
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "index.md", folder)
    return site


class PlainSite:
    """A small site with its own conf.py, built by Sphinx alone."""

    def __init__(self, folder: Path, conf: str, **pages: list[str]) -> None:
        self.folder, self.temporary = folder, folder / "_build/tmp"
        self.temporary.mkdir(parents=True)
        self.write("conf.py", conf)
        toctree = "\n".join(pages)
        self.write("index.md", f"# A site\n\n```{{toctree}}\n{toctree}\n```\n")
        for name, code in pages.items():
            self.write(f"{name}.md", f"{HEADER}# {name}\n\n{cells(*code)}")
        self.environment = os.environ | {
            "NO_COLOR": "1",
            "TMPDIR": str(self.temporary),
            "PLAIN_SITE": str(self.folder),  # By this its processes are known.
            "PYTHONPATH": os.pathsep.join(
                [str(self.folder / "modules"), os.environ.get("PYTHONPATH", "")]
            ),
        }

    def write(self, name: str, text: str) -> None:
        """Write one file of the site."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def start(self, *options: str) -> "subprocess.Popen[str]":
        """Start a build."""
        return subprocess.Popen(
            [sys.executable, "-m", "sphinx", "-W", *options, ".", "_build/html"],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        )

    def build(self, *options: str) -> tuple[int, str]:
        """Build the site; give the exit status and what was said."""
        process = self.start(*options)
        said, _ = process.communicate()
        return process.returncode, said

    def html(self, name: str) -> str:
        """Give a built page."""
        return (self.folder / "_build/html" / f"{name}.html").read_text(encoding="utf-8")

    def left_behind(self) -> list[str]:
        """Name the processes and files of builds that have ended, after a moment to end in."""
        for _ in range(100):
            # Where Sphinx stumbles over a signal, it writes a report.
            files = [
                file.name for file in self.temporary.iterdir() if "sphinx-err" not in file.name
            ]
            left = [*files, *self._processes()]
            if not left:
                break
            time.sleep(0.1)
        return left

    def _processes(self) -> Iterator[str]:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if f"PLAIN_SITE={self.folder}".encode() in (process / "environ").read_bytes():
                    yield (process / "cmdline").read_text()
            except OSError:
                continue  # It has ended, or is another user's.


@pytest.fixture
def small_site(tmp_path: Path) -> SmallSite:
    """Give a small site in a folder of its own."""
    return SmallSite(tmp_path)


@pytest.fixture
def page() -> Callable[[str], str]:
    """Give a function that makes a page of Markdown text."""
    return lambda text: f"{HEADER}# A page\n\n{text}\n"


@pytest.fixture(scope="session")
def hosted(published: Path) -> Iterator[str]:
    """Serve the built site as a host would; give its address."""
    with server(published) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{running.server_address[1]}"
        running.shutdown()


@pytest.fixture(scope="session")
def published() -> Path:
    """Give the folder of the built site."""
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").exists():
        pytest.fail("There is no built site; run `make html` first, or `make test` for both.")
    return folder
