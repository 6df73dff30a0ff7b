"""Offer every page that has code as a notebook and as a script that reproduce its outputs.

A page that reads files of the project is not offered, because it would not run without them. Colab
opens notebooks of a repository on GitHub; the workflow that publishes the site puts them there, on
a separate branch. So the link to Colab needs the setting `site_repository`.
"""

import ast
import re
import sys
from pathlib import Path
from textwrap import indent
from typing import Any
from urllib.parse import urljoin

import jupytext
import nbformat
from docutils import nodes
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util.osutil import relative_uri

from rnn_returns.messages import MIME
from site_build.checks.outputs import RAISES
from site_build.content.markdown import fence, render_blocks, resolve_links
from site_build.execution.environment import BACKEND
from site_build.execution.notebook_outputs import executed_notebook, versions
from site_build.i18n.languages import ENGLISH, LANGUAGES
from site_build.publish.archive import NAME as ARCHIVE
from site_build.publish.wheel import wheel_name

OUR_PACKAGE = "rnn_returns"
GITHUB, COLAB = "https://github.com/", "https://colab.research.google.com/github/"
BRANCH = "notebooks"
# The tag of a cell that its page hides, and that later cells need: for names, files, settings or
# the random numbers that it draws.
KEPT = "keep-in-notebook"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("html-page-context", _add_downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_downloads(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Write the notebook and the script of a page, and pass their names to the template."""
    address = app.builder.get_target_uri(pagename)
    # The archive and the wheel are published once, with the pages in English.
    up = "" if app.config.language == ENGLISH else "../"
    context["archive"] = relative_uri(address, up + ARCHIVE)
    site = app.config.html_baseurl
    base = urljoin(site, address) if site else ""
    cells = _page_cells(app, pagename, doctree, base)
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    if not code:
        return
    wheel = wheel_name() if re.search(rf"^(?:import|from) {OUR_PACKAGE}\b", code, re.M) else ""
    place = urljoin(base, relative_uri(address, up)) if base else ""
    notebook = _clean_notebook([*_head(app, wheel, place), *cells])
    for suffix, text in ((".ipynb", nbformat.writes(notebook)), (".py", to_script(notebook))):
        file = Path(app.outdir, pagename + suffix)
        file.parent.mkdir(parents=True, exist_ok=True)  # The page itself is written later.
        file.write_text(text, encoding="utf-8")
    published = f"{LANGUAGES[app.config.language].folder}{pagename}.ipynb"
    context["downloads"] = {
        "name": pagename.rpartition("/")[2],
        "wheel": wheel and relative_uri(address, up + wheel),
        "colab": colab_address(app.config.site_repository, published),
    }


def _page_cells(
    app: Sphinx, pagename: str, doctree: nodes.document | None, base: str
) -> list[NotebookNode]:
    """Return the prose and the executed code of a page; nothing if the page is not offered."""
    executed = executed_notebook(app, pagename)
    if not doctree or not executed or not versions(app) or "reads" in app.env.metadata[pagename]:
        return []

    def link(address: str, is_internal: bool) -> str:
        return urljoin(base, address) if base or not is_internal else ""

    cells, start = [], 0
    for block in render_blocks(doctree):
        if isinstance(block, str):
            cells.append(new_markdown_cell(resolve_links(block, link)))
            continue
        hidden = executed.cells[start:block]
        cells += [cell for cell in hidden if KEPT in cell.metadata.get("tags", [])]
        cells.append(executed.cells[block])
        start = block + 1
    return cells


def colab_address(repository: str, notebook: str) -> str:
    """Return the address that opens a notebook in Colab, or nothing if it could not be there.

    Args:
        repository: The address of the source, or nothing.
        notebook: The notebook's place in the site.

    >>> colab_address("https://github.com/owner/name", "zh/docs/errors/shapes.ipynb")
    'https://colab.research.google.com/github/owner/name/blob/notebooks/zh/docs/errors/shapes.ipynb'
    >>> colab_address("https://example.org/name", "zh/docs/errors/shapes.ipynb")
    ''
    """
    if not repository.startswith(GITHUB):
        return ""
    return f"{COLAB}{repository.removeprefix(GITHUB)}/blob/{BRANCH}/{notebook}"


def _head(app: Sphinx, wheel: str, place: str) -> list[NotebookNode]:
    """Return the first cells: what to install, and the settings that the page was executed with."""
    pins = [f"{name}=={number}" for name, number in versions(app).items()]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    source = _("A page of the site “%(site)s”, with the outputs that it has there.")
    needs = _("To get the same, use Python %(python)s and install:")
    paragraphs = [
        f"{source} {needs}" % {"site": app.config.html_title, "python": python},
        fence(" ".join(["pip install", *pins, *([place + wheel] if wheel else [])])),
    ]
    if wheel and not place:
        paragraphs.append(_("The last one is a file that the page offers."))
    settings = "".join(f"    {name}={value!r},\n" for name, value in BACKEND.items())
    code = f"import os\n\nos.environ.update(\n{settings})".replace("'", '"')
    return [new_markdown_cell("\n\n".join(paragraphs)), new_code_cell(code)]


def _clean_notebook(cells: list[NotebookNode]) -> NotebookNode:
    """Return a notebook of these cells, numbered, without anything that only the build needs."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook: NotebookNode = new_notebook(metadata={"kernelspec": kernel})
    executed = 0
    for number, cell in enumerate(cells):
        tags = [tag for tag in cell.metadata.get("tags", []) if tag == RAISES]
        copy = NotebookNode(cell, id=f"cell-{number}", metadata={"tags": tags} if tags else {})
        if cell.cell_type == "code":
            executed += 1
            copy.execution_count = executed
            copy.outputs = [_clean_output(output, executed) for output in cell.outputs]
        notebook.cells.append(copy)
    return notebook


def _clean_output(output: NotebookNode, execution_count: int) -> NotebookNode:
    copy = NotebookNode(output)
    if "data" in copy:
        copy.data = {kind: data for kind, data in copy.data.items() if kind != MIME}
    if "execution_count" in copy:
        copy.execution_count = execution_count
    return copy


def to_script(notebook: NotebookNode) -> str:
    """Return *notebook* as a script that prints its outputs, and continues after an error."""
    script = new_notebook(
        metadata={"jupytext": {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}},
    )
    for cell in notebook.cells:
        is_code = cell.cell_type == "code"
        script.cells.append(new_code_cell(_to_printing_code(cell)) if is_code else cell)
    return str(jupytext.writes(script, fmt="py:percent"))


def _to_printing_code(cell: NotebookNode) -> str:
    """Return the code of a cell with `print` for what Jupyter displays."""
    tree = ast.parse(cell.source)
    # The line, the column in bytes, the length and the replacement of a part of the code.
    edits = [
        (node.lineno, node.col_offset, len("display"), "print")
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "display"
    ]
    raises = RAISES in cell.metadata.get("tags", [])
    if not raises and any(output.output_type == "execute_result" for output in cell.outputs):
        last: Any = tree.body[-1]
        edits.append((last.lineno, last.col_offset, 0, "print("))
        edits.append((last.end_lineno, last.end_col_offset, 0, ")"))
    lines = cell.source.encode().split(b"\n")
    for line, column, length, text in sorted(edits, reverse=True):
        code = lines[line - 1]
        lines[line - 1] = code[:column] + text.encode() + code[column + length :]
    source = b"\n".join(lines).decode()
    if raises:
        message = 'print(f"{type(error).__name__}: {error}")'
        return f"try:\n{indent(source, '    ')}\nexcept Exception as error:\n    {message}"
    return str(source)
