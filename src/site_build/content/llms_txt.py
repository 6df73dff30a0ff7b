"""Publish the site for programs that answer questions: `llms.txt`, as llmstxt.org describes it.

It contains the rows of the return value table for the three most common layers, and a list of the
pages. Each page is also published as Markdown, at its address followed by `.md`, and links to that
file.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from myst_nb.core.render import strip_ansi
from nbformat import NotebookNode
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.locale import _

from site_build.content.markdown import fence, render_blocks, resolve_links
from site_build.content.search_index import read_page
from site_build.execution.notebook_outputs import executed_notebook, glued_texts, versions

FILE = "llms.txt"
TABLE = "docs/truth-table"
LAYERS = ("SimpleRNN(", "GRU(", "LSTM(")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("html-page-context", _write_page)
    app.connect("build-finished", _write_list)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    if doctree is None:
        return
    notebook = executed_notebook(app, pagename)

    def link(address: str, is_internal: bool) -> str:
        return address.replace(".html", ".html.md") if is_internal else address

    cells = notebook.cells if notebook else []
    text = "\n\n".join(
        resolve_links(block, link) if isinstance(block, str) else _cell(cells[block])
        for block in render_blocks(doctree)
    )
    address = app.builder.get_target_uri(pagename) + ".md"
    context["markdown"] = address.rpartition("/")[2]
    file = Path(app.outdir, address)
    file.parent.mkdir(parents=True, exist_ok=True)  # The page itself is written later.
    file.write_text(text + "\n", encoding="utf-8")


def _cell(cell: NotebookNode) -> str:
    """Return a code cell and its outputs."""
    parts = [fence(cell.source, "python")]
    for output in cell.outputs:
        match output.output_type:
            case "stream":
                text = output.text
            case "error":
                text = f"{output.ename}: {output.evalue}"
            case _:
                text = output.data.get("text/plain", "")
        if text.strip():
            parts.append(fence(strip_ansi(text)))
    return "\n\n".join(parts)


def _write_list(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    first = app.config.root_doc
    text = [f"# {app.config.html_title}", f"> {_opening(app, first)}", *_returns(app)]
    for toctree in app.env.get_doctree(first).findall(addnodes.toctree):
        text.append(f"## {toctree['caption']}")
        pages = [each for _, page in toctree["entries"] for each in _list_pages(app, page)]
        text.append("\n".join(_line(app, page) for page in pages))
    Path(app.outdir, FILE).write_text("\n\n".join(text) + "\n", encoding="utf-8")


def _list_pages(app: Sphinx, page: str) -> Iterator[str]:
    """Yield *page* and the pages below it."""
    yield page
    for each in app.env.toctree_includes.get(page, []):
        yield from _list_pages(app, each)


def _line(app: Sphinx, page: str) -> str:
    title = app.env.titles[page].astext()
    address = urljoin(app.config.html_baseurl or "", app.builder.get_target_uri(page))
    return f"- [{title}]({address}.md): {_opening(app, page)}"


def _opening(app: Sphinx, page: str) -> str:
    return str(read_page(app, page)["description"])


def _returns(app: Sphinx) -> list[str]:
    """Return what each call returned, from the table that its page glued."""
    table = glued_texts(app, TABLE).get("download:truth-table.json")
    if table is None:
        return []
    on = ", ".join(f"{name} {number}" for name, number in versions(app).items())
    file = urljoin(app.config.html_baseurl, f"{TABLE}.json")
    rows = [row for row in json.loads(table)["rows"] if row["layer"].startswith(LAYERS)]
    head = _("What follows was executed on %(on)s. All layers: %(file)s")
    lines = [f"- `{row['layer']}` returns {_returned(row)}" for row in rows]
    return [head % {"on": on, "file": file}, "\n".join(lines)]


def _returned(row: dict[str, Any]) -> str:
    tensors = [f"`{each['name']}` ({', '.join(each['axes'])})" for each in row["tensors"]]
    equal = "".join(f"; `{equality}`" for equality in row["equalities"])
    return f"a {row['container']}: {', '.join(tensors)}{equal}"
