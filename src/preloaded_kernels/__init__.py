"""Preloaded kernels for MyST-NB sites: modules that all pages import are imported once.

In conf.py, add ``preloaded_kernels`` to the extensions, and list the modules to import first::

    preloaded_kernel_imports = ["keras"]

This package does not need the rest of the project, and works under another name.
`preload_process.py` is the process that is forked, `provisioner.py` requests kernels from it, and
this module registers the provisioner with Jupyter and is the Sphinx extension.
"""

import atexit
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.metadata import EntryPoint

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from sphinx.application import Sphinx
from sphinx.util import logging

from .provisioner import KernelPool, PreloadedProvisioner, PreloadProcess

NAME = "preloaded-provisioner"
GROUP = KernelProvisionerFactory.GROUP_NAME
_logger = logging.getLogger(__name__)


class PoolEntryPoint(EntryPoint):
    """Make Jupyter create provisioners that share *pool*."""

    def __init__(self, pool: KernelPool) -> None:
        super().__init__(NAME, f"{__name__}:PreloadedProvisioner", GROUP)
        vars(self)["pool"] = pool  # Attributes of entry points cannot be assigned.

    def load(self) -> Callable[..., PreloadedProvisioner]:
        """Return what creates a provisioner."""
        return partial(PreloadedProvisioner, pool=vars(self)["pool"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_config_value("preloaded_kernel_imports", [], "", types=list)
    app.connect("builder-inited", _start)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


@contextmanager
def provide(modules: list[str] | None = None) -> Iterator[KernelPool]:
    """Create every kernel of this process with our provisioner while the context lasts.

    An entry point in an installed package would do the same for every Jupyter on this machine.

    Args:
        modules: What to import before kernels are forked; None to start kernels without forking.
    """
    preload_process = None if modules is None else PreloadProcess(modules)
    pool = KernelPool(preload_process, _logger)
    factory = KernelProvisionerFactory.instance()
    before = factory.default_provisioner_name, factory.provisioners
    factory.provisioners = before[1] | {NAME: PoolEntryPoint(pool)}
    factory.default_provisioner_name = NAME
    try:
        yield pool
    finally:
        factory.default_provisioner_name, factory.provisioners = before
        if preload_process:
            preload_process.stop()


def get_pool() -> KernelPool | None:
    """Return the pool that new kernels of this process belong to, if there is one."""
    entry_point = KernelProvisionerFactory.instance().provisioners.get(NAME)
    return vars(entry_point).get("pool") if entry_point else None


def _start(app: Sphinx) -> None:
    modules = app.config.preloaded_kernel_imports
    if app.config.nb_execution_mode == "off":
        modules = None
    elif sys.platform != "linux":
        modules = None
        _logger.info("Kernels are started one by one: only on Linux they can be forked.")
    stack = ExitStack()
    stack.enter_context(provide(modules))
    app.connect("build-finished", lambda app, exception: stack.close())
    atexit.register(stack.close)  # After Ctrl-C, Sphinx does not emit build-finished.
