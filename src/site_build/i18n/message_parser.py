"""Sphinx extension: parse the translated messages of all pages with one Markdown parser.

MyST-NB makes a parser for each message, and first looks for a notebook in it, which takes a third
of the time in which a translated site is read.
"""

from typing import Any, ClassVar

from docutils import nodes
from myst_nb.sphinx_ import Parser
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from myst_parser.parsers.mdit import create_md_parser
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_source_parser(MessageParser, override=True)
    app.connect("env-before-read-docs", _create_parser)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class MessageParser(Parser):  # type: ignore[misc]
    """MyST-NB's parser for pages, and a parser that is reused for their messages."""

    markdown: ClassVar[Any]  # Sphinx makes a parser of this class for each message.

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Parse the text of a page or of a message into *document*."""
        if (document.current_source or "").endswith("<translated>"):
            self.markdown.options["document"] = document
            self.markdown.render(inputstring)
        else:
            super().parse(inputstring, document)


def _create_parser(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    config: Any = env
    MessageParser.markdown = create_md_parser(config.myst_config, SphinxRenderer)
