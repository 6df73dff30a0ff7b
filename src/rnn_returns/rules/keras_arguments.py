"""The arguments of Keras's recurrent layers and cells, in Keras's order."""

_ACTIVATIONS = "activation recurrent_activation use_bias"
_INITIALIZERS = "kernel_initializer recurrent_initializer bias_initializer"
_REGULARIZERS = "kernel_regularizer recurrent_regularizer bias_regularizer"
_CONSTRAINTS = "kernel_constraint recurrent_constraint bias_constraint"
_DROPOUT = "dropout recurrent_dropout"
_FLAGS = "return_sequences return_state go_backwards stateful"
_CONVOLUTION = "filters kernel_size strides padding data_format dilation_rate"

_REGULARIZED = f"{_REGULARIZERS} activity_regularizer {_CONSTRAINTS} {_DROPOUT}"
_CELL = f"{_REGULARIZERS} {_CONSTRAINTS} {_DROPOUT} seed"
_SIMPLE = f"activation use_bias {_INITIALIZERS}"
_GATES = f"{_ACTIVATIONS} {_INITIALIZERS}"
_CONV_LSTM = f"{_CONVOLUTION} {_GATES} unit_forget_bias {_REGULARIZED} seed {_FLAGS}"

# The arguments that can be given by position.
POSITIONAL = {
    name: tuple(arguments.split())
    for name, arguments in {
        "LSTM": f"units {_GATES} unit_forget_bias {_REGULARIZED} seed {_FLAGS} unroll use_cudnn",
        "GRU": f"units {_GATES} {_REGULARIZED} seed {_FLAGS} unroll reset_after use_cudnn",
        "SimpleRNN": f"units {_SIMPLE} {_REGULARIZED} {_FLAGS} unroll seed",
        "RNN": f"cell {_FLAGS} unroll zero_output_for_mask",
        "ConvLSTM1D": _CONV_LSTM,
        "ConvLSTM2D": _CONV_LSTM,
        "ConvLSTM3D": _CONV_LSTM,
        "Bidirectional": "layer merge_mode weights backward_layer",
        "TimeDistributed": "layer",
        "LSTMCell": f"units {_GATES} unit_forget_bias {_CELL}",
        "GRUCell": f"units {_GATES} {_REGULARIZERS} {_CONSTRAINTS} {_DROPOUT} reset_after seed",
        "SimpleRNNCell": f"units {_SIMPLE} {_CELL}",
        "StackedRNNCells": "cells",
    }.items()
}
# The arguments that every layer and cell takes by name, then those of every layer with a cell.
NAMED = ("activity_regularizer", "trainable", "dtype", "autocast", "name")
RECURRENT = ("unroll", "zero_output_for_mask")


def list_arguments(name: str) -> tuple[str, ...]:
    """Return every argument of the layer or cell *name*, those by position first.

    >>> from rnn_returns.rules.keras_arguments import list_arguments
    >>> list_arguments("Bidirectional")[:2]
    ('layer', 'merge_mode')
    """
    is_recurrent = "return_state" in POSITIONAL[name]
    named = (*(RECURRENT if is_recurrent else ()), *NAMED)
    return tuple(dict.fromkeys((*POSITIONAL[name], *named)))
