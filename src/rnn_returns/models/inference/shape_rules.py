"""What the layers around recurrent layers do to shapes, one function for each kind of change.

Each takes the layer's arguments and the shapes of its inputs, and returns the shape of its output,
or None where its arguments do not determine it.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from rnn_returns.models.config.values import (
    expect_list,
    expect_number,
    expect_sizes,
    expect_text,
    quote,
)
from rnn_returns.rules.layer_spec import Shape

Config = dict[str, Any]
Shapes = Sequence[Shape]
Rule = Callable[[Config, Shapes], Shape | None]


class ShapeError(ValueError):
    """A layer that cannot process a shape: the configuration is of no real model."""


def keep(config: Config, shapes: Shapes) -> Shape | None:
    """Keep the shape."""
    return shapes[0]


def set_last(name: str) -> Rule:
    """Return a rule that replaces the last axis by the argument *name*."""

    def change(config: Config, shapes: Shapes) -> Shape | None:
        return (*shapes[0][:-1], expect_number(config.get(name), name, 1))

    return change


def embed(config: Config, shapes: Shapes) -> Shape | None:
    """Add an axis for the embedding."""
    return (*shapes[0], expect_number(config.get("output_dim"), "output_dim", 1))


def embed_reversible(config: Config, shapes: Shapes) -> Shape | None:
    """Add an axis for the embedding, unless the call reverses it."""
    return None if config.get("reverse") else embed(config, shapes)


def flatten(config: Config, shapes: Shapes) -> Shape | None:
    """Make one axis of all but the batch axis."""
    batch, *sizes = shapes[0]
    return (batch, _multiply(sizes) if sizes else 1)


def reshape(config: Config, shapes: Shapes) -> Shape | None:
    """Set the lengths of all axes but the batch axis."""
    batch, *sizes = shapes[0]
    target = [
        expect_number(size, "target_shape", -1)
        for size in expect_list(config.get("target_shape"), "target_shape")
    ]
    return (batch, *fill_size(target, sizes))


def fill_size(target: Sequence[int], sizes: Sequence[int | None]) -> Shape:
    """Return a target shape with the length that -1 stands for, if it is known."""
    if -1 not in target:
        return tuple(target)
    rest = prod(size for size in target if size != -1)
    total = _multiply(sizes)
    fitting = None if total is None or not rest or total % rest else total // rest
    return tuple(fitting if size == -1 else size for size in target)


def permute(config: Config, shapes: Shapes) -> Shape | None:
    """Reorder the axes after the batch axis."""
    batch, *sizes = shapes[0]
    order = [
        expect_number(axis, "dims", 1, len(sizes))
        for axis in expect_list(config.get("dims"), "dims")
    ]
    return (batch, *(sizes[axis - 1] for axis in order))


def repeat(config: Config, shapes: Shapes) -> Shape | None:
    """Add a time axis."""
    check_rank(shapes[0], 2)
    return (shapes[0][0], expect_number(config.get("n"), "n", 1), shapes[0][1])


def broadcast(left: Shape, right: Shape) -> Shape:
    """Return the shape of an operation on each entry of two tensors, as keras.ops infers it."""
    if len(left) < len(right):
        left, right = right, left
    result = list(left[: len(left) - len(right)])
    for a, b in zip(left[len(left) - len(right) :], right, strict=True):
        if a is None or b is None:
            known = b if a is None else a
            result.append(known if known is not None and known > 1 else None)
        elif a != b and 1 not in (a, b):
            raise ShapeError(f"The shapes {left} and {right} cannot be broadcast together.")
        else:
            result.append(b if a == 1 else a)
    return tuple(result)


def merge(config: Config, shapes: Shapes) -> Shape | None:
    """Broadcast the inputs of a merging layer; an open axis stays open, as in Keras."""
    result: Shape = shapes[0][1:]
    for shape in shapes[1:]:
        shape = shape[1:]
        if len(result) < len(shape):
            result, shape = shape, result
        split = len(result) - len(shape)
        pairs = list(zip(result[split:], shape, strict=True))
        if any(None not in pair and pair[0] != pair[1] and 1 not in pair for pair in pairs):
            raise ShapeError(f"The shapes {result} and {shape} cannot be merged.")
        tail = (None if None in pair else pair[1] if pair[0] == 1 else pair[0] for pair in pairs)
        result = (*result[:split], *tail)
    batches = {shape[0] for shape in shapes} - {None}
    return (batches.pop() if len(batches) == 1 else None, *result)


def concatenate(config: Config, shapes: Shapes) -> Shape | None:
    """Join the inputs along an axis."""
    rank = len(shapes[0])
    axis = read_axis(config.get("axis", -1), rank)
    if any(len(shape) != rank for shape in shapes):
        raise ShapeError("Concatenate needs inputs of one rank.")
    lengths = [shape[axis] for shape in shapes]
    total = None if None in lengths else sum(size or 0 for size in lengths)
    return (*shapes[0][:axis], total, *shapes[0][axis + 1 :])


def dot(config: Config, shapes: Shapes) -> Shape | None:
    """Contract one axis of each of two inputs."""
    if len(shapes) != 2:
        raise ShapeError("Dot needs two inputs.")
    axes = config.get("axes")
    pair = axes if isinstance(axes, list) and len(axes) == 2 else [axes, axes]
    left, right = (
        [size for i, size in enumerate(shape) if i != read_axis(axis, len(shape))]
        for shape, axis in zip(shapes, pair, strict=True)
    )
    result = (*left, *right[1:])
    return result if len(result) > 1 else (*result, 1)


def attend(config: Config, shapes: Shapes) -> Shape | None:
    """Return the shape of an attention layer: the query's, with the size of the values."""
    if len(shapes) < 2:
        raise ShapeError("Attention needs a query and a value.")
    return (*shapes[0][:-1], shapes[1][-1])


