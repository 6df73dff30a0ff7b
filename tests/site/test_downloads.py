"""The downloads reproduce the site: notebooks, scripts, package and archive."""

import ast
import os
import re
import subprocess
import venv
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from packaging.requirements import Requirement
from playwright.sync_api import expect
from support.chromium import Open
from support.pages import FOR_THE_BUILD, PAGES
from support.sites import ROOT

from rnn_returns.messages import MIME
from site_build.execution.kernel import shorten
from site_build.i18n.languages import LANGUAGES
from site_build.publish.archive import MEGABYTE, NAME, TOOL, write_archive
from site_build.publish.wheel import wheel_name, write_wheel

# It has values, a diagram and an error; all pages take minutes, so `make test-slow` runs them.
SAMPLE = ["docs/flags/both"]
FOLDERS = [language.folder for language in LANGUAGES.values()]


def is_offered(page: str) -> bool:
    """Whether a page has cells, and declares no files of the project that they read."""
    source = ROOT / page.replace(".html", ".md")
    if not source.exists():
        return True  # It is a script.
    text = source.read_text(encoding="utf-8")
    text = re.sub(r"^( *`{4,}).*?^\1$", "", text, flags=re.M | re.S)  # Quoted source of cells.
    return "```{code-cell}" in text and not re.search(r"^reads:", text, re.M)


OFFERED = [page.removesuffix(".html") for page in PAGES if is_offered(page)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_page_with_code_is_offered(published: Path, folder: str) -> None:
    """Each page with code has downloads, except those that need files of the project."""
    for page in PAGES:
        html = (published / folder / page).read_text(encoding="utf-8")
        named = re.findall(r'<a href="([^"]*\.(?:ipynb|py|whl))" download>', html)
        assert bool(named) == is_offered(page), page
        for name in named:
            assert ((published / folder / page).parent / name).resolve().is_file(), name


def closure(*names: str) -> list[str]:
    """List these distributions and those that they require."""
    found = list(names)
    for name in found:  # It grows meanwhile.
        for required in map(Requirement, distribution(name).requires or ()):
            applies = required.marker is None or required.marker.evaluate({"extra": ""})
            if applies and required.name not in found:
                found.append(required.name)
    return found


@pytest.fixture(scope="session")
def reader(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Python with what a notebook lists, a kernel, and nothing else of this project."""
    folder = tmp_path_factory.mktemp("reader")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    if not python.exists():
        pytest.skip("This system may not have the links that this Python needs.")
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


def execute(python: Path, notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run a notebook on the reader's Python, in a folder of its own."""
    kernel = folder / "kernels" / "reader"
    kernel.mkdir(parents=True)
    # Isolated from the environment of the tests.
    start = f'["{python}", "-I", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"]'
    (kernel / "kernel.json").write_text(f'{{"argv": {start}, "display_name": "", "language": ""}}')
    specs = KernelSpecManager(kernel_dirs=[str(kernel.parent)])
    manager = AsyncKernelManager(kernel_name="reader", kernel_spec_manager=specs)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, km=manager, timeout=300, resources=resources)
    return client.execute()


def visible_outputs(cell: NotebookNode) -> list[object]:
    """Return what a page shows of the outputs of a cell.

    How much text is sent together depends on the load of the machine.
    """
    parts: list[object] = []
    for output in cell.outputs:
        if output.output_type == "error":
            # Keras numbers layers and tensors, also those of cells that only the page has.
            parts.append((output.ename, re.sub(r"(_\d+)+\b", "", shorten(output.evalue))))
        elif output.output_type != "stream":
            parts.append({kind: data for kind, data in output.data.items() if kind != MIME})
        elif output.name == "stdout":
            before = parts.pop() if parts and isinstance(parts[-1], str) else ""
            parts.append(f"{before}{output.text}")
    return [part.strip() if isinstance(part, str) else part for part in parts]


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[] if page in SAMPLE else pytest.mark.slow) for page in OFFERED],
)
def test_a_notebook_has_the_outputs_of_its_page(
    published: Path, reader: Path, tmp_path: Path, page: str
) -> None:
    """With what its first cell installs, a notebook has the page's outputs; the script runs."""
    notebook = nbformat.read(published / f"{page}.ipynb", as_version=4)
    again = execute(reader, nbformat.from_dict(notebook), tmp_path)
    cells, executed = (
        [cell for cell in each.cells if cell.cell_type == "code"] for each in (notebook, again)
    )

    assert len(cells) > 1
    for before, after in zip(cells, executed, strict=True):
        assert visible_outputs(after) == visible_outputs(before), before.source

    command: list[str | Path] = [reader, "-I", published / f"{page}.py"]
    script = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert script.returncode == 0, script.stderr


