"""Sphinx extension: add the Explorer's scripts, style and data to the pages that contain it."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from site_build.content.explorer_data import build_data

ELEMENT = "<rnn-explorer"
DATA = "explorer-data.js"
LOADER = "explorer-near.js"  # It loads the others.
# Each needs those before it.
SCRIPTS = (
    DATA,
    "explorer-equations.js",
    "explorer-address.js",
    "explorer-diagram.js",
    "explorer.js",
)
STYLE = "explorer.css"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("builder-inited", _write_data)
    app.connect("html-page-context", _add_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write_data(app: Sphinx) -> None:
    if app.builder.format == "html":
        file = Path(app.outdir, "_static", DATA)
        file.parent.mkdir(parents=True, exist_ok=True)
        # A script, because a page that is opened from a disk may not fetch data.
        data = json.dumps(build_data(), separators=(",", ":"))
        file.write_text(f"window.rnnExplorerData = {data};\n", encoding="utf-8")


def _add_files(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    if doctree is None or not any(ELEMENT in raw.astext() for raw in doctree.findall(nodes.raw)):
        return
    # Files added while a page is written are added to that page only.
    app.add_css_file(STYLE)
    addresses = []
    for script in SCRIPTS:
        # The address differs for each version of the script, because browsers cache it.
        version = sha256(Path(app.outdir, "_static", script).read_bytes()).hexdigest()[:8]
        addresses.append(f"{context['pathto'](f'_static/{script}', resource=True)}?v={version}")
    attributes: Any = {"data-scripts": " ".join(addresses)}
    app.add_js_file(LOADER, loading_method="defer", **attributes)
