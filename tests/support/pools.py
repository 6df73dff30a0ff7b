"""Fixtures of the tests that fork kernels."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from preloaded_kernels import KernelPool

# What tests/conftest.py sets for the pages of this site.
SITE = "JUPYTER_PATH", "PYTHONHASHSEED", "OPENBLAS_NUM_THREADS", "KERAS_BACKEND", "KERAS_HOME"


@pytest.fixture
def other_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Provide the environment of a project that has nothing of this one."""
    for name in SITE:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path_factory.getbasetemp() / "ipython"  # Else the user's own.
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("IPYTHONDIR", str(folder))


@pytest.fixture
def pool(other_project: None) -> "Iterator[KernelPool]":
    """Fork kernels from a process that has imported NumPy and its random numbers."""
    import preloaded_kernels  # Here, because most tests need no kernel.

    before = os.environ.get("JUPYTER_PATH")
    with preloaded_kernels.provide(["numpy", "numpy.random"]) as pool:
        yield pool
        assert pool.forks, "a kernel was not forked"
    assert not Path(pool.folder).exists()
    assert os.environ.get("JUPYTER_PATH") == before
