"""Tell every page's footer which versions its outputs were executed on.

The landing page glues the versions that its kernel saw; all pages run in the same environment.
"""

from typing import Any

from sphinx.application import Sphinx

from site_build.glued import glued_texts

LIBRARIES = ("keras", "tensorflow", "numpy")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("html-page-context", _add_versions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def versions(app: Sphinx) -> dict[str, str]:
    """Return the version of each library that the pages ran on; of none, if none was glued."""
    glued = glued_texts(app, app.config.root_doc)
    named = {library: glued.get(f"{library}_version", "") for library in LIBRARIES}
    return named if all(named.values()) else {}


def _add_versions(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    context["executed_on"] = versions(app)
