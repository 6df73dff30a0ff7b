"""The kernel of the pages: IPython's, but three things are different.

What a cell prints comes in one piece. IPython's kernel sends what was printed several times a
second, and MyST-NB strips each piece when it joins them; so blank lines would come and go with the
speed of the machine. Here a piece ends where the cell ends, or where it displays something.

And a cell that reads a file of the project which its page does not declare says so on stderr, where
a guard finds it: when such a file changed, nobody would know that the page is to run again.

And it ends when it is told to. IPython's kernel stops the thread that sends outputs while the one
that was told may still wait for it; one kernel in fifty or so then hangs until it is killed, which
Jupyter does after three seconds. Others saw it: https://github.com/posit-dev/positron/issues/7142.
"""

import os
import sys
from importlib.util import source_from_cache
from typing import Any

from ipykernel.iostream import OutStream
from ipykernel.kernelapp import IPKernelApp

ONE_HOUR = 3600


class Kernel(IPKernelApp):
    """IPython's kernel, ending its threads in the order in which they wait for each other."""

    def start(self) -> None:
        """Run until told to end, and let the thread that was told say so before all others end."""
        super().start()  # type: ignore[no-untyped-call]
        self.control_thread.stop()
        self.control_thread.join()


def tell_of_undeclared(site: str, declared: list[str]) -> None:
    """Watch what this process opens from now on.

    Args:
        site: The folder of conf.py.
        declared: The files in it that the page says it reads.
    """
    # What is made by building, and what is in the fingerprint.
    allowed = {*declared, os.path.join(site, "_build"), os.path.join(site, "src"), sys.prefix}

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str):
            return
        path, _, flags = os.path.realpath(arguments[0]), *arguments[1:]
        if path.endswith(".pyc"):
            path = source_from_cache(path)
        if flags & (os.O_WRONLY | os.O_RDWR):
            allowed.add(path)  # It wrote that itself.
        if not path.startswith(site + os.sep) or not os.path.isfile(path):
            return
        if not any(path == place or path.startswith(place + os.sep) for place in allowed):
            allowed.add(path)
            name = os.path.relpath(path)
            print(f"This page does not declare that it reads {name}.", file=sys.stderr)

    sys.addaudithook(hear)


if __name__ == "__main__":
    OutStream.flush_interval = ONE_HOUR
    if site := os.environ.get("SITE_FOLDER"):
        declared = os.environ["PAGE_READS"].split(os.pathsep)
        tell_of_undeclared(os.path.realpath(site), [file for file in declared if file])
    Kernel.launch_instance()
