"""Sphinx extension: add the Explorer's scripts, style and data to the pages that contain it."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from site_build.content.explorer_data import build_data, write_script

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
        file.write_text(write_script(build_data()), encoding="utf-8")


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
    addresses = [_address(app, context["pathto"], script) for script in SCRIPTS]
    attributes: Any = {"data-scripts": " ".join(addresses)}
    app.add_js_file(LOADER, loading_method="defer", **attributes)


def _address(app: Sphinx, pathto: Callable[..., str], name: str) -> str:
    """Return the address of a script, which differs for each version because browsers cache it."""
    version = sha256(Path(app.outdir, "_static", name).read_bytes()).hexdigest()[:8]
    return f"{pathto(f'_static/{name}', resource=True)}?v={version}"
