"""Operations on tensors in a configuration, under the names that they have in ``keras.ops``."""

from collections.abc import Iterator
from typing import Any

from rnn_returns.models.config.layer_config import SerializedLayer
from rnn_returns.models.config.node_config import NodeArguments, decode_value
from rnn_returns.models.config.values import expect_dict, expect_list, expect_number, list_names

MODELS = ("Functional", "Model", "Sequential")
LEGACY = ("TensorFlowOpLayer", "TFOpLambda", "SlicingOpLambda")

# The layers of Keras 3 whose configuration has no ``trainable``; preprocessing ones are not called.
WITHOUT_TRAINABLE = list_names("SpatialDropout1D SpatialDropout2D SpatialDropout3D")

# The names of the arguments of Keras 3's operations, where the first is not ``x``.
BINARY = list_names(
    "Add Subtract Multiply Divide TrueDivide FloorDivide Power Mod Maximum Minimum Matmul "
    "Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr"
)
ARGUMENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(BINARY, ("x1", "x2")),
    "Concatenate": ("xs",),
    "GetItem": ("x", "key"),
    "Take": ("x", "indices"),
    "Where": ("condition", "x1", "x2"),
}

# TensorFlow's functions as Keras 2 names them.
FUNCTIONS = {
    **dict.fromkeys(("math.add", "__operators__.add"), "Add"),
    **dict.fromkeys(("math.subtract", "__operators__.subtract"), "Subtract"),
    **dict.fromkeys(("math.multiply", "__operators__.multiply"), "Multiply"),
    **dict.fromkeys(("math.divide", "math.truediv", "__operators__.truediv"), "TrueDivide"),
    **dict.fromkeys(("math.pow", "__operators__.pow"), "Power"),
    "math.maximum": "Maximum",
    "math.minimum": "Minimum",
    **dict.fromkeys(("linalg.matmul", "__operators__.matmul"), "Matmul"),
    "math.reduce_mean": "Mean",
    "math.reduce_sum": "Sum",
    "math.reduce_max": "Max",
    "math.reduce_min": "Min",
    "math.reduce_any": "Any",
    "math.reduce_all": "All",
    "math.argmax": "Argmax",
    "math.equal": "Equal",
    "math.not_equal": "NotEqual",
    **dict.fromkeys(("math.greater", "__operators__.gt"), "Greater"),
    **dict.fromkeys(("math.less", "__operators__.lt"), "Less"),
    "math.logical_and": "LogicalAnd",
    "math.logical_or": "LogicalOr",
    "concat": "Concatenate",
    "stack": "Stack",
    "reverse": "Flip",
    "squeeze": "Squeeze",
    "expand_dims": "ExpandDims",
    "reshape": "Reshape",
    "transpose": "Transpose",
    "gather": "Take",
    "cast": "Cast",
    "zeros_like": "ZerosLike",
    "ones_like": "OnesLike",
    "math.tanh": "Tanh",
    **dict.fromkeys(("math.sigmoid", "nn.sigmoid"), "Sigmoid"),
    "nn.relu": "Relu",
    "nn.softmax": "Softmax",
    "math.exp": "Exp",
    "math.log": "Log",
    "math.sqrt": "Sqrt",
    "math.square": "Square",
    "math.abs": "Absolute",
    "math.negative": "Negative",
    "__operators__.getitem": "GetItem",
}
# The arguments of those functions that Keras 3 names differently.
KEYWORDS = {
    **dict.fromkeys(("values", "input", "input_tensor", "tensor", "params", "a", "features"), "x"),
    "y": "x2",
    "b": "x2",
    "keep_dims": "keepdims",
    "shape": "newshape",
    "perm": "axes",
    "slice_spec": "key",
    "logits": "x",
}
# TensorFlow's graph operations, with the names of the constants that follow their tensors.
GRAPH_OPERATIONS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("Add", "AddV2", "BiasAdd"), ("Add", "x2")),
    "Sub": ("Subtract", "x2"),
    "Mul": ("Multiply", "x2"),
    **dict.fromkeys(("RealDiv", "Div"), ("TrueDivide", "x2")),
    "Pow": ("Power", "x2"),
    "Maximum": ("Maximum", "x2"),
    "Minimum": ("Minimum", "x2"),
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2", "MatMul"), ("Matmul", "x2")),
    "Mean": ("Mean", "axis"),
    "Sum": ("Sum", "axis"),
    "Max": ("Max", "axis"),
    "Min": ("Min", "axis"),
    "ConcatV2": ("Concatenate", "axis"),
    "ReverseV2": ("Flip", "axis"),
    "ExpandDims": ("ExpandDims", "axis"),
    "Reshape": ("Reshape", "newshape"),
    "Transpose": ("Transpose", "axes"),
    **{
        name: (name, "")
        for name in ("Tanh", "Sigmoid", "Relu", "Softmax", "Exp", "Log", "Sqrt", "Square", "Cast")
    },
    "Neg": ("Negative", ""),
    "Abs": ("Absolute", ""),
}


def is_operation(layer: SerializedLayer, data: dict[str, Any]) -> bool:
    """Return whether *layer* is an operation that is not a layer, of any version.

    Args:
        layer: The layer.
        data: All of its configuration, with its module if the file names it.
    """
    if layer.is_custom or layer.class_name in MODELS:
        return False
    module = data.get("module")
    if isinstance(module, str) and ".ops" in module:
        return True
    if layer.class_name in LEGACY:
        return True
    # Without modules, as in HDF5, only layers have an argument ``trainable``, but not all of them.
    if layer.class_name in WITHOUT_TRAINABLE:
        return False
    nodes = data.get("inbound_nodes")
    called = isinstance(nodes, list) and bool(nodes) and isinstance(nodes[0], dict)
    return module is None and called and "trainable" not in layer.config


