"""Messages, docstrings and documents have no word that the pages do not have."""

import ast
import re
from collections.abc import Iterable, Iterator
from doctest import DocTestParser

import pytest
from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes
from support.sites import ROOT

from site_build.checks.words import WORDS, find_in_prose, find_words

SOURCE = ROOT / "src"
# Names in data, which are not prose.
ALLOWED = {
    # The names of recorded values.
    "keras_compat/labels.py": ["output at real steps"],
    "keras_compat/torch_probe.py": ["output at real steps"],
    "site_build/execution/fingerprint.py": ["name|flags|Features"],  # A line of /proc/cpuinfo.
}
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"]
DOCUMENTS += ["src/preloaded-kernels/README.md", "src/preloaded-kernels/CHANGELOG.md"]
# Code in a docstring, and the name of an argument before its description.
CODE = re.compile(r"``[^`]*``|`[^`]*`|^ *\**\w+:(?= )", re.MULTILINE)
FILES = sorted(file.relative_to(SOURCE).as_posix() for file in SOURCE.rglob("*.py"))


def list_texts(tree: ast.AST) -> Iterator[str]:
    """Yield each text of more than one word: docstrings, comments on attributes, messages."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
              for part in node.values}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in inside and " " in str(node.value):
            yield str(node.value)


def read_prose(text: str) -> str:
    """Return *text* without its examples, its code and its line breaks."""
    parts = [part for part in DocTestParser().parse(text) if isinstance(part, str)]
    prose = re.sub(r"\{\w+\}", "…", CODE.sub("…", "".join(parts)))
    return " ".join(prose.split())


def list_problems(texts: Iterable[str]) -> list[tuple[str, str]]:
    return [(problem, text) for text in texts for problem in find_words(text)]


@pytest.mark.parametrize("name", FILES)
def test_the_words_of_a_module(name: str) -> None:
    """Its docstrings and messages have none of the words in words.toml."""
    source = (SOURCE / name).read_text(encoding="utf-8")
    for text in ALLOWED.get(name, []):
        assert text in source
        source = source.replace(text, "")
    assert list_problems(map(read_prose, list_texts(ast.parse(source)))) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_words_of_a_document(name: str) -> None:
    """A document of the repository has none of the words in words.toml."""
    text = (ROOT / name).read_text(encoding="utf-8")
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)
    assert list_problems(map(read_prose, re.split(r"\n\n|\n(?=[-|#])", prose))) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('"""What comes back."""', ["comes back"]),
        ('f"{layer} refuses {x} of its own"', ["refuses", "of its own"]),
        ('raise ValueError("It is held " "against the rules.")', ["held against"]),
        ('"""Args:\n    flags: The ``flags`` of `a flag`.\n\n>>> "a flag"\n\'a flag\'\n"""', []),
        ('data["refused"]', []),
    ],
)
def test_a_word_is_found(source: str, found: list[str]) -> None:
    """A word in a docstring or message is reported, but not in code, names and examples."""
    problems = [
        problem
        for text in list_texts(ast.parse(source))
        for problem in find_words(read_prose(text))
    ]
    assert [problem.partition(": write")[0].strip("'") for problem in problems] == found


def test_the_names_of_arguments_are_code() -> None:
    """In a reference, the name and the type of an argument are not prose; what follows is."""
    document = new_document("page")
    document += nodes.paragraph(
        "",
        "",
        addnodes.literal_strong("", "flags"),
        nodes.Text(" ("),
        addnodes.literal_emphasis("", "Flags"),
        nodes.Text(") – The flags."),
    )
    [(_, problem)] = find_in_prose(document)
    assert problem == (
        "'flags': write argument, because return_sequences is an argument; "
        "Flags is only the name of the class: '… (…) – The flags.'"
    )


def test_each_word_is_explained() -> None:
    """Each entry has a reason, and a replacement that has none of the words itself."""
    for word in WORDS:
        assert word.use, word.pattern
        assert word.reason, word.pattern
        assert list(find_words(word.use)) == []
