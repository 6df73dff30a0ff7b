"""The command ``rnn-returns``: explain a saved model, or predict what a single layer returns."""

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from rnn_returns.models.keras_file import load_model, read_config

# Slow imports are in the functions that need them, so that --help is fast.
if TYPE_CHECKING:
    from rnn_returns.models.report import Report
    from rnn_returns.rules.predicted import PredictedReturn

KINDS = ("LSTM", "GRU", "SimpleRNN")
FLAGS = ("return_sequences", "return_state", "go_backwards")
MERGE_MODES = ("concat", "sum", "ave", "mul", "none")
EXAMPLES = """examples:
  python -m rnn_returns model.keras
  python -m rnn_returns LSTM --units 4 --timesteps 3 --features 2 --return-state
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command with *arguments*, those of the process if None; return the exit status."""
    options = vars(_build_parser().parse_args(arguments))
    target, as_json = options.pop("target"), options.pop("json")
    try:
        function = _predict_layer if target in KINDS else _explain_model
        result = function(target, **options)
    except (ImportError, ValueError) as error:
        print(f"rnn_returns: {error}", file=sys.stderr)
        return 2
    print(result.to_json() if as_json else result)
    return 0


def _build_parser() -> argparse.ArgumentParser:
    # Without defaults, so that a model can reject the options of a layer.
    parser = argparse.ArgumentParser(
        prog="python -m rnn_returns",
        description="Say what the recurrent layers of a saved Keras model return and what becomes "
        "of it, or what a single layer returns.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("target", metavar="MODEL.keras|LAYER", help=f"LAYER is {', '.join(KINDS)}")
    parser.add_argument("--json", action="store_true", default=False, help="write JSON")
    layer = parser.add_argument_group("options of LAYER")
    layer.add_argument("--units", type=int, help="its size; 1 if not given")
    layer.add_argument("--timesteps", type=int, help="of its input; any number if not given")
    layer.add_argument("--features", type=int, help="of its input; 1 if not given")
    for flag in FLAGS:
        layer.add_argument(f"--{flag.replace('_', '-')}", action="store_true")
    layer.add_argument("--bidirectional", action="store_true", help="in a Bidirectional layer")
    layer.add_argument("--merge-mode", choices=MERGE_MODES, help="of the Bidirectional layer")
    return parser


def _predict_layer(
    kind: str,
    units: int = 1,
    timesteps: int | None = None,
    features: int = 1,
    bidirectional: bool = False,
    merge_mode: str | None = None,
    **flags: Any,
) -> "PredictedReturn":
    from rnn_returns.rules.layer_spec import LayerSpec
    from rnn_returns.rules.predicted import PredictedReturn

    layer = LayerSpec(kind, units=units, **flags)
    if merge_mode and not bidirectional:
        raise ValueError("--merge-mode is of a Bidirectional layer; give --bidirectional as well.")
    if bidirectional:
        merge = {"none": None, None: "concat"}.get(merge_mode, merge_mode)
        layer = LayerSpec("Bidirectional", layer=layer, merge_mode=merge)
    return PredictedReturn(layer, (None, timesteps, features))


def _explain_model(path: str, **options: Any) -> "Report":
    if options:
        given = ", ".join(f"--{name.replace('_', '-')}" for name in options)
        raise ValueError(f"{given} is for a layer ({', '.join(KINDS)}), but {path} is none.")
    # An error in the file is reported before the slow import of Keras.
    config = read_config(path)
    # TensorFlow would write log lines between ours. No number is calculated, so that neither its
    # fast operations nor a GPU are missed.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    from rnn_returns.models.explanation import explain

    return explain(load_model(path, config))


if __name__ == "__main__":
    sys.exit(main())
