"""The Sphinx extension: preloaded kernels for the length of a build, set up by one value."""

import atexit
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sphinx.application import Sphinx
from sphinx.util import logging as sphinx_logging

from .kernel_specs import provide
from .pool import FALLBACK, logger


class _ToSphinx(logging.Handler):
    """Passes log records to Sphinx, which counts warnings."""

    def emit(self, record: logging.LogRecord) -> None:
        # Pages have the same outputs then; only the build takes longer.
        level = logging.INFO if record.msg == FALLBACK else record.levelno
        sphinx_logging.getLogger(record.name).log(level, record.getMessage())


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_config_value("preloaded_kernel_imports", [], "", types=list)
    app.connect("builder-inited", _start)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _start(app: Sphinx) -> None:
    # With every mode but "off" MyST-NB may execute a page.
    if getattr(app.config, "nb_execution_mode", None) == "off":
        return
    stack = ExitStack()
    stack.enter_context(_log_to_sphinx())
    stack.enter_context(provide(app.config.preloaded_kernel_imports))
    app.connect("build-finished", lambda app, exception: stack.close())
    atexit.register(stack.close)  # After Ctrl-C, Sphinx does not emit build-finished.


@contextmanager
def _log_to_sphinx() -> Iterator[None]:
    handler, propagate = _ToSphinx(), logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
