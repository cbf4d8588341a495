"""The Keras backend: threads, determinism, devices."""

import keras


def configure_backend(threads: int) -> None:
    """Set up the backend before the first tensor is made: so many CPU threads, and the same bits every time.

    On a GPU, TensorFlow takes memory as it is needed rather than all at once.
    """
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf  # noqa: PLC0415 - other backends run without it

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_op_determinism()
