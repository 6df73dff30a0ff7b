"""The environments that are measured, in the order of the pages.

A new version of Keras is one more line here, and then ``make compat``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Environment:
    """One Keras on one backend, and how to install it.

    Args:
        name: The name of its data file, without ``.json``.
        label: The name that pages show.
        python: The version of Python.
        requirements: What is installed.
        overrides: Requirements that replace those of the installed packages.
        module: The name under which this Keras is imported.
        backend: The backend.
        gpu: Whether it needs a GPU.
        probe: The file that is run in it.
    """

    name: str
    label: str
    python: str
    requirements: tuple[str, ...]
    overrides: tuple[str, ...] = ()
    module: str = "keras"
    backend: str = "tensorflow"
    gpu: bool = False
    probe: str = "probe.py"


NEWEST = "3.15.1"
# The nightly wheel has no fixed name; the newest of the day is taken, and its version recorded.
NIGHTLY = "keras-nightly"

# TensorFlow accepts any later NumPy and protobuf, and does not run on all of them.
_OLD = ("protobuf<3.21", "numpy<1.20", "h5py<3")
_LESS_OLD = ("protobuf<3.21", "numpy<2")

# Every Keras 3 runs on these; the first ones need dm-tree.
_KERAS_3 = ("tensorflow-cpu==2.21.0", "jax==0.10.2", "dm-tree")
# uv uses a build for CPUs if UV_FIND_LINKS or UV_INDEX leads to one.
_TORCH = ("torch==2.13.0", "dm-tree")
_OPENVINO = ("openvino==2026.4.1", "scipy")
_REQUIREMENTS = {"torch": _TORCH, "openvino": _OPENVINO}

_KERAS_3_RELEASES = (
    "3.0.5",
    "3.1.1",
    "3.2.1",
    "3.3.3",
    "3.4.1",
    "3.5.0",
    "3.6.0",
    "3.7.0",
    "3.8.0",
    "3.9.2",
    "3.10.0",
    "3.11.3",
    "3.12.4",
    "3.13.2",
    "3.14.1",
    NEWEST,
)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _standalone(keras: str) -> Environment:
    """Keras as a separate package, before it became part of TensorFlow."""
    requirements = (f"keras=={keras}", "tensorflow==1.15.5", *_OLD)
    return Environment(f"keras-{_minor(keras)}", f"Keras {_minor(keras)}", "3.7", requirements)


def _of_tensorflow(python: str, version: str, *pins: str) -> Environment:
    """The Keras that is part of TensorFlow."""
    minor = _minor(version)
    # There is no package for CPUs only of the first one.
    package = "tensorflow" if minor == "2.0" else "tensorflow-cpu"
    # In some of them the package keras, which tf.keras is made of, has layers that tf.keras lacks.
    return Environment(
        f"tf.keras-{minor}",
        f"tf.keras {minor}",
        python,
        (f"{package}=={version}", *pins),
        # The last have no version number in tf.keras; there the package has the same layers.
        module="keras" if minor in ("2.13", "2.14", "2.15") else "tensorflow.keras",
    )


def _legacy(version: str, tensorflow: str) -> Environment:
    """Keras 2 as it is maintained next to Keras 3."""
    minor = _minor(version)
    requirements = (f"tf-keras=={version}", f"tensorflow-cpu=={tensorflow}")
    return Environment(
        f"tf-keras-{minor}", f"tf-keras {minor}", "3.11", requirements, module="tf_keras"
    )


def _keras_3(version: str, backend: str) -> Environment:
    nightly = version == NIGHTLY
    minor = "nightly" if nightly else _minor(version)
    keras = version if nightly else f"keras=={version}"
    return Environment(
        f"keras-{minor}" if backend == "tensorflow" else f"keras-{minor}-{backend}",
        f"Keras {minor}",
        "3.11",
        (keras, *_REQUIREMENTS.get(backend, _KERAS_3)),
        # TensorFlow requires a new Keras; the nightly one has another name, so keras is left out.
        overrides=("keras ; python_version < '3'",) if nightly else (keras,),
        backend=backend,
    )


# On TensorFlow, the oldest first, because each is compared with the one before.
VERSIONS = (
    _standalone("2.1.6"),
    _standalone("2.2.4"),
    _standalone("2.3.1"),
    _of_tensorflow("3.7", "2.0.4", *_OLD),
    _of_tensorflow("3.7", "2.1.4", *_OLD),
    _of_tensorflow("3.8", "2.2.3", *_OLD),
    _of_tensorflow("3.8", "2.3.4", *_LESS_OLD),
    _of_tensorflow("3.8", "2.4.4", *_LESS_OLD),
    _of_tensorflow("3.8", "2.5.3", *_LESS_OLD),
    _of_tensorflow("3.9", "2.6.5", "keras==2.6.*", *_LESS_OLD),
    _of_tensorflow("3.9", "2.7.4", *_LESS_OLD),
    _of_tensorflow("3.10", "2.8.4", *_LESS_OLD),
    _of_tensorflow("3.10", "2.9.3", *_LESS_OLD),
    _of_tensorflow("3.10", "2.10.1", *_LESS_OLD),
    _of_tensorflow("3.10", "2.11.1", *_LESS_OLD),
    _of_tensorflow("3.11", "2.12.1"),
    _of_tensorflow("3.11", "2.13.1"),
    _of_tensorflow("3.11", "2.14.1"),
    _of_tensorflow("3.11", "2.15.1"),
    _legacy("2.16.0", "2.16.2"),
    _legacy("2.17.0", "2.17.1"),
    _legacy("2.18.0", "2.18.1"),
    _legacy("2.19.0", "2.19.1"),
    _legacy("2.20.1", "2.20.0"),
    _legacy("2.21.0", "2.21.0"),
    *(_keras_3(version, "tensorflow") for version in (*_KERAS_3_RELEASES, NIGHTLY)),
)

# Other backends, only of the newest versions. OpenVINO runs models and does not train them.
BACKENDS = (
    *(
        _keras_3(version, backend)
        for backend in ("jax", "torch", "numpy")
        for version in (NEWEST, NIGHTLY)
    ),
    _keras_3(NEWEST, "openvino"),
)

# The fast kernels of each backend, which need a GPU.
ON_GPU = tuple(
    Environment(
        f"keras-{_minor(NEWEST)}-{backend}-gpu",
        f"Keras {_minor(NEWEST)}",
        "3.11",
        (f"keras=={NEWEST}", requirement),
        backend=backend,
        gpu=True,
    )
    for backend, requirement in (
        ("tensorflow", "tensorflow[and-cuda]==2.21.0"),
        ("torch", "torch==2.13.0"),
        ("jax", "jax[cuda12]==0.10.2"),
    )
)

# PyTorch's layers compared with Keras's, by another probe.
PYTORCH = Environment(
    "pytorch",
    "PyTorch",
    "3.11",
    (f"keras=={NEWEST}", *_TORCH),
    backend="torch",
    probe="torch_probe.py",
)

ENVIRONMENTS = (*VERSIONS, *BACKENDS, *ON_GPU, PYTORCH)
