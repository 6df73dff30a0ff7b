"""Jupyter kernels that are forked from a process that has already imported what they need.

A kernel spec chooses them by the name of their provisioner; see the README. A site that is built by
Sphinx needs two lines in its conf.py::

    extensions = ["myst_nb", "preloaded_kernels"]
    preloaded_kernel_imports = ["numpy"]

`preload_process.py` is the process that is forked, and `client.py` requests kernels from it for
`provisioner.py`, which Jupyter calls; `kernel_specs.py` and `sphinx_extension.py` set them up.
"""

from typing import TYPE_CHECKING

from .kernel_specs import provide
from .pool import KernelPool, get_pool
from .provisioner import PreloadedProvisioner

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["KernelPool", "PreloadedProvisioner", "get_pool", "provide"]


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register this package as a Sphinx extension."""
    from .sphinx_extension import setup  # Without Sphinx, all else works.

    return setup(app)
