"""The arguments of the equations, as arrays that fit each other."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from rnn_returns.equations.convolution import convolve
from rnn_returns.rules.layer_spec import IMAGE_AXES

Arrays = dict[str, np.ndarray]


class WeightLayout(NamedTuple):
    """The weights and states that the equations of a layer expect."""

    layer: str  # The name of the layer in messages.
    blocks: int  # How many blocks of columns the weights have, one for each gate and candidate.
    states: tuple[str, ...] = ("h",)
    biases: int = 1


class SequenceInput(NamedTuple):
    """What a layer is called on: the input, the initial states by name, and the mask."""

    x: np.ndarray
    states: Arrays
    mask: np.ndarray


def read_arguments(
    layout: WeightLayout, x: Any, weights: Sequence[Any], initial_state: Any, mask: Any
) -> tuple[SequenceInput, list[np.ndarray]]:
    """Return the arguments as arrays, with defaults instead of None.

    The weights are the kernel, the recurrent kernel, and the bias or None.
    """
    advice = "add the axis that is missing, as in x[np.newaxis]"
    x = _as_array("x", x, ("batch", "timesteps", "features"), advice=advice)
    weights = _read_weights(layout, weights, features=x.shape[-1])
    units = len(weights[1])
    states = _read_states(layout.states, initial_state, ("batch", "units"), (len(x), units))
    return _convert(layout.states, x, states, weights, mask)


def read_image_arguments(
    x: Any, weights: Sequence[Any], initial_state: Any, mask: Any, window: dict[str, Any]
) -> tuple[SequenceInput, list[np.ndarray]]:
    """Return the arguments of a ConvLSTM likewise; its kernel shows how many axes an image has."""
    kernel, recurrent_kernel, bias = weights
    ranks = {len(axes): (kind, axes) for kind, axes in IMAGE_AXES.items()}
    kind, axes = ranks.get(_to_array("kernel", kernel).ndim - 2, ranks[2])
    advice = f"pass the weights of one {kind}, in the order of its get_weights()"
    sizes = tuple(f"kernel_{axis}" for axis in axes)
    W_axes, U_axes = ((*sizes, name, "4 * filters") for name in ("channels", "filters"))
    W = _as_array("kernel", kernel, W_axes, advice=advice)
    U = _as_array("recurrent_kernel", recurrent_kernel, U_axes, advice=advice)
    *size, filters, _ = U.shape
    _as_array("recurrent_kernel", U, U_axes, (*size, filters, 4 * filters), advice)

    images = "add the axis that is missing, as in x[np.newaxis], and put the channels last"
    x = _as_array("x", x, ("batch", "timesteps", *axes, "channels"), advice=images)
    _as_array("kernel", W, W_axes, (*size, x.shape[-1], 4 * filters), advice)
    b = _read_bias(bias, ("4 * filters",), (4 * filters,), advice)
    image = convolve(x[:, 0], W, **window).shape[1:-1]
    states = _read_states(
        ("h", "c"), initial_state, ("batch", *axes, "filters"), (len(x), *image, filters)
    )
    return _convert(("h", "c"), x, states, [W, U, b], mask)


def _convert(
    names: tuple[str, ...],
    x: np.ndarray,
    states: list[np.ndarray],
    weights: list[np.ndarray],
    mask: Any,
) -> tuple[SequenceInput, list[np.ndarray]]:
    """Cast all arrays to the floating type of the weights; return the states by *names*."""
    mask = np.ones(x.shape[:2], bool) if mask is None else mask
    mask = _as_array("mask", mask, ("batch", "timesteps"), x.shape[:2], kinds="b")
    # Any other floating type takes precedence over half precision, which replaces integers.
    dtype = np.result_type(*weights[:2], np.float16)
    x, *arrays = (array.astype(dtype, copy=False) for array in (x, *states, *weights))
    split = len(states)
    named = dict(zip(names, arrays[:split], strict=True))
    return SequenceInput(x, named, mask), arrays[split:]


def _read_weights(layout: WeightLayout, weights: Sequence[Any], features: int) -> list[np.ndarray]:
    kernel, recurrent_kernel, bias = weights
    columns = f"{layout.blocks} * units" if layout.blocks > 1 else "units"
    advice = f"pass the weights of one {layout.layer}, in the order of its get_weights()"
    U = _as_array("recurrent_kernel", recurrent_kernel, ("units", columns), advice=advice)
    width = layout.blocks * len(U)
    _as_array("recurrent_kernel", U, ("units", columns), (len(U), width), advice)
    W = _as_array("kernel", kernel, ("features", columns), (features, width), advice)
    axes, lengths = ((columns,), (width,)) if layout.biases == 1 else (("2", columns), (2, width))
    return [W, U, _read_bias(bias, axes, lengths, advice)]


def _read_bias(
    bias: Any, axes: tuple[str, ...], lengths: tuple[int, ...], advice: str
) -> np.ndarray:
    return np.zeros(lengths) if bias is None else _as_array("bias", bias, axes, lengths, advice)


def _read_states(
    names: tuple[str, ...], initial_state: Any, axes: tuple[str, ...], shape: tuple[int, ...]
) -> list[np.ndarray]:
    if initial_state is None:
        return [np.zeros(shape)] * len(names)
    if not isinstance(initial_state, list | tuple) or len(initial_state) != len(names):
        kind = type(initial_state).__name__
        given = f"a {kind} of {len(initial_state)}" if kind in ("list", "tuple") else f"one {kind}"
        raise ValueError(
            f"initial_state is {given}, but must be the list [{', '.join(names)}]; "
            f"pass one array of shape ({', '.join(axes)}) for each of these states."
        )
    return [
        _as_array(f"initial_state[{n}]", state, axes, shape)
        for n, state in enumerate(initial_state)
    ]


def _as_array(
    name: str,
    value: Any,
    axes: tuple[str, ...],
    lengths: tuple[int, ...] | None = None,
    advice: str = "pass one row for each sample of x",
    kinds: str = "biuf",  # NumPy's letters for the kinds of data that are accepted.
) -> np.ndarray:
    """Return *value* as an array with these *axes*, and of these *lengths* if they are known."""
    array = _to_array(name, value)
    if array.dtype.kind not in kinds:
        needed = "booleans, such as x[..., 0] != 0" if kinds == "b" else "real numbers"
        raise TypeError(f"Expected {name} to contain {needed}, got {array.dtype}.")
    if array.ndim != len(axes) or 0 in array.shape or lengths not in (None, array.shape):
        here = "with no axis empty" if lengths is None else f"here {lengths}"
        raise ValueError(
            f"{name} has the shape {array.shape}, but must have ({', '.join(axes)}), {here}; "
            f"{advice}."
        )
    return array


def _to_array(name: str, value: Any) -> np.ndarray:
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is not an array; pass numbers, in rows of one length.") from error
