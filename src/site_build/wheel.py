"""The package as a file that `pip` installs: it lies on the site, for those who run its pages."""

from importlib.metadata import version
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]


def wheel_name() -> str:
    """Name the file of the package."""
    return f"rnn_returns-{version('rnn-returns')}-py3-none-any.whl"


def write_wheel(folder: Path) -> None:
    """Put the package into *folder*, the same byte by byte whenever it is built."""
    list(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
