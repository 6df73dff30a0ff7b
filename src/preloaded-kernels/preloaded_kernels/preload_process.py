"""A process that imports what kernels need, and forks itself for each kernel.

It imports when the first kernel is requested, and runs nothing else. So it has one thread, and a
copy of it behaves like an interpreter that has just imported the same modules. Each connection to
its socket is one kernel, from the request to the exit status. When its parent ends, however that
happens, or closes the standard input, this process kills the kernels and removes their sockets.

Run as a script, with the folder of the kernels' sockets, the number of the descriptor to listen on,
the process ID of the parent, and the modules to import. It needs only Python.
"""

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import Any, NamedTuple

PR_SET_PDEATHSIG = 1  # From Linux's <sys/prctl.h>.

Request = dict[str, Any]  # The arguments of run_kernel, except the parent.


class Imports(NamedTuple):
    """The result of importing modules."""

    error: str  # Why this process must not be forked, or empty.
    output: str  # What the imports wrote.
    environment: dict[str, str]  # The variables that they set.


class Kernel(NamedTuple):
    """A fork of this process."""

    pid: int
    pidfd: int  # Readable when the kernel has ended.
    connection: socket.socket  # Readable when the client has closed it.

    def kill(self) -> None:
        """Kill the kernel and the processes that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Close the descriptors."""
        self.connection.close()
        os.close(self.pidfd)


class ForkServer:
    """Forks this process for each connection to *listener*, after importing *modules*.

    It serves until process *parent* ends, or closes the standard input of this process.
    """

    def __init__(self, listener: socket.socket, parent: int, modules: list[str]) -> None:
        self._listener, self._modules = listener, modules
        self._imports: Imports | None = None
        self._reported = False
        self._kernels: list[Kernel] = []
        # Forks of the parent hold the other end of the input too, so that alone it is not enough.
        self._parent = os.pidfd_open(parent)
        self._selector = selectors.DefaultSelector()
        for end in (sys.stdin, self._parent, listener):
            self._selector.register(end, selectors.EVENT_READ)

    def serve(self) -> Request | None:
        """Handle events until the parent ends.

        Return the request in each kernel, and None in this process.
        """
        while True:
            # One event at a time, because handling it may close what the next one is about.
            key, _ = self._selector.select()[0]
            if key.fileobj in (sys.stdin, self._parent):  # The input never receives data.
                for kernel in self._kernels:
                    kernel.kill()
                return None
            if key.fileobj is self._listener:
                if request := self._accept():
                    return request
            elif key.fileobj is key.data.connection:
                key.data.kill()
                self._selector.unregister(key.fileobj)
            else:
                self._reap(key.data)

    def _accept(self) -> Request | None:
        """Fork a kernel for the next connection; return the request in the kernel only."""
        connection, _ = self._listener.accept()
        self._imports = self._imports or import_all(self._modules)
        try:
            with connection.makefile() as lines:
                line = lines.readline()
        except OSError:
            line = ""
        if not line.endswith("\n"):  # The client has closed the connection.
            connection.close()
            return None
        # One of the clients reports what was wrong.
        answer: dict[str, Any] = {
            "error": self._imports.error,
            "output": "" if self._reported else self._imports.output,
            "report": not self._reported,
        }
        self._reported = True
        if not self._imports.error:
            answer["pid"] = os.fork()
            if answer["pid"] == 0:
                connection.close()
                self._close()
                request: Request = json.loads(line)
                request["environment"].update(self._imports.environment)
                return request
            os.setpgid(answer["pid"], answer["pid"])
            kernel = Kernel(answer["pid"], os.pidfd_open(answer["pid"]), connection)
            self._kernels.append(kernel)
            self._selector.register(kernel.connection, selectors.EVENT_READ, kernel)
            self._selector.register(kernel.pidfd, selectors.EVENT_READ, kernel)
        send(connection, answer)
        if self._imports.error:
            connection.close()
        return None

    def _reap(self, kernel: Kernel) -> None:
        """Send the exit status of a kernel that has ended, and release what belongs to it."""
        # Kill what the kernel started: until it is waited for, no other group can have its number.
        kernel.kill()
        send(kernel.connection, os.waitstatus_to_exitcode(os.waitpid(kernel.pid, 0)[1]))
        with contextlib.suppress(KeyError):
            self._selector.unregister(kernel.connection)
        self._selector.unregister(kernel.pidfd)
        self._kernels.remove(kernel)
        kernel.close()

    def _close(self) -> None:
        """Close what a kernel must not share with this process."""
        self._selector.close()
        os.close(self._parent)
        self._listener.close()
        for kernel in self._kernels:
            kernel.close()


def import_all(modules: list[str]) -> Imports:
    """Import *modules*, and check whether this process may be forked then."""
    environment = dict(os.environ)
    with tempfile.TemporaryFile() as file:
        originals = [(descriptor, os.dup(descriptor)) for descriptor in (1, 2)]
        for descriptor, _ in originals:  # What is written from C has to be redirected too.
            os.dup2(file.fileno(), descriptor)
        error = find_error(modules)
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, original in originals:
            os.dup2(original, descriptor)
            os.close(original)
        file.seek(0)
        output = file.read().decode(errors="replace").strip()
    gc.freeze()  # A kernel that collects garbage would otherwise copy all of this memory.
    return Imports(error, output, dict(os.environ.items() - environment.items()))


def find_error(modules: list[str]) -> str:
    """Import *modules*; return why this process must not be forked then, or an empty string."""
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:
            return f"importing {module} failed with {type(error).__name__}: {error}"
    # A fork does not copy threads, and the locks that they hold stay locked in it.
    threads = len(os.listdir("/proc/self/task"))
    return f"after the imports there are {threads} threads" if threads > 1 else ""


def send(connection: socket.socket, message: object) -> None:
    """Send *message*, unless the client has closed the connection."""
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(message).encode() + b"\n")


def run_kernel(command: list[str], environment: dict[str, str], cwd: str, parent: int) -> None:
    """Run ``python -m`` with *command* in this fork of process *parent*, as if newly started."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(cwd)
    if not sys.flags.safe_path:
        sys.path.insert(0, os.getcwd())
    sys.argv = command
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # os.fork() seeds only Python's own generator.
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


def exit_now() -> None:
    """Exit without finalization, which takes longer than many pages."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def main() -> None:
    """Serve, and run the kernel in each fork."""
    atexit.register(exit_now)  # Registered first, so it runs last.
    if not sys.flags.safe_path:
        del sys.path[0]  # The folder of this script.
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The parent decides when to end.
    folder, listener, parent, *modules = sys.argv[1:]
    this = os.getpid()
    os.environ["JPY_PARENT_PID"] = str(this)  # ipykernel reads it when it is imported.
    request = None
    # The parent may have ended already, and its number may be another's.
    if os.getppid() == int(parent):
        request = ForkServer(socket.socket(fileno=int(listener)), int(parent), modules).serve()
    if request is None:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        run_kernel(**request, parent=this)


if __name__ == "__main__":
    main()
