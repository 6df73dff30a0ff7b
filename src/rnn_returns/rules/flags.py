"""return_sequences and return_state, and their four combinations by name."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Flags:
    """The values of ``return_sequences`` and ``return_state``.

    Both default to False, as they do in Keras.

    Args:
        return_sequences: Whether the output keeps the time axis,
            ``(batch, timesteps, units)`` instead of ``(batch, units)``.
        return_state: Whether the layer returns the final states after the output.

    >>> from rnn_returns import Flags
    >>> Flags(return_state=True).name
    'state'
    >>> Flags(return_state=True).arguments
    {'return_sequences': False, 'return_state': True}
    """

    return_sequences: bool = False
    return_state: bool = False

    @property
    def name(self) -> str:
        """The name of the combination, ``neither``, ``sequences``, ``state`` or ``both``."""
        if self.return_sequences:
            return "both" if self.return_state else "sequences"
        return "state" if self.return_state else "neither"

    @property
    def arguments(self) -> dict[str, bool]:
        """The keyword arguments of a layer, as in ``LSTM(4, **flags.arguments)``."""
        return asdict(self)


FLAG_COMBINATIONS = (
    Flags(),
    Flags(return_sequences=True),
    Flags(return_state=True),
    Flags(return_sequences=True, return_state=True),
)
"""The four combinations of the two arguments, from neither to both."""
