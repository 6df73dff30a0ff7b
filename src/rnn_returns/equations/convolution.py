"""The convolution of a ConvLSTM: a window moves over an image."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def convolve(
    images: np.ndarray,
    kernel: np.ndarray,
    strides: int | Sequence[int] = 1,
    padding: str = "same",
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    """Convolve images with the channels last, as Keras does: without flipping the kernel.

    Args:
        images: The images, ``(batch, rows, cols, channels)``, here with two axes.
        kernel: The weights, ``(kernel_rows, kernel_cols, channels, filters)``.
        strides: The step of the window along each axis, or one number for all axes.
        padding: ``"valid"``, or ``"same"`` for zeros around an image. An odd number of zeros has
            the larger half after the image.
        dilation_rate: The distance between entries of the window, as for *strides*.

    Returns:
        The new images, ``(batch, new_rows, new_cols, filters)``.

    Raises:
        ValueError: If an argument is not known or the window is larger than the image.

    >>> import numpy as np
    >>> from rnn_returns.equations.convolution import convolve
    >>> image, kernel = np.reshape([1, 2, 3], (1, 3, 1)), np.reshape([1, 10], (2, 1, 1))
    >>> convolve(image, kernel)[0, :, 0]
    array([21, 32,  3])
    """
    rank = kernel.ndim - 2
    steps = _read_numbers("strides", strides, rank)
    gaps = _read_numbers("dilation_rate", dilation_rate, rank)
    if max(steps) > 1 and max(gaps) > 1:
        raise ValueError("Keras does not support strides > 1 together with dilation_rate > 1.")
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', got {padding!r}.")
    window = [gap * (size - 1) + 1 for gap, size in zip(gaps, kernel.shape, strict=False)]
    image = images.shape[1:-1]
    if padding == "same":
        zeros = [_count_zeros(*axis) for axis in zip(image, window, steps, strict=True)]
        images = np.pad(images, [(0, 0), *zeros, (0, 0)])
    elif any(size > length for size, length in zip(window, image, strict=True)):
        raise ValueError(
            f"The window of the kernel has the shape {tuple(window)} and does not fit into an "
            f"image of shape {image}; pass larger images, or padding='same'."
        )
    moves = [slice(None, None, step) for step in steps]
    entries = [slice(None, None, gap) for gap in gaps]
    # (batch, new_rows, new_cols, channels, kernel_rows, kernel_cols)
    windows = sliding_window_view(images, window, axis=tuple(range(1, rank + 1)))
    windows = windows[(slice(None), *moves, slice(None), *entries)]
    summed = [*range(rank + 2, 2 * rank + 2), rank + 1], [*range(rank + 1)]
    return np.tensordot(windows, kernel, axes=summed)


def _count_zeros(length: int, window: int, step: int) -> tuple[int, int]:
    """Count the zeros before and after an axis, for one window every *step* entries."""
    total = max((ceil(length / step) - 1) * step + window - length, 0)
    return total // 2, total - total // 2


def _read_numbers(name: str, value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    numbers = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(numbers) != rank or any(number < 1 for number in numbers):
        raise ValueError(f"{name} must be {rank} positive integers or one, got {value!r}.")
    return numbers
