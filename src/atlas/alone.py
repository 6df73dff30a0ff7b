"""One measurement of the probe as a program of its own, for whoever has no atlas."""

import ast
from collections.abc import Iterator
from functools import partial
from typing import Any

from atlas import probe
from atlas.rows import HERE

# These the probe sets when it is told which Keras to measure.
_SET_LATER = {"keras", "layers"}


def program(behaviour: str) -> str:
    """Write the program that measures *behaviour*, and prints what the probe would write down.

    It has what the measurement needs of the probe, and nothing else.

    Raises:
        KeyError: If the probe measures no such behaviour.

    >>> from atlas.alone import program
    >>> print(program("error.merge_mode_add"))
    import keras
    from keras import layers
    <BLANKLINE>
    MISTAKES = {'merge_mode_add': lambda: layers.Bidirectional(layers.LSTM(4), merge_mode='add')}
    <BLANKLINE>
    def behaviour(name):
        MISTAKES[name]()
    <BLANKLINE>
    print(behaviour('merge_mode_add'))
    """
    measurements: dict[str, Any] = dict(probe.MEASUREMENTS)
    if behaviour not in measurements:
        raise KeyError(f"The probe measures no {behaviour!r}; it measures {sorted(measurements)}.")
    function, given = measurements[behaviour], ()
    if isinstance(function, partial):
        given, function = function.args, function.func

    source = (HERE / "probe.py").read_text(encoding="utf-8")
    body = [_only(statement, given) for statement in ast.parse(source).body]
    measurement = next(
        node for node in body if _starts_at(node) == function.__code__.co_firstlineno
    )
    needed = _needed(body, measurement)
    imports = [ast.unparse(node) for node in needed if isinstance(node, ast.Import)]
    parts = ["\n".join([*imports, "import keras\nfrom keras import layers"])]
    for node in (*needed, measurement):
        if isinstance(node, ast.FunctionDef):
            text = ast.get_source_segment(source, node) or ""
            parts.append(text.replace("def _(", "def behaviour(", 1))
        elif not isinstance(node, ast.Import):
            parts.append(ast.unparse(node))
    arguments = ", ".join(map(repr, given))
    return "\n\n".join([*parts, f"print(behaviour({arguments}))"])


def _starts_at(node: ast.stmt) -> int:
    if isinstance(node, ast.FunctionDef) and node.decorator_list:
        return node.decorator_list[0].lineno
    return node.lineno


def _only(node: ast.stmt, given: tuple[str, ...]) -> ast.stmt:
    """Of a table that the measurement chooses from, keep what is chosen."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
        table = node.value
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and (key.value,) == given:
                node.value = ast.Dict([key], [value])
    return node


def _needed(body: list[ast.stmt], measurement: ast.stmt) -> list[ast.stmt]:
    """List what *measurement* makes use of, and what that makes use of, in the probe's order."""
    defined = {name: node for node in body for name in _names(node) if name not in _SET_LATER}
    followed = [measurement]
    for statement in followed:
        # Without its decorators, which only register it.
        parts: list[ast.AST] = [statement]
        if isinstance(statement, ast.FunctionDef):
            parts = [statement.args, *statement.body]
        for used in (used for part in parts for used in ast.walk(part)):
            node = defined.get(used.id) if isinstance(used, ast.Name) else None
            if node is not None and node not in followed:
                followed.append(node)
    return sorted(followed[1:], key=lambda node: node.lineno)


def _names(node: ast.stmt) -> Iterator[str]:
    """Name what a statement defines."""
    if isinstance(node, ast.FunctionDef):
        yield node.name
    elif isinstance(node, ast.Import):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            yield from (part.id for part in parts if isinstance(part, ast.Name))
