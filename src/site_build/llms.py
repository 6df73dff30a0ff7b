"""Tell programs that answer questions what the site knows: `llms.txt`, as llmstxt.org describes it.

It has the truth table's answers for the three layers that people ask of, and a list of the pages;
each page stands as Markdown beside itself, under its own address with `.md` behind it.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from myst_nb.core.render import strip_ansi
from nbformat import NotebookNode
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.locale import _

from site_build.as_markdown import blocks, fenced
from site_build.executed import executed_notebook
from site_build.executed_on import versions
from site_build.glued import glued_texts
from site_build.hosted import shortened
from site_build.search import kept

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

    def link(reference: nodes.reference) -> str:
        leads = str(reference.get("refuri", ""))
        return leads.replace(".html", ".html.md") if reference.get("internal") else leads

    cells = notebook.cells if notebook else []
    text = "\n\n".join(
        part if isinstance(part, str) else _cell(cells[part]) for part in blocks(doctree, link)
    )
    file = Path(app.outdir, app.builder.get_target_uri(pagename) + ".md")
    file.parent.mkdir(parents=True, exist_ok=True)  # The page itself is written later.
    file.write_text(text + "\n", encoding="utf-8")


def _cell(cell: NotebookNode) -> str:
    """Write a code cell and what it put out."""
    parts = [fenced(cell.source, "python")]
    for output in cell.outputs:
        match output.output_type:
            case "stream":
                text = output.text
            case "error":
                text = f"{output.ename}: {output.evalue}"
            case _:
                text = output.data.get("text/plain", "")
        if text.strip():
            parts.append(fenced(strip_ansi(text)))
    return "\n\n".join(parts)


def _write_list(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    first = app.config.root_doc
    text = [f"# {app.config.html_title}", f"> {shortened(_opening(app, first))}"]
    text += _answers(app)
    for toctree in app.env.get_doctree(first).findall(addnodes.toctree):
        text.append(f"## {toctree['caption']}")
        text.append("\n".join(_line(app, page) for title, page in toctree["entries"]))
    Path(app.outdir, FILE).write_text("\n\n".join(text) + "\n", encoding="utf-8")


def _line(app: Sphinx, page: str) -> str:
    title = app.env.titles[page].astext()
    return f"- [{title}]({_address(app, page)}.md): {shortened(_opening(app, page))}"


def _opening(app: Sphinx, page: str) -> str:
    return str(kept(app, page)["parts"][0]["text"])


def _address(app: Sphinx, page: str) -> str:
    return urljoin(app.config.html_baseurl or "", app.builder.get_target_uri(page))


def _answers(app: Sphinx) -> list[str]:
    """Say what each call returned: out of the table that its page put out."""
    table = glued_texts(app, TABLE).get("download:truth-table.json")
    if table is None:
        return []
    data = json.loads(table)
    on = ", ".join(f"{name} {number}" for name, number in versions(app).items())
    file = urljoin(app.config.html_baseurl or "", f"{TABLE}.json")
    rows = [row for row in data["rows"] if row["layer"].startswith(LAYERS)]
    lines = "\n".join(f"- `{row['layer']}` returns {_returned(row)}" for row in rows)
    return [
        _("What follows was executed on %(on)s. All layers: %(file)s") % {"on": on, "file": file},
        lines,
    ]


def _returned(row: dict[str, Any]) -> str:
    tensors = [f"`{one['name']}` ({', '.join(one['axes'])})" for one in row["tensors"]]
    equal = "".join(f"; `{equality}`" for equality in row["equalities"])
    return f"a {row['container']}: {', '.join(tensors)}{equal}"
