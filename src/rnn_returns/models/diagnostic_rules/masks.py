"""Whether a mask fits the layer that receives it, and what becomes of it."""

from collections.abc import Iterator

from rnn_returns.models.diagnostic_rules import Finding
from rnn_returns.models.graph import GraphCall, GraphTensor
from rnn_returns.rules.layer_spec import (
    IMAGE_AXES,
    LayerSpec,
    Shape,
    direction_specs,
    unwrap,
    wrapped,
)


def diagnose_mask(call: GraphCall, spec: LayerSpec) -> Iterator[Finding]:
    """Yield what is wrong with the mask of a call."""
    if not call.is_mask_known:
        return
    if call.drops_mask:
        several = ", ".join(call.tensor_arguments)
        yield Finding(
            "RNN204",
            "the mask is dropped: Keras passes the mask of the input only if a call has one tensor "
            f"argument, but this call has several ({several}). Padded time steps are processed "
            "like all others. Pass mask= to the call as well",
            _create_mask(call.inputs[0]),
        )
    if call.mask is None:
        return
    if call.mask.shape is not None and call.input_shape is not None:
        yield from _diagnose_shape(call, spec, call.mask.shape, call.input_shape)
    inner = unwrap(spec)
    if inner.zero_output_for_mask and not inner.return_sequences and spec.layer is None:
        yield Finding(
            "RNN206",
            "zero_output_for_mask=True without return_sequences makes the output zero for a sample "
            "that ends in a masked time step; leave it out",
        )


def _diagnose_shape(
    call: GraphCall, spec: LayerSpec, mask: Shape, shape: Shape
) -> Iterator[Finding]:
    """Yield whether the shape of a mask fits the time steps of the input."""
    prefix, rank = "(batch, timesteps)", 2
    source = _describe_source(call.inputs[0]) if not call.sets_mask and call.inputs else ""
    given = f"the mask has the shape {mask}{source}"
    if spec.kind == "TimeDistributed":
        prefix, rank = "(batch, slices, timesteps)", 3
        if len(mask) >= 2 and _differ(mask[1], shape[1]):
            yield Finding("RNN203", f"{given}, but the input has {shape[1]} slices")
            return
        mask, shape, spec = (mask[0], *mask[2:]), (shape[0], *shape[2:]), wrapped(spec)
    parts = direction_specs(spec) if spec.kind == "Bidirectional" else (spec,)
    if len(mask) < 2:
        yield Finding("RNN201", f"{given}, but {prefix} is needed")
    elif _differ(mask[1], shape[1]) and not ((mask[1] or 0) > (shape[1] or 0) and parts[0].unroll):
        # Unrolled, Keras leaves out the rest of a mask that is too long.
        yield Finding("RNN203", f"{given}, but the input has {shape[1]} time steps")
    elif any(length != 1 for length in mask[2:]):
        fits = all(_fits_states(part, call, mask[2:]) for part in parts)
        image = parts[0].kind in IMAGE_AXES
        axes = tuple(range(rank, rank + len(mask) - 2))
        fix = f"keras.ops.any(mask, axis={axes if len(axes) > 1 else axes[0]})"
        if fits:
            what = "parts of an image" if image else "units"
            yield Finding(
                "RNN202",
                f"{given}, so it masks {what} instead of time steps; {prefix} is needed",
                fix,
            )
        else:
            yield Finding("RNN201", f"{given}, but {prefix} is needed", fix)


def _fits_states(spec: LayerSpec, call: GraphCall, lengths: Shape) -> bool:
    """Return whether a mask with *lengths* after its time steps fits the states."""
    if spec.unroll:
        return False
    if spec.kind not in IMAGE_AXES:
        sizes = {size for cell in spec.cells for size in cell.state_sizes}
        return lengths in [(size,) for size in sizes] and len(sizes) == 1
    output = call.outputs[0].shape if call.outputs else None
    if output is None:
        return True
    image = output[2:] if spec.return_sequences else output[1:]
    if len(lengths) > len(image):
        return False
    pairs = zip(lengths, image, strict=False)
    return not any(_differ(length, size) for length, size in pairs if length != 1)


def _create_mask(tensor: GraphTensor) -> str:
    """Return the code that passes on the mask of a tensor, as far as its origin is known."""
    call = tensor.call
    while call and call.inputs and call.class_name not in ("Embedding", "Masking"):
        call = call.inputs[0].call
    match call.class_name if call else "":
        case "Embedding":
            return "mask=keras.ops.not_equal(tokens, 0)"
        case "Masking":
            return "mask=keras.ops.any(keras.ops.not_equal(x, mask_value), axis=-1)"
    return "mask=mask"


def _describe_source(tensor: GraphTensor) -> str:
    """Return where the mask comes from, if that is a wrapper that passes on more than it should."""
    call = tensor.call
    while call and len(call.inputs) == 1 and call.class_name != "TimeDistributed":
        call = call.inputs[0].call
    if call and call.class_name == "TimeDistributed":
        return f", because {call.path} (TimeDistributed) propagates the mask of its input"
    return ""


def _differ(length: int | None, other: int | None) -> bool:
    return None not in (length, other) and length != other
