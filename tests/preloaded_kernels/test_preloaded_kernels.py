"""Forked kernels are like new ones: isolated, equal in what pages see, and ended by the build."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from nbclient import NotebookClient
from sphinx.cmd.build import main as sphinx
from support.sites import HEADER, PlainSite, SmallSite, cell

import preloaded_kernels
from preloaded_kernels.provisioner import KernelPool
from site_build.execution.environment import KERNELS

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
POSIX = pytest.mark.skipif(os.name != "posix", reason="ZeroMQ has no such sockets on Windows")
# A site that uses nothing of this project but the kernels.
CONF = """
project = "elsewhere"
extensions = ["myst_nb", "preloaded_kernels"]
html_theme = "basic"
exclude_patterns = ["_build", "modules"]
nb_execution_mode = "force"
nb_execution_raise_on_error = True
preloaded_kernel_imports = ["numpy", "helper"]
"""
# The same with our execution, and a short timeout.
PREFILL_CONF = (
    CONF.replace('"preloaded_kernels"', '"preloaded_kernels", "site_build.execution.prefill_cache"')
    .replace('"force"', '"cache"')
    .replace("raise_on_error = True", "timeout = 3\nnb_execution_cache_path = '_build/executed'")
)


def execute(*cells: str, cwd: Path) -> tuple[Any, Any]:
    """Execute cells in a kernel of their own; return the notebook and the kernel's provisioner."""
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    provisioners: list[Any] = []
    client: Any = NotebookClient(notebook, kernel_name="python3")
    client.on_notebook_start = lambda notebook: provisioners.append(client.km.provisioner)
    client.execute(cwd=str(cwd))
    return notebook, provisioners[0]


def run(*cells: str, cwd: Path) -> list[str]:
    """Execute cells in a kernel of their own; return the output of each."""
    return [
        "".join(output.get("text", "") or output["data"]["text/plain"] for output in cell.outputs)
        for cell in execute(*cells, cwd=cwd)[0].cells
    ]


@pytest.fixture
def pool() -> Iterator[KernelPool]:
    """Fork kernels from a process that has imported NumPy."""
    with preloaded_kernels.provide(["numpy"]) as pool:
        yield pool
        assert pool.preload_process, "a kernel was not forked"


def test_jupyter_is_as_before_the_build(tmp_path: Path) -> None:
    """A build in this process registers its kernels with Jupyter only until it ends."""
    factory = KernelProvisionerFactory.instance()
    before = factory.default_provisioner_name, dict(factory.provisioners)
    site = PlainSite(tmp_path, CONF.replace(', "helper"', ""), page=["print('a' * 3)"])

    status = sphinx(["-q", str(tmp_path), str(tmp_path / "_build/html")])

    assert status == 0
    assert "aaa" in site.html("page")
    assert (factory.default_provisioner_name, factory.provisioners) == before


CONNECTION = """
import json
from ipykernel.connect import get_connection_info
json.loads(get_connection_info())["transport"], json.loads(get_connection_info())["ip"]
"""


@POSIX
@pytest.mark.parametrize("depth", [0, 3], ids=["usual", "deep"])
def test_no_kernel_has_a_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, depth: int) -> None:
    """Kernels use files that are removed when they end, so none takes another's port.

    This also works with a temporary folder whose path is too long for a socket.
    """
    folder = tmp_path.joinpath(*["a-folder-with-a-long-name" * 2] * depth)
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    with preloaded_kernels.provide():
        transport, address = eval(run(CONNECTION, cwd=tmp_path)[0])

    assert transport == "ipc"
    assert not Path(address).parent.exists()
    assert list(folder.iterdir()) == []


STATE = """
import builtins, decimal, locale, os, random, signal, sys, threading, warnings
import numpy
{
    "python": sys.executable,
    "flags": str(sys.flags),
    "path": sys.path,
    "argv": sys.argv[:1],
    "main": sys.modules["__main__"].__name__,
    "folder": os.getcwd(),
    "environment": {
        name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"
    },
    "input": os.readlink("/proc/self/fd/0").split(":")[0],
    "signals": [str(signal.getsignal(number)) for number in (2, 13, 15)],
    "umask": os.umask(0o22),
    "threads": sorted(type(thread).__name__ for thread in threading.enumerate()),
    "warnings": sorted(str(entry) for entry in warnings.filters),
    "context": str(decimal.getcontext()),
    "locale": locale.setlocale(locale.LC_ALL),
    "hash": hash("keras"),
    "leader": os.getpgid(0) == os.getpid(),
    "numpy": str(numpy.get_printoptions()) + str(numpy.geterr()),
    "names": sorted(name for name in globals() if not name.startswith("_i")),
}
"""


