"""Outputs are reused only while everything that they depend on is the same."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import pytest
from support.sites import ROOT, PlainSite, cell

from site_build.execution import environment, fingerprint

CONF = """
import os
from pathlib import Path
from site_build.execution import environment, fingerprint
ROOT = Path(__file__).parent
os.environ.update(environment.get_variables(ROOT))
project = "elsewhere"
extensions = [
    "myst_nb", "site_build.checks", "preloaded_kernels", "site_build.execution.prefill_cache"
]
exclude_patterns = ["_build", "modules"]
locale_dirs = ["locale"]
nb_execution_mode = "cache"
nb_execution_cache_path = fingerprint.get_cache_path(ROOT)
html_theme = "basic"
"""
READS = "reads: [data.txt]\n"  # In the front matter of a page.


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide a folder with an installed distribution and a copy of our packages."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    install(tmp_path, "1.0")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def cache_path(here: Path) -> str:
    return fingerprint.get_cache_path(here, here / "src")


def install(where: Path, version: str, **files: str) -> None:
    """Install a distribution, as pip would describe it."""
    folder = where / "layers-0.dist-info"
    folder.mkdir(exist_ok=True)
    texts = {"METADATA": f"Name: layers\nVersion: {version}\n", "RECORD": "layers.py,sha256=a,9\n"}
    for name, text in (texts | files).items():
        (folder / name.replace("_json", ".json")).write_text(text, encoding="utf-8")


def edit(here: Path, name: str) -> None:
    file = here / "src" / name
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")


JUPYTER = environment.KERNELS.relative_to(ROOT / "src").as_posix()
VCS = '{"url": "https://example.org", "vcs_info": {"vcs": "git", "commit_id": "b"}}'
FORK = "preloaded-kernels/preloaded_kernels/preload_process.py"
CHANGES: dict[str, Callable[[Path, pytest.MonkeyPatch], object]] = {
    "the package": lambda here, _: edit(here, "rnn_returns/rules/expectation.py"),
    "its data": lambda here, _: edit(here, "rnn_returns/original_notebook/notebook.json"),
    "the measurements": lambda here, _: edit(here, "keras_compat/tables.py"),
    "the kernel": lambda here, _: edit(here, "site_build/execution/kernel.py"),
    "a package of the kernel": lambda here, _: edit(here, "site_build/__init__.py"),
    "the kernel's settings": lambda here, _: edit(here, f"{JUPYTER}/kernels/python3/kernel.json"),
    "the environment": lambda here, _: edit(here, "site_build/execution/environment.py"),
    "how kernels are forked": lambda here, _: edit(here, FORK),
    "a version": lambda here, _: install(here, "1.1"),
    "another build of a version": lambda here, _: install(
        here, "1.0", RECORD="layers.py,sha256=b,9\n"
    ),
    "another commit of a version": lambda here, _: install(here, "1.0", direct_url_json=VCS),
    "a distribution is gone": lambda here, _: shutil.rmtree(here / "layers-0.dist-info"),
    "the interpreter": lambda _, patch: patch.setattr(sys, "version", "3.99"),
    "the processor": lambda _, patch: patch.setattr(
        fingerprint, "describe_processor", lambda: "flags: avx1024"
    ),
    "the backend": lambda _, patch: patch.setenv("KERAS_BACKEND", "jax"),
    "oneDNN's instructions": lambda _, patch: patch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41"),
    "the number of threads": lambda _, patch: patch.setenv("OMP_NUM_THREADS", "7"),
    "the language": lambda _, patch: patch.setenv("LC_ALL", "de_DE.UTF-8"),
    "the time zone": lambda _, patch: patch.setenv("TZ", "Asia/Shanghai"),
    "the width of the terminal": lambda _, patch: patch.setenv("COLUMNS", "33"),
    "where modules are looked for": lambda _, patch: patch.setenv("PYTHONPATH", "/elsewhere"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_affects_every_page(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """After each such change outputs are stored in another folder, so every page runs again."""
    before = cache_path(here)
    assert cache_path(here) == before

    CHANGES[name](here, monkeypatch)

    assert cache_path(here) != before


def test_what_the_kernel_imports() -> None:
    """A change of any of our modules that the kernel imports executes every page again."""
    code = """