def attend_with_heads(config: Config, shapes: Shapes) -> Shape | None:
    """Return the shape of an attention layer that projects its output."""
    size = config.get("output_shape")
    if size is None:
        return shapes[0]
    sizes = size if isinstance(size, list) else [size]
    return (*shapes[0][:-1], *(expect_number(each, "output_shape", 1) for each in sizes))


def pool_globally(rank: int) -> Rule:
    """Return a rule that removes the axes of an image of that rank."""

    def change(config: Config, shapes: Shapes) -> Shape | None:
        check_rank(shapes[0], rank + 2)
        first = is_channels_first(config)
        sizes = shapes[0][2:] if first else shapes[0][1:-1]
        channels = shapes[0][1] if first else shapes[0][-1]
        kept = (1,) * len(sizes) if config.get("keepdims") else ()
        return (shapes[0][0], *((channels, *kept) if first else (*kept, channels)))

    return change


def upsample(rank: int) -> Rule:
    """Return a rule that repeats the axes of an image."""

    def change(sizes: Sequence[int | None], config: Config) -> Sequence[int | None]:
        factors = expect_sizes(config.get("size"), "size", rank)
        return [None if n is None else n * f for n, f in zip(sizes, factors, strict=True)]

    return on_image(rank, change)


def pad(rank: int, name: str, sign: int) -> Rule:
    """Return a rule that adds entries to the axes of an image, or removes them."""

    def change(sizes: Sequence[int | None], config: Config) -> Sequence[int | None]:
        value = config.get(name)
        pairs = value if isinstance(value, list) else [value] * rank
        if rank == 1 and len(pairs) == 2:
            pairs = [pairs]
        if len(pairs) != rank:
            raise ShapeError(f"Expected {name} to have {rank} parts, got {quote(value)}.")
        ends = [
            pair if isinstance(pair, list) and len(pair) == 2 else [pair, pair] for pair in pairs
        ]
        added = [sum(expect_number(end, name) for end in pair) for pair in ends]
        return [None if n is None else n + sign * a for n, a in zip(sizes, added, strict=True)]

    return on_image(rank, change)


def on_image(
    rank: int, change: Callable[[Sequence[int | None], Config], Sequence[int | None]]
) -> Rule:
    """Return a rule that changes the axes of an image, and neither batch nor channels."""

    def apply(config: Config, shapes: Shapes) -> Shape | None:
        check_rank(shapes[0], rank + 2)
        if is_channels_first(config):
            batch, channels, *sizes = shapes[0]
            return (batch, channels, *change(sizes, config))
        batch, *sizes, channels = shapes[0]
        return (batch, *change(sizes, config), channels)

    return apply


def is_channels_first(config: Config) -> bool:
    """Return whether the channels come before the axes of the image."""
    value = config.get("data_format") or "channels_last"
    return expect_text(value, "data_format") == "channels_first"


def check_rank(shape: Shape, rank: int) -> None:
    """Raise a ShapeError if *shape* does not have that rank."""
    if len(shape) != rank:
        raise ShapeError(f"The input has rank {len(shape)}, shape {shape}, instead of {rank}.")


def read_axis(value: Any, rank: int) -> int:
    """Return an axis counted from the front; raise a ShapeError if there is no such axis."""
    axis = expect_number(value, "axis", -rank, rank - 1)
    return axis % rank


def _multiply(sizes: Sequence[int | None]) -> int | None:
    return None if None in sizes else prod(size for size in sizes if size is not None)
