"""A change of one function of Keras, and making it in the running process."""

import ast
import functools
import importlib
import inspect
import linecache
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CellType, CodeType, FunctionType, ModuleType

# Flags of a code object that `compile` takes: the features that a module imports from __future__.
FUTURE_FEATURES = 0x1FF0000


@dataclass(frozen=True)
class Mutation:
    """Replace *old* by *new* in the source of the function *where*.

    Attributes:
        description: What a user would notice.
        where: The function, as ``module:name``. It may be a method, a class method, a static
            method, a property or a decorated function.
        old: A text of its source.
        new: The text that replaces it.
        times: How often *old* is found.
        at: The only place where *old* is replaced, as an offset; None stands for all of them.
    """

    description: str
    where: str
    old: str
    new: str
    times: int = 1
    at: int | None = None

    def source(self) -> str:
        """Return the mutated source of *where*.

        Raises:
            ValueError: If *where* is not a function, or *old* is not found in it *times* times.
                The mutation would then be a different one, or have no effect.
        """
        source = inspect.getsource(self._find_function())
        if self.at is not None and source.startswith(self.old, self.at):
            return source[: self.at] + self.new + source[self.at + len(self.old) :]
        found = source.count(self.old)
        if self.at is not None or found != self.times:
            raise ValueError(
                f"{self.description!r} needs {self.old!r} {self.times} times in {self.where}, "
                f"but found it {found} times. Update the mutation to the function's new source."
            )
        return source.replace(self.old, self.new)

    def check(self) -> None:
        """Compile the mutation without making it.

        Raises:
            ValueError: If it cannot be made, or has no effect.
        """
        self._compile()

    def make(self) -> None:
        """Mutate the function in place, also for modules that have imported it already.

        Raises:
            ValueError: If it cannot be made, or has no effect.
        """
        function, mutated = self._compile()
        lines = ["\n"] * (function.__code__.co_firstlineno - 1)
        lines += self.source().splitlines(keepends=True)
        # What reads the source of the function, as AutoGraph does, must read the mutated one.
        linecache.cache[mutated.code.co_filename] = (0, None, lines, mutated.code.co_filename)
        function.__code__ = mutated.code
        function.__defaults__ = mutated.defaults
        function.__kwdefaults__ = dict(mutated.keyword_defaults)
        if find_function(self.where).__code__ is not mutated.code:
            raise ValueError(f"{self.description!r} has no effect on {self.where}.")

    def changed_lines(self) -> tuple[str, set[int], int]:
        """Return the file, the lines of the statements that are mutated, and the function's first.

        A changed default takes effect in the whole function.
        """
        function = self._find_function()
        source, first = inspect.getsource(function), function.__code__.co_firstlineno
        changed = set[int]()
        start = source.find(self.old) if self.at is None else self.at
        while start >= 0:
            line = source.count("\n", 0, start)
            changed |= {*range(line, line + self.old.strip("\n").count("\n") + 1)}
            start = source.find(self.old, start + 1) if self.at is None else -1
        (node,) = _parse(source).body
        signature, *statements = (
            _own_lines(found) for found in ast.walk(node) if isinstance(found, ast.stmt)
        )
        lines = {line for own in statements if own & changed for line in own}
        if signature & changed or not lines:
            lines = {*range(source.count("\n"))}
        return inspect.getfile(function), {first + line for line in lines}, first

    def _compile(self) -> "tuple[FunctionType, _Compiled]":
        function = self._find_function()
        try:
            original = _compile(function, inspect.getsource(function), self.description)
            mutated = _compile(function, self.source(), self.description)
        except SyntaxError as error:
            raise ValueError(f"{self.description!r} is not Python: {error}") from error
        except NameError as error:
            raise ValueError(f"{self.description!r} cannot be made: {error}") from error
        if original.essence() == mutated.essence():
            raise ValueError(
                f"{self.description!r} has no effect: {self.where} is compiled to the same code."
            )
        return function, mutated

    def _find_function(self) -> FunctionType:
        try:
            return find_function(self.where)
        except LookupError as error:
            raise ValueError(
                f"{self.description!r} needs {self.where}, which is not a function{error.args[0]}."
            ) from error


