"""Compare recurrent layers of Keras and PyTorch that have the same weights.

Runs on its own like ``probe.py``: ``python torch_probe.py keras``, with KERAS_BACKEND=torch. The
page about PyTorch includes the functions below.
"""

import json
import platform
import sys

import keras
import numpy as np
import torch

BATCH, STEPS, FEATURES, UNITS = 2, 3, 2, 4
X = np.sin(np.arange(BATCH * STEPS * FEATURES, dtype="float32")).reshape(BATCH, STEPS, FEATURES)
BOTH = {"return_sequences": True, "return_state": True}

# PyTorch's order of the gates, as positions in Keras's: an LSTM's i, f, c, o and a GRU's z, r, h.
GATES = {"SimpleRNN": [0], "LSTM": [0, 1, 2, 3], "GRU": [1, 0, 2]}
TORCH = {"SimpleRNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}


def order_gates(kind, weight):
    """Put the gates along the last axis of *weight* into PyTorch's order."""
    gates = np.split(weight, len(GATES[kind]), axis=-1)
    return np.concatenate([gates[position] for position in GATES[kind]], axis=-1)


def copy_weights(keras_layer, torch_layer, suffix):
    """Copy the weights of a layer of Keras to a layer of PyTorch."""
    kind = type(keras_layer).__name__
    kernel, recurrent, bias = (order_gates(kind, w) for w in keras_layer.get_weights())
    # PyTorch adds two biases; of Keras's layers only the GRU has two.
    input_bias, recurrent_bias = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    copied = {
        "weight_ih": kernel.T,
        "weight_hh": recurrent.T,
        "bias_ih": input_bias,
        "bias_hh": recurrent_bias,
    }
    with torch.no_grad():
        for name, value in copied.items():
            getattr(torch_layer, name + suffix).copy_(torch.tensor(value))


def one_layer(kind):
    """Compare one layer in one direction."""
    layer = getattr(keras.layers, kind)(UNITS, **BOTH, bias_initializer="glorot_uniform")
    output, *states = layer(X)

    module = TORCH[kind](FEATURES, UNITS, batch_first=True)
    copy_weights(layer, module, "_l0")
    torch_output, final = module(torch.tensor(X))
    h_n, c_n = final if kind == "LSTM" else (final, None)

    pairs = {
        "output": (output, torch_output),
        "state_h": (states[0], h_n[0]),
    }
    if c_n is not None:
        pairs["state_c"] = (states[1], c_n[0])
    return pairs, {"output": torch_output, "h_n": h_n, "c_n": c_n}


def bidirectional(kind):
    """Compare one layer in both directions."""
    layer = getattr(keras.layers, kind)(UNITS, **BOTH, bias_initializer="glorot_uniform")
    wrapper = keras.layers.Bidirectional(layer)
    output, *states = wrapper(X)
    forward, backward = states[: len(states) // 2], states[len(states) // 2 :]

    module = TORCH[kind](FEATURES, UNITS, batch_first=True, bidirectional=True)
    copy_weights(wrapper.forward_layer, module, "_l0")
    copy_weights(wrapper.backward_layer, module, "_l0_reverse")
    torch_output, final = module(torch.tensor(X))
    h_n, c_n = final if kind == "LSTM" else (final, None)

    pairs = {
        "output": (output, torch_output),
        "forward_state_h": (forward[0], h_n[0]),
        "backward_state_h": (backward[0], h_n[1]),
    }
    if c_n is not None:
        pairs["forward_state_c"] = (forward[1], c_n[0])
        pairs["backward_state_c"] = (backward[1], c_n[1])
    return pairs, {"output": torch_output, "h_n": h_n, "c_n": c_n}


def two_layers(kind):
    """Compare two layers, the second on top of the first."""
    layers = [
        getattr(keras.layers, kind)(UNITS, **BOTH, bias_initializer="glorot_uniform")
        for _ in range(2)
    ]
    lower_output, *lower = layers[0](X)
    output, *upper = layers[1](lower_output)

    module = TORCH[kind](FEATURES, UNITS, batch_first=True, num_layers=2)
    copy_weights(layers[0], module, "_l0")
    copy_weights(layers[1], module, "_l1")
    torch_output, final = module(torch.tensor(X))
    h_n, c_n = final if kind == "LSTM" else (final, None)

    pairs = {
        "output": (output, torch_output),
        "lower_state_h": (lower[0], h_n[0]),
        "upper_state_h": (upper[0], h_n[1]),
    }
    if c_n is not None:
        pairs["lower_state_c"] = (lower[1], c_n[0])
        pairs["upper_state_c"] = (upper[1], c_n[1])
    return pairs, {"output": torch_output, "h_n": h_n, "c_n": c_n}


def padded(kind):
    """Compare a masked layer with a packed sequence; the second sample has one time step."""
    layer = getattr(keras.layers, kind)(UNITS, **BOTH, bias_initializer="glorot_uniform")
    lengths = [STEPS, 1]
    mask = np.array([[step < length for step in range(STEPS)] for length in lengths])
    output, *states = layer(X, mask=mask)

    module = TORCH[kind](FEATURES, UNITS, batch_first=True)
    copy_weights(layer, module, "_l0")
    rnn = torch.nn.utils.rnn
    packed = rnn.pack_padded_sequence(torch.tensor(X), lengths, batch_first=True)
    packed_output, final = module(packed)
    torch_output, _ = rnn.pad_packed_sequence(packed_output, batch_first=True)
    h_n, c_n = final if kind == "LSTM" else (final, None)

    pairs = {
        "output": (output, torch_output),
        "output at real steps": (keras.ops.where(mask[..., None], output, 0), torch_output),
        "state_h": (states[0], h_n[0]),
    }
    if c_n is not None:
        pairs["state_c"] = (states[1], c_n[0])
    return pairs, {"output": torch_output, "h_n": h_n, "c_n": c_n}


CASES = (one_layer, bidirectional, two_layers, padded)


def measure():
    """Return the shapes of PyTorch's tensors, and whether Keras's values are equal."""
    behaviors = {}
    for case in CASES:
        for kind in TORCH:
            keras.utils.set_random_seed(0)
            pairs, returned = case(kind)
            for name, tensor in returned.items():
                if tensor is not None:
                    behaviors[f"{case.__name__}.{kind}.torch.{name}"] = str(tuple(tensor.shape))
            for name, (ours, theirs) in pairs.items():
                ours, theirs = (keras.ops.convert_to_numpy(value) for value in (ours, theirs))
                same = ours.shape == theirs.shape and np.allclose(ours, theirs, atol=1e-6)
                key = f"{case.__name__}.{kind}.keras.{name}"
                behaviors[key] = f"{tuple(ours.shape)}, {'equal' if same else 'different'}"
    return behaviors


def main():
    """Compare, and print the results and the versions they were measured on."""
    assert keras.backend.backend() == "torch", keras.backend.backend()
    assert sys.argv[1:] == ["keras"], sys.argv
    results = {
        "keras": keras.__version__,
        "backend": "torch",
        "device": "GPU" if torch.cuda.is_available() else "CPU",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
        },
        "behaviors": measure(),
    }
    print("\n" + json.dumps(results, sort_keys=True))


if __name__ == "__main__":
    main()
