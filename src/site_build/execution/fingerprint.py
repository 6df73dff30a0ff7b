"""The folder of executed outputs, named after a digest of what they depend on.

jupyter-cache compares only the cells of a page. Outputs also depend on our packages, the kernel,
the installed distributions, the processor and the environment, so each state of those gets a
separate folder. `prefill_cache.py` handles what a single page depends on.
"""

import json
import os
import platform
import re
import sys
from hashlib import sha256
from importlib.metadata import Distribution, distributions
from pathlib import Path

SOURCE = Path(__file__).parents[2]
# What outputs depend on besides the cells and what is installed. A page may read these files.
KERNEL_SOURCES = (
    "rnn_returns",
    "keras_compat",
    "preloaded-kernels/preloaded_kernels",
    "site_build/__init__.py",
    "site_build/execution/__init__.py",
    "site_build/execution/environment.py",
    "site_build/execution/kernel.py",
    "site_build/execution/jupyter",
)
OUR_NAMES = {"rnn-returns", "preloaded-kernels"}  # Installed in editable mode.

# The environment variables that may change an output, grouped by what reads them.
VARIABLES = re.compile(
    "(?:KERAS|TF|TF2|TENSORFLOW|XLA|JAX|TORCH|CUDA"  # Keras and its backends
    "|NPY|NUMPY|ONEDNN|DNNL|MKL|OPENBLAS|GOTO|OMP|KMP"  # numbers, and the threads that add them
    "|PYTHON|IPYTHON|JUPYTER|LD|LC)_?.*"  # the interpreter, the kernel, libraries, the language
    "|.*_NUM_THREADS|LANG|LANGUAGE|TZ"
    "|COLUMNS|LINES|TERM|NO_COLOR|FORCE_COLOR"  # the width of tables, and colors
)


def get_cache_path(root: Path, source: Path = SOURCE) -> str:
    """Return the folder of the outputs that are valid in this environment.

    Args:
        root: The folder of conf.py.
        source: The folder of our packages.
    """
    digest = sha256()
    variables = sorted(
        f"{name}={os.environ[name]}" for name in os.environ if VARIABLES.fullmatch(name)
    )
    states = sorted(map(_describe, distributions()))
    for line in (sys.version, describe_processor(), *variables, *states):
        digest.update(line.encode() + b"\0")
    for place in KERNEL_SOURCES:
        digest.update(_digest_files(source / place, source))
    return str(root / "_build" / "executed" / digest.hexdigest()[:16])


def describe_processor() -> str:
    """Describe the processor, because libraries choose algorithms by its features."""
    try:
        description = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # Not Linux.
        return platform.processor() + platform.machine()
    # "flags" on x86, "Features" on ARM.
    return " ".join(sorted(set(re.findall(r"^(?:model name|flags|Features).*", description, re.M))))


def _describe(distribution: Distribution) -> str:
    """Describe an installed distribution: its version, its files, and their origin.

    The text includes the name and the version; parsing it for each distribution takes 0.5 s.
    """
    origin = distribution.read_text("direct_url.json") or "{}"
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO")
    description = f"{text} {origin} {distribution.read_text('RECORD')}"
    is_editable = json.loads(origin).get("dir_info", {}).get("editable")
    if not is_editable or distribution.name in OUR_NAMES:
        return description
    if not (folders := _find_sources(distribution)):
        return os.urandom(16).hex()  # It may change at any time, so no output is reused.
    return description + "".join(_digest_files(folder, folder).hex() for folder in folders)


def _find_sources(distribution: Distribution) -> list[Path]:
    """Return the folders from which Python imports a distribution in editable mode.

    There are none for one that is imported by code of its build backend.
    """
    lines = [
        line
        for file in distribution.files or ()
        if file.suffix == ".pth"
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    folders = [Path(line) for line in lines]
    return folders if all(folder.is_dir() for folder in folders) else []


def _digest_files(place: Path, root: Path) -> bytes:
    """Return a digest of a file or of all files in a folder, with their names from *root* on."""
    digest = sha256()
    for file in sorted([place, *place.rglob("*")]):
        parts = file.relative_to(root).parts
        if any(part == "__pycache__" or part.startswith(".") for part in parts):
            continue
        if file.is_file():
            digest.update("/".join(parts).encode() + b"\0" + file.read_bytes())
    return digest.digest()