def find_function(where: str) -> FunctionType:
    """Return the function that runs when *where* (``module:name``) is called.

    Raises:
        LookupError: If there is none, with what is known about it.
    """
    module, _, name = where.partition(":")
    try:
        found: object = importlib.import_module(module)
        for part in name.split("."):
            # A class would bind its class methods, and give the values of its descriptors.
            find = inspect.getattr_static if inspect.isclass(found) else getattr
            found = find(found, part)
    except (ImportError, AttributeError) as error:
        raise LookupError("") from error
    last = name.split(".")[-1]
    while (inner := _find_wrapped(found, last)) is not None:
        found = inner
    if not isinstance(found, FunctionType):
        raise LookupError("")
    return found


def _find_wrapped(found: object, name: str) -> object | None:
    """Return what the descriptor, decorator or wrapper *found* calls, or None if it is neither."""
    for kind, attribute in {
        staticmethod: "__func__",
        classmethod: "__func__",
        property: "fget",
        functools.cached_property: "func",
        functools.partial: "func",
    }.items():
        if isinstance(found, kind):
            return getattr(found, attribute)  # type: ignore[no-any-return]
    wrapped: object | None = getattr(found, "__wrapped__", None)
    if not isinstance(found, FunctionType):
        # A compiled function, as of `tf.function`, that was traced keeps what it was traced from.
        if getattr(found, "experimental_get_tracing_count", int)():
            raise LookupError(" that can change, because it was traced already")
        return None if isinstance(found, ModuleType | type) else wrapped
    called = [*_get_contents(found.__closure__), *(found.__defaults__ or ())]
    called += (found.__kwdefaults__ or {}).values()
    if wrapped is None and found.__name__ != name:
        same_name = (inner for inner in called if getattr(inner, "__name__", None) == name)
        return next(same_name, None)
    if wrapped is not None and not any(wrapped is inner for inner in called):
        raise LookupError(" that runs: a wrapper replaces it")
    return wrapped


def _get_contents(closure: tuple[CellType, ...] | None) -> Iterator[object]:
    for cell in closure or ():
        try:
            yield cell.cell_contents
        except ValueError:  # It is empty.
            continue


@dataclass(frozen=True)
class _Compiled:
    """A function's new code and defaults, by which it can be mutated in place."""

    code: CodeType
    defaults: tuple[object, ...]
    keyword_defaults: Mapping[str, object]
    default_sources: str

    def essence(self) -> object:
        """Return all that matters when the function runs, so without line numbers."""
        return self.default_sources, _essence(self.code)


def _essence(code: CodeType) -> object:
    constants = tuple(
        _essence(value) if isinstance(value, CodeType) else (type(value), repr(value))
        for value in code.co_consts
    )
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    return code.co_code, getattr(code, "co_exceptiontable", b""), constants, names, counts


def _compile(function: FunctionType, source: str, description: str) -> _Compiled:
    """Compile *source* so that its code fits the closure of *function*.

    Raises:
        NameError: If the code uses a variable of a scope around it that *function* does not.
    """
    free = function.__code__.co_freevars
    code = _compile_code(function, source, description, keep=())
    if missing := set(free) - set(code.co_freevars):
        code = _compile_code(function, source, description, keep=missing)
    if code.co_freevars != free:
        unknown = sorted(set(code.co_freevars) - set(free))
        raise NameError(f"the function has no access to {', '.join(unknown)} around it")
    original = _get_defaults(_parse_function(inspect.getsource(function)))
    mutated = _get_defaults(_parse_function(source))
    values = dict(_get_default_values(function))
    names = dict(vars(importlib.import_module(function.__module__)))
    for name, (default, _) in mutated.items():
        if name not in original or original[name][0] != default:
            values[name] = eval(default, names)
    return _Compiled(
        code.replace(co_qualname=function.__code__.co_qualname),
        tuple(values[name] for name, (_, positional) in mutated.items() if positional),
        {name: values[name] for name, (_, positional) in mutated.items() if not positional},
        repr(mutated),
    )


