"""What a Keras recurrent layer returns: every tensor, observed, named and predicted."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnn_returns.diagrams.drawing import Diagram, diagram
    from rnn_returns.introspection import describe
    from rnn_returns.models.explanation import explain
    from rnn_returns.models.report import Report
    from rnn_returns.observation import Returned, observe
    from rnn_returns.rules.expectation import Expected, expected
    from rnn_returns.rules.flags import FLAG_COMBINATIONS, Flags
    from rnn_returns.rules.layer_spec import CellSpec, LayerSpec

__all__ = [
    "FLAG_COMBINATIONS",
    "CellSpec",
    "Diagram",
    "Expected",
    "Flags",
    "LayerSpec",
    "Report",
    "Returned",
    "describe",
    "diagram",
    "expected",
    "explain",
    "observe",
]

_MODULES = {
    "FLAG_COMBINATIONS": "rules.flags",
    "CellSpec": "rules.layer_spec",
    "Diagram": "diagrams.drawing",
    "Expected": "rules.expectation",
    "Flags": "rules.flags",
    "LayerSpec": "rules.layer_spec",
    "Report": "models.report",
    "Returned": "observation",
    "describe": "introspection",
    "diagram": "diagrams.drawing",
    "expected": "rules.expectation",
    "explain": "models.explanation",
    "observe": "observation",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that the rules work without Keras."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
