"""Skip every test that imports Keras or builds pages: ``make check`` loads this as a plugin."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn

import pytest

from support import sites

BLOCKED = {"keras", "tensorflow"}
# Fixtures that need the built site.
BUILT = {"published", "hosted", "browser"}


class _Blocker(MetaPathFinder):
    """Skip the test, or the test module, that imports Keras."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in BLOCKED:
            raise pytest.skip.Exception("It imports Keras.", allow_module_level=True)
        return None


def _skip(*_: object, **__: object) -> NoReturn:
    pytest.skip("It builds pages.")


def pytest_configure() -> None:
    """Block Keras in this process, and every build."""
    sys.meta_path.insert(0, _Blocker())
    sites.SmallSite.run = _skip  # type: ignore[method-assign]
    sites.PlainSite.start = _skip  # type: ignore[method-assign]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that need the built site or start Keras in another process."""
    deselected = [
        item
        for item in items
        if BUILT.intersection(getattr(item, "fixturenames", ())) or item.get_closest_marker("keras")
    ]
    config.hook.pytest_deselected(items=deselected)
    items[:] = [item for item in items if item not in set(deselected)]
