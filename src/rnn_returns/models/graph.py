"""A model as plain data: its calls, their arguments, and the tensors between them.

Readers build it: from a live Keras model, or from the configuration in a file. What a reader does
not know it leaves as None, with the reason; it never guesses.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rnn_returns.models.behaviors import Version
from rnn_returns.rules.layer_spec import LayerSpec, Shape


@dataclass(frozen=True)
class ModelLayer:
    """A recurrent layer of a model, or a wrapper around one.

    Args:
        source: The Python that creates it; without a description, its class and the reason.
        flags: ``return_sequences`` and ``return_state``, and the other arguments that are set.
        spec: Its description, or None if the rules do not cover it.
        has_activity_regularizer: Whether it, or a layer that it wraps, has one.
        changed_flags: The arguments that were set on a layer after it was built, as far as known.
        is_time_major: Whether its input, and the sequence that it returns, begin with the time
            axis; *spec* does not include that. Keras 2 only.
        changes: What has to change for the newest Keras, a sentence each.
        assumption: Of a custom class in a file: what it returns if it returns what its base does,
            as a sentence; "" if its configuration does not show the base.
    """

    source: str
    flags: dict[str, bool]
    spec: LayerSpec | None
    has_activity_regularizer: bool
    changed_flags: tuple[str, ...] = ()
    is_time_major: bool = False
    changes: tuple[str, ...] = ()
    assumption: str = ""


@dataclass(frozen=True)
class Mask:
    """A mask, which a tensor carries or a call receives.

    Args:
        shape: Its shape, or None where it is not known.
    """

    shape: Shape | None = None


@dataclass(eq=False)
class GraphTensor:
    """One tensor in the graph of a model.

    Args:
        shape: Its shape; None where it is not known.
        unknown_reason: Why the shape is not known, or "".
        call: The call that returns it; None for an input of the model.
        position: Its position among the outputs of that call, flat.
        name: Of an output of a recurrent layer, its name, such as ``state_h``; else "".
        mask: The mask that it carries, or None.
        is_mask_known: Whether *mask* is known.
        mask_lost_at: The layer on the way here that received a mask and propagated none, or "".
        is_ragged: Whether it is ragged.
        uses: The places in which it is an argument, in order.
    """

    shape: Shape | None
    unknown_reason: str = ""
    call: "GraphCall | None" = None
    position: int = 0
    name: str = ""
    mask: Mask | None = None
    is_mask_known: bool = True
    mask_lost_at: str = ""
    is_ragged: bool = False
    uses: list["Use"] = field(default_factory=list)

    @property
    def used_by(self) -> list[str]:
        """The paths of the calls that it is an argument of, each once."""
        return list(dict.fromkeys(use.path for use in self.uses))


@dataclass(frozen=True, eq=False)
class Use:
    """A place in which a tensor is used.

    Args:
        path: The path of the call, or ``"the model's output"``.
        argument: The name of the argument, such as ``initial_state``; "" if it has none.
        call: The call; None for an output of the model.
    """

    path: str
    argument: str = ""
    call: "GraphCall | None" = None


@dataclass(eq=False)
class GraphCall:
    """One call of a layer or of an operation; inner models are traced and are not calls.

    Args:
        path: The layer's name, after the names of the models that contain it.
        class_name: Its class, as Keras names it: ``LSTM``, ``Dense``, ``GetItem``, ``Flip``.
        arguments: The arguments by their names in ``call``, the first one first. Tensors are
            `GraphTensor`, in the containers of the call; other values are plain data. Of
            operations: those that matter, by their names in ``keras.ops`` (an index is ``key``,
            with Python's own ``slice`` and ``...``).
        layer: The recurrent layer, or None for any other.
        mask: The mask that a recurrent layer receives, from the caller or from Keras, or None.
        is_mask_known: Whether *mask* is known.
        outputs: The tensors that it returns, flat.
        sets_mask: Whether the caller passes ``mask`` itself.
        container: Of a recurrent layer: ``"tensor"``, ``"tuple"`` or ``"list"``, or "" if the
            rules of the newest Keras give it.
    """

    path: str
    class_name: str
    arguments: dict[str, Any]
    layer: ModelLayer | None = None
    mask: Mask | None = None
    is_mask_known: bool = True
    outputs: list[GraphTensor] = field(default_factory=list)
    sets_mask: bool = False
    container: str = ""

    @property
    def inputs(self) -> list[GraphTensor]:
        """The tensors in the first argument, flat."""
        return list(find_tensors(next(iter(self.arguments.values()), None)))

    @property
    def input_shape(self) -> Shape | None:
        """The shape of the first tensor in the first argument."""
        return self.inputs[0].shape if self.inputs else None

    @property
    def tensor_arguments(self) -> tuple[str, ...]:
        """The names of the arguments that contain tensors."""
        return tuple(name for name, value in self.arguments.items() if any(find_tensors(value)))

    @property
    def drops_mask(self) -> bool:
        """Whether the input carries a mask that the layer is known not to receive."""
        carries = any(tensor.mask for tensor in self.inputs)
        return self.is_mask_known and self.mask is None and carries


@dataclass(frozen=True)
class ModelGraph:
    """What a reader finds in a model.

    Args:
        name: The model's name and class.
        backend: The backend that the model runs on, as Keras names it; "" if not known.
        keras_version: The version that wrote the file; "" if not known, or for a live model.
        version: The same as two numbers. A file that does not name it can show that it is Keras 2.
        is_live: Whether it is a live model.
        unknown_reason: Why the model has no graph, or "".
        calls: Every call in the order of execution, also of operations and other layers.
        uncalled: The recurrent layers that no call is known of, each with its path and why.
    """

    name: str
    backend: str
    unknown_reason: str
    calls: list[GraphCall]
    uncalled: list[tuple[ModelLayer, str, str]]
    keras_version: str = ""
    version: Version | None = None
    is_live: bool = False

    @property
    def recurrent_calls(self) -> list[tuple[ModelLayer, GraphCall]]:
        """The calls of recurrent layers, each after its layer."""
        return [(call.layer, call) for call in self.calls if call.layer]


def find_tensors(structure: Any) -> Iterator[GraphTensor]:
    """Yield the tensors in nested lists, tuples and dictionaries, in order."""
    match structure:
        case GraphTensor():
            yield structure
        case list() | tuple():
            for part in structure:
                yield from find_tensors(part)
        case dict():
            for part in structure.values():
                yield from find_tensors(part)
