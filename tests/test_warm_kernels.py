"""Forked kernels are as good as fresh ones: isolated, the same to a page, and gone when it ends."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import PlainSite, SmallSite
from nbclient import NotebookClient

from site_build import warm
from site_build.environment import KERNELS
from site_build.warm.provisioner import WarmProvisioner, Zygote

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
POSIX = pytest.mark.skipif(os.name != "posix", reason="ZeroMQ has no such sockets on Windows")
# A site that has nothing of ours but the kernels.
CONF = """
project = "elsewhere"
extensions = ["myst_nb", "site_build.warm"]
html_theme = "basic"
exclude_patterns = ["_build", "modules"]
nb_execution_mode = "force"
nb_execution_raise_on_error = True
warm_kernel_imports = ["numpy", "helper"]
"""
# The same with our execution, and little patience.
OURS = (
    CONF.replace('"site_build.warm"', '"site_build.warm", "site_build.execute"')
    .replace('"force"', '"cache"')
    .replace("raise_on_error = True", "timeout = 3\nnb_execution_cache_path = '_build/executed'")
)


def run(*cells: str, cwd: Path) -> list[str]:
    """Execute cells in a kernel of their own; give what each showed."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
    )
    NotebookClient(notebook, kernel_name="python3").execute(cwd=str(cwd))
    return [
        "".join(output.get("text", "") or output["data"]["text/plain"] for output in cell.outputs)
        for cell in notebook.cells
    ]


@pytest.fixture
def forked() -> Iterator[None]:
    """Fork kernels from a process that has imported NumPy."""
    warm.provide()
    WarmProvisioner.zygote = zygote = Zygote(["numpy"])
    yield
    assert WarmProvisioner.zygote is zygote, "no kernel was forked"
    WarmProvisioner.zygote = None
    zygote.stop()


CONNECTION = """
import json
from ipykernel.connect import get_connection_info
json.loads(get_connection_info())["transport"], json.loads(get_connection_info())["ip"]
"""


