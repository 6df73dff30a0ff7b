"""The four combinations have names, an order, and fit into a layer's call."""

import keras

from rnn_returns import FLAG_COMBINATIONS, Flags


def test_order_and_names() -> None:
    """Every page and table shows the four in one order, under these names."""
    names = [flags.name for flags in FLAG_COMBINATIONS]

    assert names == ["neither", "sequences", "state", "both"]


def test_arguments_reach_the_layer() -> None:
    """What flags.arguments says is what the layer does; Flags() is what it does without any."""
    lstm = keras.layers.LSTM(1)
    assert Flags() == Flags(lstm.return_sequences, lstm.return_state)
    for flags in FLAG_COMBINATIONS:
        gru = keras.layers.GRU(1, **flags.arguments)
        assert flags == Flags(gru.return_sequences, gru.return_state)
