"""Forked kernels are like new ones: isolated, and equal in what a notebook can see."""

import os
import sys
import tempfile
from pathlib import Path

import pytest
from support.kernels import run

import preloaded_kernels

pytestmark = pytest.mark.usefixtures("other_project")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
POSIX = pytest.mark.skipif(os.name != "posix", reason="ZeroMQ has no such sockets on Windows")

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

    with preloaded_kernels.provide([]):
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
def test_a_forked_kernel_is_like_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page can see of its process is as in an ordinary kernel."""
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    with preloaded_kernels.provide(["numpy"]):
        forked_state = eval(run(STATE, cwd=tmp_path)[0])
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
    """Each page has separate modules, environment, folder, paths and seeds.

    Numbers that are drawn without a seed differ by page, as in ordinary kernels.
    """
    before, first = run(STATE, DRAWS, cwd=tmp_path)
    run(DISTURB, cwd=tmp_path)
    after, second = run(STATE, DRAWS, cwd=tmp_path)

    assert after == before
    assert not set(eval(first)) & set(eval(second))
