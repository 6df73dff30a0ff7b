"""An output is used again only while everything that it came from is the same."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HEADER, ROOT, PlainSite, cells

from site_build import fingerprint

CONF = """
from pathlib import Path
from site_build import environment, fingerprint
ROOT = Path(__file__).parent
environment.prepare(ROOT)
project = "elsewhere"
extensions = ["myst_nb", "site_build.guards", "site_build.warm", "site_build.execute"]
exclude_patterns = ["_build", "modules"]
locale_dirs = ["locale"]
nb_execution_mode = "cache"
nb_execution_cache_path = fingerprint.execution_cache(ROOT)
html_theme = "basic"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a place with a distribution to be installed in, and a copy of what is ours."""
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprint, "SOURCE", source)
    install(tmp_path, "1.0")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))  # What it sets is undone.
    return tmp_path


def install(where: Path, version: str, **files: str) -> None:
    """Install a distribution, as pip would describe it."""
    folder = where / "layers-0.dist-info"
    folder.mkdir(exist_ok=True)
    texts = {"METADATA": f"Name: layers\nVersion: {version}\n", "RECORD": "layers.py,sha256=a,9\n"}
    for name, text in (texts | files).items():
        (folder / name.replace("_json", ".json")).write_text(text, encoding="utf-8")


def edit(name: str) -> Callable[[Path, pytest.MonkeyPatch], None]:
    """Change one of our files."""

    def change(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with (here / "src" / name).open("a", encoding="utf-8") as file:
            file.write("\n")

    return change


def variable(name: str, value: str) -> Callable[[Path, pytest.MonkeyPatch], None]:
    """Set an environment variable."""
    return lambda here, monkeypatch: os.environ.update({name: value})


VCS = '{"url": "https://example.org", "vcs_info": {"vcs": "git", "commit_id": "b"}}'
CHANGES: dict[str, Callable[[Path, pytest.MonkeyPatch], None]] = {
    "the package": edit("rnn_returns/rules.py"),
    "its data": edit("rnn_returns/original_notebook.json"),
    "the kernel": edit("site_build/kernel.py"),
    "the kernel's settings": edit("site_build/jupyter/kernels/python3/kernel.json"),
    "the environment": edit("site_build/environment.py"),
    "how kernels are forked": edit("site_build/warm/zygote.py"),
    "a version": lambda here, monkeypatch: install(here, "1.1"),
    "another build of a version": lambda here, monkeypatch: install(
        here, "1.0", RECORD="layers.py,sha256=b,9\n"
    ),
    "another commit of a version": lambda here, monkeypatch: install(
        here, "1.0", direct_url_json=VCS
    ),
    "a distribution is gone": lambda here, monkeypatch: shutil.rmtree(here / "layers-0.dist-info"),
    "the interpreter": lambda here, monkeypatch: monkeypatch.setattr(sys, "version", "3.99"),
    "the processor": lambda here, monkeypatch: monkeypatch.setattr(
        fingerprint, "processor", lambda: "flags: avx1024"
    ),
    "the backend": variable("KERAS_BACKEND", "jax"),
    "oneDNN's instructions": variable("ONEDNN_MAX_CPU_ISA", "SSE41"),
    "the number of threads": variable("OMP_NUM_THREADS", "7"),
    "the language": variable("LC_ALL", "de_DE.UTF-8"),
    "the time zone": variable("TZ", "Asia/Shanghai"),
    "the width of the terminal": variable("COLUMNS", "33"),
    "where modules are looked for": variable("PYTHONPATH", "/elsewhere"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_touches_every_page(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Outputs are kept in another folder after each such change, so every page runs again."""
    before = fingerprint.execution_cache(here)
    assert fingerprint.execution_cache(here) == before

    CHANGES[name](here, monkeypatch)

    assert fingerprint.execution_cache(here) != before


def test_what_may_change_at_any_moment(here: Path) -> None:
    """While a package is installed from its sources, for editing, no output is used again."""
    install(here, "1.0", direct_url_json='{"url": "file:///x", "dir_info": {"editable": true}}')

    assert fingerprint.execution_cache(here) != fingerprint.execution_cache(here)


@pytest.mark.parametrize("name", ["HOME", "SSH_TTY", "EDITOR", "GITHUB_RUN_ID"])
def test_a_variable_that_no_output_depends_on(here: Path, name: str) -> None:
    """Another terminal, user or run does not make every page run again."""
    before = fingerprint.execution_cache(here)
    os.environ[name] = "something else"

    assert fingerprint.execution_cache(here) == before


