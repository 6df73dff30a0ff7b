"""A page's notebook with the outputs of its run, whether it ran now or came from the cache."""

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache import get_cache
from nbformat import NotebookNode


@lru_cache(maxsize=1)  # Whatever is made of a page asks for it, one after the other.
def executed_notebook(app: Any, docname: str) -> NotebookNode | None:
    """Return the notebook of page *docname* as it was executed, or None if it is no notebook."""
    # MyST-NB writes it there, but without outputs if they came from the cache.
    written = Path(app.outdir).parent / "jupyter_execute" / f"{docname}.ipynb"
    if not written.exists():
        return None
    notebook: NotebookNode = nbformat.read(written, as_version=4)
    has_run = any(cell.get("execution_count") for cell in notebook.cells)
    if app.config.nb_execution_mode == "cache" and not has_run:
        cache = get_cache(app.env.mystnb_config.execution_cache_path)
        # A page that failed is not in the cache, and was written with its outputs.
        with suppress(KeyError):
            notebook = cache.merge_match_into_notebook(notebook)[1]
            nbformat.write(notebook, written)  # For the process that will write the page.
    return notebook
