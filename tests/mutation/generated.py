"""Mutations generated from the source of Keras's recurrent layers."""

import ast
import importlib.util
import random
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from mutation.mutation import Mutation
from mutation.operators import Edit, find_edits

KNOWN = Path(__file__).with_name("generated.toml")


@dataclass(frozen=True)
class Generated(Mutation):
    """A generated mutation.

    Attributes:
        operator: How the mutation is made.
        file: The file, within the folder of Keras's source.
        line: The number of the first line that is mutated.
        before: The text of the mutated lines, without line breaks.
        after: The same, mutated.
        known: Why no test is expected to notice it; empty if one is.
    """

    operator: str = ""
    file: str = ""
    line: int = 0
    before: str = ""
    after: str = ""
    known: str = ""


@dataclass(frozen=True)
class _Known:
    """Mutations that no test can notice.

    Attributes:
        kind: ``equivalent``, ``gpu`` or ``skipped``.
        where: A pattern of their functions, as ``file:name``.
        before: The text of the mutated lines; empty stands for all of a function.
        after: The same, mutated; empty stands for every mutation of these lines.
        reason: Why no test can.
    """

    kind: str
    where: str
    reason: str
    before: str = ""
    after: str = ""

    def describes(self, mutation: Generated) -> bool:
        """Return whether *mutation* is one of them."""
        name = mutation.where.partition(":")[2]
        return (
            fnmatchcase(f"{mutation.file}:{name}", self.where)
            and self.before in ("", mutation.before)
            and self.after in ("", mutation.after)
        )


def generate(known: Path = KNOWN) -> list[Generated]:
    """Return all mutations of Keras's recurrent layers, except for those that *known* skips.

    Raises:
        ValueError: If an entry of *known* describes none of the mutations.
    """
    settings = tomllib.loads(known.read_text(encoding="utf-8"))
    entries = [_Known(**entry) for entry in settings["known"]]
    unused, mutations = set(entries), []
    for mutation in _generate_all(settings["files"], frozenset(settings["strings"])):
        found = [entry for entry in entries if entry.describes(mutation)]
        unused -= {*found}
        if any(entry.kind == "skipped" for entry in found):
            continue
        reason = f"{found[0].kind}: {found[0].reason}" if found else ""
        mutations.append(Generated(**{**vars(mutation), "known": reason}))
    if unused:
        raise ValueError(
            f"{known.name} describes mutations that cannot be made. Keras's source has changed; "
            "update or remove: " + "; ".join(sorted(f"{e.where} {e.before!r}" for e in unused))
        )
    return mutations


def sample(mutations: Sequence[Generated], size: int, seed: int) -> list[Generated]:
    """Choose *size* mutations, of each file and operator in proportion.

    A smaller sample with the same seed is the start of a larger one.
    """
    generator = random.Random(seed)
    strata = defaultdict[tuple[str, str], list[Generated]](list)
    for mutation in mutations:
        strata[mutation.file, mutation.operator].append(mutation)
    ranked = []
    for stratum in strata.values():
        generator.shuffle(stratum)
        start = generator.random()
        ranked += [((i + start) / len(stratum), m) for i, m in enumerate(stratum)]
    ranked.sort(key=lambda pair: pair[0])
    return [mutation for _, mutation in ranked[:size]]


def _generate_all(patterns: Sequence[str], ignored: frozenset[str]) -> Iterator[Generated]:
    """Yield the mutations of the files that match *patterns*."""
    spec = importlib.util.find_spec("keras.src")
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    files = {file for pattern in patterns for file in root.glob(pattern)}
    for file in sorted(files):
        if not file.name.endswith("_test.py"):
            yield from _generate_of_file(file, file.relative_to(root).as_posix(), ignored)


def _generate_of_file(file: Path, name: str, ignored: frozenset[str]) -> Iterator[Generated]:
    text = file.read_text(encoding="utf-8")
    module = "keras.src." + name.removesuffix(".py").replace("/", ".")
    lines = text.splitlines(keepends=True)
    for qualified_name, node in _find_functions(ast.parse(text), ""):
        # Like `inspect.getsource`, which includes the decorators.
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        source = "".join(lines[first - 1 : node.end_lineno])
        for edit in find_edits(node, source, first, ignored):
            yield _generate_one(edit, source, first, name, f"{module}:{qualified_name}")


def _generate_one(edit: Edit, source: str, first: int, file: str, where: str) -> Generated:
    start = source.rfind("\n", 0, edit.start) + 1
    end = source.find("\n", edit.end)
    before = " ".join(source[start:end].split())
    changed = source[start : edit.start] + edit.new + source[edit.end : end]
    after = " ".join(changed.split())
    line = first + source.count("\n", 0, edit.start)
    name = where.partition(":")[2]
    old = source[edit.start : edit.end]
    return Generated(
        f"{file}:{line} {name}, column {edit.start - start}, {edit.operator}: {before} -> {after}",
        where,
        old,
        edit.new,
        at=edit.start,
        operator=edit.operator,
        file=file,
        line=line,
        before=before,
        after=after,
    )


def _find_functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the functions of a module and of its classes; functions in them are parts of them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield prefix + child.name, child
        elif isinstance(child, ast.ClassDef):
            yield from _find_functions(child, f"{prefix}{child.name}.")