@pytest.mark.parametrize("page", OFFERED)
def test_a_download_has_what_it_needs(published: Path, page: str) -> None:
    """The first cell of a notebook lists what to install; a script needs no Jupyter."""
    for folder in FOLDERS:
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

        script = ast.parse((published / f"{folder}{page}.py").read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(script) if isinstance(node, ast.Name)}
        assert not names & {"display", "get_ipython", "In", "Out"}


def test_the_package_is_on_the_site(published: Path, tmp_path: Path) -> None:
    """The file that notebooks install is the package of this site, the same in every build."""
    write_wheel(tmp_path)

    assert (tmp_path / wheel_name()).read_bytes() == (published / wheel_name()).read_bytes()
    for file in (ROOT / "src/rnn_returns").glob("*.py"):
        inside = ZipFile(published / wheel_name()).read(f"rnn_returns/{file.name}")
        assert inside == file.read_bytes()


def test_the_archive_is_the_site(published: Path, tmp_path: Path, visit: Open) -> None:
    """Unpacked, the archive is the whole site: it opens without a network, and its search works.

    Only the model checker is not in it, because it does not run from a disk.
    """
    with ZipFile(published / NAME) as archive:
        archive.extractall(tmp_path)
    site = tmp_path / Path(NAME).stem
    packed = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    visited = visit((site / "zh/index.html").as_uri(), offline=True)
    page = visited.page
    page.goto((site / "search.html").as_uri())
    page.locator(".bd-search-container input").fill("not enough values to unpack (expected 9)")
    page.keyboard.press("Enter")
    page.locator("#search-results a").first.click()

    expect(page.locator("article h1")).to_have_text(re.compile("Unpacking and tuple errors"))
    expect(page).to_have_url(re.compile(re.escape(f"{site.as_uri()}/docs/errors/tuples.html#")))
    assert visited.console == []
    assert page.locator("p.offline").count() == 0
    files = {path.relative_to(published) for path in published.rglob("*") if path.is_file()}
    assert packed == {file for file in files if file.parent != Path(TOOL)} - {Path(NAME)}


@pytest.mark.parametrize(
    "page", ["index.html", "docs/flags/both.html", "zh/docs/errors/shapes.html"]
)
def test_a_page_shows_the_size_of_the_archive(published: Path, page: str) -> None:
    """The link leads to the archive and has its size."""
    html = (published / page).read_text(encoding="utf-8")
    [(address, size)] = re.findall(
        r'<p class="offline"><a href="([^"]*)".*<span class="archive-size">(.*) MB<', html
    )
    file = ((published / page).parent / address).resolve()

    assert float(size) == round(file.stat().st_size / MEGABYTE, 1)


def test_the_archive_depends_on_the_files_alone(tmp_path: Path) -> None:
    """At another time and with other permissions the archive has the same bytes.

    The model checker is not in it.
    """
    made = []
    for name in ("one", "two"):
        site = tmp_path / name
        (site / "docs").mkdir(parents=True)
        (site / TOOL).mkdir()
        (site / TOOL / name).write_text("of the model checker", encoding="utf-8")
        for file in ("docs/b.html", "a.txt")[:: 1 if name == "one" else -1]:
            (site / file).write_text(file, encoding="utf-8")
        os.utime(site / "a.txt", (0, 0 if name == "one" else 10**9))
        (site / "a.txt").chmod(0o600 if name == "one" else 0o644)
        write_archive(site)
        made.append((site / NAME).read_bytes())

    assert made[0] == made[1]
