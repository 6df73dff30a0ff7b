"""Execute the pages that are not in the cache, several at a time, before Sphinx reads them.

MyST-NB would execute one page after the other, a cache that is filled by several processes at once
breaks, and a kernel that dies would take Sphinx along. So the kernels run side by side, this one
process fills the cache, and MyST-NB finds every page there. A page that failed is kept as far as it
came, for MyST-NB to show, and runs again in the next build.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from sphinx.application import Sphinx
from sphinx.util import logging

from site_build.warm.provisioner import WarmProvisioner

logger = logging.getLogger(__name__)

# Jupyter's client waits for about half of the time that a short page takes.
AT_ONCE = 2 * (os.cpu_count() or 1)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("env-before-read-docs", _fill_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _fill_cache(app: Sphinx, env: Any, docnames: list[str]) -> None:
    if app.config.nb_execution_mode != "cache":
        return
    cache = get_cache(env.mystnb_config.execution_cache_path)
    pages = {docname: _notebook(env, docname) for docname in docnames}
    missing = {
        docname: page for docname, page in pages.items() if page and not _is_cached(cache, page)
    }

    timeout = app.config.nb_execution_timeout
    with _pool() as pool:
        runs = {
            pool.submit(_execute, env.doc2path(docname), page, timeout): docname
            for docname, page in missing.items()
        }
        for count, run in enumerate(as_completed(runs), start=1):
            docname, (failed, reason) = runs[run], run.result()
            uri = str(env.doc2path(docname))
            bundle = CacheBundleIn(missing[docname], uri, data={"failed": failed})
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            logger.info("Executed %s (%d of %d)", docname, count, len(missing))
            if reason:
                logger.warning("The page was not executed to its end. %s", reason, location=docname)


def _notebook(env: Any, docname: str) -> Any:
    """Read a page as MyST-NB reads it; None if it has nothing to execute."""
    path = Path(env.doc2path(docname))
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    notebook = reader.read(text) if reader else None
    if notebook is None:
        return None
    return notebook if any(cell.cell_type == "code" for cell in notebook.cells) else None


def _is_cached(cache: Any, notebook: Any) -> bool:
    try:
        return not cache.match_cache_notebook(notebook).data["failed"]
    except KeyError:
        return False


def _execute(path: Any, notebook: Any, timeout: int) -> tuple[bool, str]:
    """Run *notebook* in a kernel of its own, in place.

    Returns:
        Whether it failed, and why, unless a cell raised; that the guards show, with the cell.
    """
    kernels: list[WarmProvisioner] = []
    client: Any = NotebookClient(notebook, timeout=timeout, record_timing=False)
    client.on_notebook_start = lambda notebook: kernels.append(client.km.provisioner)
    try:
        client.execute(cwd=str(Path(path).parent))
    except CellExecutionError:
        return True, ""
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).strip()}"
        if kernels and kernels[0].killed_by == "SIGKILL":
            reason += ", killed as when memory runs out"
        return True, reason
    return False, ""


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Give threads that end with what is done in them, but at once if that is broken off."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            yield pool
        except BaseException:  # Ctrl-C as well.
            pool.shutdown(wait=False, cancel_futures=True)
            WarmProvisioner.kill_all()
            raise
