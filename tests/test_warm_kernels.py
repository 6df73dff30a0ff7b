"""Kernels start, end and fail without disturbing each other, and leave nothing behind."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import SmallSite
from nbclient import NotebookClient

from site_build import warm

POSIX = pytest.mark.skipif(os.name != "posix", reason="ZeroMQ has no such sockets on Windows")


def run(*cells: str) -> "nbformat.NotebookNode":
    """Execute cells in a kernel of their own."""
    notebook = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],  # type: ignore[no-untyped-call]
    )
    return NotebookClient(notebook, kernel_name="python3").execute()


def shown(notebook: "nbformat.NotebookNode") -> list[str]:
    """Give what each cell showed."""
    return [
        "".join(output.get("text", "") or output["data"]["text/plain"] for output in cell.outputs)
        for cell in notebook.cells
    ]


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

    transport, address = eval(shown(run(CONNECTION))[0])

    assert transport == "ipc"
    assert not Path(address).parent.exists()
    assert list(folder.iterdir()) == []


def test_a_kernel_that_does_not_start(small_site: SmallSite, page: Callable[[str], str]) -> None:
    """A page whose kernel does not come up fails the build, with its name and the reason."""
    text = page("```{code-cell}\n1 + 1\n```").replace("name: python3", "name: no-such-kernel")
    small_site.write("docs/page.md", text)

    for _ in range(2):
        result = small_site.run("site_build", "html")

        assert result.returncode != 0
        assert "docs/page.md: WARNING: The page could not be executed" in result.stdout
        assert "No such kernel named no-such-kernel" in result.stdout
        assert "Traceback" not in result.stdout
