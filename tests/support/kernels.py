"""Kernels that tests start by name, as nbclient does for a notebook."""

import json
import os
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient


def execute(*cells: str, cwd: Path, **options: Any) -> tuple[Any, Any]:
    """Execute cells in a kernel of their own; return the notebook and the kernel's provisioner."""
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    provisioners: list[Any] = []
    client: Any = NotebookClient(notebook, kernel_name="python3", **options)
    client.on_notebook_start = lambda notebook: provisioners.append(client.km.provisioner)
    client.execute(cwd=str(cwd))
    return notebook, provisioners[0]


def run(*cells: str, cwd: Path, **options: Any) -> list[str]:
    """Execute cells in a kernel of their own; return the output of each."""
    return [
        "".join(output.get("text", "") or output["data"]["text/plain"] for output in cell.outputs)
        for cell in execute(*cells, cwd=cwd, **options)[0].cells
    ]


def write_spec(folder: Path, name: str, **config: Any) -> None:
    """Write a kernel spec that chooses the provisioner, in a folder for JUPYTER_PATH."""
    stanza = {"provisioner_name": "preloaded-provisioner", "config": config}
    spec = {
        "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": name,
        "language": "python",
        "metadata": {"kernel_provisioner": stanza},
    }
    place = folder / "kernels" / name
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def has_ended(pid: int, seconds: float = 5) -> bool:
    """Whether a process ends within so many seconds; a zombie has ended."""
    stat = Path(f"/proc/{pid}/stat")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ") Z" in stat.read_text():
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def list_files(folder: str) -> set[str]:
    """Name the sockets that kernels have in the folder of a pool."""
    return set(os.listdir(folder)) - {"preload_process", "kernels"}
