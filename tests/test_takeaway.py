"""What readers take away gives what the site shows: notebooks, scripts, package and archive."""

import ast
import os
import re
import subprocess
import venv
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest
from browser import Visit
from conftest import ROOT
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from packaging.requirements import Requirement
from playwright.sync_api import Browser, expect
from test_pages import PAGES

from site_build.archive import MEGABYTE, NAME, write_archive
from site_build.languages import LANGUAGES
from site_build.wheel import wheel_name, write_wheel

# Markup that only the build can resolve.
FOR_THE_BUILD = r"\{(?:glue|ref|doc)[:}]|^\(\S+\)=$|^:::"
# It shows values, a picture and an error; all pages take minutes, so `make sweep` runs them.
SAMPLE = ["docs/flags/both"]


def is_offered(page: str) -> bool:
    """Say whether a page has cells, and declares no files of the project that they read."""
    source = ROOT / page.replace(".html", ".md")
    if not source.exists():
        return True  # It is a script.
    text = source.read_text(encoding="utf-8")
    shown = re.sub(r"^(`{4,}).*?^\1$", "", text, flags=re.M | re.S)  # Code that is talked about.
    return "```{code-cell}" in shown and not re.search(r"^reads:", text, re.M)


OFFERED = [page.removesuffix(".html") for page in PAGES if is_offered(page)]


@pytest.mark.parametrize("folder", [language.folder for language in LANGUAGES.values()])
def test_every_page_with_code_is_offered(published: Path, folder: str) -> None:
    """Each page with code can be taken away, but for those that need files of the project."""
    for page in PAGES:
        html = (published / folder / page).read_text(encoding="utf-8")
        named = re.findall(r'<a href="([^"]*\.(?:ipynb|py|whl))" download>', html)
        assert bool(named) == is_offered(page), page
        for name in named:
            assert ((published / folder / page).parent / name).resolve().is_file(), name


def closure(*names: str) -> Iterator[str]:
    """Yield the distributions that these need, themselves included."""
    waiting, seen = [*names], set()
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        yield name
        for line in distribution(name).requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed.name)


