"""A layer typed as in Python, read into a description: the text is parsed and never run."""

import ast
import difflib
import warnings
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from rnn_returns.rules.keras_arguments import POSITIONAL, list_arguments
from rnn_returns.rules.layer_spec import CELL_STATES, KINDS, CellSpec, LayerSpec

MAX_LENGTH = 2000
# Of the parsed expression. A layer in a layer adds one or two.
MAX_DEPTH = 50
MAX_QUOTED = 60
PREFIXES = ("", "layers", "keras.layers", "tf.keras.layers")
STACK = "StackedRNNCells"
FLAGS = tuple(field.name for field in fields(LayerSpec) if field.default is False)
DTYPES = ("float32", "float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
INPUT_ARGUMENTS = ("input_shape", "batch_input_shape", "input_dim", "input_length")
EXAMPLES = {"units": "4", "cell": "LSTMCell(4)", "filters": "8, 3", "layer": "LSTM(4)"}


def read_source(text: str) -> LayerSpec:
    """Read a layer typed as in Python.

    Arguments that do not change which tensors are returned, such as ``activation``, are ignored.

    Args:
        text: One call, such as ``keras.layers.LSTM(4)``. The module can be left out.

    Raises:
        ValueError: If it is anything else, or Keras's layer has no such argument.

    >>> from rnn_returns.rules.from_source import read_source
    >>> layer = read_source("keras.layers.Bidirectional(GRU(4, activation='relu'), 'sum')")
    >>> layer.layer.units, layer.merge_mode
    (4, 'sum')
    """
    return _read_layer(_parse(text))


def _parse(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise ValueError(
            f"Expected a layer of at most {MAX_LENGTH} characters, got {len(text)} characters."
        )
    try:
        with warnings.catch_warnings():  # Python warns of strings such as "\d".
            warnings.simplefilter("ignore")
            expression = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(
            "Expected a layer in Python, such as LSTM(4, return_state=True), got "
            f"{_shorten(ascii(text))}, which is not valid Python."
        ) from None
    level: list[ast.AST] = [expression]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if level:
        raise ValueError("Expected a layer, got an expression that is nested too deeply.")
    return expression


def _read_layer(node: ast.expr) -> LayerSpec:
    name, arguments = _read_call(node, KINDS, "a recurrent layer, such as LSTM(4)")
    for needed in KINDS[name]:
        if needed not in arguments:
            example = EXAMPLES.get(needed, EXAMPLES["filters"])
            raise ValueError(f"{name} needs {needed}, as in {name}({example}).")
    options = {
        argument: _READERS[argument](value, f"{argument} of {name}")
        for argument, value in arguments.items()
        if argument in _READERS
    }
    return LayerSpec(name, **options)


def _read_call(
    node: ast.expr, known: Iterable[str], needed: str
) -> tuple[str, dict[str, ast.expr]]:
    """Return the class that is called, one of the *known*, and its arguments by name."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
        raise ValueError(f"Expected {needed}, got {_quote(node)}.")
    prefix, _, name = ast.unparse(node.func).rpartition(".")
    if prefix not in PREFIXES:
        raise ValueError(f"Expected keras.layers.{_shorten(name)}, got {_quote(node.func)}.")
    if name not in known:
        got = f"Expected {needed}, got {_shorten(name)}"
        raise ValueError(f"{got}; {_suggest(name, known)}")
    return name, _bind_arguments(node, name)


def _bind_arguments(call: ast.Call, name: str) -> dict[str, ast.expr]:
    """Return the arguments of a call by name, after checking that the class has them."""
    places = POSITIONAL[name]
    if len(call.args) > len(places):
        raise ValueError(
            f"Expected at most {len(places)} arguments of {name} by position, got {len(call.args)}."
        )
    given: list[tuple[str | None, ast.expr]] = list(zip(places, call.args, strict=False))
    given += [(keyword.arg, keyword.value) for keyword in call.keywords]
    arguments: dict[str, ast.expr] = {}
    for argument, value in given:
        if argument is None or isinstance(value, ast.Starred):
            raise ValueError(
                f"Expected the arguments of {name} one by one, got {_quote(value)} to unpack."
            )
        if argument not in list_arguments(name):
            hint = _explain_unknown_argument(argument, name)
            raise ValueError(f"{name} has no argument {_shorten(argument)} here; {hint}")
        if argument in arguments:
            raise ValueError(f"Expected {argument} of {name} once, got it twice.")
        if argument == "dtype" and name not in KINDS:
            _check_cell_dtype(value, name)
        arguments[argument] = value
    return arguments


def _explain_unknown_argument(argument: str, name: str) -> str:
    if argument in INPUT_ARGUMENTS:
        return "pass the shape of the input separately."
    if argument in FLAGS and "layer" in POSITIONAL[name]:
        return "pass it to the wrapped layer."
    return _suggest(argument, list_arguments(name))


def _suggest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is nearest, or all of them, as the end of a message."""
    lowered = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower()[:MAX_QUOTED], lowered, n=1)
    return f"did you mean {lowered[near[0]]}?" if near else f"known are {', '.join(known)}."


def _check_cell_dtype(node: ast.expr, name: str) -> None:
    # A description has the dtype of the layer, which is that of its cells.
    if _evaluate(node) not in (None, "float32"):
        raise ValueError(
            f"Expected dtype of {name} to be 'float32', got {_quote(node)}; pass it to the layer."
        )


def _read_dtype(node: ast.expr, what: str) -> str:
    dtype = _read_optional_text(node, what) or "float32"
    if dtype not in DTYPES:
        raise ValueError(f"Expected {what} to be one of {', '.join(DTYPES)}, got {_quote(node)}.")
    return dtype


def _read_flag(node: ast.expr, what: str) -> bool:
    value = _evaluate(node)
    if not isinstance(value, bool):
        raise ValueError(f"Expected {what} to be True or False, got {_quote(node)}.")
    return value


def _read_number(node: ast.expr, what: str) -> int:
    value = _evaluate(node)
    if not _is_number(value):
        raise ValueError(f"Expected {what} to be a whole number, got {_quote(node)}.")
    return int(value)


def _read_sizes(node: ast.expr, what: str) -> int | tuple[int, ...]:
    value = _evaluate(node)
    if _is_number(value):
        return int(value)
    if not isinstance(value, list | tuple) or not value or not all(map(_is_number, value)):
        raise ValueError(
            f"Expected {what} to be a whole number or several, such as (3, 3), got {_quote(node)}."
        )
    return tuple(value)


def _read_text(node: ast.expr, what: str) -> str:
    value = _evaluate(node)
    if not isinstance(value, str):
        raise ValueError(f"Expected {what} to be text in quotes, got {_quote(node)}.")
    return value


def _read_optional_text(node: ast.expr, what: str) -> str | None:
    return None if _is_none(node) else _read_text(node, what)


def _read_data_format(node: ast.expr, what: str) -> str:
    return _read_optional_text(node, what) or "channels_last"


def _read_wrapped(node: ast.expr, what: str) -> LayerSpec:
    return _read_layer(node)


def _read_optional_layer(node: ast.expr, what: str) -> LayerSpec | None:
    return None if _is_none(node) else _read_layer(node)


def _read_cells(node: ast.expr, what: str) -> CellSpec | tuple[CellSpec, ...]:
    """Read one cell, or a stack: a list of cells, or StackedRNNCells around one."""
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(_read_cell(each, what) for each in node.elts)
    name, arguments = _read_cell_call(node, (*CELL_STATES, STACK), what)
    if name != STACK:
        return _create_cell(name, arguments)
    cells = arguments.get("cells")
    if not isinstance(cells, ast.List | ast.Tuple):
        raise ValueError(f"{STACK} needs a list of cells, as in {STACK}([LSTMCell(4)]).")
    return tuple(_read_cell(each, what) for each in cells.elts)


def _read_cell(node: ast.expr, what: str) -> CellSpec:
    return _create_cell(*_read_cell_call(node, CELL_STATES, what))


def _read_cell_call(
    node: ast.expr, known: Iterable[str], what: str
) -> tuple[str, dict[str, ast.expr]]:
    return _read_call(node, known, f"the {what} to be one of Keras's, such as LSTMCell(4)")


def _create_cell(name: str, arguments: dict[str, ast.expr]) -> CellSpec:
    if "units" not in arguments:
        raise ValueError(f"{name} needs units, as in {name}(4).")
    return CellSpec(name, _read_number(arguments["units"], f"units of {name}"))


def _evaluate(node: ast.expr) -> Any:
    """Return the value of a literal; of any other expression, the expression itself."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return node


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _quote(node: ast.expr) -> str:
    return _shorten(ast.unparse(node))


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 3]}..."


_READERS: dict[str, Callable[[ast.expr, str], Any]] = {
    **dict.fromkeys(FLAGS, _read_flag),
    **dict.fromkeys(("units", "filters"), _read_number),
    **dict.fromkeys(("kernel_size", "strides", "dilation_rate"), _read_sizes),
    "padding": _read_text,
    "data_format": _read_data_format,
    "merge_mode": _read_optional_text,
    "layer": _read_wrapped,
    "backward_layer": _read_optional_layer,
    "cell": _read_cells,
    "dtype": _read_dtype,
}
