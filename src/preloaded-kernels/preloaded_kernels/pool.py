"""The kernels that a process has started, by what was imported before they were forked."""

import asyncio
import atexit
import logging
import os
import shutil
import sys
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .client import ForkError, PreloadProcess
from .forked_kernel import ForkedKernel
from .sockets import make_folder

if TYPE_CHECKING:
    from .provisioner import PreloadedProvisioner

FALLBACK = "Kernels are started one by one: %s."
PRINTED = "Importing the modules for all kernels printed: %s"

logger = logging.getLogger("preloaded_kernels")


class KernelPool:
    """The kernels that this process has started with the same imports.

    Attributes:
        imports: The modules that are imported before kernels are forked.
        folder: Where the kernels have their sockets.
        kernels: The provisioners of the kernels that run.
        forks: Whether kernels are forked, as far as is known; else they are started one by one.
        interrupted: Whether `kill_all` was called.
    """

    def __init__(self, imports: Iterable[str]) -> None:
        self.imports = tuple(imports)
        self.kernels: set[PreloadedProvisioner] = set()
        self.interrupted = self.closed = False
        self.folder = make_folder()
        self._owner = os.getpid()
        self.preload_process: PreloadProcess | None = None
        self.forks = self._reported = False
        if reason := find_obstacle():
            logger.warning(FALLBACK, reason)
            return
        self.preload_process = PreloadProcess(self.imports, self.folder)
        self.forks = True

    async def fork(
        self, command: list[str], environment: dict[str, str], cwd: str, timeout: float
    ) -> ForkedKernel | None:
        """Run ``python -m`` with *command* in a fork; return None if that is not possible.

        Args:
            command: The name of the module and its arguments.
            environment: All variables of the kernel.
            cwd: Its working directory.
            timeout: How many seconds the imports may take.
        """
        if not self.forks or self.preload_process is None:
            return None
        try:
            async with asyncio.timeout(timeout):
                kernel, output = await self.preload_process.fork(command, environment, cwd)
        except (ForkError, TimeoutError) as error:
            reason = str(error)
            if isinstance(error, TimeoutError):
                reason = f"the imports took more than {timeout:g} seconds"
            self.forks = False
            # Several kernels may have been requested together.
            if reason and not self._reported:
                self._reported = True
                logger.warning(FALLBACK, reason)
            return None
        if output:
            logger.warning(PRINTED, output)
        return kernel

    def kill_all(self) -> None:
        """Kill every kernel, from any thread or a signal handler; their clients notice.

        Until the pool is closed, a kernel that starts later is killed as soon as it has started.
        """
        self.interrupted = True
        for provisioner in tuple(self.kernels):
            provisioner.kill_now()

    def close(self) -> None:
        """End the preload process and the kernels, and remove their sockets.

        In a fork of the process that has created the pool, this only stops using it.
        """
        self.closed = True
        if os.getpid() == self._owner:
            if self.preload_process:
                self.preload_process.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def forget_kernels(self) -> None:
        """Forget the kernels of another process: this one is a fork of it."""
        self.kernels = set()


def find_obstacle() -> str:
    """Return why no process can be forked on this system, or an empty string."""
    if sys.platform != "linux":
        return f"kernels are forked on Linux only, not on {sys.platform}"
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return "this Linux has no pidfd_open, which came with version 5.3"
    return ""


class _Pools:
    """The pools of this process: Jupyter creates provisioners, and can pass no pool to them."""

    def __init__(self) -> None:
        self._pools: dict[tuple[str, ...], KernelPool] = {}
        self._lock = threading.Lock()

    def get(self, imports: Iterable[str]) -> KernelPool:
        with self._lock:
            key = tuple(imports)
            if key not in self._pools or self._pools[key].closed:
                self._pools[key] = KernelPool(key)
            return self._pools[key]

    def close(self) -> None:
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def adopt(self) -> None:
        """Use the preload processes of the process that this one was forked from."""
        self._lock = threading.Lock()  # Another thread may have held it.
        for pool in self._pools.values():
            pool.forget_kernels()


_pools = _Pools()
atexit.register(_pools.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pools.adopt)


def get_pool(imports: Iterable[str]) -> KernelPool:
    """Return the pool of the kernels of this process with these *imports*; start it if necessary.

    It is closed when the process ends, if it was not closed before.
    """
    return _pools.get(imports)
