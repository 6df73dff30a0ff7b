"""What a change of behavior means to code that relied on it, and what to do about it.

Versions are not named here: they come from the data.
"""

import re
from dataclasses import dataclass

from keras_compat.changes import Change, is_error
from keras_compat.data_files import Value


@dataclass(frozen=True)
class MigrationNote:
    """What a change means, and what to do about it.

    Args:
        behaviors: The pattern of the names of the behaviors that change.
        summary: What happened, with code in backticks.
        action: What code that relied on the old behavior has to do.
        new: The pattern of the new value; an error is ``refused``.
        old: The pattern of the old value.
        example: The action as Python code. It uses `keras`, and of the names `layer`, `model`, `x`,
            `mask`, `state`, `states`, `units`, `config` and `shape` those that it does not assign.
    """

    behaviors: str
    summary: str
    action: str
    new: str = ".*"
    old: str = ".*"
    example: str = ""


# The first that matches a change is used.
MIGRATION_NOTES: tuple[MigrationNote, ...] = (
    MigrationNote(
        r"container\..*|returns\.predict",
        "What was a list of tensors is a tuple.",
        "Unpack it with a star, as in `output, *states = layer(x)`, which works on both; do not "
        "append to it, and do not compare it with a list.",
        old="list.*",
        new="tuple.*",
        example="output, *states = layer(x)",
    ),
    MigrationNote(
        r"default\.(LSTM|GRU)\.recurrent_activation|numbers\.(LSTM|GRU)\.gates",
        "The gates of LSTM and GRU use the function `sigmoid` by default, where it was "
        "`hard_sigmoid`: the same weights and input give other numbers.",
        "Weights that were trained before need `recurrent_activation=hard_sigmoid`, with the "
        "function as it was then; train anew what can be trained anew.",
        old=".*hard_sigmoid.*",
        example=(
            "def hard_sigmoid(x):\n"
            "    return keras.ops.clip(x / 5 + 1 / 2, 0, 1)\n"
            "layer = keras.layers.LSTM(units, recurrent_activation=hard_sigmoid)"
        ),
    ),
    MigrationNote(
        r"default\.GRU\.reset_after",
        "A GRU applies its reset gate after the product with the recurrent kernel, and has two "
        "biases: the same kernels give other numbers, and old weights do not fit.",
        "Pass `reset_after=False` for weights from before.",
        example="layer = keras.layers.GRU(units, reset_after=False)",
    ),
    MigrationNote(
        r"numbers\.(LSTM|GRU)\.output",
        "With default arguments the same weights and input give other numbers, for a default is "
        "another.",
        "Pass the value of before for the default that changed in the same version.",
    ),
    MigrationNote(
        r"numbers\.LSTM\.hard_sigmoid",
        "`hard_sigmoid` kept its name and became another function, with another slope.",
        "Give the function of before as `recurrent_activation`: "
        "`lambda x: keras.ops.clip(x / 5 + 1 / 2, 0, 1)`.",
        example=(
            "hard_sigmoid = lambda x: keras.ops.clip(x / 5 + 1 / 2, 0, 1)\n"
            "layer = keras.layers.LSTM(units, recurrent_activation=hard_sigmoid)"
        ),
    ),
    MigrationNote(
        r"returns\.stack\.(LSTM|GRU)",
        "The states of a stack of cells come from the bottom cell to the top one, where it was the "
        "other way round.",
        "Turn the order of the states round, and of `initial_state` as well.",
        old=r"\(2, 4\), \(2, 4\), .*",
        example=(
            "output, *states = layer(x)\n"
            "states = states[::-1]\n"
            "output = layer(x, initial_state=states[::-1])[0]"
        ),
    ),
    MigrationNote(
        r"returns\.stack\.(LSTM|GRU|one)(\.unrolled)?",
        "The states of a stack come in a container for each cell, where they were flat.",
        "Take the states of a cell out of its container, or flatten what comes back.",
        new=r".*\[.*",
    ),
    MigrationNote(
        r"returns\.stack\.(one\.unrolled)",
        "A list of one cell does not run with `unroll`.",
        "Give the cell without the list.",
        new="refused",
    ),
    MigrationNote(
        r"mask\.custom_cell",
        "At a masked step the layer repeats its previous output, where it put out its state: for a "
        "cell whose output is not its state these are different numbers.",
        "Leave masked steps out of account; the states are the same.",
        new="10 30 30 30",
    ),
    MigrationNote(
        r"mask\.output\.left\.started",
        "Before the first step that counts the output is zero, where it was the initial state.",
        "Leave masked steps out of account; the states are the same.",
        new="0 0 .*",
    ),
    MigrationNote(
        r"mask\.Bidirectional",
        "`Bidirectional` puts zeros at masked steps, where it repeated the output before.",
        "For the last output that counts take the states, with `return_state=True`.",
        example=(
            "layer = keras.layers.GRU(units, return_sequences=True, return_state=True)\n"
            "output, *states = keras.layers.Bidirectional(layer)(x, mask=mask)"
        ),
    ),
    MigrationNote(
        r"mask\.ConvLSTM2D",
        "`ConvLSTM2D` takes a mask, and skips the masked steps.",
        "Pass the mask; do not leave the padding to the layer.",
        old="refused",
    ),
    MigrationNote(
        r"mask\.used\.initial_state",
        "With `initial_state` the mask of the input is not used: the decoder reads the padding.",
        "Pass the mask yourself, as in `layer(x, initial_state=state, mask=mask)`.",
        new="no",
        example="output = layer(x, initial_state=state, mask=mask)",
    ),
    MigrationNote(
        r"mask\.propagated\..*|mask\.warning\.LSTM",
        "A recurrent layer reads its mask and does not hand it on: the next layer reads the "
        "padding, and a warning says so.",
        "Pass the mask to the next layer yourself, as in `layer(x, mask=mask)`; that is right "
        "before as well.",
        old="yes|none",
        example="output = layer(x, mask=mask)",
    ),
    MigrationNote(
        r"mask\.warning\.Conv1D",
        "A layer that cannot handle a mask drops it without a word, where it refused it.",
        "Pass the mask to the recurrent layer behind it yourself.",
        new="none",
    ),
    MigrationNote(
        r"mask\.warning\.Conv1D",
        "A layer that cannot handle a mask warns that it drops it.",
        "Pass the mask to the recurrent layer behind it yourself.",
        old="none",
    ),
    MigrationNote(
        r"mask\.zero_output\..*|argument\.zero_output_for_mask",
        "The argument `zero_output_for_mask` came: zeros at masked steps.",
        "Where the output at masked steps has to be zero, ask for it.",
        old="refused",
    ),
    MigrationNote(
        r"go_backwards\.Bidirectional\.wrapped",
        "`Bidirectional` refuses a layer with `go_backwards`, where it turned both directions "
        "round.",
        "Pass the layer without `go_backwards`, and exchange the outputs of the two directions; "
        "with `return_sequences`, also reverse the order of the time steps.",
        new="refused",
        example=(
            "layer = keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True))\n"
            "forward, backward = keras.ops.split(layer(x), 2, axis=-1)\n"
            "output = keras.ops.concatenate([backward, forward], axis=-1)\n"
            "output = keras.ops.flip(output, axis=1)"
        ),
    ),
    MigrationNote(
        r"returns\.Sequential\.last",
        "The last layer of a `Sequential` model may have `return_state=True`, which was refused.",
        "Nothing has to be done; the model returns what the layer returns.",
        new="accepted",
    ),
    MigrationNote(
        r"returns\.TimeDistributed\.state",
        "`TimeDistributed` around a layer with `return_state=True` stacks all that comes back into "
        "one tensor, where it was refused.",
        "Distribute a model that joins output and states, and split them afterwards.",
        old="refused",
    ),
    MigrationNote(
        r"state\.model\.reset",
        "A model has no method to reset its states.",
        "Go through `model.layers`, and reset each layer that is stateful.",
        new="no method",
        example=(
            "for layer in model.layers:\n"
            '    if getattr(layer, "stateful", False):\n'
            "        layer.reset_state()"
        ),
    ),
    MigrationNote(
        r"state\.layer\.reset",
        "The method of a layer is called `reset_state`; the old name still works.",
        "Write `reset_state` in new code.",
        example="layer.reset_state()",
    ),
    MigrationNote(
        r"state\.reset\.stack",
        "The states of a stateful stack of cells cannot be reset.",
        "Assign zeros to each of `keras.tree.flatten(layer.states)`.",
        new="refused",
        example=(
            "for variable in keras.tree.flatten(layer.states):\n"
            "    variable.assign(keras.ops.zeros_like(variable))"
        ),
    ),
    MigrationNote(
        r"state\.reset\.states",
        "States cannot be reset to given values.",
        "Assign the values to each of `layer.states`.",
        new="refused",
        example=("for variable, state in zip(layer.states, states):\n    variable.assign(state)"),
    ),
    MigrationNote(
        r"state\.Bidirectional\.stateful",
        "`Bidirectional` around a layer that is stateful and returns its states is refused.",
        "Leave `return_state` out, and read the states of the layer instead.",
        new="refused",
        example=(
            "layer = keras.layers.Bidirectional(keras.layers.LSTM(units, stateful=True))\n"
            "output, states = layer(x), layer.states"
        ),
    ),
    MigrationNote(
        r"state\.Bidirectional\.stateful",
        "`Bidirectional` around a layer that is stateful and returns its states works again.",
        "Nothing has to be done; what went around it still works.",
        old="refused",
    ),
    MigrationNote(
        r"state\.last_batch",
        "`predict` refuses a smaller last batch of a stateful model.",
        "Fill the last batch up, and drop the answers to what was filled in.",
        new="refused",
    ),
    MigrationNote(
        r"state\.last_batch",
        "`predict` lets a smaller last batch of a stateful model pass, and gives more answers than "
        "there are samples.",
        "Fill the last batch up, and drop the answers to what was filled in.",
        old="refused",
    ),
    MigrationNote(
        r"state\.initial\.Bidirectional",
        "A bare tensor as `initial_state` of `Bidirectional` is cut along the batch, where it was "
        "refused.",
        "Pass a list with a state for each direction.",
        old="refused",
    ),
    MigrationNote(
        r"state\.initial\.(GRU\.extra|unchecked)",
        "An `initial_state` that does not fit the layer is not refused any more.",
        "Count the states yourself, and run a new model once on a small batch.",
        old="refused",
    ),
    MigrationNote(
        r"state\.initial\.in_list",
        "A layer is not called on a list of input and states any more.",
        "Pass the states as `initial_state`.",
        new="refused",
        example="output = layer(x, initial_state=states)",
    ),
    MigrationNote(
        r"state\.cell\.one_tensor",
        "An `LSTMCell` reads one tensor as its two states, row by row, where it was refused.",
        "Pass a list of both states.",
        old="refused",
    ),
    MigrationNote(
        r"argument\.batch_input_shape",
        "A layer takes no `batch_input_shape`.",
        "Put `keras.Input(batch_shape=...)` in front of it.",
        new="refused",
        example=(
            "layer = keras.layers.LSTM(units, stateful=True)\n"
            "model = keras.Sequential([keras.Input(batch_shape=shape), layer])"
        ),
    ),
    MigrationNote(
        r"argument\.time_major",
        "A layer takes no `time_major`, and reads the batch first.",
        "Swap the first two axes of the input and of the output.",
        new="refused",
    ),
    MigrationNote(
        r"argument\.constants",
        "A layer takes no `constants` for its cell.",
        "Repeat what is constant at every time step, and let it come in with the features.",
        new="refused",
    ),
    MigrationNote(
        r"argument\.inputs|argument\.first",
        "The first argument of a call is not named `inputs` any more.",
        "Pass the input without a name.",
    ),
    MigrationNote(
        r"argument\..*",
        "An argument that was refused is understood.",
        "Nothing has to be done.",
        old="refused",
        new="accepted",
    ),
    MigrationNote(
        r"default\.LSTM\.time_major",
        "The configuration of a layer has an entry more, `time_major`.",
        "Nothing has to be done.",
        old="not in its configuration",
    ),
    MigrationNote(
        r"default\.LSTM\.time_major",
        "The configuration of a layer has no entry `time_major`, and one with it is refused.",
        "Take `time_major` out of a saved configuration.",
        new="not in its configuration",
        example=('config.pop("time_major", None)\nlayer = keras.layers.LSTM.from_config(config)'),
    ),
    MigrationNote(
        r"default\.\w+\.implementation",
        "The default of `implementation`, which chooses between two ways to the same numbers, is "
        "another, or is not saved any more.",
        "Nothing has to be done.",
    ),
    MigrationNote(
        r"exists\..*|returns\.ConvLSTM.*|surprise\.attention_query",
        "A layer came that was not there.",
        "Use it, or what you have.",
        old="no|refused",
    ),
    MigrationNote(
        r"exists\.CuDNNLSTM",
        "There is no layer of its own for the fast kernel any more.",
        "Use LSTM, which chooses the fast kernel by itself.",
        new="no",
    ),
    MigrationNote(
        r"surprise\.LSTMCell_example",
        "The example in the reference is another.",
        "An LSTM cell has two states; unpack three tensors.",
    ),
    MigrationNote(
        r"error\..*",
        "What was refused passes without a word.",
        "Do not rely on the error.",
        old="refused",
        new="accepted|.*\\(.*",
    ),
    MigrationNote(
        r"error\..*",
        "What passed is refused.",
        "Look the message up; the mistake was one before.",
        old="accepted|.*\\(.*",
        new="refused",
    ),
    MigrationNote(
        r"error\..*",
        "A mistake is reported in other words.",
        "Search for the words of the version that you have.",
        old="refused",
        new="refused",
    ),
    MigrationNote(
        r"container\.predict\.dict(\.loaded)?",
        "The outputs of a model may be a dictionary, which raised an error before.",
        "Nothing has to be done.",
        old="refused",
    ),
    MigrationNote(
        r"container\.predict\.dict(\.loaded)?",
        "If the outputs of a model are a dictionary, `predict` returns a dictionary, where it "
        "returned a list.",
        "Look the predictions up by name, and do not rely on their order.",
        old="list",
        new="dict",
    ),
    MigrationNote(
        r"dtype\.\w+\.float16",
        "A layer computes in the data type that is passed as `dtype`, which was ignored before.",
        "Leave `dtype` out to compute in the default data type.",
        old="output float32, states float32",
    ),
    MigrationNote(
        r"dtype\.\w+\.float16",
        "A layer with `float16` as its `dtype` raises an error on a CPU, because its default "
        "`recurrent_initializer` does not compute in half precision.",
        "Pass another `recurrent_initializer`, such as `glorot_uniform`.",
        new="refused",
    ),
    MigrationNote(
        r"dtype\.\w+\.float16",
        "A layer with `float16` as its `dtype` works on a CPU.",
        "Nothing has to be done; what went around it still works.",
        old="refused",
    ),
    MigrationNote(
        r"dtype\.stateful\.mixed_float16",
        "A stateful layer with `mixed_float16` as its `dtype` raises an error.",
        "Leave `dtype` out to compute in the default data type.",
        new="refused",
    ),
    MigrationNote(
        r"dtype\.stateful\.mixed_float16",
        "A stateful layer with `mixed_float16` as its `dtype` keeps its states in full precision; "
        "it raised an error before.",
        "Nothing has to be done.",
        old="refused",
    ),
    MigrationNote(
        r"dtype\.\w+\.mixed_float16",
        "A layer with the name of a policy as its `dtype` raises an error; the name was ignored "
        "before.",
        "Leave `dtype` out to compute in the default data type.",
        new="refused",
        old="output float32, states float32",
    ),
    MigrationNote(
        r"dtype\.\w+\.mixed_float16",
        "A layer with `mixed_float16` as its `dtype` computes in half precision and keeps its "
        "weights in full precision; it raised an error before.",
        "Nothing has to be done.",
        old="refused",
    ),
    MigrationNote(
        r"dtype\.Bidirectional\..*",
        "`Bidirectional` returns its output in its own data type, where it returned the data type "
        "of the wrapped layer. The states keep that of the wrapped layer.",
        "Pass the `dtype` of the wrapped layer to `Bidirectional` as well.",
        old="output float16, states float16",
        new="output float32, states float16",
        example=(
            'layer = keras.layers.LSTM(units, dtype="float16", return_state=True)\n'
            'output, *states = keras.layers.Bidirectional(layer, dtype="float16")(x)'
        ),
    ),
    MigrationNote(
        r"dropout\.same_mask\.recurrent_dropout",
        "A layer ignores the rate of `recurrent_dropout`, and uses that of `dropout` for its state "
        "too.",
        "Train with a later version, or pass the same rate to both arguments.",
        new="nothing is dropped",
    ),
    MigrationNote(
        r"dropout\.same_mask\.recurrent_dropout",
        "A layer uses the rate of `recurrent_dropout` for its state, where it used that of "
        "`dropout`.",
        "Nothing has to be done.",
        old="nothing is dropped",
    ),
)


def find_note(change: Change) -> MigrationNote:
    """Find the note about a change.

    Raises:
        KeyError: If there is none.
    """
    for note in MIGRATION_NOTES:
        if (
            re.fullmatch(note.behaviors, change.behavior)
            and re.fullmatch(note.old, _describe(change.old))
            and re.fullmatch(note.new, _describe(change.new))
        ):
            return note
    raise KeyError(
        f"{change.after.environment.label} changes {change.behavior}, and no migration note is "
        f"about that: {change.old} before, {change.new} since. "
        "Add one to MIGRATION_NOTES of keras_compat/migration_notes.py."
    )


def _describe(value: Value) -> str:
    """Return what a pattern is compared with: errors are the same, whatever their message."""
    return "refused" if is_error(value) else str(value)
