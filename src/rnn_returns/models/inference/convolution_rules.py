"""What convolutions and pooling do to shapes: rules as in `shape_rules`."""

from collections.abc import Callable, Sequence

from rnn_returns.models.config.values import expect_number, expect_sizes, expect_text
from rnn_returns.models.inference.shape_rules import (
    Config,
    Rule,
    ShapeError,
    Shapes,
    check_rank,
    is_channels_first,
    on_image,
)
from rnn_returns.rules.layer_spec import Shape

Sizes = Sequence[int | None]
Change = Callable[[Sizes, Config], Sizes]


def convolve(rank: int) -> Rule:
    """Return the rule of a convolution with a number of filters."""

    def apply(config: Config, shapes: Shapes) -> Shape | None:
        filters = expect_number(config.get("filters"), "filters", 1)
        return _set_channels(config, on_image(rank, _slide(rank))(config, shapes), filters)

    return apply


def convolve_depthwise(rank: int) -> Rule:
    """Return the rule of a convolution of each channel by itself."""

    def apply(config: Config, shapes: Shapes) -> Shape | None:
        check_rank(shapes[0], rank + 2)
        channels = shapes[0][1] if is_channels_first(config) else shapes[0][-1]
        multiplier = expect_number(config.get("depth_multiplier", 1), "depth_multiplier", 1)
        filters = None if channels is None else channels * multiplier
        return _set_channels(config, on_image(rank, _slide(rank))(config, shapes), filters)

    return apply


def convolve_transposed(rank: int) -> Rule:
    """Return the rule of a transposed convolution."""

    def apply(config: Config, shapes: Shapes) -> Shape | None:
        filters = expect_number(config.get("filters"), "filters", 1)
        return _set_channels(config, on_image(rank, _slide_back(rank))(config, shapes), filters)

    return apply


def pool(rank: int) -> Rule:
    """Return the rule of a pooling layer."""

    def change(sizes: Sizes, config: Config) -> Sizes:
        windows = expect_sizes(config.get("pool_size"), "pool_size", rank)
        strides = config.get("strides")
        steps = windows if strides is None else expect_sizes(strides, "strides", rank)
        padding = expect_text(config.get("padding", "valid"), "padding")
        return [_count(*each, padding) for each in zip(sizes, windows, steps, strict=True)]

    return on_image(rank, change)


def pool_to_size(rank: int) -> Rule:
    """Return the rule of an adaptive pooling layer."""

    def change(sizes: Sizes, config: Config) -> Sizes:
        return expect_sizes(config.get("output_size"), "output_size", rank)

    return on_image(rank, change)


def _slide(rank: int) -> Change:
    def change(sizes: Sizes, config: Config) -> Sizes:
        kernels, strides, dilations = _read_options(config, rank)
        padding = expect_text(config.get("padding", "valid"), "padding")
        windows = [d * (k - 1) + 1 for k, d in zip(kernels, dilations, strict=True)]
        return [_count(*each, padding) for each in zip(sizes, windows, strides, strict=True)]

    return change


def _slide_back(rank: int) -> Change:
    def change(sizes: Sizes, config: Config) -> Sizes:
        kernels, strides, dilations = _read_options(config, rank)
        padding = expect_text(config.get("padding", "valid"), "padding")
        given = config.get("output_padding")
        extra = (None,) * rank if given is None else expect_sizes(given, "output_padding", rank)
        return [
            None if size is None else _count_back(size, kernel, stride, dilation, added, padding)
            for size, kernel, stride, dilation, added in zip(
                sizes, kernels, strides, dilations, extra, strict=True
            )
        ]

    return change


def _read_options(config: Config, rank: int) -> list[tuple[int, ...]]:
    names = ("kernel_size", "strides", "dilation_rate")
    return [expect_sizes(config.get(name, 1), name, rank) for name in names]


def _count(size: int | None, window: int, stride: int, padding: str) -> int | None:
    """Return how often a window fits into an axis."""
    if size is None:
        return None
    if padding in ("same", "causal"):
        return -(-size // stride)
    count = (size - window) // stride + 1
    if count < 1:
        raise ShapeError(f"A window of {window} does not fit into an axis of {size}.")
    return count


def _count_back(
    size: int, kernel: int, stride: int, dilation: int, extra: int | None, padding: str
) -> int:
    """Return the length from which a transposed convolution made an axis."""
    window = dilation * (kernel - 1) + 1
    if extra is not None:
        pad = window // 2 if padding == "same" else 0
        return (size - 1) * stride + window - 2 * pad + extra
    return size * stride + (0 if padding == "same" else max(window - stride, 0))


def _set_channels(config: Config, shape: Shape | None, channels: int | None) -> Shape | None:
    if shape is None:
        return None
    if is_channels_first(config):
        return (shape[0], channels, *shape[2:])
    return (*shape[:-1], channels)
