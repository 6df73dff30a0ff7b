"""Translate the outputs that carry messages, because all languages share the outputs.

Such an output has its HTML twice: with its English texts, and with a placeholder for each message
(see rnn_returns.messages). The catalog ``outputs.po`` has the translations of the templates.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from rnn_returns.messages import CLOSE, MIME, OPEN, OPEN_CODE, mark_code
from site_build.execution.notebook_outputs import executed_notebook
from site_build.i18n import catalogs
from site_build.i18n.languages import ENGLISH

logger = logging.getLogger(__name__)

_PLACEHOLDER = re.compile(f"([{OPEN}{OPEN_CODE}])([0-9]+){CLOSE}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("doctree-read", _translate_outputs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def templates(text: Any) -> Iterator[str]:
    """Yield the templates in a message, joined texts or a value of an output's JSON data."""
    match text:
        case [template, values]:
            yield template
            for value in values.values():
                yield from templates(value)
        case {"parts": parts}:
            for part in parts:
                yield from templates(part)


def translate(text: Any, translations: Mapping[str, str]) -> str:
    """Translate a message, joined texts or a value of an output's JSON data.

    What has no translation stays English.

    Args:
        text: The data.
        translations: The translation of each template, and of separators.

    >>> message = ["`h` is {relation} {name}", {"relation": ["after", {}], "name": "x"}]
    >>> translations = {message[0]: "`h` 在 {name} {relation}", "after": "之后", ": ": "："}
    >>> translate({"separator": ": ", "parts": ["LSTM", message]}, translations)
    'LSTM：h 在 x 之后'
    """
    match text:
        case [template, values]:
            translated = {name: translate(value, translations) for name, value in values.items()}
            translation = str(translations.get(template, template))
            return translation.replace("`", "").format(**translated)
        case {"separator": separator, "parts": parts}:
            # Chinese sentences follow each other without a blank.
            joint = "" if separator == " " else translations.get(separator, separator)
            return joint.join(translate(part, translations) for part in parts)
    return str(text)


def _translate_outputs(app: Sphinx, doctree: nodes.document) -> None:
    if app.config.language == ENGLISH:
        return
    file = catalogs.folder(Path(app.srcdir), app.config.language) / catalogs.OUTPUTS
    translations = _translations(file)
    bundles = _bundles(app)
    for raw in doctree.findall(nodes.raw):
        bundle = bundles.get(raw.astext())
        if bundle is None:
            continue
        for template in templates({"parts": bundle["messages"]}):
            if template not in translations:
                problem = f"has no translation of this message of an output: {template!r}"
                logger.warning(f"{catalogs.OUTPUTS} {problem}", location=raw)
        raw[:] = [nodes.Text(fill_in(bundle["html"], bundle["messages"], translations))]


def fill_in(html: str, messages: Sequence[Any], translations: Mapping[str, str]) -> str:
    """Replace each placeholder in *html* by its translated message.

    >>> html, message = "<p>\ue0020\ue001</p>", ["`h` & c", {}]
    >>> fill_in(html, [message], {"`h` & c": "`h` 与 c"})
    '<p><code>h</code> 与 c</p>'
    """

    def format_message(placeholder: re.Match[str]) -> str:
        message = messages[int(placeholder[2])]
        if placeholder[1] == OPEN_CODE:
            return mark_code(str(translations.get(message[0], message[0])))
        return escape(translate(message, translations))

    return _PLACEHOLDER.sub(format_message, html)


def _bundles(app: Sphinx) -> dict[str, Any]:
    """Return the messages of the page's outputs, by the HTML of the output."""
    notebook = executed_notebook(app, app.env.current_document.docname)
    cells = notebook.cells if notebook else []
    outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return {data["text/html"]: data[MIME] for data in outputs if MIME in data}


@cache  # Most pages have an output with messages.
def _translations(file: Path) -> dict[str, str]:
    return catalogs.translated(catalogs.read(file))
