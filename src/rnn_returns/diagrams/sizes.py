"""The sizes of all parts of a diagram: change one here, and the Explorer's diagrams follow."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Lengths in the units of the drawing. Widths and heights of boxes should be even."""

    # The boxes of cells and outputs.
    box_width: int = 48
    box_height: int = 26  # Of an output; a cell is as high as its states.
    half_height: int = 24  # Of each of two values in one output.
    half_gap: int = 2
    merged_padding: int = 4  # Added to the three lines of a merged output.

    # The states.
    state_width: int = 44
    state_height: int = 24
    state_slot: int = 44  # What a cell is higher for each of its states.
    state_line: int = 14  # From the top of a slot to the arrows between the states.
    state_label: int = 27  # From these arrows to the baseline of a final state's label.
    initial_width: int = 14  # From the middle of an initial state to its arrow.
    initial_label: int = 24  # From these arrows to the baseline of an initial state's label.

    # Distances.
    time_step: int = 72  # From a time step to the next, where there are at least three.
    gutter: int = 60  # On either side of the time steps.
    state_margin: int = 30  # From a side to the middle of an initial or final state.
    arrow: int = 22
    bend: int = 12  # From the edge of an output to an arrow that enters at its side.
    index_gap: int = 10  # From an output to the index above it.
    input_gap: int = 4
    padding: int = 2  # From a side to its text.

    # Text.
    line: int = 18
    label_line: int = 16  # Of a cell or an output.
    label_padding: int = 8  # Added to the lines of a cell's label.
    ascent: int = 14  # From the top of a line to its baseline.
    baseline: int = 5  # From the middle of a line to its baseline.
    letter: int = 8  # The width of a letter of code.

    # The letters of equal values.
    badge: int = 8  # The radius.
    badge_inset: int = 2  # From a corner of the box to the center of the badge.

    # The list of returned tensors and equalities.
    list_line: int = 24
    list_gap: int = 12  # Before the list, and before the equalities.
    list_badge: int = 11
    list_indent: int = 26  # Of the equalities.
    tensor_line: int = 28
    square: int = 12  # The width of a square of a swatch.
    square_height: int = 20
    half_square: int = 9  # The height of a square for one of two values.
    swatch_step: int = 14  # From a square to the next.
    swatch_gap: int = 8
    bottom: int = 10

    # The frames around a TimeDistributed layer.
    frame: int = 8  # From the drawing to the first frame.
    frame_step: int = 5  # From a frame to the next.


SIZES = Sizes()
