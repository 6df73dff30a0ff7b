"""A kernel that was forked, as its client sees it."""

import contextlib
import os
import signal
import socket


class ForkedKernel:
    """A child of the preload process, with the part of Popen's interface that Jupyter uses.

    Args:
        connection: The connection to the preload process that this kernel was requested with.
        pid: The process ID of the kernel, which is also the number of its process group.
        received: What the preload process has sent after the process ID.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int, received: bytes = b"") -> None:
        self.connection, self.pid = connection, pid
        self.returncode: int | None = None
        self._received = received

    def poll(self) -> int | None:
        """Return the exit status of the kernel, or None while it runs."""
        if self.returncode is not None:
            return self.returncode
        if not self._received.endswith(b"\n"):
            try:
                data = self.connection.recv(100, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
            except OSError:
                data = b""
            self._received += data
            if not data:
                # The preload process has ended and so has the kernel, but not what it started.
                self._received = b"%d\n" % -signal.SIGKILL
                with contextlib.suppress(OSError):
                    os.killpg(self.pid, signal.SIGKILL)
        if self._received.endswith(b"\n"):
            self.returncode = int(self._received)
            self.connection.close()
        return self.returncode

    def wait(self) -> int:
        """Wait until the kernel ends, and return its exit status."""
        while (status := self.poll()) is None:
            with contextlib.suppress(OSError):
                self.connection.recv(1, socket.MSG_PEEK)
        return status

    def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what it started, unless the kernel has ended."""
        if signum == signal.SIGKILL:
            self.kill()
        elif self.poll() is None:
            os.killpg(self.pid, signum)

    def terminate(self) -> None:
        """Request the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the kernel and what it started, from any thread or a signal handler.

        The preload process does it, because the number may be another process's by now.
        """
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
