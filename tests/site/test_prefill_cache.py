"""Pages that our execution runs: what stops a kernel or the build, and what is reported."""

import signal
import sys
import time
from pathlib import Path

import pytest
from support.kernels import execute
from support.sites import HEADER, PlainSite, SmallSite, cell

import preloaded_kernels

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
CONF = """
project = "other"
extensions = ["myst_nb", "preloaded_kernels", "site_build.execution.prefill_cache"]
html_theme = "basic"
exclude_patterns = ["_build", "modules"]
nb_execution_mode = "cache"
nb_execution_cache_path = "_build/executed"
nb_execution_timeout = 3
preloaded_kernel_imports = ["numpy", "helper"]
"""

# The thread that handles the shutdown is slow, and so is the one that sends what it prints.
SLOW_THREADS = """
def be_late():
    import sys, threading, time
    outputs = sys.stdout.pub_thread.io_loop
    flush, close = sys.stdout.flush, outputs.close
    def late_flush():
        time.sleep(0.3 * (threading.current_thread().name == "Control"))
        flush()
    def late_close(**options):
        time.sleep(1)
        close(**options)
    sys.stdout.flush, outputs.close = late_flush, late_close
be_late()
"""


@LINUX
def test_a_kernel_ends_by_itself(tmp_path: Path) -> None:
    """A kernel need not be waited for and killed when its page is done, however slow it is."""
    with preloaded_kernels.provide([]):
        _, provisioner = execute(SLOW_THREADS, cwd=tmp_path)

    assert provisioner.status == 0


FAILING = {
    "hangs": ("while True: pass", "CellTimeoutError: A cell timed out"),
    "sleeps": ("import signal, time\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(1000)",
        "CellTimeoutError: A cell timed out"),
    "exits": ("import os\nos._exit(1)", "DeadKernelError: Kernel died"),
    "killed": ("import os\nos.kill(os.getpid(), 9)",
        "DeadKernelError: Kernel died, killed as when memory runs out"),
}  # fmt: skip


@LINUX
@pytest.mark.parametrize("kernels", ["forked", pytest.param("ordinary", marks=pytest.mark.slow)])
def test_a_page_that_stops_its_kernel(tmp_path: Path, kernels: str) -> None:
    """Each such page is reported with the reason, the others are built, and nothing remains."""
    pages = {name: [code] for name, (code, _) in FAILING.items()}
    children = "import subprocess\nsubprocess.Popen(['sleep', '1000'])\nprint('a' * 3)"
    site = PlainSite(tmp_path, CONF, good=["print('a' * 3)"], parent=[children], **pages)
    site.write("modules/helper.py", "1 / 0" if kernels == "ordinary" else "")

    status, output = site.build()

    assert status != 0
    for name, (_, reason) in FAILING.items():
        assert f"{name}.md: WARNING: The page was not executed to its end. {reason}" in output
    assert output.count("not executed to its end") == len(FAILING)
    assert "aaa" in site.html("good")
    assert site.left_behind() == []


# As when Python finalizes objects, where what a handler raises is printed and discarded.
DISCARDED = (
    "\nfrom site_build.execution import prefill_cache\nprefill_cache.default_int_handler = print\n"
)
INTERRUPTED = [
    pytest.param(CONF, id="usual"),
    pytest.param(CONF + DISCARDED, id="discarded", marks=pytest.mark.slow),
]


@LINUX
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("conf", INTERRUPTED)
def test_an_interrupted_build(tmp_path: Path, conf: str, name: str) -> None:
    """A build that a signal ends fails, and leaves no process, socket or folder behind."""
    wait = "import time\nopen('started', 'w').close()\ntime.sleep(1000)"
    conf = conf.replace("timeout = 3", "timeout = 1000")
    site = PlainSite(tmp_path, conf, waits=[wait], one=["1 + 1"], two=["1 + 2"])
    site.write("modules/helper.py", "")
    process = site.start()
    while not (tmp_path / "started").exists():
        assert process.poll() is None
        time.sleep(0.05)

    process.send_signal(signal.Signals[name])

    assert process.wait(timeout=20) != 0
    assert site.left_behind() == []


def test_a_kernel_that_does_not_start(small_site: SmallSite) -> None:
    """A page whose kernel does not start fails each build, with its name and the reason."""
    header = HEADER.replace("python3", "no-such-kernel")
    small_site.write("docs/page.md", f"{header}# A page\n\n{cell('1 + 1')}")

    for _ in range(2):
        result = small_site.run("site_build", "html")

        assert result.returncode != 0
        assert "docs/page.md: WARNING: The page was not executed to its end" in result.stdout
        assert "No such kernel named no-such-kernel" in result.stdout
        assert "Traceback" not in result.stdout
