"""Where executed outputs are kept: in a folder named after what they depend on.

jupyter-cache looks at a page's cells alone. Outputs also depend on our package, on the kernel, on
all that is installed, on the processor and on the environment, so each state of those gets a folder
of its own. What a single page depends on besides is `execute.py`'s.
"""

import json
import os
import platform
import re
import sys
from hashlib import sha256
from importlib.metadata import Distribution, distributions
from pathlib import Path

SOURCE = Path(__file__).parents[1]
# What a page's outputs come from, besides its cells and what is installed.
OURS = (
    "rnn_returns",
    "atlas",
    "site_build/environment.py",
    "site_build/kernel.py",
    "site_build/jupyter",
    "site_build/warm",
)
OUR_NAME = "rnn-returns"

# The environment variables that may change an output, by what reads them.
VARIABLES = re.compile(
    "(?:KERAS|TF|TF2|TENSORFLOW|XLA|JAX|TORCH|CUDA"  # Keras and its backends
    "|NPY|NUMPY|ONEDNN|DNNL|MKL|OPENBLAS|GOTO|OMP|KMP"  # numbers, and the threads that add them
    "|PYTHON|IPYTHON|JUPYTER|LD|LC)_?.*"  # the interpreter, the kernel, libraries, the language
    "|.*_NUM_THREADS|LANG|LANGUAGE|TZ"
    "|COLUMNS|LINES|TERM|NO_COLOR|FORCE_COLOR"  # what a table is fitted to
)


def execution_cache(root: Path) -> str:
    """Name the folder of the outputs that are true of what is installed now.

    Args:
        root: The folder of conf.py.
    """
    digest = sha256()
    for line in (sys.version, processor(), *_variables(), *sorted(map(_state, distributions()))):
        digest.update(line.encode() + b"\0")
    for place in OURS:
        for file in sorted([SOURCE / place, *(SOURCE / place).rglob("*")]):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.relative_to(SOURCE).as_posix().encode() + file.read_bytes())
    return str(root / "_build" / "executed" / digest.hexdigest()[:16])


def processor() -> str:
    """Describe the processor, by which libraries choose how to calculate."""
    try:
        description = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # Not Linux.
        return platform.processor() + platform.machine()
    # "flags" on x86, "Features" on ARM.
    return " ".join(sorted(set(re.findall(r"^(?:model name|flags|Features).*", description, re.M))))


def _variables() -> list[str]:
    return sorted(f"{name}={os.environ[name]}" for name in os.environ if VARIABLES.fullmatch(name))


def _state(found: Distribution) -> str:
    """Describe one installed distribution: its version, its files, and where they came from.

    The name and the version are in the text; to parse all of them takes half a second.
    """
    origin = found.read_text("direct_url.json") or "{}"
    if json.loads(origin).get("dir_info", {}).get("editable") and found.name != OUR_NAME:
        return os.urandom(16).hex()  # It may change at any moment, so no output is used again.
    text = found.read_text("METADATA") or found.read_text("PKG-INFO")
    return f"{text} {origin} {found.read_text('RECORD')}"
