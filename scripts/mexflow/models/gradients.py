"""What a network's class scores depend on: gradients on any backend, and networks cut open at their convolutions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from mexflow.errors import UserError

_CONVOLUTIONS = (layers.Conv2D, layers.Conv3D, layers.DepthwiseConv2D, layers.SeparableConv2D, layers.ConvLSTM2D)


@dataclass(frozen=True)
class OpenNetwork:
    """A network's class scores as functions of its samples, and of what its last convolutions make of them.

    The functions share the network's weights: what is assigned to these later holds for them as well.

    Attributes
    ----------
    input_shape : tuple of int
        Of one sample.
    scores : keras.Function
        Samples (n, ...) → scores (n, classes): logits where a dense layer with softmax ends the network, else
        log-probabilities. A logit has a gradient even where its probability has been rounded to 1.
    convolved : keras.Function or None
        Samples → a list of (n or n · frames, [times,] rows, columns, filters) tensors, one for each convolution that
        no other follows: parallel streams have one each. None if the network has no convolution.
    scores_of_convolved : keras.Function or None
        [samples, *convolved] → scores (n, classes).
    """

    input_shape: tuple[int, ...]
    scores: keras.Function
    convolved: keras.Function | None
    scores_of_convolved: keras.Function | None


def open_network(network: keras.Model) -> OpenNetwork:
    """Cut a network open.

    Networks inside it are opened, too, and those that `TimeDistributed` repeats: its frames become a batch.

    Parameters
    ----------
    network : keras.Model
        Functional or sequential, with one input, and class probabilities as its output.
    """
    inputs = keras.Input(network.inputs[0].shape[1:])
    copy = _FlatCopy(_last_operation(network))
    outputs = copy.of(network, inputs)
    if not copy.ends_in_logits:
        outputs = ops.log(ops.maximum(outputs, float(np.finfo(np.float32).tiny)))
    last = _last_of(copy.convolved, inputs)
    return OpenNetwork(
        input_shape=tuple(inputs.shape[1:]),
        scores=keras.Function(inputs, outputs),
        convolved=keras.Function(inputs, last) if last else None,
        scores_of_convolved=keras.Function([inputs, *last], outputs) if last else None,
    )


def gradient(function: Callable[[list[Any]], Any], at: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradient of a function of tensors, on the TensorFlow, JAX or PyTorch backend of Keras.

    Parameters
    ----------
    function : callable
        From a list of tensors to a scalar tensor, by Keras's layers and operations.
    at : sequence of float32 arrays
        Where it is taken.

    Returns
    -------
    list of float32 arrays
        ∂ function / ∂ tensor in the shape of each tensor; zeros for one that does not matter.

    Raises
    ------
    UserError
        If Keras runs on another backend.
    """
    backend = keras.backend.backend()
    if backend not in _GRADIENTS:
        known = ", ".join(_GRADIENTS)
        raise UserError(f"Keras runs on {backend}, which gives no gradients here. Set KERAS_BACKEND to one of {known}.")
    tensors = [ops.convert_to_tensor(one) for one in at]
    return [ops.convert_to_numpy(one) for one in _GRADIENTS[backend](function, tensors)]


def _by_tensorflow(function: Callable[[list[Any]], Any], tensors: list[Any]) -> list[Any]:
    import tensorflow as tf  # noqa: PLC0415 - other backends run without it

    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(tensors)
    return tape.gradient(value, tensors, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _by_jax(function: Callable[[list[Any]], Any], tensors: list[Any]) -> list[Any]:
    import jax  # noqa: PLC0415 - other backends run without it

    return jax.grad(function)(tensors)


def _by_torch(function: Callable[[list[Any]], Any], tensors: list[Any]) -> list[Any]:
    import torch  # noqa: PLC0415 - other backends run without it

    with torch.enable_grad():
        leaves = [one.detach().requires_grad_() for one in tensors]
        return list(torch.autograd.grad(function(leaves), leaves, materialize_grads=True, allow_unused=True))


_GRADIENTS = {"tensorflow": _by_tensorflow, "jax": _by_jax, "torch": _by_torch}


class _Step(keras.Operation):
    """An operation of a network under a name of its own: networks inside one may have layers of the same names."""

    def __init__(self, operation: keras.Operation) -> None:
        super().__init__()
        self.of = operation

    def call(self, *arguments: Any, **options: Any) -> Any:
        return self.of(*arguments, **options)

    def compute_output_spec(self, *arguments: Any, **options: Any) -> Any:
        return self.of.compute_output_spec(*arguments, **options)


class _FlatCopy:
    """A network's graph anew, without networks inside it, up to its logits: the same layers, the same weights.

    Attributes
    ----------
    convolved : list of KerasTensor
        The outputs of all convolutions, in the order of the graph.
    ends_in_logits : bool
        Whether a softmax at the end was left out.
    """

    def __init__(self, last: keras.Operation) -> None:
        self._last = last
        self.convolved: list[keras.KerasTensor] = []
        self.ends_in_logits = False

    def of(self, network: keras.Model, inputs: keras.KerasTensor) -> keras.KerasTensor:
        if isinstance(network, keras.Sequential):
            for layer in network.layers:
                inputs = self._call(layer, inputs)
            return inputs
        # What keras.models.clone_model does; that cannot open the networks inside.
        return network._run_through_graph(inputs, operation_fn=lambda operation: partial(self._call, operation))

    def _call(self, operation: keras.Operation, *arguments: Any, **options: Any) -> Any:
        if _is_network(operation):
            return self.of(operation, *arguments)
        if isinstance(operation, layers.TimeDistributed):
            clips = arguments[0]
            of_frames = self._call(operation.layer, ops.reshape(clips, (-1, *clips.shape[2:])))
            return ops.reshape(of_frames, (-1, clips.shape[1], *of_frames.shape[1:]))
        if operation is self._last and _is_softmax_layer(operation):
            self.ends_in_logits = True
            logits = ops.matmul(arguments[0], operation.kernel)
            return logits if operation.bias is None else logits + operation.bias
        outputs = _Step(operation)(*arguments, **options)
        if isinstance(operation, _CONVOLUTIONS):
            self.convolved.append(outputs)
        return outputs


def _last_operation(network: keras.Model) -> keras.Operation:
    """What makes a network's output, or the output of the network inside it that does."""
    sequential = isinstance(network, keras.Sequential)
    last = network.layers[-1] if sequential else network.outputs[0]._keras_history.operation
    return _last_operation(last) if _is_network(last) else last


def _is_network(operation: keras.Operation) -> bool:
    """Whether an operation is a network whose graph is known."""
    return isinstance(operation, keras.Sequential) or hasattr(operation, "_run_through_graph")


def _is_softmax_layer(operation: keras.Operation) -> bool:
    return isinstance(operation, layers.Dense) and operation.activation is keras.activations.softmax


def _last_of(tensors: Sequence[keras.KerasTensor], inputs: keras.KerasTensor) -> list[keras.KerasTensor]:
    """The outputs of convolutions from which no other convolution's are made."""
    made_by = [one._keras_history.operation for one in tensors]
    followed = set()
    for tensor, own in zip(tensors, made_by, strict=True):
        followed |= {id(operation) for operation in keras.Function(inputs, tensor).operations if operation is not own}
    return [tensor for tensor, own in zip(tensors, made_by, strict=True) if id(own) not in followed]
