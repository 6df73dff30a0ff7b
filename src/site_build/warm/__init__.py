"""Kernels for the pages of any MyST-NB site: add ``site_build.warm`` to its extensions."""

from importlib.metadata import EntryPoint

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from sphinx.application import Sphinx

NAME = "warm-provisioner"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("builder-inited", lambda app: provide())
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def provide() -> None:
    """Start every kernel of this process, whoever asks for it, with our provisioner.

    An entry point in an installed package would do the same for every Jupyter on this machine.
    """
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[NAME] = EntryPoint(
        NAME, "site_build.warm.provisioner:WarmProvisioner", factory.GROUP_NAME
    )
    factory.default_provisioner_name = NAME
