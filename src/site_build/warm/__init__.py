"""Warm kernels for the pages of any MyST-NB site: what they all import is imported once.

In conf.py, add ``site_build.warm`` to the extensions, and say what to import first::

    warm_kernel_imports = ["keras"]

This folder needs nothing else of the project, and works under another name. `zygote.py` is the
process that is copied, `provisioner.py` asks it for kernels, and here Sphinx starts and ends it.
"""

import sys
from importlib.metadata import EntryPoint

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from sphinx.application import Sphinx
from sphinx.util import logging

from .provisioner import WarmProvisioner, Zygote

logger = logging.getLogger(__name__)
NAME = "warm-provisioner"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_config_value("warm_kernel_imports", [], "", types=list)
    app.connect("builder-inited", _start)
    app.connect("build-finished", _stop)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def provide() -> None:
    """Start every kernel of this process, whoever asks for it, with our provisioner.

    An entry point in an installed package would do the same for every Jupyter on this machine.
    """
    factory = KernelProvisionerFactory.instance()
    value = f"{WarmProvisioner.__module__}:{WarmProvisioner.__name__}"
    factory.provisioners[NAME] = EntryPoint(NAME, value, factory.GROUP_NAME)
    factory.default_provisioner_name = NAME


def _start(app: Sphinx) -> None:
    provide()
    if app.config.nb_execution_mode == "off":
        return
    if sys.platform == "linux":
        WarmProvisioner.zygote = Zygote(app.config.warm_kernel_imports)
    else:
        logger.info("Kernels are started one by one: only on Linux they can be forked.")


def _stop(app: Sphinx, exception: Exception | None) -> None:
    if WarmProvisioner.zygote:
        WarmProvisioner.zygote.stop()
        WarmProvisioner.zygote = None
