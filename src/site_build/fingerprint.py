"""Where executed outputs are kept: in a folder named after what they depend on.

jupyter-cache looks at a page's cells alone. Outputs also depend on our package, on the kernel and
on every installed version, so each state of those gets a folder of its own.
"""

import sys
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path

SOURCE = Path(__file__).parents[1]
# What a page's outputs come from, besides its cells and what is installed.
OURS = (
    "rnn_returns",
    "atlas",
    "site_build/environment.py",
    "site_build/kernel.py",
    "site_build/jupyter",
)
# The measurements of earlier versions and other backends, which some pages show.
DATA = "docs/atlas"


def execution_cache(root: Path) -> str:
    """Name the folder of the outputs that are true of what is installed now.

    Args:
        root: The folder of conf.py.
    """
    digest = sha256(sys.version.encode())
    for line in sorted(f"{found.name}=={found.version}" for found in distributions()):
        digest.update(line.encode())
    for place in OURS:
        for file in sorted([SOURCE / place, *(SOURCE / place).rglob("*")]):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.relative_to(SOURCE).as_posix().encode() + file.read_bytes())
    for file in sorted((SOURCE.parent / DATA).glob("*.json")):
        digest.update(file.name.encode() + file.read_bytes())
    return str(root / "_build" / "executed" / digest.hexdigest()[:16])
