"""The Keras backend: threads, determinism, devices."""

import keras

from mexflow.errors import UserError


def configure_backend(threads: int, precision: str = "float32") -> None:
    """Set up the backend before the first tensor is made: so many CPU threads, and the same bits every time.

    On a GPU, TensorFlow takes memory as it is needed rather than all at once.

    Parameters
    ----------
    threads : int
    precision : str
        Keras's dtype policy of layers that are made from now on: `float32`, `mixed_float16` or `mixed_bfloat16`.

    Raises
    ------
    UserError
        If float16 is asked for where there is no GPU: TensorFlow lacks operations in it on a processor.
    """
    keras.config.set_dtype_policy(precision)
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf  # noqa: PLC0415 - other backends run without it

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    if precision == "mixed_float16" and not tf.config.list_physical_devices("GPU"):
        raise UserError("precision: mixed_float16 needs a GPU, and there is none. Take mixed_bfloat16 or float32.")
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_op_determinism()
