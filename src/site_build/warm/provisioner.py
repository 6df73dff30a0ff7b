"""Starts kernels by forking, where that can be done, and talks to them over files.

Over TCP Jupyter looks for a free port, lets go of it, and tells the kernel to take it; of many
kernels that start at once, two may be told the same. A socket of the file system is the kernel's
own.
"""

import asyncio
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from typing import Any, ClassVar

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from sphinx.util import logging

from . import zygote

logger = logging.getLogger(__name__)

# The path of a socket has room for about a hundred bytes, and Jupyter adds some to this.
LONGEST_FOLDER = 60
# What IPython's kernel imports while it starts.
IPYTHON = [
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
]


def new_folder(within: str | None = None) -> str:
    """Make a private folder for sockets, with a short path."""
    usual = tempfile.gettempdir()
    short = usual if len(os.fsencode(usual)) <= LONGEST_FOLDER else "/tmp"
    return tempfile.mkdtemp(prefix="kernel-", dir=within or short)


class ForkedKernel:
    """A child of the zygote: as much of Popen as Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.connection, self.pid = connection, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return how the kernel ended, or None."""
        if self.returncode is None and select.select([self.connection], [], [], 0)[0]:
            said = self.connection.recv(100)
            # Without its zygote no kernel lives on.
            self.returncode = int(said) if said else -signal.SIGKILL
            self.connection.close()
        return self.returncode

    def wait(self) -> int:
        """Return how the kernel ended, once it has."""
        while (status := self.poll()) is None:
            select.select([self.connection], [], [])
        return status

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless the kernel has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)


class Zygote:
    """The process that kernels are forked from; see `zygote.py`."""

    def __init__(self, modules: list[str]) -> None:
        self.folder = new_folder()
        self.address = os.path.join(self.folder, "zygote")
        self.said = ""
        environment = {
            **os.environ,
            "OPENBLAS_NUM_THREADS": "1",  # NumPy would start the others at once.
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # The debugger would warn of nothing.
        }
        # Whoever asks before it is ready waits, and when it has ended is refused at once.
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.address)
            listening.listen(64)
            descriptor = listening.fileno()
            self.process = subprocess.Popen(
                [sys.executable, zygote.__file__, self.folder, str(descriptor), *IPYTHON, *modules],
                stdin=subprocess.PIPE,
                pass_fds=[descriptor],
                env=environment,
                start_new_session=True,  # Ctrl-C is for the build, and that ends this.
            )

    def stop(self) -> None:
        """End it, and with it every kernel that still runs."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fork(self, command: list[str], environment: dict[str, str], cwd: str) -> ForkedKernel:
        """Run ``python -m`` with *command* in a copy of the process.

        Raises:
            OSError: It cannot be copied, and why.
        """
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.address)
        request = {"command": command, "environment": environment, "cwd": cwd}
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile() as answers:
            answer = json.loads(answers.readline() or '{"refused": "it has ended", "said": ""}')
        if answer["refused"]:
            connection.close()
            raise OSError(answer["refused"])
        if answer["said"] != self.said:
            self.said = answer["said"]
            logger.warning("What every kernel imports first wrote: %s", self.said)
        return ForkedKernel(connection, answer["pid"])


class WarmProvisioner(LocalProvisioner):
    """A kernel on this machine, with a private folder for its sockets."""

    # Of all provisioners of this process.
    zygote: Zygote | None = None
    running: ClassVar[set["WarmProvisioner"]] = set()
    broken_off = False

    process: Any = None  # A Popen or a ForkedKernel.
    folder: str | None = None
    status: int | None = None

    @classmethod
    def kill_all(cls) -> None:
        """Kill every kernel of this process, from whichever thread; their clients notice.

        One that is just being started ends as soon as it has been.
        """
        cls.broken_off = True
        for provisioner in tuple(cls.running):
            if provisioner.process is not None:
                provisioner.process.send_signal(signal.SIGKILL)

    @property
    def killed_by(self) -> str:
        """The name of the signal that ended the kernel, or nothing."""
        return signal.Signals(-self.status).name if self.status and self.status < 0 else ""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose where the kernel is talked to; Windows has no such sockets in ZeroMQ."""
        manager = self.parent
        if os.name == "posix" and manager is not None and self.folder is None:
            self.folder = new_folder(self.zygote.folder if self.zygote else None)
            manager.transport = "ipc"
            manager.connection_file = os.path.join(self.folder, "kernel.json")
            manager.ip = os.path.join(self.folder, "socket")
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel if it is Python's and has no environment of its own, else start it."""
        self.running.add(self)
        # What a kernel's own environment says may have to be known before the imports.
        if self.zygote and cmd[:2] == [sys.executable, "-m"] and not self.kernel_spec.env:
            try:
                cwd = os.path.abspath(kwargs.get("cwd") or ".")
                self.process = self.zygote.fork(cmd[2:], kwargs["env"], cwd)
            except OSError as error:
                logger.info("Kernels are started one by one: %s.", error)
                type(self).zygote = None
            else:
                self.pid = self.pgid = self.process.pid
                self.cwd = cwd
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

    async def post_launch(self, **kwargs: Any) -> None:
        """End a kernel that was being started, in whichever way, when all were killed."""
        await super().post_launch(**kwargs)
        if self.broken_off:
            self.process.send_signal(signal.SIGKILL)

    async def poll(self) -> int | None:
        """Return how the kernel ended, or None, and remember it."""
        status = await super().poll()
        if status is not None and self.process is not None:
            self.status = status
        return status

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Look often whether the kernel has ended, since its manager looks ten times a second."""
        for _ in range(200):
            if await self.poll() is not None:
                break
            await asyncio.sleep(0.005)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the sockets of a kernel that has ended."""
        await super().cleanup(restart=restart)
        self.running.discard(self)
        if self.folder is not None and not restart:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
