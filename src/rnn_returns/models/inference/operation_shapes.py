"""The shapes of what operations on tensors return: a table, by their names in ``keras.ops``."""

from collections.abc import Callable, Sequence
from typing import Any

from rnn_returns.models.config.values import MAX_RANK, expect_number, list_names
from rnn_returns.models.graph import GraphTensor, find_tensors
from rnn_returns.models.inference.shape_rules import (
    ShapeError,
    broadcast,
    concatenate,
    fill_size,
    read_axis,
)
from rnn_returns.models.inference.shapes import NO_RULE, UNKNOWN_INPUT, UnknownShapeError
from rnn_returns.rules.layer_spec import Shape

Arguments = dict[str, Any]
ELEMENTWISE = list_names(
    "Absolute Abs Cast Ceil Clip Copy Cos Exp Expm1 Floor Gelu Elu Selu Silu Log Log1p LogicalNot "
    "Negative OnesLike Relu Relu6 LeakyRelu Round Rsqrt Sigmoid HardSigmoid LogSoftmax LogSigmoid "
    "Sign Sin Softmax Softplus Softsign Sqrt Square StopGradient Tanh ZerosLike Identity Flip Roll "
    "Cumsum Cumprod NanToNum Isnan Isfinite Hardtanh HardTanh HardSilu Celu Dropout"
)
BINARY = list_names(
    "Add Subtract Multiply Divide TrueDivide FloorDivide Power Mod Maximum Minimum Equal NotEqual "
    "Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr"
)
REDUCING = list_names("Mean Sum Max Min Prod Any All Std Var Argmax Argmin Logsumexp LogSumExp")


def infer_operation(name: str, arguments: Arguments) -> Shape:
    """Return the shape of what an operation returns.

    Raises:
        UnknownShapeError: If it does not follow from the arguments.
        ValueError: If the operation cannot process these arguments.

    >>> from rnn_returns.models.graph import GraphTensor
    >>> from rnn_returns.models.inference.operation_shapes import infer_operation
    >>> infer_operation("GetItem", {"x": GraphTensor((None, 5, 4)), "key": (slice(None), -1)})
    (None, 4)
    """
    if name in ELEMENTWISE:
        return _shape(arguments.get("x"))
    if name in BINARY:
        return broadcast(_shape(arguments.get("x1")), _shape(arguments.get("x2")))
    rule = reduce_axes if name in REDUCING else OPERATIONS.get(name)
    if rule is None:
        raise UnknownShapeError(NO_RULE)
    return rule(arguments)


def reduce_axes(arguments: Arguments) -> Shape:
    """Remove the axes that are reduced."""
    shape, axis = _shape(arguments.get("x")), arguments.get("axis")
    rank = len(shape)
    axes = range(rank) if axis is None else axis if isinstance(axis, list | tuple) else [axis]
    removed = {read_axis(each, rank) for each in axes}
    if arguments.get("keepdims"):
        return tuple(1 if i in removed else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in removed)


def get_item(arguments: Arguments) -> Shape:
    """Apply an index."""
    shape, key = list(_shape(arguments.get("x"))), arguments.get("key")
    parts = list(key) if isinstance(key, tuple) else [key]
    if parts.count(...) > 1:
        raise ShapeError("An index has more than one ellipsis.")
    used = sum(part is not None and part is not ... for part in parts)
    if used > len(shape):
        raise ShapeError(f"An index of {used} axes is used on a tensor of rank {len(shape)}.")
    if ... not in parts:
        parts.append(...)
    result: list[int | None] = []
    for part in parts:
        if part is None:
            result.append(1)
        elif part is ...:
            rest = len(shape) - sum(each is not None for each in parts[parts.index(...) + 1 :])
            result += shape[:rest]
            del shape[:rest]
        else:
            result += _index(shape.pop(0), part)
    return tuple(result)


def _index(size: int | None, part: Any) -> list[int | None]:
    """Return what an index leaves of one axis."""
    if isinstance(part, slice):
        if part.step == 0:
            raise ShapeError("A slice has the step 0.")
        return [None if size is None else len(range(*part.indices(size)))]
    if isinstance(part, bool) or not isinstance(part, int):
        raise UnknownShapeError("the index of {} is not known")
    if size is not None and not -size <= part < size:
        raise ShapeError(f"The index {part} is out of range for an axis of {size}.")
    return []


def join(arguments: Arguments) -> Shape:
    """Concatenate tensors."""
    shapes = _shapes(arguments.get("xs"))
    shape = concatenate({"axis": arguments.get("axis", -1)}, shapes)
    if shape is None:
        raise UnknownShapeError(NO_RULE)
    return shape


