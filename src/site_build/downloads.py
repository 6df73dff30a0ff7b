"""Publish files that a page's cells made: what is glued as ``download:name`` is put beside it.

What is named as a PDF is glued as SVG, and printed here.
"""

from pathlib import Path

from sphinx.application import Sphinx

from site_build.glued import glued_texts
from site_build.pdf import pdf_of

PREFIX = "download:"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    for docname in app.env.found_docs:
        for name, text in glued_texts(app, docname).items():
            if name.startswith(PREFIX):
                file = Path(app.outdir, docname).with_name(name.removeprefix(PREFIX))
                file.write_bytes(pdf_of(text) if file.suffix == ".pdf" else text.encode())
