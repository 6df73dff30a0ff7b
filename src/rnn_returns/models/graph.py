"""The recurrent layers of a model and the calls of them, as plain data that any reader can make."""

from dataclasses import dataclass, field
from typing import Any

from rnn_returns.rules.layer_spec import LayerSpec, Shape


@dataclass(frozen=True)
class ModelLayer:
    """A recurrent layer of a model, or a wrapper around one.

    Args:
        source: The Python that creates it; without a description, its class and the reason.
        flags: ``return_sequences`` and ``return_state``, and the other flags that are set.
        spec: Its description, or None if the rules do not cover it.
        has_activity_regularizer: Whether it, or a layer that it wraps, has one.
    """

    source: str
    flags: dict[str, bool]
    spec: LayerSpec | None
    has_activity_regularizer: bool


@dataclass(eq=False)
class GraphTensor:
    """One tensor in the graph of a model.

    Args:
        shape: Its shape.
        symbolic: The reader's object that stands for it, or None.
        mask: The reader's object for the mask that it carries, or None.
        mask_lost_at: The layer on the way here that received a mask and propagated none, or "".
        used_by: The paths of the layers that it is an argument of.
        last_step_taken: Whether ``[:, -1]`` of it is taken.
    """

    shape: Shape
    symbolic: Any = None
    mask: Any = None
    mask_lost_at: str = ""
    used_by: list[str] = field(default_factory=list)
    last_step_taken: bool = False


@dataclass(frozen=True)
class LayerCall:
    """One call of a layer.

    Args:
        path: The layer's name, after the names of the models that contain it.
        input_shape: The shape of the first tensor in the arguments, in the graph of its model.
        inputs: The tensors in the first argument.
        tensor_arguments: The names of the arguments that contain tensors.
        masked: Whether the layer receives a mask, from the caller or from Keras.
        outputs: The tensors that it returns.
    """

    path: str
    input_shape: Shape
    inputs: list[GraphTensor]
    tensor_arguments: tuple[str, ...]
    masked: bool
    outputs: list[GraphTensor]

    @property
    def drops_mask(self) -> bool:
        """Whether the input carries a mask that the layer does not receive."""
        return not self.masked and any(tensor.mask is not None for tensor in self.inputs)


@dataclass(frozen=True)
class ModelGraph:
    """What a reader finds in a model.

    Args:
        name: The model's name and class.
        backend: The backend that the model runs on, as Keras names it.
        unknown_reason: Why the model has no graph, or "".
        calls: The calls of recurrent layers in the order of execution, each after its layer.
        uncalled: The other recurrent layers, each with its path and why its calls are unknown.
    """

    name: str
    backend: str
    unknown_reason: str
    calls: list[tuple[ModelLayer, LayerCall]]
    uncalled: list[tuple[ModelLayer, str, str]]
