"""What a Keras recurrent layer gives back: every returned tensor, observed, named and foretold."""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnn_returns.describe import describe
    from rnn_returns.diagram import Diagram, diagram
    from rnn_returns.explain import explain
    from rnn_returns.flags import FLAG_COMBINATIONS, Flags
    from rnn_returns.layer import Cell, Layer
    from rnn_returns.observe import Returned, observe
    from rnn_returns.report import Report
    from rnn_returns.rules import Expected, expected

__all__ = [
    "FLAG_COMBINATIONS",
    "Cell",
    "Diagram",
    "Expected",
    "Flags",
    "Layer",
    "Report",
    "Returned",
    "describe",
    "diagram",
    "expected",
    "explain",
    "observe",
]

_HOMES = {
    "FLAG_COMBINATIONS": "flags",
    "Cell": "layer",
    "Diagram": "diagram",
    "Expected": "rules",
    "Flags": "flags",
    "Layer": "layer",
    "Report": "report",
    "Returned": "observe",
    "describe": "describe",
    "diagram": "diagram",
    "expected": "rules",
    "explain": "explain",
    "observe": "observe",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: the rules work without Keras."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    setattr(sys.modules[__name__], name, value)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps ``rnn_returns.observe`` the function, which has the name of its module.

    Importing a module binds it under its name in its package, over anything that is there.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _HOMES and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
