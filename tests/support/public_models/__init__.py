"""Models like public ones, each with the diagnostics that it should get."""

from collections.abc import Callable
from inspect import isfunction
from typing import Any

from support.public_models import (
    cells_and_loops,
    guides,
    keras_series,
    keras_tests,
    keras_text,
    repositories_media,
    repositories_text,
    wrong,
)

MODULES = (
    *(cells_and_loops, guides, keras_series, keras_tests, keras_text),
    *(repositories_media, repositories_text, wrong),
)

# The codes of those that get any, in the order of the report.
CODES = {
    "english_to_spanish": ["RNN204"],
    "stacked_cells_stateful": ["RNN402"],
    "image_ocr": ["RNN305", "RNN305"],
    "last_step_of_both_directions": ["RNN301"],
    "attention_query_of_both_directions": ["RNN301"],
    "half_of_the_states": ["RNN101"],
    "columns_as_states": ["RNN104"],
    "state_of_another_size": ["RNN104"],
    "everything_as_state": ["RNN108"],
    "states_of_lstm_for_gru": ["RNN102"],
    "exchanged_states": ["RNN106"],
    "one_state_for_both_directions": ["RNN107"],
    "words_of_words": ["RNN201"],
    "words_of_words_of_equal_size": ["RNN202"],
    "first_sample": ["RNN304"],
    "ragged_series": ["RNN505"],
    "stateful_slices": ["RNN401"],
    "penalized_states": ["RNN506"],
    "mask_of_a_reversed_sequence": ["RNN205"],
    "first_step_of_a_reversed_sequence": ["RNN303"],
    "unequal_directions": ["RNN502"],
    "zero_for_padding": ["RNN206"],
    "one_cell_in_a_list": ["RNN501"],
    "masked_series_decoder": ["RNN204"],
    "last_frame_of_both_directions": ["RNN301"],
    "masked_film": ["RNN201"],
}


def list_models() -> dict[str, Callable[[], Any]]:
    """Return the functions that create the models, by their names."""
    functions: dict[str, Callable[[], Any]] = {
        name: value
        for module in MODULES
        for name, value in vars(module).items()
        if isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    assert functions.keys() >= CODES.keys()
    return functions