@POSIX
@pytest.mark.parametrize("depth", [0, 3], ids=["usual", "deep"])
def test_no_kernel_has_a_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, depth: int) -> None:
    """A kernel is talked to over files that are gone when it ends, so none takes another's port.

    A temporary folder whose path is too long for a socket is no hindrance.
    """
    folder = tmp_path.joinpath(*["a-folder-with-a-long-name" * 2] * depth)
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    warm.provide()

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
def test_a_forked_kernel_is_like_a_fresh_one(
    tmp_path: Path, forked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that a page may see of its process is as it is in an ordinary kernel."""
    warm_state = eval(run(STATE, cwd=tmp_path)[0])
    with monkeypatch.context() as context:
        context.setattr(WarmProvisioner, "zygote", None)
        ordinary_state = eval(run(STATE, cwd=tmp_path)[0])
    # Neither has anybody to ask: one has a pipe that nobody writes to, one has nothing.
    assert {warm_state.pop("input"), ordinary_state.pop("input")} == {"/dev/null", "pipe"}

    assert warm_state == ordinary_state


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
def test_what_a_page_does_no_other_sees(tmp_path: Path, forked: None) -> None:
    """Modules, environment, folder, paths and seeds are every page's own."""
    before = run(STATE, cwd=tmp_path)
    run(DISTURB, cwd=tmp_path)

    assert run(STATE, cwd=tmp_path) == before


@LINUX
def test_no_two_pages_draw_the_same(tmp_path: Path, forked: None) -> None:
    """Numbers that are drawn without a seed differ by page, as in ordinary kernels."""
    first, second = (eval(run(DRAWS, cwd=tmp_path)[0]) for _ in range(2))

    assert all(one != other for one, other in zip(first, second, strict=True))


ASKS = """
import os, sys
forked = "helper" in sys.modules
import numpy, helper
helper.state.append(os.getpid())
answers = forked, len(helper.state), numpy.sum([1, 2]), os.path.basename(os.getcwd()), "{name}"
print(" ".join(map(str, answers)))  # At once: a slow kernel would send it in pieces.
"""


# As on a machine that is busy: the pages are ready before the process that is to be copied.
STARTS_LATE = """
import sys, time
time.sleep(2 * any("zygote" in argument for argument in sys.orig_argv))
"""


@LINUX
@pytest.mark.parametrize("starts", ["", STARTS_LATE], ids=["soon", "late"])
@pytest.mark.parametrize("processes", ["1", "2"])
def test_any_site_has_them_by_its_settings(tmp_path: Path, processes: str, starts: str) -> None:
    """A site elsewhere names the extension and what to import, and its pages start warm."""
    names = ["one", "two", "three"]
    pages = {name: [ASKS.format(name=name)] for name in names}
    site = PlainSite(tmp_path, CONF, **pages)
    site.write("modules/helper.py", "state = []")
    site.write("modules/sitecustomize.py", starts)

    status, said = site.build("-j", processes)

    assert status == 0, said
    for name in names:
        shown = site.html(name).partition("cell_output")[2].partition("</pre>")[0]
        assert f"True 1 3 {tmp_path.name} {name}" in shown
    assert "one by one" not in said
    assert site.left_behind() == []


IMPOSSIBLE = {
    "a thread": ("import threading, time\nthreading.Thread(target=time.sleep, args=[9e9], "
        "daemon=True).start()", "after the imports there are 2 threads"),
    "an error": ("1 / 0", "importing helper failed with ZeroDivisionError"),
}  # fmt: skip


@LINUX
@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_where_forking_is_impossible(tmp_path: Path, name: str) -> None:
    """The ordinary kernel is used, the build says so and why in one line, and is no worse."""
    code, reason = IMPOSSIBLE[name]
    site = PlainSite(tmp_path, CONF, one=["print('a' * 3)"], two=["print('b' * 3)"])
    site.write("modules/helper.py", code)

    status, said = site.build()

    assert status == 0, said
    assert said.count("Kernels are started one by one: ") == 1
    assert f"Kernels are started one by one: {reason}" in said
    assert "aaa" in site.html("one")
    assert "bbb" in site.html("two")
    assert site.left_behind() == []


@LINUX
def test_what_an_import_writes_is_told(tmp_path: Path) -> None:
    """A warning of a module that is imported first, which no page shows, fails a strict build."""
    site = PlainSite(tmp_path, CONF, one=["1 + 1"])
    site.write("modules/helper.py", "import sys\nprint('beware', file=sys.stderr)")

    status, said = site.build()

    assert status != 0
    assert "WARNING: What every kernel imports first wrote: beware" in said


# The thread that is told to end takes its time, and so does the one that sends what it says.
SLOWLY = """
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
    """When its page is done, however late its threads are; it need not be waited for and killed."""
    monkeypatch.setenv("JUPYTER_PATH", str(KERNELS))
    warm.provide()
    ended: list[Any] = []
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SLOWLY)])
    client: Any = NotebookClient(notebook, kernel_name="python3")
    client.on_notebook_start = lambda notebook: ended.append(client.km.provisioner)

    client.execute(cwd=str(tmp_path))

    assert ended[0].status == 0


FAILING = {
    "hangs": ("while True: pass", "CellTimeoutError: A cell timed out"),
    "sleeps": ("import signal, time\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(1000)",
        "CellTimeoutError: A cell timed out"),
    "leaves": ("import os\nos._exit(1)", "DeadKernelError: Kernel died"),
    "killed": ("import os\nos.kill(os.getpid(), 9)",
        "DeadKernelError: Kernel died, killed as when memory runs out"),
}  # fmt: skip


@LINUX
@pytest.mark.parametrize("kernels", ["forked", "ordinary"])
def test_a_page_that_stops_its_kernel(tmp_path: Path, kernels: str) -> None:
    """Each such page is named with the reason, the others are built, and nothing is left behind.

    So is the next build, which tries again.
    """
    pages = {name: [code] for name, (code, _) in FAILING.items()}
    children = "import subprocess\nsubprocess.Popen(['sleep', '1000'])\nprint('a' * 3)"
    site = PlainSite(tmp_path, OURS, good=["print('a' * 3)"], parent=[children], **pages)
    site.write("modules/helper.py", "1 / 0" if kernels == "ordinary" else "")

    status, said = site.build()

    assert status != 0
    for name, (_, reason) in FAILING.items():
        assert f"{name}.md: WARNING: The page was not executed to its end. {reason}" in said
    assert said.count("not executed to its end") == len(FAILING)
    assert "aaa" in site.html("good")
    assert site.left_behind() == []


@LINUX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("conf", [CONF, OURS], ids=["MyST-NB", "ours"])
def test_a_build_that_is_broken_off(tmp_path: Path, conf: str, number: int) -> None:
    """By Ctrl-C or a signal, it leaves no process, socket or folder behind."""
    conf = conf.replace("timeout = 3", "timeout = 1000")
    waits = "import time\nopen('started', 'w').close()\ntime.sleep(1000)"
    site = PlainSite(tmp_path, conf, waits=[waits], one=["1 + 1"], two=["1 + 2"])
    site.write("modules/helper.py", "")
    process = site.start()
    while not (tmp_path / "started").exists():
        assert process.poll() is None
        time.sleep(0.05)

    process.send_signal(number)

    assert process.wait(timeout=20) != 0
    assert site.left_behind() == []


# As when it comes while Python tidies up, where what a handler raises is printed and forgotten.
FORGOTTEN = "\nimport site_build.execute\nsite_build.execute.default_int_handler = print\n"


@LINUX
def test_a_ctrl_c_that_python_forgets(tmp_path: Path) -> None:
    """It ends the build all the same, and nothing is left behind."""
    test_a_build_that_is_broken_off(tmp_path, OURS + FORGOTTEN, signal.SIGINT)


def test_a_kernel_that_does_not_start(small_site: SmallSite, page: Callable[[str], str]) -> None:
    """A page whose kernel does not come up fails the build, with its name and the reason."""
    text = page("```{code-cell}\n1 + 1\n```").replace("name: python3", "name: no-such-kernel")
    small_site.write("docs/page.md", text)

    for _ in range(2):
        result = small_site.run("site_build", "html")

        assert result.returncode != 0
        assert "docs/page.md: WARNING: The page was not executed to its end" in result.stdout
        assert "No such kernel named no-such-kernel" in result.stdout
        assert "Traceback" not in result.stdout
