"""Starts kernels that are talked to over sockets of the file system, not over the network.

Over TCP Jupyter looks for a free port, lets go of it, and tells the kernel to take it; of many
kernels that start at once, two may be told the same.
"""

import os
import shutil
import tempfile
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

# The path of a socket has room for about a hundred bytes, and Jupyter adds some to this.
LONGEST_FOLDER = 60


class WarmProvisioner(LocalProvisioner):
    """A kernel on this machine, with a private folder for its sockets."""

    folder: str | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose where the kernel is talked to; Windows has no such sockets in ZeroMQ."""
        manager = self.parent
        if os.name == "posix" and manager is not None and self.folder is None:
            usual = tempfile.gettempdir()
            within = usual if len(os.fsencode(usual)) <= LONGEST_FOLDER else "/tmp"
            self.folder = tempfile.mkdtemp(prefix="kernel-", dir=within)
            manager.transport = "ipc"
            manager.connection_file = os.path.join(self.folder, "kernel.json")
            manager.ip = os.path.join(self.folder, "socket")
        return await super().pre_launch(**kwargs)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the sockets of a kernel that has ended."""
        await super().cleanup(restart=restart)
        if self.folder is not None and not restart:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
