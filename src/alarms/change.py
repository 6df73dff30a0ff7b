"""A change to a function's source, made while the program runs."""

import importlib
import inspect
import textwrap
import tomllib
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import FunctionType


@dataclass(frozen=True)
class Change:
    """What changes, in words, and how: *old* becomes *new* in the source of *where*.

    Attributes:
        says: What a user would notice.
        where: The function, as ``module:name``.
        old: A text of its source.
        new: What stands there instead.
        times: How often *old* is found.
    """

    says: str
    where: str
    old: str
    new: str
    times: int = 1

    def source(self) -> str:
        """Return the source of *where* as it is after the change.

        Raises:
            ValueError: If *where* is no function, or *old* is not found in it as often as *times*
                says; then the change would be another than the one described, or none.
        """
        source = inspect.getsource(self._function())
        found = source.count(self.old)
        if found != self.times:
            raise ValueError(
                f"{self.says!r} needs {self.old!r} {self.times} times in {self.where}, "
                f"where it is {found} times; look at what became of that function."
            )
        return source.replace(self.old, self.new)

    def make(self) -> None:
        """Change the function in place, so that whoever imported it has the change."""
        function, source = self._function(), self.source()
        # A method is indented already, as it stands in its class.
        body = source if source.startswith("    ") else textwrap.indent(source, "    ")
        # Compiled inside of a function that has a __class__, which `super()` needs.
        code = f"def outer():\n    __class__ = None\n{body}\n    return {function.__name__}"
        names = dict(vars(importlib.import_module(function.__module__)))
        exec(compile(code, f"<{self.says}>", "exec"), names)
        changed = names["outer"]()
        function.__code__ = changed.__code__
        function.__defaults__ = changed.__defaults__

    def _function(self) -> FunctionType:
        module, _, name = self.where.partition(":")
        try:
            found: object = reduce(getattr, name.split("."), importlib.import_module(module))
        except (ImportError, AttributeError):
            found = None
        if not isinstance(found, FunctionType):
            raise ValueError(f"{self.says!r} needs the function {self.where}, which there is not.")
        return found


def read(file: Path) -> list[Change]:
    """Read a list of changes from a TOML file.

    Raises:
        ValueError: If it cannot be read as such a list.
    """
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))["change"]
        return [Change(**entry) for entry in entries]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ValueError(
            f"{file} is no list of changes, each a [[change]] with says, where, old and new: "
            f"{error}"
        ) from error