def stack(arguments: Arguments) -> Shape:
    """Stack tensors on a new axis."""
    shapes = _shapes(arguments.get("x"))
    axis = read_axis(arguments.get("axis", 0), len(shapes[0]) + 1)
    return (*shapes[0][:axis], len(shapes), *shapes[0][axis:])


def expand(arguments: Arguments) -> Shape:
    """Insert an axis."""
    shape = _shape(arguments.get("x"))
    axis = read_axis(arguments.get("axis"), len(shape) + 1)
    return (*shape[:axis], 1, *shape[axis:])


def squeeze(arguments: Arguments) -> Shape:
    """Remove axes of length 1."""
    shape, axis = _shape(arguments.get("x")), arguments.get("axis")
    if axis is None:
        if None in shape:
            raise UnknownShapeError("{} removes axes of unknown length")
        return tuple(size for size in shape if size != 1)
    axes = axis if isinstance(axis, list | tuple) else [axis]
    removed = {read_axis(each, len(shape)) for each in axes}
    return tuple(size for i, size in enumerate(shape) if i not in removed)


def reshape(arguments: Arguments) -> Shape:
    """Change all lengths."""
    shape, target = _shape(arguments.get("x")), arguments.get("newshape")
    if not isinstance(target, list | tuple) or any(find_tensors(target)):
        raise UnknownShapeError("the target shape of {} is not known")
    sizes = [expect_number(-1 if size is None else size, "newshape", -1) for size in target]
    filled = fill_size(sizes, shape)
    return tuple(None if size == -1 else size for size in filled)


def transpose(arguments: Arguments) -> Shape:
    """Reorder the axes."""
    shape, axes = _shape(arguments.get("x")), arguments.get("axes")
    if axes is None:
        return shape[::-1]
    if not isinstance(axes, list | tuple) or len(axes) != len(shape):
        raise ShapeError(f"Expected {len(shape)} axes to transpose.")
    return tuple(shape[read_axis(axis, len(shape))] for axis in axes)


def take(arguments: Arguments) -> Shape:
    """Take entries of an axis."""
    shape, axis = _shape(arguments.get("x")), arguments.get("axis")
    if axis is None:
        raise UnknownShapeError("the axis of {} is not known")
    axis = read_axis(axis, len(shape))
    return (*shape[:axis], *_shape(arguments.get("indices")), *shape[axis + 1 :])


def split(arguments: Arguments) -> Shape:
    """Split an axis into equal parts, of which each has the shape that is returned."""
    shape, parts = _shape(arguments.get("x")), arguments.get("indices_or_sections")
    axis = read_axis(arguments.get("axis", 0), len(shape))
    size = shape[axis]
    if isinstance(parts, bool) or not isinstance(parts, int) or parts < 1 or (size or 0) % parts:
        raise UnknownShapeError("the parts of {} are not known")
    return (*shape[:axis], None if size is None else size // parts, *shape[axis + 1 :])


def multiply_matrices(arguments: Arguments) -> Shape:
    """Multiply matrices."""
    left, right = _shape(arguments.get("x1")), _shape(arguments.get("x2"))
    if len(left) < 2 or len(right) < 2:
        raise UnknownShapeError(NO_RULE)
    return (*broadcast(left[:-2], right[:-2]), left[-2], right[-1])


def choose(arguments: Arguments) -> Shape:
    """Choose between the entries of two tensors."""
    names = ("condition", "x1", "x2")
    first, *rest = (_shape(arguments.get(name)) for name in names)
    for shape in rest:
        first = broadcast(first, shape)
    return first


OPERATIONS: dict[str, Callable[[Arguments], Shape]] = {
    "GetItem": get_item,
    "Concatenate": join,
    "Split": split,
    "Stack": stack,
    "ExpandDims": expand,
    "Squeeze": squeeze,
    "Reshape": reshape,
    "Transpose": transpose,
    "Take": take,
    "Matmul": multiply_matrices,
    "Where": choose,
}


def _shape(value: Any, depth: int = 0) -> Shape:
    """Return the shape of a tensor, a number or a list of numbers."""
    if isinstance(value, GraphTensor):
        if value.shape is None:
            raise UnknownShapeError(UNKNOWN_INPUT)
        return value.shape
    if isinstance(value, int | float):
        return ()
    if isinstance(value, list) and value and depth < MAX_RANK:
        return (len(value), *_shape(value[0], depth + 1))
    raise UnknownShapeError("an argument of {} is not known")


def _shapes(value: Any) -> Sequence[Shape]:
    if not isinstance(value, list | tuple) or not value:
        raise UnknownShapeError("the inputs of {} are not known")
    return [_shape(each) for each in value]
