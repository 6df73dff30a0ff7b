"""Publish files that a page's cells made: a text glued as ``download:name`` is put next to it.

A PDF is glued as SVG and converted here.
"""

from pathlib import Path

from sphinx.application import Sphinx

from site_build.content.pdf import convert_svg
from site_build.execution.notebook_outputs import glued_texts

PREFIX = "download:"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("build-finished", _write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def list_downloads(app: Sphinx, docname: str) -> dict[Path, str]:
    """Return the files that page *docname* made, and the text of each."""
    return {
        Path(app.outdir, docname).with_name(name.removeprefix(PREFIX)): text
        for name, text in glued_texts(app, docname).items()
        if name.startswith(PREFIX)
    }


def _write_files(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    for docname in app.env.found_docs:
        for file, text in list_downloads(app, docname).items():
            file.write_bytes(convert_svg(text) if file.suffix == ".pdf" else text.encode())
