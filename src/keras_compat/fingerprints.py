"""Fingerprints of measurements, which show what to measure again after a change of a probe.

A fingerprint depends on the code that measures a behavior. Comments, docstrings, titles and answers
do not change it.
"""

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType

# The functions of a probe that run every measurement.
_DRIVERS = ("load_keras", "evaluate")
ALL = "*"


def read_fingerprints(probe: Path) -> dict[str, str]:
    """Return the fingerprint of each behavior that *probe* measures.

    A probe that cannot measure single behaviors has one fingerprint, under the name ``*``.
    """
    return compute_fingerprints(probe.read_text(encoding="utf-8"))


@cache
def compute_fingerprints(source: str) -> dict[str, str]:
    """Return the fingerprint of each behavior that a probe with this *source* measures."""
    tree = ast.parse(source)
    # Code starts at its first decorator.
    functions = {[*getattr(node, "decorator_list", []), node][0].lineno: node for node in tree.body}
    _strip(tree)
    if "MEASUREMENTS" not in source:
        return {ALL: _digest(_normalize(tree))}
    texts = {node: _normalize(node) for node in tree.body}
    probe = ModuleType("probe")
    exec(compile(source, "probe.py", "exec"), probe.__dict__)
    defined = {name: node for node in tree.body for name in _defined_names(node)}
    del defined["_"]  # The name of measurements.
    drivers = [defined[name] for name in _DRIVERS]
    fingerprints = {}
    for name, measurement in probe.MEASUREMENTS.items():
        function = functions[measurement.function.__code__.co_firstlineno]
        code = sorted(texts[node] for node in _reach([function, *drivers], defined))
        fingerprints[name] = _digest(name, *measurement.arguments, *code)
    return fingerprints


def _strip(tree: ast.Module) -> None:
    """Remove docstrings, and the decorators that register a measurement."""
    for node in ast.walk(tree):
        documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
        if isinstance(node, documented) and ast.get_docstring(node):
            del node.body[0]
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = [
                decorator
                for decorator in node.decorator_list
                if not ast.unparse(decorator).startswith("behavior(")
            ]


def _defined_names(node: ast.stmt) -> list[str]:
    """List the names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import):
        return [alias.asname or alias.name for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [
        name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
    ]


def _reach(nodes: list[ast.stmt], defined: dict[str, ast.stmt]) -> list[ast.stmt]:
    """Add the statements of the module that *nodes* use, directly or not."""
    reached = list(nodes)
    for node in reached:
        for part in ast.walk(node):
            used = defined.get(part.id) if isinstance(part, ast.Name) else None
            if used is not None and used not in reached:
                reached.append(used)
    return reached


def _normalize(part: object) -> str:
    """Format a part of a syntax tree as text that is the same for every version of Python."""
    if isinstance(part, list):
        return ", ".join(map(_normalize, part))
    if not isinstance(part, ast.AST):
        return repr(part)
    texts = {name: _normalize(value) for name, value in ast.iter_fields(part) if name != "ctx"}
    fields = (f"{name}={text}" for name, text in texts.items() if text not in ("", "None"))
    return f"{type(part).__name__}({', '.join(fields)})"


def _digest(*texts: str) -> str:
    return sha256("\0".join(texts).encode()).hexdigest()[:8]
