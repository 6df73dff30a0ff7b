"""A process that has imported what the kernels need, and forks into them.

It imports when the first kernel is asked for, and never runs anything itself: so it has one thread,
and a copy of it is as good as an interpreter that has just imported the same. Every connection to
its socket is one kernel, from what to run to how it ended. When the build ends, however it ends,
its standard input closes; then the kernels are killed, and their sockets removed.

Run as a script, with the folder of the kernels' sockets, the number of the one it listens on, and
the modules to import. It needs nothing but Python.
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

PR_SET_PDEATHSIG = 1  # Of Linux, in <sys/prctl.h>.


class Imported(NamedTuple):
    """What came of the imports."""

    refused: str  # Why this process must not be forked, or nothing.
    said: str  # What the imports wrote.
    environment: dict[str, str]  # What they set.


def import_all(modules: list[str]) -> Imported:
    """Import *modules*, and see whether this process may still be forked."""
    environment = dict(os.environ)
    with tempfile.TemporaryFile() as heard:
        kept = [os.dup(descriptor) for descriptor in (1, 2)]
        for descriptor in (1, 2):
            os.dup2(heard.fileno(), descriptor)
        refused = ""
        for module in modules:
            try:
                importlib.import_module(module)
            except Exception as error:
                refused = f"importing {module} failed with {type(error).__name__}: {error}"
                break
        for descriptor, original in zip((1, 2), kept, strict=True):
            (sys.stdout, sys.stderr)[descriptor - 1].flush()
            os.dup2(original, descriptor)
            os.close(original)
        heard.seek(0)
        said = heard.read().decode(errors="replace").strip()
    gc.freeze()  # A kernel that looked through all of it for garbage would have to copy it.
    # A thread is not copied, and whatever it held stays locked in the copy.
    threads = len(os.listdir("/proc/self/task"))
    if not refused and threads > 1:
        refused = f"after the imports there are {threads} threads"
    changes = dict(os.environ.items() - environment.items())
    return Imported(refused, said, changes)


def serve(listening: socket.socket, modules: list[str]) -> dict[str, Any] | None:
    """Fork a kernel for every connection.

    Returns:
        What to run, in each kernel; None in this process, when the build has ended.
    """
    imported: Imported | None = None
    waiting = selectors.DefaultSelector()
    waiting.register(sys.stdin, selectors.EVENT_READ)
    waiting.register(listening, selectors.EVENT_READ)
    kernels: dict[socket.socket, int] = {}  # Process ids.

    while True:
        for key, _ in waiting.select():
            if key.fileobj is sys.stdin:  # It closed; nothing is ever written to it.
                for pid in kernels.values():
                    kill(pid)
                return None
            if key.fileobj is listening:
                connection, _ = listening.accept()
                imported = imported or import_all(modules)
                request = json.loads(connection.makefile().readline() or "null")
                if request is None:  # Who asked is gone already.
                    connection.close()
                    continue
                request["environment"].update(imported.environment)
                answer: dict[str, Any] = {"refused": imported.refused, "said": imported.said}
                if not imported.refused:
                    pid = os.fork()
                    if pid == 0:
                        for registered in list(waiting.get_map().values()):
                            if registered.fileobj is not sys.stdin:
                                os.close(registered.fd)
                        connection.close()
                        waiting.close()
                        return request  # type: ignore[no-any-return]
                    os.setpgid(pid, pid)
                    answer["pid"] = pid
                    kernels[connection] = pid
                    waiting.register(connection, selectors.EVENT_READ)
                    waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, connection)
                with contextlib.suppress(OSError):
                    connection.sendall(json.dumps(answer).encode() + b"\n")
            elif key.fileobj in kernels:  # Who asked for the kernel is gone.
                kill(kernels[key.fileobj])
                waiting.unregister(key.fileobj)
            else:  # A kernel has ended.
                connection = key.data
                pid = kernels.pop(connection)
                kill(pid)  # Whatever it started; it still holds the number of the group.
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with contextlib.suppress(OSError):
                    connection.sendall(json.dumps(status).encode() + b"\n")
                with contextlib.suppress(KeyError):
                    waiting.unregister(connection)
                connection.close()
                waiting.unregister(key.fd)
                os.close(key.fd)


def kill(pid: int) -> None:
    """Kill a kernel and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def become(command: list[str], environment: dict[str, str], cwd: str, zygote: int) -> None:
    """Run ``python -m`` in this process as if it had just been started."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != zygote:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(cwd)
    if not sys.flags.safe_path:
        sys.path.insert(0, os.getcwd())
    sys.argv = command
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # Python's own is seeded by the fork.
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


def leave() -> None:
    """End at once: to take apart what was imported takes longer than many a page."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def main() -> None:
    """Serve, and in each kernel become it."""
    atexit.register(leave)  # The first to be registered is the last to run.
    if not sys.flags.safe_path:
        del sys.path[0]  # The folder of this script.
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The build decides when to end.
    folder, zygote = sys.argv[1], os.getpid()
    os.environ["JPY_PARENT_PID"] = str(zygote)  # ipykernel reads it when it is imported.
    request = serve(socket.socket(fileno=int(sys.argv[2])), sys.argv[3:])
    if request is None:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        become(**request, zygote=zygote)


if __name__ == "__main__":
    main()
