"""A kernel spec alone chooses the provisioner, so whatever starts kernels with Jupyter has it."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from support.kernels import execute, list_files, run, write_spec
from support.sites import PlainSite
from traitlets.config import Config

from preloaded_kernels import PreloadedProvisioner, get_pool

pytestmark = [
    pytest.mark.usefixtures("other_project"),
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
]

LOADED = "import sys; 'helper' in sys.modules"
# A program that uses nbclient and names nothing of the distribution, nor closes anything.
PROGRAM = """
import sys
import nbformat
from nbclient import NotebookClient
for _ in range(3):
    cells = [nbformat.v4.new_code_cell(text) for text in ("import sys; 'helper' in sys.modules",
        "import helper; helper.loaded")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="forked").execute()
    print(*(cell.outputs[0]["data"]["text/plain"] for cell in notebook.cells))
"""


def test_nbclient_alone(tmp_path: Path) -> None:
    """The modules are imported once in the process, and nothing is left when it ends."""
    site = PlainSite(tmp_path, "")
    site.write("modules/helper.py", "import os\nloaded = os.getpid()")
    site.environment["JUPYTER_PATH"] = str(tmp_path)
    write_spec(tmp_path, "forked", imports=["helper"])

    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env=site.environment,
        capture_output=True,
        text=True,
        check=True,
    )

    [line] = set(result.stdout.splitlines())
    assert line.startswith("True ")
    assert result.stderr == ""
    assert site.left_behind() == []


def test_the_settings_of_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel spec need not list the modules: traitlets' configuration can."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    write_spec(tmp_path, "python3")
    config = Config({"PreloadedProvisioner": {"imports": ["zipapp"], "import_timeout": 30}})

    _, provisioner = execute("1", cwd=tmp_path, config=config)

    assert isinstance(provisioner, PreloadedProvisioner)
    assert provisioner.pool is get_pool(["zipapp"])
    provisioner.pool.close()
    assert get_pool(["zipapp"]) is not provisioner.pool
    get_pool(["zipapp"]).close()


def test_a_kernel_that_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restarted kernel is another fork with the same sockets, which are removed at the end."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    write_spec(tmp_path, "python3", imports=[])
    manager: Any = KernelManager(kernel_name="python3")
    manager.start_kernel()
    pool = get_pool([])
    first, file = manager.provisioner.pid, manager.connection_file

    manager.restart_kernel(now=True)

    assert manager.is_alive()
    assert manager.provisioner.pid != first
    assert manager.connection_file == file
    manager.shutdown_kernel(now=True)
    assert list_files(pool.folder) == set()
    assert pool.kernels == set()
    pool.close()


def test_a_kernel_with_its_own_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Such a kernel is started as usual, because imports can depend on variables."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    write_spec(tmp_path, "python3", imports=["zipapp"])
    spec = tmp_path / "kernels/python3/kernel.json"
    spec.write_text(spec.read_text().replace('"metadata"', '"env": {"ONE": "1"}, "metadata"'))

    code = "import os, sys; os.environ['ONE'], 'zipapp' in sys.modules"
    with caplog.at_level(logging.INFO, "preloaded_kernels"):
        state = run(code, cwd=tmp_path)

    assert state == ["('1', False)"]
    get_pool(["zipapp"]).close()


def test_provided_specs_are_those_of_before(tmp_path: Path, pool: object) -> None:
    """Each Python kernel keeps its name and command; what it sees of JUPYTER_PATH is as before."""
    changed = KernelSpecManager().get_kernel_spec("python3").to_dict()
    path = os.environ.pop("JUPYTER_PATH")
    ordinary = KernelSpecManager().get_kernel_spec("python3").to_dict()
    os.environ["JUPYTER_PATH"] = path

    del changed["metadata"]["kernel_provisioner"]
    assert changed == ordinary
    assert run("import os; 'JUPYTER_PATH' in os.environ", cwd=tmp_path) == ["False"]
