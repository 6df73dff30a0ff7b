"""Execute the pages that are not in the cache, several at a time, before Sphinx reads them.

MyST-NB executes pages one after the other; a cache that several processes fill breaks, and a kernel
that dies ends Sphinx. So here the kernels run side by side, only this process fills the cache, and
MyST-NB finds every page in it. A page that fails is stored as far as it was executed, so that
MyST-NB can show it, and is executed again in the next build.

For jupyter-cache a page changes with a tag that only hides an input, and does not change with a
file that it reads. So outputs are also stored under the code alone, with a digest of the files that
the page declares in the `reads` of its front matter.
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

from preloaded_kernels import KernelPool, PreloadedProvisioner, get_pool

from .fingerprint import KERNEL_SOURCES, SOURCE

logger = logging.getLogger(__name__)

# Jupyter's client waits for about half of the time that a short page takes.
MAX_KERNELS = 2 * (os.cpu_count() or 1)
# The tags that change what is executed; all others change how it is shown.
EXECUTION_TAGS = {"raises-exception", "skip-execution"}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("env-before-read-docs", _fill_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Page(NamedTuple):
    """A page that is a notebook, and the files that it declares to read."""

    docname: str
    path: Path
    notebook: Any
    inputs: list[Path]

    @property
    def has_code(self) -> bool:
        """Whether there is something to execute."""
        return any(cell.cell_type == "code" for cell in self.notebook.cells)

    @property
    def input_digest(self) -> str:
        """A digest of the contents of the declared files."""
        digest = sha256()
        for file in self.inputs:
            digest.update(file.read_bytes() if file.is_file() else b"missing")
        return digest.hexdigest()

    @property
    def code(self) -> Any:
        """The notebook without metadata that only changes how it is shown."""
        notebook = deepcopy(self.notebook)
        for cell in notebook.cells:
            tags = EXECUTION_TAGS.intersection(cell.metadata.get("tags", []))
            cell.metadata = NotebookNode({"tags": sorted(tags)} if tags else {})
        return notebook


class Execution(NamedTuple):
    """The result of executing a page."""

    notebook: Any  # With its outputs.
    failed: bool = False
    # Empty if a cell raised: the build checks report that, with the cell.
    reason: str = ""


class Cache:
    """jupyter-cache, with outputs that also depend on the files that a page reads."""

    def __init__(self, path: str) -> None:
        self._cache = get_cache(path)

    def restore(self, page: Page) -> bool:
        """Make MyST-NB find valid outputs of *page*; return whether there are any."""
        if self._is_valid(page, page.notebook):
            return True
        if not self._is_valid(page, page.code):
            return False
        _, executed = self._cache.merge_match_into_notebook(page.code)
        self.store(page, Execution(executed))
        return True

    def store(self, page: Page, execution: Execution) -> None:
        """Store the outputs of *execution* under the page as it is shown, and under its code."""
        stored = page._replace(notebook=deepcopy(page.notebook))
        for cell, executed in zip(stored.notebook.cells, execution.notebook.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = executed.outputs, executed.execution_count
        stored.notebook.metadata.update(execution.notebook.metadata)
        data = {"failed": execution.failed, "reads": page.input_digest}
        notebook, code = stored.notebook, stored.code
        for version in [notebook] if notebook == code else [notebook, code]:
            self._cache.cache_notebook_bundle(
                CacheBundleIn(version, str(page.path), data=data),
                check_validity=False,
                overwrite=True,
            )

    def get_key(self, page: Page) -> str:
        """Return the key by which jupyter-cache distinguishes pages."""
        return str(self._cache.create_hashed_notebook(page.notebook)[1])

    def _is_valid(self, page: Page, notebook: Any) -> bool:
        try:
            data = self._cache.match_cache_notebook(notebook).data
        except KeyError:
            return False
        return bool(data == {"failed": False, "reads": page.input_digest})


def _fill_cache(app: Sphinx, env: Any, docnames: list[str]) -> None:
    if app.config.nb_execution_mode != "cache":
        return
    cache = Cache(env.mystnb_config.execution_cache_path)
    pages = [page for docname in docnames if (page := _read(env, docname))]
    _warn_about_shared_keys(cache, pages)
    missing = [page for page in pages if not cache.restore(page)]
    for page in missing:
        # Otherwise each process of MyST-NB would store it, under the key of all such pages.
        if not page.has_code:
            cache.store(page, Execution(page.notebook))
    missing = [page for page in missing if page.has_code]
    if missing:
        _execute_all(app, cache, missing)


def _read(env: Any, docname: str) -> Page | None:
    """Read a page as MyST-NB does; return None if it is not a notebook.

    MyST-NB reads it a second time. For all pages of this site that takes half a second.
    """
    path = Path(env.doc2path(docname))
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    notebook = reader.read(text) if reader else None
    if notebook is None:
        return None
    inputs: list[Path] = []
    for name in notebook.metadata.get("reads", []):
        # A pattern stands for all files that match it, whose number may change.
        inputs += sorted(path.parent.glob(name)) or [path.parent / name]
    for file in inputs:
        if not file.is_file():
            message = "The page declares that it reads %s, but there is no such file."
            logger.warning(message, file, location=docname)
    return Page(docname, path, notebook, inputs)


def _warn_about_shared_keys(cache: Cache, pages: list[Page]) -> None:
    """Warn about pages that have the same key in the cache, but different outputs."""
    first: dict[str, Page] = {}
    for page in pages:
        other = first.setdefault(cache.get_key(page), page)
        if other.input_digest != page.input_digest:
            message = (
                "It has the cells of %s but reads other files; the cache cannot distinguish them."
            )
            logger.warning(message, other.docname, location=page.docname)


def _execute_all(app: Sphinx, cache: Cache, pages: list[Page]) -> None:
    """Execute pages side by side, the longest first, and store their outputs."""
    kernels = _find_pool(app)
    pages = sorted(pages, key=lambda page: not page.notebook.metadata.get("takes_long"))
    timeout, site = app.config.nb_execution_timeout, Path(app.srcdir)
    with _threads(kernels) as threads:
        if kernels and kernels.forks:
            # autodoc needs them, and this process is idle until a kernel has imported them.
            threads.submit(_import, app.config.preloaded_kernel_imports)
        runs = {threads.submit(_execute, page, timeout, site): page for page in pages}
        for count, run in enumerate(as_completed(runs), start=1):
            page, execution = runs[run], run.result()
            cache.store(page, execution)
            logger.info("Executed %s (%d of %d)", page.docname, count, len(pages))
            if execution.reason:
                message = "The page was not executed to its end. %s"
                logger.warning(message, execution.reason, location=page.docname)
        if kernels and kernels.interrupted:
            raise KeyboardInterrupt


def _find_pool(app: Sphinx) -> KernelPool | None:
    """Return the pool that the kernels of this build belong to, if the site has preloaded ones."""
    if "preloaded_kernels" not in app.extensions:
        return None
    return get_pool(app.config.preloaded_kernel_imports)


def _import(modules: list[str]) -> None:
    for module in modules:
        with suppress(Exception):  # It is reported where the module is needed.
            import_module(module)
    gc.freeze()  # Repeated searches for garbage in these modules take a second, and find none.


def _execute(page: Page, timeout: int, site: Path) -> Execution:
    """Execute a page in a separate kernel."""
    kernels: list[Any] = []
    notebook = deepcopy(page.notebook)
    client: Any = NotebookClient(notebook, timeout=timeout, record_timing=False)
    client.on_notebook_start = lambda notebook: kernels.append(client.km.provisioner)
    readable = [*page.inputs, site / "_build", *(SOURCE / place for place in KERNEL_SOURCES)]
    environment = {
        **os.environ,
        "SITE_FOLDER": str(site),
        "READABLE_FILES": os.pathsep.join(str(file.resolve()) for file in readable),
    }
    try:
        client.execute(cwd=str(page.path.parent), env=environment)
    except CellExecutionError:
        return Execution(notebook, failed=True)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).strip()}"
        for kernel in kernels:
            if isinstance(kernel, PreloadedProvisioner) and kernel.killed_by == "SIGKILL":
                reason += ", killed as when memory runs out"
        return Execution(notebook, failed=True, reason=reason)
    return Execution(notebook)


@contextmanager
def _threads(kernels: KernelPool | None) -> Iterator[ThreadPoolExecutor]:
    """Provide threads that end with their work, or immediately if the build is interrupted."""

    def kill(number: int, frame: FrameType | None) -> None:
        if kernels:
            kernels.kill_all()  # Here, because Python may discard what a signal handler raises.
        default_int_handler(number, frame)

    receives_signals = current_thread() is main_thread()
    previous = signal(SIGINT, kill) if receives_signals else None
    threads = ThreadPoolExecutor(MAX_KERNELS)
    try:
        yield threads
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        if kernels:
            kernels.kill_all()
        raise
    finally:
        threads.shutdown()
        if receives_signals:
            signal(SIGINT, previous)