def _compile_code(
    function: FunctionType, source: str, description: str, keep: set[str] | tuple[()]
) -> CodeType:
    """Compile *source* within the scopes that *function* was compiled in.

    Args:
        function: The original function.
        source: The source of the function.
        description: Part of the name of the file that the code claims to be from.
        keep: Variables of a scope around the function that it must keep, although unused.
    """
    node = _parse_function(source)
    node.decorator_list = []
    for name in sorted(keep):
        # Python removes the statement, but not the variable.
        node.body[1:1] = ast.parse(f"if False: {name}").body
    variables = sorted({*function.__code__.co_freevars, "_"} - {"__class__"})
    tree = ast.parse("def outer():\n    " + " = ".join(variables) + " = None")
    (outer,) = tree.body
    assert isinstance(outer, ast.FunctionDef)
    scope = function.__qualname__.split(".")[-2:-1]
    if scope and scope != ["<locals>"]:
        # The class gives `super()` its __class__, and names that start with __ their prefix.
        outer.body += ast.parse(f"class {scope[0]}: pass").body
        (outer.body[-1].body,) = ([node],)  # type: ignore[attr-defined]
    else:
        outer.body.append(node)
    ast.increment_lineno(node, function.__code__.co_firstlineno - 1)
    # Part of Keras's path, so that Keras shortens tracebacks as it does otherwise.
    file = f"{inspect.getfile(function)} ({description})"
    flags = function.__code__.co_flags & FUTURE_FEATURES
    tree = ast.fix_missing_locations(tree)
    found: CodeType = compile(tree, file, "exec", flags, dont_inherit=True)
    for name in ["outer", *(scope if scope != ["<locals>"] else []), node.name]:
        found = next(code for code in _get_codes(found) if code.co_name == name)
    return found


def _get_codes(code: CodeType) -> Iterator[CodeType]:
    yield from (value for value in code.co_consts if isinstance(value, CodeType))


def _parse(source: str) -> ast.Module:
    """Parse the source of a function, with line 0 as its first line if it is a method's."""
    if not source[0].isspace():
        return ast.increment_lineno(ast.parse(source), -1)
    (scope,) = ast.parse(f"if True:\n{source}").body
    assert isinstance(scope, ast.If)
    return ast.increment_lineno(ast.Module(scope.body, []), -2)


def _parse_function(source: str) -> ast.FunctionDef:
    """Parse the source of a function, with line 1 as its first line."""
    (node,) = ast.increment_lineno(_parse(source), 1).body
    assert isinstance(node, ast.FunctionDef)
    return node


def _own_lines(statement: ast.stmt) -> set[int]:
    """Return the lines of *statement* without those of the statements in it."""
    body = getattr(statement, "body", None)
    end = body[0].lineno - 1 if body else statement.end_lineno
    return {*range(statement.lineno, max(end or 0, statement.lineno) + 1)}


def _get_defaults(node: ast.FunctionDef) -> dict[str, tuple[str, bool]]:
    """Return the source of each default, and whether the argument may be given by position."""
    positional = [*node.args.posonlyargs, *node.args.args]
    pairs = zip(reversed(positional), reversed(node.args.defaults), strict=False)
    defaults = {argument.arg: (ast.unparse(default), True) for argument, default in pairs}
    only = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    keywords = {name.arg: (ast.unparse(default), False) for name, default in only if default}
    return {**dict(reversed(defaults.items())), **keywords}


def _get_default_values(function: FunctionType) -> Iterator[tuple[str, object]]:
    for parameter in inspect.signature(function, follow_wrapped=False).parameters.values():
        if parameter.default is not parameter.empty:
            yield parameter.name, parameter.default
