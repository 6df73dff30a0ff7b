"""A site that names the extension and the modules to import has preloaded kernels."""

import logging
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from sphinx.cmd.build import main as sphinx
from support.sites import PlainSite

pytestmark = pytest.mark.usefixtures("other_project")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
CONF = """
project = "other"
extensions = ["myst_nb", "preloaded_kernels"]
html_theme = "basic"
exclude_patterns = ["_build", "modules"]
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 1000
preloaded_kernel_imports = ["numpy", "helper"]
"""


def jupyter() -> list[object]:
    """Return what kernels that start in this process depend on."""
    factory = KernelProvisionerFactory.instance()
    spec = KernelSpecManager().get_kernel_spec("python3")
    path, handlers = os.environ.get("JUPYTER_PATH"), logging.getLogger("preloaded_kernels").handlers
    return [
        factory.default_provisioner_name,
        dict(factory.provisioners),
        spec.to_dict(),
        path,
        list(handlers),
    ]


@pytest.mark.parametrize("page", ["print('a' * 3)", "1 / 0"])
def test_jupyter_is_as_before_the_build(tmp_path: Path, page: str) -> None:
    """A build in this process, successful or not, changes Jupyter only until it ends."""
    PlainSite(tmp_path, CONF.replace(', "helper"', ""), page=[page])
    before = jupyter()

    status = sphinx(["-q", str(tmp_path), str(tmp_path / "_build/html")])

    assert (status == 0) == ("print" in page)
    assert jupyter() == before


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
@pytest.mark.parametrize(
    ("processes", "start"),
    [
        pytest.param("1", "", id="1-soon"),
        pytest.param("2", START_LATE, id="2-late"),
        pytest.param("1", START_LATE, id="1-late", marks=pytest.mark.slow),
        pytest.param("2", "", id="2-soon", marks=pytest.mark.slow),
    ],
)
def test_any_site_has_them_by_its_settings(tmp_path: Path, processes: str, start: str) -> None:
    """Any site that lists the extension and what to import gets preloaded kernels."""
    names = ["one", "two", "three", "four", "five", "six"]  # Fewer are read by one process.
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


# Two processes need more than one does: they share the preload process.
PROCESSES = [pytest.param("1", marks=pytest.mark.slow), "2"]
IMPOSSIBLE = {
    "a thread": ("import threading, time\nthreading.Thread(target=time.sleep, args=[9e9], "
        "daemon=True).start()", "after the imports there are 2 threads"),
    "an error": ("1 / 0", "importing helper failed with ZeroDivisionError"),
}  # fmt: skip


@LINUX
@pytest.mark.parametrize("processes", PROCESSES)
@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_where_forking_is_impossible(tmp_path: Path, name: str, processes: str) -> None:
    """Ordinary kernels are used, and the build reports the reason in one line."""
    code, reason = IMPOSSIBLE[name]
    count = 2 if processes == "1" else 6  # Fewer than six are read by one process.
    pages = {f"page{number}": [f"print('{number}' * 3)"] for number in range(count)}
    site = PlainSite(tmp_path, CONF, **pages)
    site.write("modules/helper.py", code)

    status, output = site.build("-j", processes)

    assert status == 0, output
    assert output.count("Kernels are started one by one: ") == 1
    assert f"Kernels are started one by one: {reason}" in output
    for number in range(count):
        assert f"{number}" * 3 in site.html(f"page{number}")
    assert site.left_behind() == []


@LINUX
def test_what_an_import_writes_is_reported(tmp_path: Path) -> None:
    """A warning of a module that is imported first, which no page shows, fails a strict build."""
    site = PlainSite(tmp_path, CONF, one=["1 + 1"])
    site.write("modules/helper.py", "import sys\nprint('beware', file=sys.stderr)")

    status, output = site.build()

    assert status != 0
    assert "WARNING: Importing the modules for all kernels printed: beware" in output


@LINUX
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("processes", PROCESSES)
def test_an_interrupted_build(tmp_path: Path, processes: str, name: str) -> None:
    """A build that a signal ends fails, and leaves no process, socket or folder behind."""
    wait = "import time\nopen('started', 'w').close()\ntime.sleep(1000)"
    pages = {f"page{number}": [f"1 + {number}"] for number in range(6)}
    site = PlainSite(tmp_path, CONF, waits=[wait], **pages)
    site.write("modules/helper.py", "")
    process = site.start("-j", processes)
    while not (tmp_path / "started").exists():
        assert process.poll() is None
        time.sleep(0.05)

    process.send_signal(signal.Signals[name])

    assert process.wait(timeout=20) != 0
    assert site.left_behind() == []