def read_operation(layer: SerializedLayer, node: NodeArguments) -> tuple[str, dict[str, Any]]:
    """Return the name of an operation in Keras 3, and its arguments by their names there.

    Raises:
        ValueError: If its configuration is not what Keras writes.
    """
    if layer.class_name == "TensorFlowOpLayer":
        return _read_graph_operation(layer, node)
    if layer.class_name in LEGACY:
        return _read_function(layer, node)
    options = {
        name: decode_value(value, layer.name)
        for name, value in layer.config.items()
        if name not in ("name", "dtype")
    }
    arguments = dict(_name_arguments(layer.class_name, node.args))
    arguments |= node.kwargs
    if layer.class_name == "GetItem" and isinstance(arguments.get("key"), list):
        arguments["key"] = tuple(arguments["key"])
    return layer.class_name, arguments | {k: v for k, v in options.items() if k not in arguments}


def _name_arguments(name: str, args: list[Any]) -> Iterator[tuple[str, Any]]:
    names = ARGUMENTS.get(name, ("x",))
    for i, value in enumerate(args):
        yield names[i] if i < len(names) else f"argument_{i}", value


def _read_function(layer: SerializedLayer, node: NodeArguments) -> tuple[str, dict[str, Any]]:
    """Read a function of TensorFlow that tf.keras has made a layer of."""
    function = layer.config.get("function")
    name = FUNCTIONS.get(function if isinstance(function, str) else "", layer.class_name)
    first = ARGUMENTS.get(name, ("x",))[0]
    arguments: dict[str, Any] = {first: node.args[0] if node.args else None}
    for keyword, value in node.kwargs.items():
        if keyword != "name":
            arguments[KEYWORDS.get(keyword, keyword)] = value
    if name == "GetItem":
        key = arguments.get("key")
        arguments["key"] = tuple(key) if isinstance(key, list) else key
    return name, arguments


def _read_graph_operation(
    layer: SerializedLayer, node: NodeArguments
) -> tuple[str, dict[str, Any]]:
    """Read an operation of TensorFlow's graph, some of whose inputs are constants."""
    definition = expect_dict(layer.config.get("node_def"), f"the node_def of {layer.name}")
    constants = expect_dict(layer.config.get("constants") or {}, f"the constants of {layer.name}")
    constants = {name: decode_value(value, layer.name) for name, value in constants.items()}
    operation = definition.get("op")
    tensors = node.args[0] if node.args and isinstance(node.args[0], list) else list(node.args)
    if operation == "StridedSlice" and len(tensors) == 1:
        return "GetItem", {"x": tensors[0], "key": _read_key(layer, definition, constants)}
    if not isinstance(operation, str) or operation not in GRAPH_OPERATIONS:
        return layer.class_name, {"x": node.args[0] if node.args else None}
    name, constant = GRAPH_OPERATIONS[operation]
    if name in BINARY:
        inputs = dict(enumerate(tensors))
        if "0" in constants:
            inputs = {0: constants["0"], 1: tensors[0] if tensors else None}
        elif "1" in constants:
            inputs[1] = constants["1"]
        return name, {"x1": inputs.get(0), "x2": inputs.get(1)}
    several = name == "Concatenate"
    arguments = {"xs" if several else "x": tensors if several else next(iter(tensors), None)}
    if constant and constants:
        arguments[constant] = list(constants.values())[-1]
    if isinstance(keep := _read_attribute(definition, "keep_dims", "b"), bool):
        arguments["keepdims"] = keep
    return name, arguments


def _read_attribute(definition: dict[str, Any], name: str, kind: str) -> Any:
    attributes = definition.get("attr")
    value = attributes.get(name) if isinstance(attributes, dict) else None
    return value.get(kind) if isinstance(value, dict) else None


def _read_key(layer: SerializedLayer, definition: Any, constants: dict[str, Any]) -> Any:
    """Return the index that a strided slice of TensorFlow stands for."""
    what = f"the constants of {layer.name}"
    bounds = [constants.get(number) for number in ("1", "2", "3")]
    begins, ends, steps = (expect_list(bound, what) for bound in bounds)
    if not len(begins) == len(ends) == len(steps):
        raise ValueError(f"Expected {what} to be lists of one length.")
    masks = {}
    for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis"):
        value = _read_attribute(definition, f"{name}_mask", "i")
        if isinstance(value, str) and value.isdecimal() and len(value) < 20:
            value = int(value)
        masks[name] = expect_number(value or 0, f"{name}_mask of {layer.name}", 0, 2**64)
    key: list[Any] = []
    for i, values in enumerate(zip(begins, ends, steps, strict=True)):
        begin, end, step = (expect_number(each, what, -(2**63), 2**63) for each in values)
        if masks["ellipsis"] >> i & 1:
            key.append(...)
        elif masks["new_axis"] >> i & 1:
            key.append(None)
        elif masks["shrink_axis"] >> i & 1:
            key.append(begin)
        else:
            start = None if masks["begin"] >> i & 1 else begin
            stop = None if masks["end"] >> i & 1 else end
            key.append(slice(start, stop, None if step == 1 else step))
    return tuple(key)
