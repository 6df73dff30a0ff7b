"""The package as a file that `pip` installs, which the site offers to readers who run its pages."""

from importlib.metadata import version
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

# The folder of pyproject.toml, whichever site is built.
PROJECT = Path(__file__).parents[3]


def wheel_name() -> str:
    """Return the name of the package's file."""
    return f"rnn_returns-{version('rnn-returns')}-py3-none-any.whl"


def write_wheel(folder: Path) -> None:
    """Write the package into *folder*, with the same bytes in every build."""
    list(WheelBuilder(str(PROJECT)).build(directory=str(folder), versions=["standard"]))
