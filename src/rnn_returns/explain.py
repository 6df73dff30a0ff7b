"""A model of one's own, explained: what its recurrent layers return, and where that goes."""

import os
from collections import Counter
from collections.abc import Iterator
from itertools import starmap, zip_longest
from typing import Any

import keras

from rnn_returns import advice
from rnn_returns.checks import LAYERS, WRAPPERS, wrapped_layers
from rnn_returns.describe import FLAGS, describe
from rnn_returns.graph import Call, calls, graph_of
from rnn_returns.layer import OPEN_AXES, Layer, input_axes
from rnn_returns.load import load
from rnn_returns.report import RecurrentLayer, Report, Tensor
from rnn_returns.rules import Expected, expected
from rnn_returns.written import written

# A length for the axes that a layer must know, which no kernel reaches over.
SOME_LENGTH = 10_000


def explain(model: Any) -> Report:
    """Explain what every recurrent layer of *model* returns, and what becomes of it.

    No number is calculated, and the model stays as it is.

    Args:
        model: A Keras model, functional or ``Sequential``, or the path of a ``.keras`` file, of
            which no code is run. Of a model that runs code of its own, the layers are listed.

    Raises:
        TypeError: If *model* is neither a model nor a path.
        ValueError: If there is no model at the path that can be loaded.

    >>> import keras
    >>> from rnn_returns import explain
    >>> layers = [keras.Input((5, 3)), keras.layers.GRU(4, name="gru"), keras.layers.Dense(1)]
    >>> report = explain(keras.Sequential(layers))
    >>> [(tensor.name, tensor.shape) for tensor in report.layers[0].tensors]
    [('output', (None, 4))]
    """
    if isinstance(model, str | os.PathLike):
        model = load(model)
    if not isinstance(model, keras.Model):
        raise TypeError(
            "explain needs a Keras model or the path of a .keras file, but was given an object of "
            f"type {type(model).__name__}; of a single layer, observe shows what it returns."
        )
    graph = graph_of(model)
    made = [] if graph is None else calls(graph)
    layers = [
        *_called([call for call in made if _is_recurrent(call.layer)]),
        *starmap(_held, _others(model, {id(call.layer) for call in made})),
    ]
    return Report(f"{model.name} ({type(model).__name__})", tuple(_notes(model)), tuple(layers))


def _notes(model: Any) -> Iterator[str]:
    if graph_of(model) is None:
        yield f"Of its layers no more is known than what they are: {_why_unknown(model)}."


# The layers that the model's graph calls.


def _called(made: list[Call]) -> Iterator[RecurrentLayer]:
    """Explain the calls of recurrent layers."""
    times = Counter(call.path for call in made)
    done: Counter[str] = Counter()
    for call in made:
        done[call.path] += 1
        which = f" (call {done[call.path]} of {times[call.path]})" if times[call.path] > 1 else ""
        description, layer = _described(call.layer)
        advised: list[str] = []
        foretold = _foretold(call, description) if description else None
        if description and foretold:
            advised += advice.of_layer(call.layer, description)
            advised += advice.of_call(call, description, foretold)
        yield RecurrentLayer(
            name=call.path + which,
            layer=layer,
            flags=_flags(call.layer),
            reads=call.reads,
            container=foretold.container if foretold else None,
            tensors=tuple(_tensors(call, foretold)),
            mask=call.mask is not None,
            mask_note=_mask_note(call),
            advice=tuple(advised),
        )


def _foretold(call: Call, description: Layer) -> Expected | None:
    """Ask the rules what a call returns; None if that is not what Keras says."""
    try:
        foretold = expected(
            description,
            call.reads,
            mask=call.mask is not None,
            initial_state="initial_state" in call.tensor_arguments,
            symbolic=True,
        )
    except ValueError:
        return None
    returned = tuple(tuple(value.tensor.shape) for value in call.outputs)
    return foretold if foretold.shapes == returned else None


def _tensors(call: Call, foretold: Expected | None) -> Iterator[Tensor]:
    names, axes = (foretold.names, foretold.axes) if foretold else ((), ())
    for name, its_axes, value in zip_longest(names, axes, call.outputs):
        yield Tensor(name, its_axes, tuple(value.tensor.shape), tuple(value.used_by))


