"""Whether the initial state of a call fits the layer: its number, rank, size and order."""

from collections.abc import Iterator
from typing import Any

from rnn_returns.models.diagnostic_rules import Finding
from rnn_returns.models.diagnostic_rules.state_needs import (
    Need,
    describe_origin,
    find_needs,
    find_state_kind,
    format_shape,
)
from rnn_returns.models.graph import GraphCall, GraphTensor, find_tensors
from rnn_returns.rules.layer_spec import (
    CELL_STATES,
    IMAGE_AXES,
    LayerSpec,
    direction_specs,
    state_names,
)


def diagnose_initial_state(call: GraphCall, spec: LayerSpec) -> Iterator[Finding]:
    """Yield what is wrong with the initial state of a call; one cause at a time."""
    given = call.arguments.get("initial_state")
    given = list(given) if isinstance(given, tuple) else given
    if given is None or spec.kind == "TimeDistributed":
        return
    if any(cell.kind not in CELL_STATES for part in _split(spec) for cell in part.cells):
        return  # A custom cell can handle any states.
    findings = list(_diagnose_states(call, spec, given))
    fails = [finding for finding in findings if finding.code in ("RNN101", "RNN103", "RNN104")]
    if fails and (cause := _find_cause(given, fails[0])):
        code, reason = cause
        yield fails[0]._replace(code=code, message=f"{reason}; {fails[0].message}")
    else:
        yield from fails[:1] or findings[:1]


def _diagnose_states(call: GraphCall, spec: LayerSpec, given: Any) -> Iterator[Finding]:
    if spec.kind == "Bidirectional":
        yield from _diagnose_directions(call, spec, given)
        return
    entries = list(given) if isinstance(given, list | tuple) else [given]
    needs = find_needs(spec, call.input_shape)
    if isinstance(spec.cell, tuple):
        yield from _diagnose_stack(call, spec, entries, needs)
        return
    names = ", ".join(need.name for need in needs)
    if len(entries) >= len(needs) and not _are_tensors(entries):
        return  # Keras accepts some nested states.
    if not (_are_tensors(entries) and _repeats_state(entries)):
        yield from _diagnose_count(call, spec, len(entries), len(needs), names, entries, len(needs))
    if not _are_tensors(entries):
        return
    for entry, need in zip(entries, needs, strict=False):
        yield from _diagnose_shape(call, spec, entry, need)
    yield from _diagnose_order(spec, entries, needs)


def _diagnose_directions(call: GraphCall, spec: LayerSpec, given: Any) -> Iterator[Finding]:
    """Yield what is wrong with the states of a Bidirectional layer, which halves the list."""
    parts = direction_specs(spec)
    needs = [find_needs(part, call.input_shape) for part in parts]
    names = ", ".join(state_names(spec))
    total = sum(map(len, needs))
    if isinstance(given, GraphTensor):
        if total == 2:
            for part, need in zip(parts, needs, strict=True):
                yield from _diagnose_shape(call, part, given, need[0])
            batch = (call.input_shape or (None,))[0]
            code = "RNN107" if batch in (None, 2) else "RNN101"
            yield Finding(
                code,
                f"one state is given, and Keras splits it along the batch, but {total} are needed, "
                f"one for each direction: {names}",
                "initial_state=[state, state]",
            )
            return
        given = [given]
    half = len(given) // 2
    halves = [list(given[:half]), list(given[half:])]
    lengths = [len(part.cell) if isinstance(part.cell, tuple) else 0 for part in parts]
    for part, need, states, cells in zip(parts, needs, halves, lengths, strict=True):
        count, wanted = len(states), cells or len(need)
        if count > wanted or (count < wanted and not cells):
            yield from _diagnose_count(call, part, count, wanted, names, given, total)
            return
    for part, states in zip(parts, halves, strict=True):
        yield from _diagnose_states(call, part, states)
    flat = [state for states in halves for state in states]
    if not any(lengths) and len(flat) == total and _are_tensors(flat):
        shapes = [need.shape for part in needs for need in part]
        yield from _diagnose_order(spec, flat, list(map(Need, state_names(spec), shapes)))


