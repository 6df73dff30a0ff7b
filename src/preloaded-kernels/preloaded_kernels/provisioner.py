"""The kernel provisioner: Jupyter calls it to start, signal and end a kernel."""

import asyncio
import os
import shutil
import signal
import sys
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict, Float, List, Unicode

from .forked_kernel import ForkedKernel
from .pool import KernelPool, get_pool
from .sockets import make_folder

NAME = "preloaded-provisioner"  # Of the entry point in pyproject.toml.


class PreloadedProvisioner(LocalProvisioner):
    """A kernel on this machine, forked if possible, with a private folder for its sockets."""

    imports = List(
        Unicode(), help="The modules to import before kernels are forked, in this order."
    ).tag(config=True)
    import_timeout = Float(
        600, help="How many seconds these imports may take, until kernels are started one by one."
    ).tag(config=True)
    variables = Dict(
        help="Environment variables of the kernel that differ from its parent's; None removes one."
    ).tag(config=True)

    process: Any = None  # A Popen or a ForkedKernel.
    pool: KernelPool | None = None
    folder: str | None = None
    status: int | None = None  # The exit status, when the kernel has ended.

    @property
    def killed_by(self) -> str:
        """The name of the signal that ended the kernel, or an empty string."""
        return signal.Signals(-self.status).name if self.status and self.status < 0 else ""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose the folder of the sockets, except on Windows, where ZeroMQ has no such sockets."""
        manager = self.parent
        self.pool = get_pool(self.imports)
        if os.name == "posix" and manager is not None and self.folder is None:
            self.folder = make_folder(self.pool.folder)
            manager.transport = "ipc"
            manager.connection_file = os.path.join(self.folder, "kernel.json")
            manager.ip = os.path.join(self.folder, "socket")
        return await super().pre_launch(**kwargs)

    def _finalize_env(self, env: dict[str, str]) -> None:
        super()._finalize_env(env)
        for name, value in self.variables.items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = value

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel if it is this Python without separate variables, else start it."""
        assert self.pool
        self.pool.kernels.add(self)
        cwd = os.path.abspath(kwargs.get("cwd") or ".")
        kernel = None
        # The imports may depend on a kernel's own variables.
        if cmd[1:2] == ["-m"] and is_this_python(cmd[0]) and not self.kernel_spec.env:
            kernel = await self.pool.fork(cmd[2:], kwargs["env"], cwd, self.import_timeout)
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel
        self.pid = self.pgid = kernel.pid
        self.cwd = cwd
        return self.connection_info

    async def post_launch(self, **kwargs: Any) -> None:
        """Kill a kernel that was being started when all kernels were killed."""
        await super().post_launch(**kwargs)
        if self.pool and self.pool.interrupted:
            self.kill_now()

    async def poll(self) -> int | None:
        """Return the exit status of the kernel, or None while it runs; and store it."""
        status = await super().poll()
        if status is not None and self.process is not None:
            self.status = status
        return status

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what it started."""
        if isinstance(self.process, ForkedKernel):
            self.process.send_signal(signum)
        else:
            await super().send_signal(signum)

    def kill_now(self) -> None:
        """Kill the kernel and what it started, from any thread or a signal handler."""
        process = self.process
        if isinstance(process, ForkedKernel) or os.name != "posix":
            if process is not None:
                process.kill()
        elif process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # Jupyter starts each kernel in a session.

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Check often whether the kernel has ended, because its manager checks only every 0.1 s."""
        for _ in range(200):
            if await self.poll() is not None:
                break
            await asyncio.sleep(0.005)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the sockets of a kernel that has ended."""
        await super().cleanup(restart=restart)
        if self.pool:
            self.pool.kernels.discard(self)
        if self.folder is not None and not restart:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None


def is_this_python(path: str) -> bool:
    """Whether *path* is the interpreter of this process, by whichever of its names."""
    this = os.path.abspath(sys.executable)
    other = os.path.abspath(path)
    # In a virtual environment all names are links to an interpreter that others link to as well.
    return other == this or (
        os.path.dirname(other) == os.path.dirname(this)
        and os.path.realpath(other) == os.path.realpath(this)
    )
