"""The Keras backend: threads, determinism, devices."""

import os

import keras

from mexflow.errors import UserError
from mexflow.training.cards import memory_of, take_card, visible_cards


def use_gpus(share: float) -> None:
    """Keep a share of a GPU, or some GPUs, for this process; to be called before the first tensor is made.

    Parameters
    ----------
    share : float
        Of one GPU: below 1 the process may take that share of its memory and no more. 0 trains on the processor.
        Where there is no GPU nothing happens.
    """
    cards = visible_cards()
    if not cards:
        return
    os.environ["CUDA_VISIBLE_DEVICES"] = card = take_card(share, cards) if share else "-1"
    if not 0 < share < 1:
        return
    if keras.backend.backend() == "jax":
        os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{share:.3f}"
    elif keras.backend.backend() == "torch":
        import torch  # noqa: PLC0415 - other backends run without it

        torch.cuda.set_per_process_memory_fraction(share)
    elif memory := memory_of(card):
        import tensorflow as tf  # noqa: PLC0415 - other backends run without it

        limit = tf.config.LogicalDeviceConfiguration(memory_limit=int(share * memory))
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.set_logical_device_configuration(gpu, [limit])


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
        if tf.config.get_logical_device_configuration(gpu) is None:
            tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_op_determinism()