def _diagnose_stack(
    call: GraphCall, spec: LayerSpec, entries: list[Any], needs: list[Need]
) -> Iterator[Finding]:
    """Yield what is wrong with the states of stacked cells: an entry for each cell."""
    assert isinstance(spec.cell, tuple)
    structure = [[f"cell_{i}_{name}" for name in c.state_names] for i, c in enumerate(spec.cell)]
    shown = f"[{', '.join(map(_join_names, structure))}]"
    for entry, names in zip(entries, structure, strict=False):
        count = len(list(find_tensors(entry)))
        if count < len(names) or (count > len(names) and not spec.unroll):
            yield Finding(
                "RNN101",
                f"{_count(count, entry)} for a cell that needs {len(names)}; the "
                f"states of stacked cells are {shown}",
                f"initial_state={shown}",
            )
            return
    if not entries or (len(entries) > len(structure) and not spec.unroll):
        yield Finding(
            "RNN101",
            f"{_count(len(entries), entries)} for {len(structure)} cells, but the "
            f"states are {shown}",
            f"initial_state={shown}",
        )
        return
    if len(entries) < len(structure):
        # The last output is then that of the last cell with a state.
        fails = spec.return_state or (spec.unroll and any(len(names) > 1 for names in structure))
        yield Finding(
            "RNN101" if fails else "RNN110",
            f"states for {len(entries)} of {len(structure)} cells are given, and Keras skips the "
            f"other cells; the states are {shown}",
            f"initial_state={shown}",
        )
    remaining = iter(needs)
    for entry, names in zip(entries, structure, strict=False):
        states = list(find_tensors(entry))
        own = [next(remaining) for _ in names]
        for state, need in zip(states, own, strict=False):
            yield from _diagnose_shape(call, spec, state, need)
        yield from _diagnose_order(spec, states, own)


def _diagnose_count(
    call: GraphCall,
    spec: LayerSpec,
    count: int,
    wanted: int,
    names: str,
    given: list[Any],
    total: int,
) -> Iterator[Finding]:
    """Yield whether *count* states are too many or too few for one direction of a layer.

    All directions are *given* states and need a *total* of states, of these *names*.
    """
    text = f"{_count(len(given), given)}, but {total} {_be(total)} needed: {names}"
    if (
        count < wanted
        or (count > wanted and spec.kind != "GRU" and not spec.unroll)
        or (count > wanted and spec.kind != "GRU" and call.mask)
    ):
        yield Finding("RNN101", text, f"initial_state=[{names}]")
    elif count > wanted:
        yield Finding("RNN102", f"{text}; Keras ignores the rest", f"initial_state=[{names}]")


def _are_tensors(entries: list[Any]) -> bool:
    return all(isinstance(entry, GraphTensor) for entry in entries)


def _repeats_state(entries: list[GraphTensor]) -> bool:
    """Return whether the states are the whole result of a GRU, whose output is its state."""
    call = entries[0].call if entries else None
    spec = call.layer.spec if call and call.layer else None
    if not (call and spec and spec.kind == "GRU" and entries == call.outputs):
        return False
    return not (spec.return_sequences or spec.zero_output_for_mask or call.mask)


