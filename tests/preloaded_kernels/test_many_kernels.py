"""Many kernels of one preload process, in a row and together."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from support.kernels import list_files, run

from preloaded_kernels import KernelPool

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
]
KERNELS = 200


@pytest.mark.parametrize("together", [1, 8])
def test_many_kernels(tmp_path: Path, pool: KernelPool, together: int) -> None:
    """Each executes its cells; no descriptor, process or socket remains of any."""
    assert pool.preload_process
    preload_process = Path(f"/proc/{pool.preload_process.process.pid}")
    run("1 + 1", cwd=tmp_path)  # What is opened once.
    descriptors = [os.listdir("/proc/self/fd"), os.listdir(preload_process / "fd")]
    codes = [f"import numpy\nint(numpy.sum([{number}, 1]))" for number in range(KERNELS)]

    with ThreadPoolExecutor(together) as threads:
        outputs = list(threads.map(partial(run, cwd=tmp_path), codes))

    assert outputs == [[str(number + 1)] for number in range(KERNELS)]
    assert list_files(pool.folder) == set()
    children = preload_process / "task" / preload_process.name / "children"
    assert children.read_text() == ""
    assert len(os.listdir(preload_process / "fd")) == len(descriptors[1])
    # Clients keep event loops, one for each thread.
    assert len(os.listdir("/proc/self/fd")) <= len(descriptors[0]) + 10 * together
