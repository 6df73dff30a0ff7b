"""Where a sequence in reverse order is used as if it were in order."""

from typing import Any, NamedTuple

from rnn_returns.models.diagnostic_rules import Finding
from rnn_returns.models.diagnostic_rules.indices import ELEMENTWISE
from rnn_returns.models.graph import GraphCall, GraphTensor, ModelGraph, find_tensors
from rnn_returns.rules.layer_spec import LayerSpec, unwrap

# Layers and operations that handle each time step on its own.
STEPWISE = ELEMENTWISE | {"Dense", "EinsumDense", "TimeDistributed", "LayerNormalization"}
STEPWISE |= {"Embedding"}
STEPWISE |= {"BatchNormalization", "RMSNormalization", "PReLU", "Softmax", "Sigmoid"}
# Those that handle a time step of several sequences together.
JOINING = {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}
ATTENTION = {"Attention", "AdditiveAttention", "MultiHeadAttention"}


class _Order(NamedTuple):
    """In which order a sequence contains the time steps of another one.

    Args:
        source: The sequence that it is compared with.
        is_reversed: Whether it begins with the last time step of *source*.
        origin: The call with go_backwards that has reversed it, if one did.
    """

    source: GraphTensor
    is_reversed: bool = False
    origin: GraphCall | None = None


def find_reversed_uses(graph: ModelGraph) -> dict[GraphCall, list[Finding]]:
    """Find the calls whose reversed sequences, or masks, are used as if they were in order."""
    tracker = _Tracker()
    for call in graph.calls:
        tracker.follow(call)
    for tensor, order in tracker.orders.items():
        if order.is_reversed and any(use.call is None for use in tensor.uses):
            tracker.report(order, "the model returns them in this order")
            if tensor.mask:
                tracker.report_mask(order)
    return tracker.findings


class _Tracker:
    """Follow the order of sequences through the calls of a graph.

    Attributes:
        orders: The order of each sequence that is known to have that of another one.
        constant: The sequences that are the same at every time step, so that they have no order.
        findings: What is wrong with the use of what a call returns.
    """

    def __init__(self) -> None:
        self.orders: dict[GraphTensor, _Order] = {}
        self.constant: set[GraphTensor] = set()
        self.findings: dict[GraphCall, list[Finding]] = {}

    def report(self, order: _Order, reason: str) -> None:
        """Record that a reversed sequence is used as if it were in order."""
        self._add(
            order,
            "RNN305",
            "go_backwards=True returns the time steps in reverse order, the last one first, and "
            f"{reason}; keras.ops.flip(output, axis=1) restores their order",
        )

    def report_mask(self, order: _Order) -> None:
        """Record that a mask in order is used for a reversed sequence."""
        self._add(
            order,
            "RNN205",
            "the mask is propagated in the order of the input, but the time steps are in reverse "
            "order: a later layer would skip the wrong ones. Flip the output, or pass that layer a "
            "mask",
        )

    def _add(self, order: _Order, code: str, message: str) -> None:
        """Add a finding to the call that a sequence comes from, once."""
        if order.origin is None:
            return
        findings = self.findings.setdefault(order.origin, [])
        if code not in [finding.code for finding in findings]:
            findings.append(Finding(code, message, "keras.ops.flip(output, axis=1)"))

    def follow(self, call: GraphCall) -> None:
        """Follow one call: set the order of what it returns."""
        first = next(find_tensors(call.arguments), None)
        if first is None:
            return
        order, is_constant = self._find_order(first), first in self.constant
        uses_mask = call.layer or call.class_name == "GlobalAveragePooling1D"
        if order.is_reversed and uses_mask and call.mask and not call.sets_mask:
            self.report_mask(order)
        if call.layer:
            if call.layer.spec and not is_constant:
                self._follow_recurrent(call, call.layer.spec, order)
        elif call.class_name in JOINING:
            self._follow_joining(call)
        elif call.class_name == "RepeatVector" or (is_constant and call.class_name in STEPWISE):
            self.constant.update(call.outputs)
        elif _reverses(call):
            self._mark(call, _Order(order.source, not order.is_reversed))
        elif call.class_name in STEPWISE | ATTENTION | {"Flip"}:
            self._mark(call, order)

    def _follow_recurrent(self, call: GraphCall, spec: LayerSpec, order: _Order) -> None:
        if spec.kind != "TimeDistributed" and not unwrap(spec).return_sequences:
            return
        if spec.go_backwards:
            order = _Order(order.source, not order.is_reversed, None if order.is_reversed else call)
        # A layer that does not go backwards processes a sequence in the order that it is in.
        self._mark(call, order)

    def _follow_joining(self, call: GraphCall) -> None:
        sequences = [
            tensor
            for tensor in find_tensors(call.arguments)
            if tensor.shape is not None
            and (len(tensor.shape) >= 3 and tensor.shape[1] != 1)
            and tensor not in self.constant
        ]
        if not sequences or _joins_time(call):
            return
        orders = [self._find_order(tensor) for tensor in sequences]
        in_order = {order.source for order in orders if not order.is_reversed}
        if not in_order or len(set(orders)) == 1:
            self._mark(call, next((order for order in orders if order.origin), orders[0]))
            return
        # Nothing is known of the order of a sequence compared with one from another source.
        for order in orders:
            if order.is_reversed and order.source in in_order:
                reason = f"{call.path} ({call.class_name}) joins them with others in order"
                self.report(order, reason)

    def _find_order(self, tensor: GraphTensor) -> _Order:
        return self.orders.get(tensor, _Order(tensor))

    def _mark(self, call: GraphCall, order: _Order) -> None:
        for output in call.outputs[:1]:
            self.orders[output] = order


def _reverses(call: GraphCall) -> bool:
    """Return whether a call reverses the time axis."""
    rank = len(call.input_shape or ())
    if call.class_name == "Flip":
        axis = call.arguments.get("axis")
        axes = axis if isinstance(axis, list | tuple) else [axis]
        if axis is None:  # All of them.
            return True
        return any(isinstance(each, int) and rank and each % rank == 1 for each in axes)
    key: Any = call.arguments.get("key")
    if call.class_name != "GetItem" or not isinstance(key, list | tuple) or len(key) < 2:
        return False
    return key[1] == slice(None, None, -1) and key[0] in (slice(None), ...) and key[0] is not ...


def _joins_time(call: GraphCall) -> bool:
    """Return whether a Concatenate can join the time axes; a layer shows it by its shapes."""
    if call.class_name != "Concatenate":
        return False
    output = call.outputs[0].shape if call.outputs else None
    shapes = [tensor.shape for tensor in find_tensors(call.arguments)]
    sizes = [shape[-1] for shape in shapes if shape]
    known = output is not None and None not in sizes and output[-1] is not None
    return not known or (output or (0,))[-1] != sum(size or 0 for size in sizes)
