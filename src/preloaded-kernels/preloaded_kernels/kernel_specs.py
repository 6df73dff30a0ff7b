"""Kernel specs that choose the provisioner, for every Python kernel that is installed."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager

from .pool import KernelPool, get_pool
from .provisioner import NAME

VARIABLE = "JUPYTER_PATH"


@contextmanager
def provide(imports: Iterable[str]) -> Iterator[KernelPool]:
    """Fork the Python kernels that this process starts by name, while the context lasts.

    Each kernel keeps its name and its command. Jupyter finds it in a folder that is the first in
    `JUPYTER_PATH`, which kernels see as it was before.

    Args:
        imports: The modules to import before kernels are forked.
    """
    pool = get_pool(imports)
    before, owner = os.environ.get(VARIABLE), os.getpid()
    try:
        write_kernel_specs(Path(pool.folder), pool.imports, {VARIABLE: before})
        os.environ[VARIABLE] = os.pathsep.join(filter(None, [pool.folder, before]))
        yield pool
    finally:
        if os.getpid() == owner:  # Not a fork of it, which ends in its own way.
            if before is None:
                os.environ.pop(VARIABLE, None)
            else:
                os.environ[VARIABLE] = before
            pool.close()


def write_kernel_specs(
    folder: Path, imports: Iterable[str], variables: dict[str, str | None]
) -> None:
    """Write a copy of each Python kernel spec that chooses the provisioner.

    Args:
        folder: A folder for `JUPYTER_PATH`.
        imports: The modules to import before kernels are forked.
        variables: Environment variables of the kernels that differ from their parent's.
    """
    config = {"imports": list(imports), "variables": variables}
    for name, found in KernelSpecManager().get_all_specs().items():
        spec = found["spec"]
        own = spec["metadata"].get("kernel_provisioner", {}).get("provisioner_name", NAME)
        if spec["language"].lower() != "python" or own != NAME:
            continue
        spec["argv"] = [
            argument.replace("{resource_dir}", found["resource_dir"]) for argument in spec["argv"]
        ]
        spec["metadata"]["kernel_provisioner"] = {"provisioner_name": NAME, "config": config}
        place = folder / "kernels" / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
