"""What the cells of a page produced: executed notebooks, glued values and library versions."""

import json
from ast import literal_eval
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache import get_cache
from nbformat import NotebookNode
from sphinx.application import Sphinx

LIBRARIES = ("keras", "tensorflow", "numpy")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension: it adds the versions to every page's footer."""
    app.connect("html-page-context", _add_versions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


@lru_cache(maxsize=1)  # Several extensions read the same page in succession.
def executed_notebook(app: Any, docname: str) -> NotebookNode | None:
    """Return the executed notebook of page *docname*, or None if the page is not a notebook."""
    # MyST-NB writes the file, but without outputs if they came from the cache.
    file = get_folder(app) / f"{docname}.ipynb"
    if not file.exists():
        return None
    notebook: NotebookNode = nbformat.read(file, as_version=4)
    has_run = any(cell.get("execution_count") for cell in notebook.cells)
    if app.config.nb_execution_mode == "cache" and not has_run:
        cache = get_cache(app.env.mystnb_config.execution_cache_path)
        # A page that failed is not in the cache, and was written with its outputs.
        with suppress(KeyError):
            notebook = cache.merge_match_into_notebook(notebook)[1]
            nbformat.write(notebook, file)  # For the process that will write the page.
    return notebook


def glued_texts(app: Sphinx, docname: str) -> dict[str, str]:
    """Return the texts that page *docname* glued, by name."""
    file = get_folder(app) / f"{docname}.glue.json"
    if not file.exists():
        return {}
    glued = json.loads(file.read_text(encoding="utf-8"))
    texts = {name: output["data"].get("text/plain", "") for name, output in glued.items()}
    return {name: literal_eval(text) for name, text in texts.items() if text.startswith(("'", '"'))}


def versions(app: Sphinx) -> dict[str, str]:
    """Return the version of each library that the pages ran on; empty if none was glued.

    The landing page glues the versions that its kernel imported; all pages share one environment.
    """
    glued = glued_texts(app, app.config.root_doc)
    named = {library: glued.get(f"{library}_version", "") for library in LIBRARIES}
    return named if all(named.values()) else {}


def get_folder(app: Sphinx) -> Path:
    """Return the folder in which MyST-NB stores executed notebooks."""
    return Path(app.outdir).parent / "jupyter_execute"


def _add_versions(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    context["executed_on"] = versions(app)