@pytest.fixture(scope="session")
def reader(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a Python that has what a notebook says, a kernel, and nothing else of this project."""
    folder = tmp_path_factory.mktemp("reader")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    if not python.exists():
        pytest.skip("Packages are put in by links, which this system may not have.")
    [packages] = folder.glob("lib/python*/site-packages")
    tensorflow = packages_distributions()["tensorflow"][0]
    for name in closure("keras", tensorflow, "numpy", "ipykernel"):
        found = distribution(name)
        for place in {Path(str(file)).parts[0] for file in found.files or ()} - {".."}:
            link = packages / place
            if place != "__pycache__" and not link.exists():
                link.symlink_to(Path(str(found.locate_file(place))))
    ZipFile(published / wheel_name()).extractall(packages)
    return python


def executed(python: Path, notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run a notebook on the reader's Python, in a folder of its own."""
    kernel = folder / "kernels" / "reader"
    kernel.mkdir(parents=True)
    # Isolated, so that it hears of nothing that the tests set.
    start = f'["{python}", "-I", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"]'
    (kernel / "kernel.json").write_text(f'{{"argv": {start}, "display_name": "", "language": ""}}')
    specs = KernelSpecManager(kernel_dirs=[str(kernel.parent)])
    manager = AsyncKernelManager(kernel_name="reader", kernel_spec_manager=specs)
    resources = {"metadata": {"path": str(folder)}}
    # As on the pages: how much of a text is sent at once goes by how busy the machine is.
    client = NotebookClient(
        notebook, km=manager, timeout=300, resources=resources, coalesce_streams=True
    )
    return client.execute()


def shown(cell: NotebookNode) -> list[object]:
    """Give what a cell shows, as far as a page shows it."""
    parts: list[object] = []
    for output in cell.outputs:
        if output.output_type == "stream":
            if output.name == "stdout":
                parts.append(output.text.strip())
        elif output.output_type == "error":
            parts.append((output.ename, output.evalue))
        else:
            parts.append({kind: output.data[kind] for kind in sorted(output.data)})
    return parts


def check(published: Path, page: str, python: Path, folder: Path) -> None:
    """Run a page's notebook and script, and hold what they show against the page's."""
    notebook = nbformat.read(published / f"{page}.ipynb", as_version=4)
    again = executed(python, nbformat.from_dict(notebook), folder)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert len(cells) > 1
    for before, after in zip(
        cells, [cell for cell in again.cells if cell.cell_type == "code"], strict=True
    ):
        assert shown(after) == shown(before), before.source

    script = subprocess.run(
        [python, "-I", published / f"{page}.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert script.returncode == 0, script.stderr


@pytest.mark.parametrize("page", SAMPLE)
def test_a_notebook_gives_the_outputs_of_its_page(
    published: Path, reader: Path, tmp_path: Path, page: str
) -> None:
    """Run with what its first cell says, a notebook shows what the page shows; the script runs."""
    check(published, page, reader, tmp_path)


@pytest.mark.sweep
@pytest.mark.parametrize("page", OFFERED)
def test_every_notebook_gives_the_outputs_of_its_page(
    published: Path, reader: Path, tmp_path: Path, page: str
) -> None:
    """Every page that is offered runs on a machine that knows nothing of this project."""
    check(published, page, reader, tmp_path)


@pytest.mark.parametrize("page", OFFERED)
def test_a_notebook_says_what_it_needs(published: Path, page: str) -> None:
    """The first cell says what to install, the package too where the page needs it."""
    for folder in (language.folder for language in LANGUAGES.values()):
        text = (published / folder / f"{page}.ipynb").read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        first = notebook.cells[0].source
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")

        for library in ("keras", "tensorflow", "numpy"):
            assert re.search(rf"\b{library}==\d", first), first
        assert (wheel_name() in first) == ("rnn_returns" in code)
        assert "myst_nb" not in code
        assert not re.search(FOR_THE_BUILD, text, re.M)


@pytest.mark.parametrize("page", OFFERED)
def test_a_script_needs_no_jupyter(published: Path, page: str) -> None:
    """A script names nothing that only Jupyter has; `make sweep` runs what every script says."""
    for folder in (language.folder for language in LANGUAGES.values()):
        script = ast.parse((published / f"{folder}{page}.py").read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(script) if isinstance(node, ast.Name)}
        assert not names & {"display", "get_ipython", "In", "Out"}


def test_the_package_is_on_the_site(published: Path, tmp_path: Path) -> None:
    """The file that notebooks name is the package of this site, the same whenever it is built."""
    write_wheel(tmp_path)

    assert (tmp_path / wheel_name()).read_bytes() == (published / wheel_name()).read_bytes()
    for file in (ROOT / "src/rnn_returns").glob("*.py"):
        inside = ZipFile(published / wheel_name()).read(f"rnn_returns/{file.name}")
        assert inside == file.read_bytes()


def test_the_archive_is_the_site(published: Path, tmp_path: Path, browser: Browser) -> None:
    """Unpacked, the archive is the whole site: it opens without a network, and its search finds."""
    with ZipFile(published / NAME) as archive:
        archive.extractall(tmp_path)
    site = tmp_path / Path(NAME).stem
    packed = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    visited = Visit.to(browser, (site / "zh/index.html").as_uri(), offline=True)
    page = visited.page
    page.goto((site / "search.html").as_uri())
    page.locator(".bd-search-container input").fill("not enough values to unpack (expected 9)")
    page.keyboard.press("Enter")
    page.locator("#search-results a").first.click()

    expect(page.locator("article h1")).to_have_text(re.compile("Look up an error message"))
    expect(page).to_have_url(re.compile(re.escape(f"{site.as_uri()}/docs/errors.html#")))
    assert visited.console == []
    assert page.locator("p.offline").count() == 0
    files = {path.relative_to(published) for path in published.rglob("*") if path.is_file()}
    assert packed == files - {Path(NAME)}
    page.context.close()


@pytest.mark.parametrize("page", ["index.html", "docs/flags/both.html", "zh/docs/errors.html"])
def test_a_page_says_how_large_the_archive_is(published: Path, page: str) -> None:
    """Who is about to load the archive knows its size, and the link leads to it."""
    html = (published / page).read_text(encoding="utf-8")
    [(address, size)] = re.findall(
        r'<p class="offline"><a href="([^"]*)".*<span class="archive-size">(.*) MB<', html
    )
    file = ((published / page).parent / address).resolve()

    assert float(size) == round(file.stat().st_size / MEGABYTE, 1)


def test_the_archive_depends_on_the_files_alone(tmp_path: Path) -> None:
    """Written at another time, with other rights, the archive is the same byte by byte."""
    made = []
    for name in ("one", "two"):
        site = tmp_path / name
        (site / "docs").mkdir(parents=True)
        for file in ("docs/b.html", "a.txt")[:: 1 if name == "one" else -1]:
            (site / file).write_text(file, encoding="utf-8")
        os.utime(site / "a.txt", (0, 0 if name == "one" else 10**9))
        (site / "a.txt").chmod(0o600 if name == "one" else 0o644)
        write_archive(site)
        made.append((site / NAME).read_bytes())

    assert made[0] == made[1]
