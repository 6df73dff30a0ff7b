"""The texts of an output as templates with values, so that a build can translate them.

An object that is displayed has a method ``html(render)``, which calls *render* on each of its
texts. ``html(to_html)`` is the English HTML; :func:`translatable` records the messages instead.
"""

import re
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

Render = Callable[[str], str]

MIME = "application/vnd.rnn-returns.messages+json"
"""The MIME type under which a displayed object offers its messages to translators."""

# Private-use characters, which no text contains, around the number of a message. The third begins a
# message whose code is formatted.
OPEN, CLOSE, OPEN_CODE = "\ue000", "\ue001", "\ue002"


class Message(str):
    """An English text that keeps its template and its values.

    Args:
        template: The text with ``{name}`` for each value, and code in backticks, which the
            formatted text does not have.
        **values: The values: any object, or another message.

    >>> from rnn_returns.messages import Message
    >>> Message("{count} layers use `{name}`", count=2, name="state_h")
    '2 layers use state_h'
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Message":
        """Format the template."""
        message = super().__new__(cls, template.replace("`", "").format(**values))
        message.template, message.values = template, values
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        # The arguments of a copy; those of a string would be the formatted text.
        return (self.template,), self.values


class CodeMessage(Message):
    """A message whose HTML marks code as code; it has no values."""


class Joined(str):
    """Several texts with a separator between them; between sentences it is a space."""

    separator: str
    parts: tuple[str, ...]

    def __new__(cls, separator: str, parts: Iterable[str]) -> "Joined":
        """Join the parts."""
        parts = tuple(parts)
        joined = super().__new__(cls, separator.join(parts))
        joined.separator, joined.parts = separator, parts
        return joined

    def __reduce__(self) -> tuple[Any, ...]:
        return Joined, (self.separator, self.parts)


class Displayed:
    """What a notebook shows as HTML, and with it the messages for translators."""

    def html(self, render: Render) -> str:
        """Write it as HTML, with its messages as *render* returns them."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return self.html(to_html)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return translatable(self.html)


def to_html(text: str) -> str:
    """Format an English text as HTML.

    >>> from rnn_returns.messages import CodeMessage, Message, to_html
    >>> to_html(Message("`a` < b")), to_html(CodeMessage("`a` < b"))
    ('a &lt; b', '<code>a</code> &lt; b')
    """
    return mark_code(text.template) if isinstance(text, CodeMessage) else escape(text)


def mark_code(text: str) -> str:
    """Escape a text for HTML, and format what is in backticks as code."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", escape(text))


def translatable(html: Callable[[Render], str]) -> dict[str, Any]:
    """Return the MIME bundle with the messages of an object; empty if it has none.

    Args:
        html: The object's ``html`` method.

    >>> from rnn_returns.messages import MIME, Message, translatable
    >>> bundle = translatable(lambda render: f"<p>{render(Message('{n} steps', n=3))}</p>")
    >>> bundle[MIME]["messages"]
    [['{n} steps', {'n': '3'}]]
    """
    messages: list[Any] = []

    def record(text: str) -> str:
        if not isinstance(text, Message | Joined):
            return escape(text)
        messages.append(_plain(text))
        opening = OPEN_CODE if isinstance(text, CodeMessage) else OPEN
        return f"{opening}{len(messages) - 1}{CLOSE}"

    template = html(record)
    return {MIME: {"html": template, "messages": messages}} if messages else {}


def _plain(text: Any) -> Any:
    """Write a text as JSON data: a message is a list, a joined text is an object."""
    if isinstance(text, Message):
        return [text.template, {name: _plain(value) for name, value in text.values.items()}]
    if isinstance(text, Joined):
        return {"separator": text.separator, "parts": [_plain(part) for part in text.parts]}
    return str(text)
