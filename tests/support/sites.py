"""Small sites that tests build: with this project's conf.py, a copy of it, or one of their own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

HEADER = """---
file_format: mystnb
kernelspec:
  name: python3
  language: python
---

"""


def cell(code: str, *tags: str) -> str:
    options = f":tags: [{', '.join(tags)}]\n\n" if tags else ""
    return f"```{{code-cell}}\n{options}{code}\n```\n"


def cells(*code: str) -> str:
    return "\n".join(map(cell, code))


class Site:
    """The files of a site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        """Write one file of the site."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def write_page(self, text: str, name: str = "docs/page", options: str = "") -> None:
        """Write a page with this Markdown and more options in its front matter."""
        header = HEADER.replace("file_format", f"{options}file_format")
        self.write(f"{name}.md", f"{header}# A page\n\n{text}\n")

    def write_index(self, *pages: str) -> None:
        """Write the first page, with a list of the others."""
        toctree = "\n".join(pages)
        self.write("index.md", f"# A site\n\n```{{toctree}}\n{toctree}\n```\n")

    def html(self, name: str) -> str:
        """Return a built page."""
        return (self.folder / "_build/html" / f"{name}.html").read_text(encoding="utf-8")

    def published_files(self) -> dict[str, bytes]:
        """Return the content of every published file, by its name."""
        folder = self.folder / "_build/html"
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run ``python -m`` with *command* in the site; stdout and stderr come back as one."""
        process = self.start_command(*command, **environment)
        output, _ = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, output)

    def start_command(self, *command: str, **environment: str) -> "subprocess.Popen[str]":
        """Start ``python -m`` with *command* in the site."""
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # The tests read what a build says, whatever this terminal is asked to colour.
            env=os.environ | {"NO_COLOR": "1"} | environment,
            # A shell starts what runs in its background without Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )


class SmallSite(Site):
    """A site of two pages with the real conf.py, to inject things into.

    Its pages need no Keras, so that its kernels start from a process that has not imported it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        conf = (ROOT / "conf.py").read_text(encoding="utf-8")
        imports = '["keras", "myst_nb", "rnn_returns"]'
        assert imports in conf
        self.write("conf.py", conf.replace(imports, '["myst_nb"]'))
        for name in ("_static", "_templates"):
            shutil.copytree(ROOT / "docs" / name, folder / "docs" / name)
        self.write_index("docs/page")
        self.write_page(cell("1 + 1"))


def copy_of_this_site(folder: Path) -> SmallSite:
    site = SmallSite(folder)
    shutil.rmtree(folder / "docs")
    shutil.copy(ROOT / "conf.py", folder)
    for name in ("docs", "examples", "src/keras_compat"):  # A page shows a probe.
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "index.md", folder)
    return site


class PlainSite(Site):
    """A small site with its own conf.py, built by Sphinx alone."""

    def __init__(self, folder: Path, conf: str, **pages: list[str]) -> None:
        super().__init__(folder)
        self.python = sys.executable
        self.temporary = folder / "_build/tmp"
        self.temporary.mkdir(parents=True)
        self.write("conf.py", conf)
        self.write_index(*pages)
        for name, code in pages.items():
            self.write_page(cells(*code), name)
        self.environment = os.environ | {
            "NO_COLOR": "1",
            "TMPDIR": str(self.temporary),
            "PLAIN_SITE": str(self.folder),  # By this its processes are known.
            "PYTHONPATH": os.pathsep.join(
                [str(self.folder / "modules"), os.environ.get("PYTHONPATH", "")]
            ),
        }

    def start(self, *options: str) -> "subprocess.Popen[str]":
        """Start a build."""
        return subprocess.Popen(
            [self.python, "-m", "sphinx", "-W", *options, ".", "_build/html"],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        )

    def build(self, *options: str) -> tuple[int, str]:
        """Build the site; return the exit status and what was printed."""
        process = self.start(*options)
        output, _ = process.communicate()
        return process.returncode, output

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
