"""However a kernel, its client or the preload process ends, the others notice and nothing stays."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from support.kernels import execute, has_ended, list_files, run
from traitlets.config import Config

from preloaded_kernels import KernelPool, PreloadedProvisioner
from preloaded_kernels.forked_kernel import ForkedKernel

pytestmark = [
    pytest.mark.usefixtures("other_project"),
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
]

# A kernel that has started a process, and writes its number.
PARENT = """
import subprocess
open("child", "w").write(str(subprocess.Popen(["sleep", "1000"]).pid))
"""
LIMITED = """
import resource
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, used + 2**26))
"""
# The manager kills a kernel that does not end.
SOON = Config({"KernelManager": {"shutdown_wait_time": 1}})


def fork(pool: KernelPool, code: str, folder: Path) -> ForkedKernel:
    """Run Python code in a fork."""
    command = ["timeit", "-n1", "-r1", code]
    kernel = asyncio.run(pool.fork(command, dict(os.environ), str(folder), timeout=60))
    assert kernel
    return kernel


@pytest.mark.parametrize("code", ["__import__('os')._exit(3)", "__import__('os').kill(0, 9)"])
def test_the_status_of_a_kernel_that_ends_immediately(
    tmp_path: Path, pool: KernelPool, code: str
) -> None:
    """It is never lost, even if it arrives together with the number of the process."""
    expected = 3 if "exit" in code else -signal.SIGKILL

    assert [fork(pool, code, tmp_path).wait() for _ in range(20)] == [expected] * 20


def test_a_kernel_that_is_killed(tmp_path: Path, pool: KernelPool) -> None:
    """What it has started is killed with it, and its client learns why it ended."""
    kernel = fork(pool, f"exec({PARENT!r}); __import__('time').sleep(1000)", tmp_path)
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        time.sleep(0.02)

    kernel.kill()

    assert kernel.wait() == -signal.SIGKILL
    assert has_ended(int((tmp_path / "child").read_text()))


def test_a_kernel_that_kills_itself(tmp_path: Path, pool: KernelPool) -> None:
    """As when memory runs out: nbclient reports it, its children end, and the next is forked."""
    with pytest.raises(DeadKernelError):
        execute(PARENT, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", cwd=tmp_path)

    assert has_ended(int((tmp_path / "child").read_text()))
    assert list_files(pool.folder) == set()
    assert run("1 + 1", cwd=tmp_path) == ["2"]


def test_a_kernel_that_reaches_its_limit_of_memory(tmp_path: Path, pool: KernelPool) -> None:
    """The cell fails with MemoryError, and the kernels after it have no such limit."""
    with pytest.raises(CellExecutionError, match="MemoryError"):
        execute(LIMITED, "block = bytearray(2**28)", cwd=tmp_path)

    assert run("len(bytearray(2**28))", cwd=tmp_path) == [str(2**28)]


def test_a_kernel_that_hangs(tmp_path: Path, pool: KernelPool) -> None:
    """It is killed after the timeout of the client, although it ignores signals."""
    hang = "import signal\nfor number in (2, 15): signal.signal(number, signal.SIG_IGN)\n"

    with pytest.raises(CellTimeoutError):
        execute(PARENT, hang + "while True: pass", cwd=tmp_path, timeout=1, config=SOON)

    assert has_ended(int((tmp_path / "child").read_text()))
    assert list_files(pool.folder) == set()


def test_a_kernel_that_is_interrupted(tmp_path: Path, pool: KernelPool) -> None:
    """It continues with the next cell, as an ordinary kernel does."""
    cells = ["import time", "time.sleep(1000)", "1 + 1"]

    notebook, provisioner = execute(
        *cells, cwd=tmp_path, timeout=1, interrupt_on_timeout=True, allow_errors=True
    )

    assert notebook.cells[1].outputs[0].ename == "KeyboardInterrupt"
    assert notebook.cells[2].outputs[0]["data"]["text/plain"] == "2"
    assert provisioner.status == 0


def test_a_client_that_leaves_as_its_kernel_ends(tmp_path: Path, pool: KernelPool) -> None:
    """The preload process may notice both together, and forks the next kernel."""
    assert pool.preload_process
    kernel = fork(pool, "__import__('time').sleep(1000)", tmp_path)
    stat = Path(f"/proc/{kernel.pid}/stat")

    os.kill(pool.preload_process.process.pid, signal.SIGSTOP)
    os.kill(kernel.pid, signal.SIGKILL)
    while ") Z" not in stat.read_text():
        time.sleep(0.01)
    kernel.connection.close()
    os.kill(pool.preload_process.process.pid, signal.SIGCONT)

    assert run("1 + 1", cwd=tmp_path) == ["2"]
    assert not stat.exists()


def test_all_kernels_are_killed(pool: KernelPool) -> None:
    """Also one that starts later, until the pool is closed."""
    manager: Any = KernelManager()
    manager.start_kernel()
    pool.kill_all()
    later: Any = KernelManager()
    later.start_kernel()

    for killed in (manager, later):
        assert killed.provisioner.process.wait() == -signal.SIGKILL
        assert not killed.is_alive()
        killed.shutdown_kernel(now=True)
    assert list_files(pool.folder) == set()


def test_closing_ends_the_kernels(tmp_path: Path, pool: KernelPool) -> None:
    """And what they have started."""
    kernel = fork(pool, f"exec({PARENT!r}); __import__('time').sleep(1000)", tmp_path)
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        time.sleep(0.02)

    pool.close()

    assert kernel.wait() == -signal.SIGKILL
    assert has_ended(int((tmp_path / "child").read_text()))


def test_a_fork_of_the_parent_shares_the_preload_process(tmp_path: Path, pool: KernelPool) -> None:
    """It can start kernels, and closing the pool in it does not end those of its parent."""
    manager: Any = KernelManager()
    manager.start_kernel()
    pid = os.fork()
    if pid == 0:
        same = pool.kernels == set() and run("1 + 1", cwd=tmp_path) == ["2"]
        pool.close()
        os._exit(0 if same else 1)

    assert os.waitpid(pid, 0)[1] == 0
    assert manager.is_alive()
    manager.shutdown_kernel(now=True)
    _, provisioner = execute("1 + 1", cwd=tmp_path)
    assert isinstance(provisioner, PreloadedProvisioner)


def test_closing_does_not_wait_for_forks_of_the_parent(pool: KernelPool) -> None:
    """A fork that still runs, such as a worker, has a copy of what holds the preload process."""
    assert pool.preload_process
    pid = os.fork()
    if pid == 0:
        time.sleep(1000)

    try:
        pool.close()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    assert pool.preload_process.process.returncode == 0


# A parent that has a preload process and a fork which outlives it.
PARENT_AND_FORK = """
import asyncio, os, time
import preloaded_kernels
pool = preloaded_kernels.get_pool([])
command = ["timeit", "__import__('os')._exit(0)"]  # It serves when this has been forked.
asyncio.run(pool.fork(command, dict(os.environ), "/", 100)).wait()
if fork := os.fork():
    print(f"{fork} {pool.preload_process.process.pid} {pool.folder}", flush=True)
time.sleep(1000)
"""


def test_the_preload_process_ends_with_its_parent() -> None:
    """However the parent ends, and although a fork of it lives on."""
    command = [sys.executable, "-c", PARENT_AND_FORK]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    fork, preload_process, folder = parent.stdout.readline().split()
    parent.kill()
    parent.wait()
    parent.stdout.close()

    try:
        assert has_ended(int(preload_process))
        assert not has_ended(int(fork), seconds=0.1)
        assert not Path(folder).exists()
    finally:
        os.kill(int(fork), signal.SIGKILL)
