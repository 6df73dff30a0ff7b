"""Execute the pages that are not in the cache, several at a time, before Sphinx reads them.

MyST-NB would execute one page after the other, a cache that is filled by several processes at once
breaks, and a kernel that dies would take Sphinx along. So the kernels run side by side, this one
process fills the cache, and MyST-NB finds every page there. A page that failed is kept as far as it
came, for MyST-NB to show, and runs again in the next build.

jupyter-cache takes a page for changed if a tag that only hides an input has changed, and for
unchanged if a file that it reads has. So an output is kept under the code alone as well, with a
digest of the files that the page says it reads.
"""

import gc
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from copy import deepcopy
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from signal import SIGINT, default_int_handler, signal
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, NamedTuple

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util import logging

from site_build.warm.provisioner import WarmProvisioner

logger = logging.getLogger(__name__)

# Jupyter's client waits for about half of the time that a short page takes.
AT_ONCE = 2 * (os.cpu_count() or 1)
# The tags that change what is executed; all others change how it is shown.
EXECUTION_TAGS = {"raises-exception", "skip-execution"}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("env-before-read-docs", _fill_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Page(NamedTuple):
    """A page that is a notebook, and what it says that it reads."""

    docname: str
    path: Path
    notebook: Any
    reads: list[Path]

    @property
    def has_code(self) -> bool:
        """Whether there is something to execute."""
        return any(cell.cell_type == "code" for cell in self.notebook.cells)

    @property
    def digest(self) -> str:
        """Sum up the contents of what it reads."""
        digest = sha256()
        for file in self.reads:
            digest.update(file.read_bytes() if file.is_file() else b"missing")
        return digest.hexdigest()

    @property
    def code(self) -> Any:
        """Give the notebook with nothing that only changes how it is shown."""
        notebook = deepcopy(self.notebook)
        for cell in notebook.cells:
            tags = EXECUTION_TAGS.intersection(cell.metadata.get("tags", []))
            cell.metadata = NotebookNode({"tags": sorted(tags)} if tags else {})
        return notebook


class Cache:
    """jupyter-cache, with our idea of what an output depends on."""

    def __init__(self, path: str) -> None:
        self.cache = get_cache(path)

    def has(self, page: Page) -> bool:
        """Whether MyST-NB will find the true outputs of *page*; those of its code will do."""
        if self._is_true(page, page.notebook):
            return True
        if not self._is_true(page, page.code):
            return False
        _, executed = self.cache.merge_match_into_notebook(page.code)
        self.keep(page, executed, failed=False)
        return True

    def keep(self, page: Page, executed: Any, *, failed: bool) -> None:
        """Keep the outputs of *executed* for the page as it is shown, and for its code."""
        bundle = page._replace(notebook=deepcopy(page.notebook))
        for cell, done in zip(bundle.notebook.cells, executed.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = done.outputs, done.execution_count
        bundle.notebook.metadata.update(executed.metadata)
        shown, code = bundle.notebook, bundle.code
        for notebook in [shown] if shown == code else [shown, code]:
            data = {"failed": failed, "reads": page.digest}
            self.cache.cache_notebook_bundle(
                CacheBundleIn(notebook, str(page.path), data=data),
                check_validity=False,
                overwrite=True,
            )

    def key(self, page: Page) -> str:
        """Name what jupyter-cache tells pages apart by."""
        return str(self.cache.create_hashed_notebook(page.notebook)[1])

    def _is_true(self, page: Page, notebook: Any) -> bool:
        try:
            data = self.cache.match_cache_notebook(notebook).data
        except KeyError:
            return False
        return bool(data == {"failed": False, "reads": page.digest})


def _fill_cache(app: Sphinx, env: Any, docnames: list[str]) -> None:
    if app.config.nb_execution_mode != "cache":
        return
    cache = Cache(env.mystnb_config.execution_cache_path)
    pages = [page for docname in docnames if (page := _read(env, docname))]
    first: dict[str, Page] = {}
    for page in pages:
        other = first.setdefault(cache.key(page), page)
        if other.digest != page.digest:
            message = "It has the cells of %s, but reads other files; the cache would mix them up."
            logger.warning(message, other.docname, location=page.docname)
    missing = [page for page in pages if not cache.has(page)]
    for page in missing:
        # Else MyST-NB's processes would, all at once, and a page without cells is like any other.
        if not page.has_code:
            cache.keep(page, page.notebook, failed=False)
    missing = [page for page in missing if page.has_code]
    missing.sort(key=lambda page: not page.notebook.metadata.get("takes_long"))
    with _pool() as pool:
        if missing and WarmProvisioner.zygote:
            # autodoc will need them, and until a kernel has them there is nothing else to do.
            pool.submit(_import, app.config.warm_kernel_imports)
        runs = {
            pool.submit(_execute, page, app.config.nb_execution_timeout, app.srcdir): page
            for page in missing
        }
        for count, run in enumerate(as_completed(runs), start=1):
            page, (executed, failed, reason) = runs[run], run.result()
            cache.keep(page, executed, failed=failed)
            logger.info("Executed %s (%d of %d)", page.docname, count, len(missing))
            if reason:
                message = "The page was not executed to its end. %s"
                logger.warning(message, reason, location=page.docname)
        if WarmProvisioner.broken_off:
            raise KeyboardInterrupt


def _import(modules: list[str]) -> None:
    for module in modules:
        with suppress(Exception):  # Whoever needs it says what is wrong.
            import_module(module)
    gc.freeze()  # None of it is garbage, and to look through it again and again takes a second.


def _read(env: Any, docname: str) -> Page | None:
    """Read a page as MyST-NB reads it; None if it is no notebook."""
    path = Path(env.doc2path(docname))
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    notebook = reader.read(text) if reader else None
    if notebook is None:
        return None
    names = notebook.metadata.get("reads", [])
    # A name with a star is that of all such files, which may become more.
    reads = [
        one for name in names for one in sorted(path.parent.glob(name)) or [path.parent / name]
    ]
    for file in reads:
        if not file.is_file():
            message = "The page says that it reads %s, but there is no such file."
            logger.warning(message, file, location=docname)
    return Page(docname, path, notebook, reads)


def _execute(page: Page, timeout: int, site: Path) -> tuple[Any, bool, str]:
    """Run a page in a kernel of its own.

    Returns:
        The notebook with its outputs, whether it failed, and why, unless a cell raised; that the
        guards show, with the cell.
    """
    kernels: list[WarmProvisioner] = []
    notebook = deepcopy(page.notebook)
    client: Any = NotebookClient(notebook, timeout=timeout, record_timing=False)
    client.on_notebook_start = lambda notebook: kernels.append(client.km.provisioner)
    reads = os.pathsep.join(str(file.resolve()) for file in page.reads)
    environment = {**os.environ, "SITE_FOLDER": str(site), "PAGE_READS": reads}
    try:
        client.execute(cwd=str(page.path.parent), env=environment)
    except CellExecutionError:
        return notebook, True, ""
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).strip()}"
        if kernels and kernels[0].killed_by == "SIGKILL":
            reason += ", killed as when memory runs out"
        return notebook, True, reason
    return notebook, False, ""


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Give threads that end with what is done in them, but at once if that is broken off."""
    WarmProvisioner.broken_off = False
    with ThreadPoolExecutor(AT_ONCE) as pool, _killing_on_ctrl_c():
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            WarmProvisioner.kill_all()
            raise


@contextmanager
def _killing_on_ctrl_c() -> Iterator[None]:
    """Kill the kernels in the signal's handler: what it raises is lost where Python tidies up."""

    def kill(number: int, frame: FrameType | None) -> None:
        WarmProvisioner.kill_all()
        default_int_handler(number, frame)

    if current_thread() is not main_thread():  # Others hear no signals.
        yield
        return
    before = signal(SIGINT, kill)
    try:
        yield
    finally:
        signal(SIGINT, before)