def _diagnose_shape(
    call: GraphCall, spec: LayerSpec, state: GraphTensor, need: Need
) -> Iterator[Finding]:
    """Yield whether a state has a wrong rank or size."""
    shape = state.shape
    if shape is None:
        return
    needed = f"{need.name} needs {format_shape(need.shape)}"
    origin = describe_origin(state)
    given = f"{origin} of shape {shape} is given, but {needed}"
    batch = need.shape[0]
    if len(shape) != len(need.shape):
        simple = any(cell.kind == "SimpleRNNCell" for cell in spec.cells)
        lstm = any(cell.kind == "LSTMCell" for cell in spec.cells)
        if len(shape) < 2:
            fits = False
        elif simple:
            fits = batch in (1, None, shape[1]) or shape[1] == 1
        else:
            fits = lstm and shape[1] == 1 and batch in (1, None)
        broadcast = fits and len(shape) == 3 and spec.kind not in IMAGE_AXES
        note = "; Keras broadcasts it in some batch sizes, with outputs of a wrong shape"
        yield Finding("RNN105", given + note) if broadcast else Finding("RNN103", given)
        return
    for axis, (length, wanted) in enumerate(zip(shape, need.shape, strict=True)):
        if length is None or wanted is None or length == wanted:
            continue
        if length == 1 and not _is_matrix_axis(spec, need, axis):
            if need.name.endswith("state_c") and axis == _find_unit_axis(spec, need):
                yield Finding("RNN105", f"{given}; Keras repeats the one value")
                return
            continue  # One image, or one sample, for all.
        if axis == 0 and wanted == 1:
            continue
        yield Finding("RNN104", given)
        return


def _is_matrix_axis(spec: LayerSpec, need: Need, axis: int) -> bool:
    """Return whether a matrix is multiplied along *axis*: only ``state_h`` is."""
    return axis == _find_unit_axis(spec, need) and not need.name.endswith("state_c")


def _find_unit_axis(spec: LayerSpec, need: Need) -> int:
    first = spec.kind in IMAGE_AXES and spec.data_format == "channels_first"
    return 1 if first else len(need.shape) - 1


def _diagnose_order(
    spec: LayerSpec, entries: list[GraphTensor], needs: list[Need]
) -> Iterator[Finding]:
    """Yield whether states of an LSTM are in the place of others."""
    if len(entries) != len(needs):
        return
    pairs = [
        (find_state_kind(entry), need.name) for entry, need in zip(entries, needs, strict=True)
    ]
    h_for_c = [name for kind, name in pairs if kind == "state_h" and name.endswith("state_c")]
    c_for_h = [name for kind, name in pairs if kind == "state_c" and name.endswith("state_h")]
    if h_for_c and c_for_h:
        names = ", ".join(need.name for need in needs)
        given = ", ".join(describe_origin(entry) for entry in entries)
        yield Finding(
            "RNN106",
            f"the states are swapped: expected {names}, got {given}",
            f"initial_state=[{names}]",
        )


def _find_cause(given: Any, finding: Finding) -> tuple[str, str] | None:
    """Return why the states do not fit, if the graph shows it: the code and the reason."""
    states = list(find_tensors(given))
    calls = {id(state.call) for state in states}
    first = states[0] if states else None
    if first and len(calls) == 1 and first.name == "output" and first.call and first.call.layer:
        outputs = first.call.outputs
        if len(states) > 1 and states == outputs:
            return "RNN108", f"the whole result of {first.call.path} is given, output included"
    for state in states:
        if state.call and not state.call.layer and state.call.class_name == "Concatenate":
            parts = list(find_tensors(state.call.arguments))
            # A missing state is another cause than two states of one kind that are joined.
            mixed = finding.code != "RNN101" or not find_state_kind(state)
            if len(parts) > 1 and mixed and all("state" in part.name for part in parts):
                return "RNN109", f"{describe_origin(state)} is given as one state"
    return None


def _split(spec: LayerSpec) -> tuple[LayerSpec, ...]:
    return direction_specs(spec) if spec.kind == "Bidirectional" else (spec,)


def _join_names(names: list[str]) -> str:
    return f"[{', '.join(names)}]"


def _count(number: int, states: Any) -> str:
    """Return how many states are given, and which, as far as they have names."""
    named = [describe_origin(state) for state in find_tensors(states) if state.name]
    origins = f" ({', '.join(named)})" if named else ""
    return f"{number} initial state{'' if number == 1 else 's'}{origins} {_be(number)} given"


def _be(number: int) -> str:
    return "is" if number == 1 else "are"