import sys, site_build.execution.kernel
files = [getattr(module, "__file__", None) for module in sys.modules.values()]
print("\\n".join(filter(None, files)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    source = ROOT / "src"
    imported = {Path(file) for file in result.stdout.splitlines() if source in Path(file).parents}

    assert source / "site_build/execution/kernel.py" in imported
    sources = {source / place for place in fingerprint.KERNEL_SOURCES}
    assert all(sources & {file, *file.parents} for file in imported)


EDITABLE = '{"url": "file:///x", "dir_info": {"editable": true}}'


@pytest.mark.parametrize("change", ["module.py", "data.json", ".hidden", "__pycache__/module.pyc"])
def test_an_editable_installation(here: Path, change: str) -> None:
    """Outputs are reused until a source of it changes, which its version does not show."""
    source = here / "other"
    for name in ("module.py", "data.json", ".hidden", "__pycache__/module.pyc"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("1", encoding="utf-8")
    (here / "layers.pth").write_text(f"{source}\n", encoding="utf-8")
    install(here, "1.0", direct_url_json=EDITABLE, RECORD="layers.pth,sha256=a,9\n")
    before = cache_path(here)
    assert cache_path(here) == before

    (source / change).write_text("2", encoding="utf-8")

    is_source = change in ("module.py", "data.json")
    assert (cache_path(here) != before) == is_source


@pytest.mark.parametrize("pth", ["import layers_finder; layers_finder.install()", "/gone", None])
def test_an_editable_installation_without_known_sources(here: Path, pth: str | None) -> None:
    """No output is reused while a package is imported in a way that hides its sources."""
    files = {"RECORD": "layers.pth,sha256=a,9\n"} if pth else {}
    (here / "layers.pth").write_text(f"{pth}\n", encoding="utf-8")
    install(here, "1.0", direct_url_json=EDITABLE, **files)

    assert cache_path(here) != cache_path(here)


def test_our_own_distributions() -> None:
    """Both are installed in editable mode, and outputs are reused nevertheless."""
    assert fingerprint.get_cache_path(ROOT) == fingerprint.get_cache_path(ROOT)
    for name in fingerprint.OUR_NAMES:
        assert '"editable": true' in (distribution(name).read_text("direct_url.json") or "")


@pytest.mark.parametrize("name", ["HOME", "SSH_TTY", "EDITOR", "GITHUB_RUN_ID"])
def test_a_variable_that_no_output_depends_on(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Another terminal, user or run does not make every page run again."""
    before = cache_path(here)
    monkeypatch.setenv(name, "something else")

    assert cache_path(here) == before


def test_what_a_change_executes(tmp_path: Path) -> None:
    """Each change executes the pages that it affects, and no others; all outputs are valid."""
    site = PlainSite(tmp_path, CONF, one=["print('a' * 3)", "2 + 2"], two=["print('b' * 3)"])
    site.write_page(cell("print(open('data.txt').read() * 3)"), "three", READS)
    site.write_index("one", "two", "three")
    site.write("data.txt", "c")
    site.write("modules/helper.py", "")

    def executed(*options: str) -> set[str]:
        status, output = site.build("--fresh-env", *options)
        assert status == 0, output
        return {line.split()[1] for line in output.splitlines() if line.startswith("Executed ")}

    def replace(name: str, old: str, new: str) -> None:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert old in text
        site.write(name, text.replace(old, new))

    assert executed() == {"one", "two", "three"}

    # Prose, a tag that only changes how a cell is shown, the theme, the language.
    replace("one.md", "# A page", "# The first\n\nMore prose.")
    replace("one.md", "}\nprint", "}\n:tags: [hide-input]\n\nprint")
    replace("conf.py", '"basic"', '"alabaster"')
    catalog = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    catalog += 'msgid "More prose."\nmsgstr "更多的文字。"\n'
    site.write("locale/zh_CN/LC_MESSAGES/one.po", catalog)
    assert executed("-D", "language=zh_CN") == set()
    for text in ("更多的文字。", "hide-input", "alabaster", "aaa"):
        assert text in site.html("one")

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


INVALID = {
    "a file that is not declared": (
        "", "print(open('data.txt').read())", "does not declare that it reads data.txt"),
    "a module beside the page": (
        "", "import beside", "does not declare that it reads beside.py"),
    "a declared file that is gone": (
        "reads: [gone.txt]\n", "1 + 1", "The page declares that it reads"),
}  # fmt: skip


def test_undeclared_files(tmp_path: Path) -> None:
    """A page that reads an undeclared file, or declares a missing one, fails the build."""
    site = PlainSite(tmp_path, CONF, good=["open('own', 'w').write('x')\nopen('own').read()"])
    pages = [name.replace(" ", "-") for name in INVALID]
    for page, (declares, code, _) in zip(pages, INVALID.values(), strict=True):
        site.write_page(cell(code), page, declares)
    site.write_index("good", *pages)
    site.write("data.txt", "c")
    site.write("beside.py", "")

    for _ in range(2):
        status, output = site.build("--fresh-env")

        assert status != 0
        for page, (_, _, problem) in zip(pages, INVALID.values(), strict=True):
            assert any(f"{page}.md" in line and problem in line for line in output.splitlines()), (
                output
            )
        assert "good.md: WARNING" not in output


def test_two_pages_with_one_cache_key(tmp_path: Path) -> None:
    """Pages with equal cells that read different files fail the build."""
    site = PlainSite(tmp_path, CONF)
    for name in ("one", "two"):
        site.write_page(cell("print(open('data.txt').read())"), f"{name}/page", READS)
        site.write(f"{name}/data.txt", name)
    site.write_index("one/page", "two/page")

    status, output = site.build()

    assert status != 0
    assert "page.md: WARNING: It has the cells of " in output
