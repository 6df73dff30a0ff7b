"""Tell every page's footer which versions its outputs were executed on.

The landing page glues the versions that its kernel saw; all pages run in the same environment.
"""

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("html-page-context", _add_versions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_versions(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    # MyST-NB writes what a page glued beside the page's executed notebook.
    glued = Path(app.outdir).parent / "jupyter_execute" / "index.glue.json"
    if not glued.exists():
        return
    versions = json.loads(glued.read_text(encoding="utf-8"))
    context["executed_on"] = {
        library: versions[f"{library}_version"]["data"]["text/plain"].strip("'")
        for library in ("keras", "tensorflow", "numpy")
        if f"{library}_version" in versions
    }
