"""The kernel of the pages: IPython's kernel with four differences.

It sends what a cell prints in one piece. IPython's kernel sends it several times a second, and
MyST-NB strips each piece when it joins them; so blank lines would depend on the speed of the
machine. Here a piece ends where the cell ends, or where it displays something.

It reports files of the project that a page reads but does not declare, on stderr, where a build
check finds the report: the page would not be executed again when such a file changes.

It ends when it is requested to. IPython's kernel stops the thread that sends outputs while the
thread that handles the request may still wait for it; about one kernel in fifty then hangs until it
is killed, which Jupyter does after three seconds. Also reported in
https://github.com/posit-dev/positron/issues/7142.

It shortens the messages of Keras: the list of the arguments that a layer received, and the
configuration of a layer, are longer than what went wrong, and fill the screen of a phone.
"""

import os
import re
import sys
from importlib.util import source_from_cache
from typing import Any

from ipykernel.iostream import OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets import Type

ONE_HOUR = 3600
# What follows the last blank line of a message: the arguments that the layer received.
_ARGUMENTS = re.compile(r"\n\nArguments received by .*", re.DOTALL)
_CONFIGURATION = re.compile(r"\{'module': .*\}", re.DOTALL)


def shorten(message: str) -> str:
    r"""Leave out what Keras appends to a message; an ellipsis shows where.

    >>> shorten("Too few leaves.\n\nArguments received by LSTM.call():\n  • mask=None")
    'Too few leaves. …'
    >>> shorten("Unknown: {'module': None, 'config': {}} at line 1")
    'Unknown: {…} at line 1'
    """
    return _CONFIGURATION.sub("{…}", _ARGUMENTS.sub(" …", message))


class _Shell(ZMQInteractiveShell):
    """IPython's shell, which shows the messages of Keras shortened."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        super()._showtraceback(  # type: ignore[no-untyped-call]
            etype, shorten(str(evalue)), [shorten("\n".join(stb))]
        )


class _PageKernel(IPythonKernel):
    shell_class = Type(_Shell)


class Kernel(IPKernelApp):
    """IPython's kernel, ending its threads in the order in which they wait for each other."""

    kernel_class = Type(_PageKernel)

    def start(self) -> None:
        """Run until the kernel is shut down, then let the control thread reply and end first."""
        super().start()  # type: ignore[no-untyped-call]
        self.control_thread.stop()
        self.control_thread.join()


class OpenFiles:
    """The files of the project that a page opens.

    Args:
        site: The folder of conf.py.
        readable: The files and folders in it that the page may read.
    """

    def __init__(self, site: str, readable: list[str]) -> None:
        self._site = os.path.realpath(site)
        self._readable = {*readable, sys.prefix}

    def report_undeclared(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Print the name of a file that is opened to read it without being declared, once."""
        if event != "open" or not isinstance(arguments[0], str):
            return
        path, _, flags = os.path.realpath(arguments[0]), *arguments[1:]
        if path.endswith(".pyc"):
            path = source_from_cache(path)
        if flags & (os.O_WRONLY | os.O_RDWR):
            self._readable.add(path)  # The page itself makes its content.
        elif self._is_undeclared(path):
            self._readable.add(path)
            name = os.path.relpath(path)
            print(f"This page does not declare that it reads {name}.", file=sys.stderr)

    def _is_undeclared(self, path: str) -> bool:
        if not path.startswith(self._site + os.sep) or not os.path.isfile(path):
            return False
        return not any(path == place or path.startswith(place + os.sep) for place in self._readable)


if __name__ == "__main__":
    OutStream.flush_interval = ONE_HOUR
    if site := os.environ.get("SITE_FOLDER"):
        readable = os.environ["READABLE_FILES"].split(os.pathsep)
        sys.addaudithook(OpenFiles(site, readable).report_undeclared)
    Kernel.launch_instance()
