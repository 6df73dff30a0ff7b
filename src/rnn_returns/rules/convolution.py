"""The shape of an image after the convolution of a ConvLSTM."""

from collections.abc import Sequence
from typing import Any

from rnn_returns.rules.layer_spec import IMAGE_AXES, LayerSpec


def convolve(layer: LayerSpec, image: Sequence[Any]) -> tuple[Any, ...]:
    """Return the shape of one image after the convolution of a ConvLSTM.

    Args:
        layer: The ConvLSTM.
        image: The shape of the image, with its channels where ``data_format`` has them.

    Raises:
        ValueError: If the kernel is larger than the image.

    >>> from rnn_returns.rules.convolution import convolve
    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> convolve(LayerSpec("ConvLSTM1D", filters=4, kernel_size=3), (8, 1))
    (6, 4)
    """
    first = layer.data_format == "channels_first"
    options: tuple[Any, ...] = (layer.kernel_size, layer.strides, layer.dilation_rate)
    sizes = []
    for axis, length in enumerate(image[1:] if first else image[:-1]):
        kernel, stride, dilation = (
            option[axis] if isinstance(option, tuple) else option for option in options
        )
        window = dilation * (kernel - 1) + 1 if layer.padding == "valid" else 1
        if window > length:
            raise ValueError(
                f"The kernel reaches over {window} entries of the {IMAGE_AXES[layer.kind][axis]} "
                f"axis, which has {length}; make kernel_size smaller, or set padding='same'."
            )
        sizes.append((length - window) // stride + 1)
    return (layer.filters, *sizes) if first else (*sizes, layer.filters)