@LINUX
def test_a_forked_kernel_is_like_a_new_one(
    tmp_path: Path, pool: KernelPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a page can see of its process is as in an ordinary kernel."""
    forked_state = eval(run(STATE, cwd=tmp_path)[0])
    with monkeypatch.context() as context:
        context.setattr(pool, "preload_process", None)
        ordinary_state = eval(run(STATE, cwd=tmp_path)[0])
    # Neither receives input: one has a pipe that is never written to, one has nothing.
    assert {forked_state.pop("input"), ordinary_state.pop("input")} == {"/dev/null", "pipe"}

    assert forked_state == ordinary_state


DISTURB = """
import builtins, decimal, gc, locale, os, random, sys, warnings
import numpy
os.environ["DISTURBED"] = "1"; os.environ.pop("PATH")
os.chdir("/"); sys.path.insert(0, "/disturbed"); sys.argv.append("disturbed")
random.seed(1); numpy.random.seed(1)
numpy.pi = 3; numpy.set_printoptions(precision=1); numpy.seterr(all="raise")
builtins.disturbed = True; decimal.getcontext().prec = 3; warnings.simplefilter("error")
sys.modules["json"] = None
"""
DRAWS = "import random, uuid, numpy\n[random.random(), numpy.random.random(), uuid.uuid4().hex]"


@LINUX
@pytest.mark.usefixtures("pool")
def test_pages_are_isolated(tmp_path: Path) -> None:
    """Each page has modules, environment, folder, paths and seeds of its own.

    Numbers that are drawn without a seed differ by page, as in ordinary kernels.
    """
    before, first = run(STATE, DRAWS, cwd=tmp_path)
    run(DISTURB, cwd=tmp_path)
    after, second = run(STATE, DRAWS, cwd=tmp_path)

    assert after == before
    assert not set(eval(first)) & set(eval(second))


@LINUX
def test_a_client_that_leaves_as_its_kernel_ends(tmp_path: Path, pool: KernelPool) -> None:
    """The preload process may notice both together, and forks the next kernel."""
    assert pool.preload_process
    command = ["timeit", "-n1", "import time; time.sleep(1000)"]
    kernel, _ = pool.preload_process.fork(command, dict(os.environ), str(tmp_path))
    stat = Path(f"/proc/{kernel.pid}/stat")

    os.kill(pool.preload_process.process.pid, signal.SIGSTOP)
    os.kill(kernel.pid, signal.SIGKILL)
    while ") Z" not in stat.read_text():
        time.sleep(0.01)
    kernel.connection.close()
    os.kill(pool.preload_process.process.pid, signal.SIGCONT)

    assert run("1 + 1", cwd=tmp_path) == ["2"]
    assert not stat.exists()


SHOW_STATE = """
import os, sys
forked = "helper" in sys.modules
import numpy, helper
helper.state.append(os.getpid())
state = forked, len(helper.state), numpy.sum([1, 2]), os.path.basename(os.getcwd()), "{name}"
print(" ".join(map(str, state)))  # Together: a slow kernel would send it in pieces.
"""
# As on a busy machine: the pages are ready before the preload process is.
START_LATE = """
import sys, time
time.sleep(2 * any("preload_process" in argument for argument in sys.orig_argv))
"""


@LINUX
@pytest.mark.parametrize("start", ["", START_LATE], ids=["soon", "late"])
@pytest.mark.parametrize("processes", ["1", "2"])
def test_any_site_has_them_by_its_settings(tmp_path: Path, processes: str, start: str) -> None:
    """Any site that lists the extension and what to import gets preloaded kernels."""
    names = ["one", "two", "three"]
    pages = {name: [SHOW_STATE.format(name=name)] for name in names}
    site = PlainSite(tmp_path, CONF, **pages)
    site.write("modules/helper.py", "state = []")
    site.write("modules/sitecustomize.py", start)

    status, output = site.build("-j", processes)

    assert status == 0, output
    for name in names:
        cell_output = site.html(name).partition("cell_output")[2].partition("</pre>")[0]
        assert f"True 1 3 {tmp_path.name} {name}" in cell_output
    assert "one by one" not in output
    assert site.left_behind() == []


IMPOSSIBLE = {
    "a thread": ("import threading, time\nthreading.Thread(target=time.sleep, args=[9e9], "
        "daemon=True).start()", "after the imports there are 2 threads"),
    "an error": ("1 / 0", "importing helper failed with ZeroDivisionError"),
}  # fmt: skip


@LINUX
@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_where_forking_is_impossible(tmp_path: Path, name: str) -> None:
    """Ordinary kernels are used, and the build reports the reason in one line."""
    code, reason = IMPOSSIBLE[name]
    site = PlainSite(tmp_path, CONF, one=["print('a' * 3)"], two=["print('b' * 3)"])
    site.write("modules/helper.py", code)

    status, output = site.build()

    assert status == 0, output
    assert output.count("Kernels are started one by one: ") == 1
    assert f"Kernels are started one by one: {reason}" in output
    assert "aaa" in site.html("one")
    assert "bbb" in site.html("two")
    assert site.left_behind() == []


@LINUX
def test_what_an_import_writes_is_reported(tmp_path: Path) -> None:
    """A warning of a module that is imported first, which no page shows, fails a strict build."""
    site = PlainSite(tmp_path, CONF, one=["1 + 1"])
    site.write("modules/helper.py", "import sys\nprint('beware', file=sys.stderr)")

    status, output = site.build()

    assert status != 0
    assert "WARNING: Importing the modules for all kernels printed: beware" in output


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


@POSIX
def test_a_kernel_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel need not be waited for and killed when its page is done, however slow it is."""
    monkeypatch.setenv("JUPYTER_PATH", str(KERNELS))

    with preloaded_kernels.provide():
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
@pytest.mark.parametrize("kernels", ["forked", "ordinary"])
def test_a_page_that_stops_its_kernel(tmp_path: Path, kernels: str) -> None:
    """Each such page is reported with the reason, the others are built, and nothing remains."""
    pages = {name: [code] for name, (code, _) in FAILING.items()}
    children = "import subprocess\nsubprocess.Popen(['sleep', '1000'])\nprint('a' * 3)"
    site = PlainSite(tmp_path, PREFILL_CONF, good=["print('a' * 3)"], parent=[children], **pages)
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
INTERRUPTED = [CONF, PREFILL_CONF, PREFILL_CONF + DISCARDED]


@LINUX
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("conf", INTERRUPTED, ids=["MyST-NB", "ours", "discarded"])
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