def _mask_note(call: Call) -> str:
    if call.mask is not None:
        return "given"
    if advice.mask_is_dropped(call):
        return "dropped: the input carries one, but the call is given none"
    ended = call.inputs[0].mask_ended
    return f"none; the one before it ends at {ended}, which hands none on" if ended else "none"


# The layers that are called in code, or not at all.


def _others(model: Any, called: set[int]) -> Iterator[tuple[Any, str, str]]:
    """Give the recurrent layers whose calls are not known, each with its path and the reason."""
    holders, visited = [(model, "", _why_unknown(model))], set()
    while holders:
        holder, path, why = holders.pop(0)
        for layer in holder._flatten_layers(include_self=False, recursive=False):
            if id(layer) in visited:
                continue
            visited.add(id(layer))
            if not _is_recurrent(layer):
                # What is in a layer that is not called is not called either.
                its_why = _why_unknown(layer) if id(layer) in called else why
                holders.append((layer, f"{path}{layer.name}/", its_why))
            elif id(layer) not in called:
                yield layer, path + layer.name, why


def _held(layer: Any, path: str, why_unknown: str) -> RecurrentLayer:
    """Explain a layer by what it is alone."""
    description, text = _described(layer)
    foretold: Expected | None = None
    advised: list[str] = []
    if description:
        advised += advice.of_layer(layer, description)
        axes = input_axes(description)
        shape = tuple(None if axis in OPEN_AXES else SOME_LENGTH for axis in axes)
        try:
            foretold = expected(description, shape)
        except ValueError as error:
            advised.append(str(error))
    return RecurrentLayer(
        name=path,
        layer=text,
        flags=_flags(layer),
        reads=None,
        container=foretold.container if foretold else None,
        tensors=tuple(
            Tensor(name, axes, None, None)
            for name, axes in zip(foretold.names, foretold.axes, strict=True)
        )
        if foretold
        else (),
        mask=None,
        mask_note=f"not known: {why_unknown}",
        advice=tuple(advised),
    )


def _why_unknown(holder: Any) -> str:
    """Say why it is not known how *holder* calls the layers in it."""
    what = f"{holder.name} ({type(holder).__name__})"
    if graph_of(holder) is not None:
        return f"the graph of {what} does not call it"
    if type(holder).call is keras.Sequential.call:
        return f"{what} has no input yet; put a keras.Input first, or call it on data"
    return f"{what} calls its layers in Python code of its own, which explain does not read"


# One layer.


def _is_recurrent(layer: Any) -> bool:
    """Whether *layer* is a recurrent layer, or a wrapper around one."""
    if isinstance(layer, keras.layers.TimeDistributed):
        return _is_recurrent(layer.layer)
    return isinstance(layer, LAYERS)


def _described(layer: Any) -> tuple[Layer | None, str]:
    """Describe *layer*, as data where the rules are for it, and as text."""
    own = _class_of_its_own(layer)
    if own:
        return None, f"{own}, which runs code of its own"
    try:
        description = describe(layer)
    except TypeError as error:
        return None, f"{type(layer).__name__}; {error}".rstrip(".")
    return description, written(description)


def _class_of_its_own(layer: Any) -> str:
    """Give the name of the class of *layer*, or of what it wraps, if it computes in its own way."""
    known = next(kind for kind in LAYERS if isinstance(layer, kind))
    if type(layer).call is not known.call:
        return type(layer).__name__
    parts = wrapped_layers(layer) if isinstance(layer, WRAPPERS) else ()
    return next(filter(None, map(_class_of_its_own, parts)), "")


def _flags(layer: Any) -> dict[str, bool]:
    """Read the two flags, and the others that are set, of *layer* or of what it wraps."""
    while isinstance(layer, WRAPPERS):
        layer = wrapped_layers(layer)[0]
    flags = {flag: bool(getattr(layer, flag)) for flag in FLAGS}
    return {flag: is_set for flag, is_set in flags.items() if is_set or flag in FLAGS[:2]}
