"""A message of a catalogue, taken apart into what is language and what a translation must keep.

Markdown is parsed, so that code is not taken for prose.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

# In the prose this stands where code or a value of the run does.
OBJECT = "\ufffc"
# The text of a role, if it is no more than a title for what it points to.
_TITLED = re.compile(r"(?P<title>.*?)\s*<(?P<target>[^<>]+)>", re.DOTALL)
# In a docstring, which is reStructuredText; its translation is read as Markdown.
_RST_ROLE = re.compile(r":(\w+):(`[^`]+`)")
_PLACEHOLDER = re.compile(r"\{\w+\}|%\(\w+\)s")


@dataclass
class Sentence:
    """A message, taken apart.

    Args:
        prose: What is read as language.
        kept: What a translation has as often: links, roles, values, placeholders, HTML.
        code: What it has as well, however often.
        blocks: What Markdown makes of it; a paragraph, most often.
    """

    prose: str = ""
    kept: Counter[str] = field(default_factory=Counter)
    code: set[str] = field(default_factory=set)
    blocks: list[str] = field(default_factory=list)

    @property
    def has_words(self) -> bool:
        """Whether there is anything to translate, which is not so of mere code and of formulas."""
        return bool(re.search("[A-Za-z]", self.prose)) and not re.search(r"\\[a-z]+", self.prose)


@cache
def _parser() -> MarkdownIt:
    config = MdParserConfig(enable_extensions={"colon_fence", "dollarmath"})
    return create_md_parser(config, RendererHTML)


def take_apart(text: str) -> Sentence:
    r"""Take a message apart, in either language.

    >>> one = take_apart("The `output` is {glue:text}`a.md::h:.6f`, see [here](b.md).")
    >>> one.prose.replace("\ufffc", "_")
    'The _ is _, see here.'
    >>> sorted(one.kept), one.code
    (['link to b.md', '{glue:text}`a.md::h:.6f`'], {'output'})
    """
    sentence = Sentence()
    for block in _parser().parse(_RST_ROLE.sub(r"{py:\1}\2", text)):
        if block.nesting >= 0 and block.type != "inline":
            sentence.blocks.append(block.type)
        _read(block.children or [], sentence)
    sentence.kept.update(_PLACEHOLDER.findall(sentence.prose))
    sentence.prose = _PLACEHOLDER.sub(OBJECT, sentence.prose)
    return sentence


def _read(tokens: Sequence[Token], sentence: Sentence) -> None:
    for token in tokens:
        match token.type:
            case "text" | "text_special":
                sentence.prose += token.content
            case "softbreak" | "hardbreak":
                sentence.prose += " "
            case "code_inline":
                sentence.prose += OBJECT
                sentence.code.add(token.content)
            case "link_open":
                sentence.kept[f"link to {token.attrs['href']}"] += 1
            case "image":
                sentence.kept[f"image {token.attrs['src']}"] += 1
                _read(token.children or [], sentence)
            case "myst_role":
                titled = _TITLED.fullmatch(token.content)
                target = titled["target"] if titled else token.content
                sentence.prose += titled["title"] if titled else OBJECT
                sentence.kept[f"{{{token.meta['name']}}}`{target}`"] += 1
            case "html_inline":
                sentence.kept[token.content] += 1
            case "footnote_ref":
                sentence.kept[f"[^{token.meta['label']}]"] += 1
            case "math_inline":
                sentence.prose += OBJECT
                sentence.kept[f"${token.content}$"] += 1
