"""What an index takes of the output of a recurrent layer."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from rnn_returns.models.diagnostic_rules import Finding
from rnn_returns.models.graph import GraphCall, GraphTensor
from rnn_returns.rules.layer_spec import IMAGE_AXES, LayerSpec, unwrap

ALL = slice(None)
# Layers that change each value on its own, so that an index takes the same before and after them.
ELEMENTWISE = {
    *("Activation", "ActivityRegularization", "Dropout", "ELU", "GaussianDropout", "GaussianNoise"),
    *("Identity", "LeakyReLU", "Masking", "ReLU", "SpatialDropout1D", "Cast", "Tanh", "Relu"),
}


class Index(NamedTuple):
    """What an operation takes: an entry for each axis, ``slice(None)`` for all of it."""

    entries: tuple[Any, ...]
    text: str

    def is_at(self, axis: int, position: int, length: int | None) -> bool:
        """Return whether it takes one entry of *axis*, that at *position*: 0 or -1."""
        entry = self.entries[axis]
        if isinstance(entry, slice) and entry.step in (None, 1):
            start = entry.start or 0
            if entry.stop != (None if start == -1 else start + 1):
                return False
            entry = start
        if not isinstance(entry, int) or isinstance(entry, bool):
            return False
        if length is not None and entry == position % length:
            return True
        return entry == position


def diagnose_indices(call: GraphCall, spec: LayerSpec) -> Iterator[Finding]:
    """Yield which indices of the outputs take something else than they seem to."""
    for output in call.outputs:
        for index in read_indices(output):
            yield from _diagnose_first_sample(output, index)
    inner = unwrap(spec)
    if not inner.return_sequences or spec.kind == "TimeDistributed":
        return
    if inner.kind in IMAGE_AXES and spec.kind != "Bidirectional":
        return
    for output in call.outputs:
        if "state" in output.name:
            continue
        indices = [index for each in [output, *_follow(output)] for index in read_indices(each)]
        for index in indices:
            if finding := _diagnose_time_step(call, spec, output, index, indices):
                yield finding
                return


def _diagnose_first_sample(output: GraphTensor, index: Index) -> Iterator[Finding]:
    first, batch = index.entries[0], (output.shape or (None,))[0]
    if isinstance(first, int) and batch != 1:
        yield Finding(
            "RNN304",
            f"{index.text} selects sample {first} of the tensor {output.name}, not an item of a "
            "list of outputs; leave it out, or write [:, -1] for the last time step",
            "output[:, -1]" if len(index.entries) > 2 else "",
        )


def _diagnose_time_step(
    call: GraphCall, spec: LayerSpec, output: GraphTensor, index: Index, indices: list[Index]
) -> Finding | None:
    """Return what is wrong with taking one time step of a sequence, of which all are *indices*."""
    length = (output.shape or (None, None))[1]
    last = index.is_at(1, -1, length) and length != 1
    inner = unwrap(spec)
    if spec.kind == "Bidirectional":
        forward, backward = _find_halves(spec, output, index)
        # Who takes both ends takes the last output of the backward layer as well: the first one.
        ends = [each for each in indices if each.is_at(1, 0, length)]
        if last and backward and not any(_find_halves(spec, output, each)[1] for each in ends):
            return Finding(
                "RNN301",
                f"{index.text} of the output is not the last output of both directions: the "
                "backward layer has processed only one time step there. Leave out "
                "return_sequences, or use the returned states",
                _create_fix(inner, output),
            )
        zero = forward and inner.kind not in IMAGE_AXES
    else:
        zero = inner.zero_output_for_mask
        if inner.go_backwards and index.is_at(1, 0, length) and length != 1:
            return Finding(
                "RNN303",
                f"{index.text} of the output is the output after one time step, the last one, "
                "because go_backwards=True returns the time steps in reverse order. The output "
                "after all of them is [:, -1]",
                "output[:, -1]",
            )
    if last and zero and call.is_mask_known and call.mask and not inner.go_backwards:
        return Finding(
            "RNN302",
            f"{index.text} of the output is zero for a sample that ends in a masked time step, "
            "because the output of this sequence is zero there. Use the returned states, or leave "
            "out return_sequences",
            _create_fix(inner, output),
        )
    return None


def _create_fix(spec: LayerSpec, output: GraphTensor) -> str:
    """Return the argument to change; the sequence has to stay if something else uses it as well."""
    if all(len(tensor.uses) == 1 for tensor in [output, *_follow(output)]):
        return "return_sequences=False"
    return "" if spec.return_state else "return_state=True"


def _find_halves(spec: LayerSpec, output: GraphTensor, index: Index) -> tuple[bool, bool]:
    """Return whether an index takes values of the forward and of the backward layer."""
    if spec.merge_mode is None:
        return output.name.startswith("forward"), output.name.startswith("backward")
    inner, entry = unwrap(spec), index.entries[-1]
    total, rank = (output.shape or (None,))[-1], len(output.shape or ())
    units = inner.filters if inner.kind in IMAGE_AXES else inner.cells[-1].units
    if inner.data_format == "channels_first":  # Keras concatenates the last axis of the images.
        units = total and total // 2
    if spec.merge_mode != "concat" or len(index.entries) != rank or not total or units is None:
        return True, True
    if isinstance(entry, int):
        taken = [entry % total]
    elif isinstance(entry, slice):
        taken = list(range(total))[entry]
    else:
        return True, True
    return any(unit < units for unit in taken), any(unit >= units for unit in taken)


def read_indices(tensor: GraphTensor) -> Iterator[Index]:
    """Yield the indices of *tensor* that operations take, as far as they are numbers."""
    for use in tensor.uses:
        if use.call and use.call.inputs[:1] == [tensor] and (index := _read_index(use.call)):
            yield index


def _read_index(call: GraphCall) -> Index | None:
    """Return what a call takes of its first argument; None if it is not an index, or not known."""
    rank = len(call.input_shape or ())
    if call.class_name == "Take":
        axis, entry = call.arguments.get("axis"), call.arguments.get("indices")
        if isinstance(entry, list | tuple) and len(entry) == 1 and isinstance(entry[0], int):
            entry = slice(entry[0], None if entry[0] == -1 else entry[0] + 1)
        if not isinstance(axis, int) or not isinstance(entry, int | slice) or axis >= rank:
            return None
        entries: list[Any] = [ALL] * rank
        entries[axis] = entry
        return Index(tuple(entries), f"take(..., axis={axis})")
    if call.class_name != "GetItem":
        return None
    key = call.arguments.get("key")
    parts: list[Any] = list(key) if isinstance(key, list | tuple) else [key]
    if not all(isinstance(part, int | slice) or part is ... for part in parts):
        return None
    missing = rank - sum(part is not ... for part in parts)
    if missing < 0 or not rank:
        return None
    place = next((i for i, part in enumerate(parts) if part is ...), len(parts))
    entries = [*parts[:place], *[ALL] * missing, *parts[place + 1 :]]
    return Index(tuple(entries), f"[{', '.join(map(_format_part, parts))}]")


def _format_part(part: Any) -> str:
    if isinstance(part, slice):
        start, stop, step = ("" if each is None else str(each) for each in _list_slice(part))
        return f"{start}:{stop}" + (f":{step}" if step else "")
    return "..." if part is ... else str(part)


def _list_slice(part: slice) -> tuple[Any, Any, Any]:
    return part.start, part.stop, part.step


def _follow(tensor: GraphTensor) -> Iterator[GraphTensor]:
    """Yield the results of layers that only change each value of *tensor* on its own."""
    for use in tensor.uses:
        if use.call and not use.call.layer and use.call.class_name in ELEMENTWISE:
            for output in use.call.outputs:
                yield output
                yield from _follow(output)
