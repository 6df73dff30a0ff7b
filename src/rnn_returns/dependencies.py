"""Import Keras, or raise one error that names what to install.

Modules that need Keras import it from here.
"""

__all__ = ["keras"]

MESSAGES = {
    "keras": 'Keras and a backend are required: pip install "rnn-returns[keras]" tensorflow',
    **{
        backend: f"Keras requires its backend {backend}: pip install {backend}, "
        "or set KERAS_BACKEND to another one that is installed"
        for backend in ("jax", "openvino", "tensorflow", "torch")
    },
}

try:
    import keras
except ModuleNotFoundError as error:
    if error.name not in MESSAGES:
        raise
    # Without the traceback, which shows dozens of lines of a failed import of Keras.
    raise ImportError(MESSAGES[error.name]) from error.with_traceback(None)
