"""Text for a terminal: no control character of a model reaches it, and reports get colors."""

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rnn_returns.models.report import Report

T = TypeVar("T")
BOLD, RED, YELLOW, RESET = "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[0m"
TITLES = {"  fails ": RED, "  silent ": YELLOW}


def escape_controls(text: str) -> str:
    r"""Write every character that cannot be printed as its escape sequence in Python.

    >>> from rnn_returns.models.terminal_text import escape_controls
    >>> print(escape_controls("\x1b[2J 状态"))
    \x1b[2J 状态
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def escape_texts(value: T) -> T:
    r"""Escape every text in plain data: in data classes, tuples and dictionaries.

    >>> from rnn_returns.models.terminal_text import escape_texts
    >>> escape_texts(("\n", 4))
    ('\\n', 4)
    """
    return _escape(value)  # type: ignore[no-any-return]


def _escape(value: Any) -> Any:
    if isinstance(value, str):
        return escape_controls(value)
    if isinstance(value, tuple):
        return tuple(map(_escape, value))
    if isinstance(value, dict):
        return {_escape(key): _escape(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: _escape(getattr(value, field.name)) for field in fields(value)}
        return replace(value, **parts)
    return value


def color_report(report: "Report") -> str:
    """Return the text of *report* with the colors of layer names and severities."""
    names = iter([escape_controls(layer.name) for layer in report.layers])
    name, lines = next(names, None), []
    for line in repr(report).splitlines():
        if name is not None and line.startswith(f"{name}: "):
            line = f"{BOLD}{name}{RESET}{line[len(name) :]}"
            name = next(names, None)
        for title, color in TITLES.items():
            if line.startswith(title):
                line = f"  {color}{title.strip()}{RESET}{line[len(title) - 1 :]}"
        lines.append(line)
    return "\n".join(lines)
