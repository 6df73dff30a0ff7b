"""Where forking is unsafe or fails, ordinary kernels are used, and one line says why."""

import logging
import os
import signal
import sys
from pathlib import Path

import pytest
from support.kernels import run
from traitlets.config import Config

import preloaded_kernels
from preloaded_kernels.pool import FALLBACK, find_obstacle

pytestmark = pytest.mark.usefixtures("other_project")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")

MODULES = {
    "a thread": (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=[9e9], daemon=True).start()",
        "after the imports there are 2 threads",
    ),
    "an error": ("1 / 0", "importing helper failed with ZeroDivisionError: division by zero"),
    "no end": ("import time\ntime.sleep(1000)", "the imports took more than 2 seconds"),
    "its end": ("import os\nos._exit(3)", "the preload process ended with status 3"),
}


@LINUX
@pytest.mark.parametrize("name", MODULES)
def test_a_module_that_cannot_be_preloaded(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    """A module that leaves a thread, fails, hangs or ends the process when it is imported."""
    code, reason = MODULES[name]
    (tmp_path / "helper.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    seconds = 2 if name == "no end" else 100  # A busy machine needs some for IPython.
    config = Config({"PreloadedProvisioner": {"import_timeout": seconds}})

    with preloaded_kernels.provide(["helper"]) as pool:
        outputs = [run(f"{number} + 1", cwd=tmp_path, config=config) for number in (1, 2)]

    assert outputs == [["2"], ["3"]]
    assert not pool.forks
    assert [record.getMessage() for record in caplog.records] == [FALLBACK % reason]
    assert not Path(pool.folder).exists()


@LINUX
def test_a_preload_process_that_is_killed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As when memory runs out: the kernels after it are ordinary ones."""
    with preloaded_kernels.provide(["zipapp"]) as pool:
        assert run("1 + 1", cwd=tmp_path) == ["2"]
        assert pool.preload_process
        os.kill(pool.preload_process.process.pid, signal.SIGKILL)
        assert run("1 + 1", "import sys; 'zipapp' in sys.modules", cwd=tmp_path) == ["2", "False"]

    [record] = caplog.records
    assert record.getMessage() == FALLBACK % "the preload process ended with SIGKILL"
    assert record.levelno == logging.WARNING


@pytest.mark.skipif(sys.platform == "linux", reason="kernels are forked there")
def test_another_system() -> None:
    """Only on Linux a process with the libraries of the system can be forked safely."""
    assert find_obstacle() == f"kernels are forked on Linux only, not on {sys.platform}"


@LINUX
@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_what_is_used_on_another_system(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    platform: str,
) -> None:
    """Ordinary kernels do not depend on what Linux has."""
    with monkeypatch.context() as context:
        context.setattr(sys, "platform", platform)
        context.delattr(os, "pidfd_open")
        pool = preloaded_kernels.get_pool(["zipapp"])

    with preloaded_kernels.provide(["zipapp"]):
        assert run("import sys; 'zipapp' in sys.modules", cwd=tmp_path) == ["False"]

    reason = f"kernels are forked on Linux only, not on {platform}"
    assert [record.getMessage() for record in caplog.records] == [FALLBACK % reason]
    assert pool.closed
