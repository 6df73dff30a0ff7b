"""A mutation: one change to the source of a function, made while the program runs."""

import importlib
import inspect
import textwrap
import tomllib
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import FunctionType


@dataclass(frozen=True)
class Mutation:
    """Replace *old* by *new* in the source of the function *where*.

    Attributes:
        description: What a user would notice.
        where: The function, as ``module:name``.
        old: A text of its source.
        new: The text that replaces it.
        times: How often *old* is found.
    """

    description: str
    where: str
    old: str
    new: str
    times: int = 1

    def source(self) -> str:
        """Return the mutated source of *where*.

        Raises:
            ValueError: If *where* is not a function, or *old* is not found in it *times* times.
                The mutation would then be a different one, or have no effect.
        """
        source = inspect.getsource(self._function())
        found = source.count(self.old)
        if found != self.times:
            raise ValueError(
                f"{self.description!r} needs {self.old!r} {self.times} times in {self.where}, "
                f"but found it {found} times. Update the mutation to the function's new source."
            )
        return source.replace(self.old, self.new)

    def make(self) -> None:
        """Mutate the function in place, also for modules that have imported it already."""
        function, source = self._function(), self.source()
        # A method is indented already, as it is in its class.
        body = source if source.startswith("    ") else textwrap.indent(source, "    ")
        # Compiled inside a function that has a __class__, which `super()` needs.
        code = f"def outer():\n    __class__ = None\n{body}\n    return {function.__name__}"
        names = dict(vars(importlib.import_module(function.__module__)))
        exec(compile(code, f"<{self.description}>", "exec"), names)
        mutated = names["outer"]()
        function.__code__ = mutated.__code__
        function.__defaults__ = mutated.__defaults__

    def _function(self) -> FunctionType:
        module, _, name = self.where.partition(":")
        try:
            found: object = reduce(getattr, name.split("."), importlib.import_module(module))
        except (ImportError, AttributeError):
            found = None
        if not isinstance(found, FunctionType):
            raise ValueError(f"{self.description!r} needs {self.where}, which is not a function.")
        return found


def read_mutations(file: Path) -> list[Mutation]:
    """Read a list of mutations from a TOML file: a ``[[change]]`` each, described by ``says``.

    Raises:
        ValueError: If the file is not such a list.
    """
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))["change"]
        return [Mutation(entry.pop("says"), **entry) for entry in entries]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ValueError(
            f"{file} is not a list of mutations. It needs a [[change]] with says, where, old and "
            f"new for each: {error}"
        ) from error
