"""What each behaviour is called."""

import re
from collections.abc import Iterable

GROUPS = {
    "returns": "What comes back",
    "container": "In what container",
    "equal": "What is equal",
    "exists": "Which layers there are",
    "go_backwards": "Reading backwards",
    "mask": "Masks",
    "numbers": "Numbers",
    "default": "Defaults",
    "state": "States",
    "argument": "Arguments",
    "surprise": "Surprises",
    "error": "Messages",
}

# Patterns of names, and how to say it: what a pattern's groups match is put in, and what is code
# stands in backticks. The first that fits counts.
TITLES = {
    r"returns\.(?P<layer>\w+)\.neither": "shape that `{layer}` returns with neither flag",
    r"returns\.(?P<layer>SimpleRNN|GRU|LSTM)\.sequences": (
        "shape that `{layer}` returns with `return_sequences`"
    ),
    r"returns\.(?P<layer>SimpleRNN|GRU|LSTM)\.state": (
        "shapes that `{layer}` returns with `return_state`"
    ),
    r"returns\.(?P<layer>SimpleRNN|GRU|LSTM)\.both": (
        "shapes that `{layer}` returns with both flags"
    ),
    r"returns\.Bidirectional\.GRU": "shapes that `Bidirectional(GRU)` returns with both flags",
    r"returns\.Bidirectional\.None": (
        "shapes that `Bidirectional(LSTM, merge_mode=None)` returns with both flags"
    ),
    r"returns\.Bidirectional\.(?P<mode>\w+)": (
        "shapes that `Bidirectional(LSTM, merge_mode='{mode}')` returns with both flags"
    ),
    r"returns\.stack\.(?P<layer>LSTM|GRU)": (
        "shapes that a stack of two `{layer}` cells returns with `return_state`, in what nesting"
    ),
    r"returns\.stack\.GRU\.model": "what a stack of two GRU cells returns in a model",
    r"returns\.stack\.one": "shapes that a list of one LSTM cell returns with `return_state`",
    r"returns\.stack\.one\.unrolled": (
        "shapes that a list of one LSTM cell returns with `return_state` and `unroll`"
    ),
    r"returns\.(?P<layer>ConvLSTM\dD)": "shapes that `{layer}` returns with both flags",
    r"returns\.TimeDistributed\.state": (
        "shapes that `TimeDistributed(LSTM(return_state=True))` returns"
    ),
    r"returns\.TimeDistributed\.state\.model": (
        "`TimeDistributed(LSTM(return_state=True))` in a model"
    ),
    r"returns\.Sequential\.last": "`return_state` in the last layer of a `Sequential` model",
    r"returns\.Sequential\.middle": "`return_state` in the middle of a `Sequential` model",
    r"returns\.predict": "what `predict` gives of a model with three outputs",
    r"container\.Bidirectional": "container that `Bidirectional` returns with `return_state`",
    r"container\.Bidirectional\.None": "container that `Bidirectional(merge_mode=None)` returns",
    r"container\.(?P<layer>\w+)": "container that `{layer}` returns with `return_state`",
    r"equal\.Bidirectional": "order of the states of `Bidirectional(LSTM)`",
    r"equal\.(?P<layer>\w+)": "is the last step of the sequence of `{layer}` its state h?",
    r"exists\.(?P<layer>\w+)": "is there a layer `{layer}`?",
    r"go_backwards\.output": "sums of 1 2 3 4 by a layer with `go_backwards`",
    r"go_backwards\.state\.(?P<layer>\w+)": (
        "which output of `{layer}(go_backwards=True)` is its state h"
    ),
    r"go_backwards\.Bidirectional": "sums of 1 2 3 4 by `Bidirectional`",
    r"go_backwards\.Bidirectional\.wrapped": "`Bidirectional` around a layer with `go_backwards`",
    r"mask\.output\.right": "sums of 1 2 3 4, steps 3 and 4 masked",
    r"mask\.output\.middle": "sums of 1 2 3 4, steps 2 and 3 masked",
    r"mask\.output\.left": "sums of 1 2 3 4, steps 1 and 2 masked",
    r"mask\.output\.row": "sums of 1 2 3 4, all steps masked",
    r"mask\.output\.left\.started": "sums of 1 2 3 4 on top of 100, steps 1 and 2 masked",
    r"mask\.output\.default\.(?P<layer>\w+)": "what `{layer}` puts out at a masked step",
    r"mask\.left_padded\.(?P<layer>\w+)": "`{layer}` on a sequence that is padded on the left",
    r"mask\.state\.right": "final sum of 1 2 3 4, steps 3 and 4 masked",
    r"mask\.state\.middle": "final sum of 1 2 3 4, steps 2 and 3 masked",
    r"mask\.state\.left": "final sum of 1 2 3 4, steps 1 and 2 masked",
    r"mask\.state\.row": "final sum of 1 2 3 4, all steps masked",
    r"mask\.zero_output\.sequences": "sums with `zero_output_for_mask`, steps 3 and 4 masked",
    r"mask\.zero_output\.last": "last sum with `zero_output_for_mask`, steps 3 and 4 masked",
    r"mask\.zero_output\.unrolled": (
        "sums with `zero_output_for_mask` and `unroll`, steps 3 and 4 masked"
    ),
    r"mask\.unrolled\.forwards": "sums with `unroll`, steps 3 and 4 masked",
    r"mask\.unrolled\.backwards": "sums with `unroll` and `go_backwards`, steps 3 and 4 masked",
    r"mask\.Bidirectional": "sums by `Bidirectional`, steps 3 and 4 masked",
    r"mask\.custom_cell": "ten times the sums, which are the state, steps 3 and 4 masked",
    r"mask\.ConvLSTM2D": "masked steps of `ConvLSTM2D`",
    r"mask\.used": "does LSTM use the mask of an `Embedding`?",
    r"mask\.used\.initial_state": (
        "does GRU use the mask of an `Embedding` when it is called with `initial_state`?"
    ),
    r"mask\.handed_on\.(?P<layer>\w+)": "does `{layer}` hand its mask on to the next layer?",
    r"mask\.warning\.(?P<layer>\w+)": "warning when `{layer}` is given a mask",
    r"mask\.go_backwards": "order of the mask that a layer with `go_backwards` computes",
    r"numbers\.(?P<layer>\w+)\.gates": "order and function of the gates of `{layer}`",
    r"numbers\.LSTM\.hard_sigmoid": "what `LSTM(recurrent_activation='hard_sigmoid')` computes",
    r"numbers\.LSTM\.bias": "bias of a new LSTM",
    r"numbers\.(?P<layer>\w+)\.output": (
        "output of `{layer}` with default arguments, for given weights and input"
    ),
    r"default\.(?P<layer>\w+)\.(?P<argument>\w+)": "default of `{argument}` in `{layer}`",
    r"state\.model\.reset": "how a model resets its states",
    r"state\.layer\.reset": "how a layer resets its states",
    r"state\.reset\.stack": "resetting a stateful stack of cells",
    r"state\.reset\.states": "resetting to given states",
    r"state\.Bidirectional\.stateful": "`Bidirectional(LSTM)` with `stateful` and `return_state`",
    r"state\.last_batch": "`predict` on three samples in batches of two, stateful",
    r"state\.initial\.Bidirectional": "a bare tensor as `initial_state` of `Bidirectional(GRU)`",
    r"state\.initial\.GRU\.extra": "two initial states for a GRU",
    r"state\.initial\.unchecked": "a model with an `initial_state` that does not fit",
    r"state\.initial\.in_list": "an LSTM called on a list of input and states",
    r"state\.cell\.one_tensor": "an `LSTMCell` called with one tensor as its states",
    r"argument\.inputs": "calling a layer with `inputs=`",
    r"argument\.first": "name of the first argument of `LSTM.call`",
    r"argument\.initial_state\.bare": "a bare tensor as `initial_state` of GRU",
    r"argument\.constants": "`constants` for a cell of your own",
    r"argument\.(?P<argument>\w+)": "`LSTM({argument}=...)`",
    r"surprise\.activity_regularizer": (
        "penalties of `LSTM(activity_regularizer=..., return_state=True)`"
    ),
    r"surprise\.attention_query": "`Attention` with a query without time steps",
    r"surprise\.LSTMCell_example": "the example in the reference of `LSTMCell`",
    r"error\.stacked_without_sequences": "an LSTM on an LSTM without `return_sequences`",
    r"error\.no_features_axis": "an input without an axis of features",
    r"error\.a_Python_list": "a Python list for an input",
    r"error\.features_undefined": "an input with an unknown number of features",
    r"error\.other_features": "another number of features than at the first call",
    r"error\.one_loss_for_a_tuple": "one loss for a model that returns its states",
    r"error\.attention_on_one_tensor": "`Attention` called on one tensor",
    r"error\.unknown_argument": "a misspelt argument",
    r"error\.unroll_without_time_steps": "`unroll` with an unknown number of time steps",
    r"error\.stateful_without_batch_size": "stateful with an unknown batch size",
    r"error\.stateful_with_another_batch_size": "a stateful model on another batch size",
    r"error\.one_state_for_an_LSTM": "one initial state for an LSTM",
    r"error\.a_state_for_another_batch": "an initial state for another batch size",
    r"error\.merge_mode_add": "`merge_mode='add'`",
    r"error\.backward_layer_reads_forwards": "a `backward_layer` that reads forwards",
    r"error\.a_class_for_a_layer": "`Bidirectional` around a class",
    r"error\.a_cell_for_a_layer": "`Bidirectional` around a cell",
    r"error\.units_for_a_cell": "`RNN` around a number of units",
}


def ordered(behaviours: Iterable[str]) -> list[str]:
    """Sort names into the order of ``TITLES``, in which a reader asks for them."""
    return sorted(behaviours, key=lambda name: (_pattern(name)[0], name))


def title(behaviour: str) -> str:
    """Say in words what a behaviour is.

    Raises:
        KeyError: If nobody has found words for it yet.

    >>> from atlas.words import title
    >>> title("container.LSTM")
    'container that LSTM returns with return_state'
    """
    _, match, words = _pattern(behaviour)
    return plain(words.format(**match.groupdict()))


def plain(words: str) -> str:
    """Take the marks of code out of *words*, for where they are shown as they are."""
    return words.replace("`", "")


def _pattern(behaviour: str) -> tuple[int, re.Match[str], str]:
    for place, (pattern, words) in enumerate(TITLES.items()):
        if match := re.fullmatch(pattern, behaviour):
            return place, match, words
    raise KeyError(f"{behaviour!r} has no words; give it some in TITLES of atlas/words.py.")


def group(behaviour: str) -> str:
    """Name the group that a behaviour belongs to."""
    return GROUPS[behaviour.split(".")[0]]
