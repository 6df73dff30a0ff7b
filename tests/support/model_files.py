"""Saved models of many versions of Keras, and hostile files, from `tests/package/model_files`."""

import json
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.sites import ROOT

PACKED = ROOT / "tests" / "package" / "model_files"
HOSTILE = "hostile"
ENDING = ".tar.xz"
VERSIONS = sorted(
    {path.name.removesuffix(ENDING) for path in PACKED.glob("*" + ENDING)} - {HOSTILE}
)
FORMATS = {
    "model.to_json()": "json",
    "hdf5": "hdf5",
    "zip": "zip",
    "zip, of a model that was saved as .h5 before": "zip",
    "weights only": "weights",
}


@dataclass(frozen=True)
class SavedFile:
    """A saved model.

    Args:
        model: The name of the model, such as ``m01``.
        path: The file.
        format: What it was saved as: ``json``, ``hdf5``, ``zip``, or ``weights`` alone.
    """

    model: str
    path: Path
    format: str


@pytest.fixture(scope="session")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with all files: a folder for each version, and ``hostile``."""
    folder = tmp_path_factory.mktemp("model_files")
    for path in PACKED.glob("*" + ENDING):
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    return folder


@cache
def read_expected(folder: Path) -> dict[str, Any]:
    """Return the records of a version, or of the hostile files, in their *folder*."""
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return expected


def list_files(folder: Path) -> list[SavedFile]:
    """List the saved models of the version in *folder*."""
    return [
        SavedFile(model, folder / name, FORMATS[kind])
        for model, record in read_expected(folder)["models"].items()
        for name, kind in record.get("files", {}).items()
    ]
