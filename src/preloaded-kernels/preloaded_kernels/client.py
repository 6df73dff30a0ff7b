"""The preload process as its clients see it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from . import preload_process
from .forked_kernel import ForkedKernel

# What IPython's kernel imports while it starts.
IPYTHON = [
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
]
SECONDS_TO_END = 5


class ForkError(Exception):
    """The reason why a kernel cannot be forked."""


class PreloadProcess:
    """The process that kernels are forked from; see `preload_process.py`.

    It ends with the process that has created it. Forks of that process may use it too.
    """

    def __init__(self, imports: Iterable[str], folder: str) -> None:
        self.address = os.path.join(folder, "preload_process")
        self._owner = os.getpid()
        environment = {
            **os.environ,
            "OPENBLAS_NUM_THREADS": "1",  # NumPy would start the other threads on import.
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # Its debugger would print a warning.
        }
        self._control, control = socket.socketpair()
        # Clients that connect before it is ready wait; after it has ended they fail immediately.
        with control, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(1024)
            arguments = [folder, str(listener.fileno()), str(self._owner), *IPYTHON, *imports]
            self.process = subprocess.Popen(
                [sys.executable, preload_process.__file__, *arguments],
                stdin=control.fileno(),
                pass_fds=[listener.fileno()],
                env=environment,
                start_new_session=True,  # Ctrl-C ends the parent, and the parent ends this process.
            )

    def stop(self) -> None:
        """End the process and every kernel that still runs."""
        # Closing is not enough while a fork of this process has the socket too.
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:  # An import hangs.
            self.process.kill()
            self.process.wait()

    async def fork(
        self, command: list[str], environment: dict[str, str], cwd: str
    ) -> tuple[ForkedKernel, str]:
        """Run ``python -m`` with *command* in a fork of the process.

        Returns:
            The kernel, and what the imports of the process wrote, to the first client only.

        Raises:
            ForkError: The process cannot be forked.
        """
        request = {"command": command, "environment": environment, "cwd": cwd}
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self.address)
            connection.sendall(json.dumps(request).encode() + b"\n")
            line, received = await _receive_line(connection)
        except OSError:
            line, received = b"", b""
        except BaseException:
            connection.close()  # It was cancelled, and so is the kernel.
            raise
        answer: dict[str, Any] = (
            json.loads(line) if line else {"error": self._describe_end(), "report": True}
        )
        if answer["error"]:
            connection.close()
            raise ForkError(answer["error"] if answer["report"] else "")
        connection.setblocking(True)
        return ForkedKernel(connection, answer["pid"], received), answer["output"]

    def _describe_end(self) -> str:
        """Say how the process ended, as far as this process can know."""
        if os.getpid() == self._owner:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = self.process.wait(SECONDS_TO_END)
                how = signal.Signals(-status).name if status < 0 else f"status {status}"
                return f"the preload process ended with {how}"
        return "the preload process has ended"


async def _receive_line(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return the first line, or nothing if there is none, and what was received after it."""
    connection.setblocking(False)
    received = b""
    while b"\n" not in received:
        data = await asyncio.get_running_loop().sock_recv(connection, 1 << 16)
        if not data:
            return b"", b""
        received += data
    line, _, rest = received.partition(b"\n")
    return line, rest
