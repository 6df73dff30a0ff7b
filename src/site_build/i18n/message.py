"""A message of a catalog, parsed into its language and what a translation must keep.

Markdown is parsed, so that code is not taken for prose.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

_PARSER = create_md_parser(
    MdParserConfig(enable_extensions={"colon_fence", "dollarmath"}), RendererHTML
)
# The place of code, of a glued value or of a page's title in the prose.
OBJECT = "\ufffc"
# The text of a role with a title for its target.
_TITLED = re.compile(r"(?P<title>.*?)\s*<(?P<target>[^<>]+)>", re.DOTALL)
# In a docstring, which is reStructuredText; its translation is read as Markdown.
_RST_ROLE = re.compile(r":(\w+):(`[^`]+`)")
_PLACEHOLDER = re.compile(r"\{\w+\}|%\(\w+\)s")


@dataclass
class MessageParts:
    """The parts of a message.

    Args:
        prose: The text in natural language.
        objects: What a translation has as often: links, roles, values, placeholders, HTML.
        code: The code that a translation has too, however often.
        blocks: The Markdown blocks of the message, usually one paragraph.
    """

    prose: str = ""
    objects: Counter[str] = field(default_factory=Counter)
    code: set[str] = field(default_factory=set)
    blocks: list[str] = field(default_factory=list)

    @property
    def has_words(self) -> bool:
        """Whether there is anything to translate: code and formulas have no words."""
        return bool(re.search("[A-Za-z]", self.prose)) and not re.search(r"\\[a-z]+", self.prose)


def parse_message(text: str) -> MessageParts:
    r"""Parse a message, in either language.

    >>> parts = parse_message("The `output` is {glue:text}`a.md::h:.6f`, see [here](b.md).")
    >>> parts.prose.replace("\ufffc", "_")
    'The _ is _, see here.'
    >>> sorted(parts.objects), parts.code
    (['link to b.md', '{glue:text}`a.md::h:.6f`'], {'output'})
    """
    parts = MessageParts()
    for block in _PARSER.parse(_RST_ROLE.sub(r"{py:\1}\2", text)):
        if block.nesting >= 0 and block.type != "inline":
            parts.blocks.append(block.type)
        _read(block.children or [], parts)
    parts.objects.update(_PLACEHOLDER.findall(parts.prose))
    parts.prose = _PLACEHOLDER.sub(OBJECT, parts.prose)
    return parts


def _read(tokens: Sequence[Token], parts: MessageParts) -> None:
    for token, following in pairwise([*tokens, None]):
        assert token
        match token.type:
            case "text" | "text_special":
                parts.prose += token.content
            case "softbreak" | "hardbreak":
                parts.prose += " "
            case "code_inline":
                parts.prose += OBJECT
                parts.code.add(token.content)
            case "link_open":
                parts.objects[f"link to {token.attrs['href']}"] += 1
                if following and following.type == "link_close":  # Sphinx fills in the title.
                    parts.prose += OBJECT
            case "image":
                parts.objects[f"image {token.attrs['src']}"] += 1
                _read(token.children or [], parts)
            case "myst_role":
                titled = _TITLED.fullmatch(token.content)
                target = titled["target"] if titled else token.content
                parts.prose += titled["title"] if titled else OBJECT
                parts.objects[f"{{{token.meta['name']}}}`{target}`"] += 1
            case "html_inline":
                parts.objects[token.content] += 1
            case "footnote_ref":
                parts.objects[f"[^{token.meta['label']}]"] += 1
            case "math_inline":
                parts.prose += OBJECT
                parts.objects[f"${token.content}$"] += 1
