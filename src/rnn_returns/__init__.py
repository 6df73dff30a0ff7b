"""What a Keras recurrent layer gives back: every returned tensor, observed and named."""

from rnn_returns.flags import FLAG_COMBINATIONS, Flags
from rnn_returns.observe import Returned, observe

__all__ = ["FLAG_COMBINATIONS", "Flags", "Returned", "observe"]