def test_what_a_change_executes(tmp_path: Path) -> None:
    """Each change executes what shows it, and nothing else; what is shown is always true."""
    site = PlainSite(tmp_path, CONF, one=["print('a' * 3)", "2 + 2"], two=["print('b' * 3)"])
    reads = HEADER.replace("file_format", "reads: [data.txt]\nfile_format")
    site.write("three.md", f"{reads}# Three\n\n" + cells("print(open('data.txt').read() * 3)"))
    site.write("index.md", "# A site\n\n```{toctree}\none\ntwo\nthree\n```\n")
    site.write("data.txt", "c")
    site.write("modules/helper.py", "")

    def executed(*options: str) -> set[str]:
        status, said = site.build("--fresh-env", *options)
        assert status == 0, said
        return {line.split()[1] for line in said.splitlines() if line.startswith("Executed ")}

    def replace(name: str, old: str, new: str) -> None:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert old in text
        site.write(name, text.replace(old, new))

    assert executed() == {"one", "two", "three"}

    # Prose, a tag that only changes how a cell is shown, the theme, the language.
    replace("one.md", "# one", "# The first\n\nMore prose.")
    replace("one.md", "}\nprint", "}\n:tags: [hide-input]\n\nprint")
    replace("conf.py", '"basic"', '"alabaster"')
    catalogue = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    catalogue += 'msgid "More prose."\nmsgstr "更多的文字。"\n'
    site.write("locale/zh_CN/LC_MESSAGES/one.po", catalogue)
    assert executed("-D", "language=zh_CN") == set()
    for shown in ("更多的文字。", "hide-input", "alabaster", "aaa"):
        assert shown in site.html("one")

    # A declared file, a cell, and a tag that changes what is executed: each its own page.
    site.write("data.txt", "d")
    replace("two.md", "'b'", "'e'")
    assert executed() == {"two", "three"}
    assert "ddd" in site.html("three")
    assert "eee" in site.html("two")
    replace("one.md", "2 + 2", ":tags: [raises-exception]\n\nraise ValueError('so')")
    assert executed() == {"one"}

    # What is in the fingerprint: every page. And back again, with another tag for looks.
    site.environment["TZ"] = "Asia/Shanghai"
    assert executed() == {"one", "two", "three"}
    del site.environment["TZ"]
    replace("one.md", "[raises-exception]", "[raises-exception, hide-output]")
    assert executed() == set()


UNFIT = {
    "a file that is not declared": (
        "", "print(open('data.txt').read())", "does not declare that it reads data.txt"),
    "a module beside the page": (
        "", "import beside", "does not declare that it reads beside.py"),
    "a declared file that is gone": (
        "reads: [gone.txt]\n", "1 + 1", "The page says that it reads"),
}  # fmt: skip


def test_what_nobody_would_notice(tmp_path: Path) -> None:
    """A page that reads a file which it does not declare, or declares none, fails the build."""
    site = PlainSite(tmp_path, CONF, good=["open('own', 'w').write('x')\nopen('own').read()"])
    pages = [name.replace(" ", "-") for name in UNFIT]
    for page, (declares, code, _) in zip(pages, UNFIT.values(), strict=True):
        header = HEADER.replace("file_format", f"{declares}file_format")
        site.write(f"{page}.md", f"{header}# A page\n\n" + cells(code))
    toctree = "\n".join(["good", *pages])
    site.write("index.md", f"# A site\n\n```{{toctree}}\n{toctree}\n```\n")
    site.write("data.txt", "c")
    site.write("beside.py", "")

    for _ in range(2):
        status, said = site.build("--fresh-env")

        assert status != 0
        for page, (_, _, problem) in zip(pages, UNFIT.values(), strict=True):
            assert any(f"{page}.md" in line and problem in line for line in said.splitlines()), said
        assert "good.md: WARNING" not in said


def test_two_pages_that_the_cache_cannot_tell_apart(tmp_path: Path) -> None:
    """Pages with the same cells that read other files are an error, for one would be wrong."""
    site = PlainSite(tmp_path, CONF)
    for name in ("one", "two"):
        header = HEADER.replace("file_format", "reads: [data.txt]\nfile_format")
        site.write(
            f"{name}/page.md", f"{header}# Page\n\n" + cells("print(open('data.txt').read())")
        )
        site.write(f"{name}/data.txt", name)
    site.write("index.md", "# A site\n\n```{toctree}\none/page\ntwo/page\n```\n")

    status, said = site.build()

    assert status != 0
    assert "page.md: WARNING: It has the cells of " in said
