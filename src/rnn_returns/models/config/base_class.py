"""The base class of a custom recurrent layer, as far as its configuration shows it."""

from typing import Any

# A subclass has the arguments of its base in its configuration. Every version of Keras writes
# these for the classes that have them, and which of them are there shows the class.
_ALL = frozenset({"cell", "filters", "recurrent_activation", "reset_after", "unit_forget_bias"})
_BASES = {
    frozenset({"unit_forget_bias", "recurrent_activation"}): "LSTM",
    frozenset({"unit_forget_bias"}): "CuDNNLSTM",
    frozenset({"reset_after", "recurrent_activation"}): "GRU",
    frozenset[str](): "SimpleRNN",
    frozenset({"cell"}): "RNN",
    frozenset({"filters", "unit_forget_bias", "recurrent_activation"}): "ConvLSTM",
}


def find_base(config: dict[str, Any]) -> str:
    """Return the class of Keras whose arguments a configuration has; "" if that is ambiguous.

    >>> from rnn_returns.models.config.base_class import find_base
    >>> find_base({"units": 4, "recurrent_activation": "sigmoid", "reset_after": True})
    'GRU'
    """
    base = _BASES.get(_ALL.intersection(config), "")
    if base == "ConvLSTM":
        size = config.get("kernel_size")
        return f"ConvLSTM{len(size)}D" if isinstance(size, list) and len(size) in (1, 2, 3) else ""
    if (
        base == "SimpleRNN"
        and not {"units", "activation", "recurrent_initializer"} <= config.keys()
    ):
        return ""
    return base
