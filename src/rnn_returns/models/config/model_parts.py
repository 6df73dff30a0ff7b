"""A configured model as data: its layers, their calls, its inputs and outputs."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rnn_returns.models.config.layer_config import SerializedLayer
from rnn_returns.models.config.node_config import NodeArguments, Reference
from rnn_returns.models.graph import ModelLayer
from rnn_returns.rules.layer_spec import Shape

FUNCTIONAL = ("Functional", "Model")
# In a Sequential model, each layer is called on all that the one before it returns.
ALL = -1


@dataclass(eq=False)
class LayerConfig:
    """One layer of a model.

    Args:
        name: Its name in the model.
        data: Its class and arguments.
        is_operation: Whether it is an operation that is not a layer.
        built_for: The shapes of the input of its first call, if the file gives them.
        model: What is in it, if it is a model.
        wrapped_model: The model that it calls on each slice, if it is TimeDistributed around one.
        recurrent: Its description, if it is a recurrent layer.
        nodes: Its calls.
    """

    name: str
    data: SerializedLayer
    is_operation: bool = False
    built_for: tuple[Shape, ...] = ()
    model: "ModelConfig | None" = None
    wrapped_model: "ModelConfig | None" = None
    recurrent: ModelLayer | None = None
    nodes: list["NodeConfig"] = field(default_factory=list)


@dataclass(eq=False)
class NodeConfig:
    """One call of a layer.

    Args:
        layer: The layer.
        index: Which of the layer's calls it is.
        arguments: What the layer is called with.
        is_hidden: Whether it only calculates a mask that Keras passes on by itself.
        outputs: How many of the tensors that it returns are used, counted from the first one.
    """

    layer: LayerConfig
    index: int
    arguments: NodeArguments
    is_hidden: bool = False
    outputs: int = 1


@dataclass(eq=False)
class ModelConfig:
    """A model.

    Args:
        name: Its name; "" if the file gives none.
        class_name: Its class.
        layers: Its layers by their names, in the order of the file.
        inputs: Its inputs, flat.
        input_shapes: The shapes of its inputs, None where they are not known.
        outputs: Its outputs, flat.
        unknown_reason: Why it has no graph, or "".
    """

    name: str
    class_name: str
    layers: dict[str, LayerConfig] = field(default_factory=dict)
    inputs: list[Reference] = field(default_factory=list)
    input_shapes: list[Shape | None] = field(default_factory=list)
    outputs: list[Reference] = field(default_factory=list)
    unknown_reason: str = ""

    @property
    def title(self) -> str:
        """Its name and class."""
        return f"{self.name} ({self.class_name})" if self.name else self.class_name

    @property
    def nodes(self) -> Iterator[NodeConfig]:
        """The calls of all layers."""
        return (node for layer in self.layers.values() for node in layer.nodes)
