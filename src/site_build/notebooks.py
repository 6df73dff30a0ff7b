"""Offer every page that has code as a notebook and as a script, which give the page's outputs.

A page that reads files of the project is not offered: it would not run without them. Colab opens
notebooks of a repository on GitHub, so that it is offered where `REPOSITORY` is one; the workflow
that publishes the site keeps them there, on a branch of their own.
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

from site_build.archive import NAME as ARCHIVE
from site_build.as_markdown import blocks, fenced
from site_build.environment import BACKEND
from site_build.executed import executed_notebook
from site_build.executed_on import versions
from site_build.guards.outputs import RAISES
from site_build.hosted import REPOSITORY
from site_build.languages import ENGLISH, LANGUAGES
from site_build.wheel import wheel_name

OUR_PACKAGE = "rnn_returns"
GITHUB, COLAB = "https://github.com/", "https://colab.research.google.com/github/"
BRANCH = "notebooks"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("html-page-context", _offer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _offer(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    address = app.builder.get_target_uri(pagename)
    # These are published once, with the pages in English.
    up = "" if app.config.language == ENGLISH else "../"
    context["archive"] = relative_uri(address, up + ARCHIVE)
    executed, on = executed_notebook(app, pagename), versions(app)
    if not doctree or not executed or not on or "reads" in app.env.metadata[pagename]:
        return
    base = app.config.html_baseurl and urljoin(app.config.html_baseurl, address)

    def link(reference: nodes.reference) -> str:
        leads = str(reference.get("refuri", ""))
        return urljoin(base, leads) if base or not reference.get("internal") else ""

    cells = [
        new_markdown_cell(part) if isinstance(part, str) else executed.cells[part]
        for part in blocks(doctree, link)
    ]
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    if not code:
        return
    wheel = wheel_name() if re.search(rf"^(?:import|from) {OUR_PACKAGE}\b", code, re.M) else ""
    place = urljoin(base, relative_uri(address, up)) if base else ""
    notebook = _notebook([*_head(app.config.html_title, on, wheel, place), *cells])
    for suffix, text in ((".ipynb", nbformat.writes(notebook)), (".py", as_script(notebook))):
        file = Path(app.outdir, pagename + suffix)
        file.parent.mkdir(parents=True, exist_ok=True)  # The page itself is written later.
        file.write_text(text, encoding="utf-8")
    context["takeaway"] = {
        "name": pagename.rpartition("/")[2],
        "wheel": wheel and relative_uri(address, up + wheel),
        "colab": in_colab(REPOSITORY, f"{LANGUAGES[app.config.language].folder}{pagename}.ipynb"),
    }


def in_colab(repository: str, notebook: str) -> str:
    """Return the address that opens a notebook in Colab, or nothing if it could not be there.

    Args:
        repository: The address of the source, or nothing.
        notebook: The notebook's place in the site.

    >>> in_colab("https://github.com/owner/name", "zh/docs/errors.ipynb")
    'https://colab.research.google.com/github/owner/name/blob/notebooks/zh/docs/errors.ipynb'
    >>> in_colab("https://example.org/name", "zh/docs/errors.ipynb")
    ''
    """
    if not repository.startswith(GITHUB):
        return ""
    return f"{COLAB}{repository.removeprefix(GITHUB)}/blob/{BRANCH}/{notebook}"


def _head(site: str, on: dict[str, str], wheel: str, place: str) -> list[NotebookNode]:
    """Return the first cells: what to install, and the settings that the page was executed with."""
    pins = [f"{name}=={number}" for name, number in on.items()]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    says = [
        _("A page of the site “%(site)s”, with the outputs that it has there.") % {"site": site}
        + " "
        + _("To get the same, use Python %(python)s and install:") % {"python": python},
        fenced(" ".join(["pip install", *pins, *([place + wheel] if wheel else [])])),
    ]
    if wheel and not place:
        says.append(_("The last one is a file that the page offers."))
    settings = "".join(f"    {name}={value!r},\n" for name, value in BACKEND.items())
    code = f"import os\n\nos.environ.update(\n{settings})".replace("'", '"')
    return [new_markdown_cell("\n\n".join(says)), new_code_cell(code)]


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    """Return a notebook of these cells, numbered, with nothing in it that is the build's own."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook: NotebookNode = new_notebook(metadata={"kernelspec": kernel})
    executed = 0
    for number, cell in enumerate(cells):
        tags = [tag for tag in cell.metadata.get("tags", []) if tag == RAISES]
        copy = NotebookNode(cell, id=f"cell-{number}", metadata={"tags": tags} if tags else {})
        if cell.cell_type == "code":
            executed += 1
            copy.execution_count = executed
            copy.outputs = [
                NotebookNode(output, execution_count=executed)
                if output.output_type == "execute_result"
                else output
                for output in cell.outputs
            ]
        notebook.cells.append(copy)
    return notebook


def as_script(notebook: NotebookNode) -> str:
    """Write *notebook* as a script that prints what its cells show, and goes on after an error."""
    script = new_notebook(
        cells=[
            cell if cell.cell_type != "code" else new_code_cell(_printing(cell))
            for cell in notebook.cells
        ],
        metadata={"jupytext": {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}},
    )
    return str(jupytext.writes(script, fmt="py:percent"))


def _printing(cell: NotebookNode) -> str:
    source = re.sub(r"\bdisplay\(", "print(", cell.source)  # It is Jupyter's.
    if RAISES in cell.metadata.get("tags", []):
        tried = indent(source, "    ")
        said = 'print(f"{type(error).__name__}: {error}")'
        return f"try:\n{tried}\nexcept Exception as error:\n    {said}"
    if any(output.output_type == "execute_result" for output in cell.outputs):
        last = ast.parse(source).body[-1]
        lines = source.splitlines()
        shown = "\n".join(lines[last.lineno - 1 : last.end_lineno])
        # A comment behind it stays behind it.
        code = ast.get_source_segment(source, last)
        lines[last.lineno - 1 : last.end_lineno] = [shown.replace(str(code), f"print({code})")]
        return "\n".join(lines)
    return source
