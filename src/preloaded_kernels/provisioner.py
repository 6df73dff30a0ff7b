"""Start kernels by forking where possible, and communicate with them over files.

For TCP, Jupyter looks for a free port, releases it, and passes its number to the kernel; two that
start together may get the same number. A socket in the file system belongs to one kernel.
"""

import asyncio
import json
import logging
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Instance

from . import preload_process

# The path of a socket may have about a hundred bytes, and Jupyter appends some to this.
MAX_FOLDER_LENGTH = 60
# What IPython's kernel imports while it starts.
IPYTHON = [
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
]

Logger = logging.Logger | logging.LoggerAdapter[logging.Logger]


def make_folder(parent: str | None = None) -> str:
    """Make a private folder for sockets, with a short path."""
    default = tempfile.gettempdir()
    short = default if len(os.fsencode(default)) <= MAX_FOLDER_LENGTH else "/tmp"
    return tempfile.mkdtemp(prefix="kernel-", dir=parent or short)


class ForkedKernel:
    """A child of the preload process, with the part of Popen's interface that Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.connection, self.pid = connection, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status of the kernel, or None while it runs."""
        if self.returncode is None and select.select([self.connection], [], [], 0)[0]:
            status = self.connection.recv(100)
            # A kernel is killed when the preload process ends.
            self.returncode = int(status) if status else -signal.SIGKILL
            self.connection.close()
        return self.returncode

    def wait(self) -> int:
        """Wait until the kernel ends, and return its exit status."""
        while (status := self.poll()) is None:
            select.select([self.connection], [], [])
        return status

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless the kernel has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """Kill the kernel, unless it has ended."""
        self.send_signal(signal.SIGKILL)


class PreloadProcess:
    """The process that kernels are forked from; see `preload_process.py`."""

    def __init__(self, modules: list[str]) -> None:
        self.folder = make_folder()
        self.address = os.path.join(self.folder, "preload_process")
        environment = {
            **os.environ,
            "OPENBLAS_NUM_THREADS": "1",  # NumPy would start the other threads on import.
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # Its debugger would print a warning.
        }
        # Clients that connect before it is ready wait; after it has ended they fail immediately.
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(64)
            arguments = [self.folder, str(listener.fileno()), *IPYTHON, *modules]
            self.process = subprocess.Popen(
                [sys.executable, preload_process.__file__, *arguments],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                env=environment,
                start_new_session=True,  # Ctrl-C ends the build, and the build ends this process.
            )

    def stop(self) -> None:
        """End the process and every kernel that still runs."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fork(
        self, command: list[str], environment: dict[str, str], cwd: str
    ) -> tuple[ForkedKernel, str]:
        """Run ``python -m`` with *command* in a fork of the process.

        Returns:
            The kernel, and what the imports of the process wrote.

        Raises:
            OSError: The process cannot be forked, with the reason.
        """
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.address)
        request = {"command": command, "environment": environment, "cwd": cwd}
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile() as answers:
            answer = json.loads(answers.readline() or '{"error": "it has ended"}')
        if answer["error"]:
            connection.close()
            raise OSError(answer["error"])
        return ForkedKernel(connection, answer["pid"]), answer["output"]


class KernelPool:
    """The kernels of one build, and the process that they are forked from.

    Args:
        preload_process: The process; None starts every kernel as a new interpreter.
        logger: Where to report what the imports wrote, and why kernels are not forked.
    """

    def __init__(
        self, preload_process: PreloadProcess | None = None, logger: Logger = logging.root
    ) -> None:
        self.preload_process = preload_process
        self.running: set[PreloadedProvisioner] = set()
        self.interrupted = False
        self._logger, self._output = logger, ""

    def fork(
        self, command: list[str], environment: dict[str, str], cwd: str
    ) -> ForkedKernel | None:
        """Run ``python -m`` with *command* in a fork; return None if that is not possible."""
        if self.preload_process is None:
            return None
        try:
            kernel, output = self.preload_process.fork(command, environment, cwd)
        except OSError as error:
            self._logger.info("Kernels are started one by one: %s.", error)
            self.preload_process = None
            return None
        if output != self._output:
            self._output = output
            self._logger.warning("Importing the modules for all kernels printed: %s", output)
        return kernel

    def kill_all(self) -> None:
        """Kill every kernel, from any thread; their clients notice.

        A kernel that is being started is killed as soon as it has started.
        """
        self.interrupted = True
        for provisioner in tuple(self.running):
            if provisioner.process is not None:
                provisioner.process.kill()


class PreloadedProvisioner(LocalProvisioner):
    """A kernel on this machine, with a private folder for its sockets."""

    pool = Instance(KernelPool, ())

    process: Any = None  # A Popen or a ForkedKernel.
    folder: str | None = None
    status: int | None = None

    @property
    def killed_by(self) -> str:
        """The name of the signal that ended the kernel, or an empty string."""
        return signal.Signals(-self.status).name if self.status and self.status < 0 else ""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose the folder of the sockets, except on Windows, where ZeroMQ has no such sockets."""
        manager = self.parent
        if os.name == "posix" and manager is not None and self.folder is None:
            preload_process = self.pool.preload_process
            self.folder = make_folder(preload_process.folder if preload_process else None)
            manager.transport = "ipc"
            manager.connection_file = os.path.join(self.folder, "kernel.json")
            manager.ip = os.path.join(self.folder, "socket")
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel if it is this Python without separate variables, else start it."""
        self.pool.running.add(self)
        cwd = os.path.abspath(kwargs.get("cwd") or ".")
        kernel = None
        # The imports may depend on a kernel's own variables.
        if cmd[:2] == [sys.executable, "-m"] and not self.kernel_spec.env:
            kernel = self.pool.fork(cmd[2:], kwargs["env"], cwd)
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel
        self.pid = self.pgid = kernel.pid
        self.cwd = cwd
        return self.connection_info

    async def post_launch(self, **kwargs: Any) -> None:
        """Kill a kernel that was being started when all kernels were killed."""
        await super().post_launch(**kwargs)
        if self.pool.interrupted:
            self.process.kill()

    async def poll(self) -> int | None:
        """Return the exit status of the kernel, or None while it runs; and store it."""
        status = await super().poll()
        if status is not None and self.process is not None:
            self.status = status
        return status

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Check often whether the kernel has ended, because its manager checks only every 0.1 s."""
        for _ in range(200):
            if await self.poll() is not None:
                break
            await asyncio.sleep(0.005)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the sockets of a kernel that has ended."""
        await super().cleanup(restart=restart)
        self.pool.running.discard(self)
        if self.folder is not None and not restart:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
