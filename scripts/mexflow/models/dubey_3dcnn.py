"""The 3D-CNN of Dubey, Takkar and Lamba: MicroExpSTCNN with swish in the place of ReLU.

Dubey, Takkar and Lamba, "Micro-expression recognition using 3D-CNN", Fusion: Practice and Applications 2020; there is
no published code. The paper has seven layers and 18 gray frames of 64×64 px of SMIC-HS. That the layers are those of
MicroExpSTCNN, with its sizes, rates and initial weights, is our reading:

| layer          | kernel | output     | parameters |
|----------------|--------|------------|------------|
| convolution    | 15×3×3 | 4×62×62×32 | 4,352      |
| max pooling    | 3×3×3  | 1×20×20×32 |            |
| dropout 0.5    |        |            |            |
| flatten        |        | 12,800     |            |
| dense          |        | 128        | 1,638,528  |
| dropout 0.5    |        |            |            |
| dense, softmax |        | 3          | 387        |

1,643,267 parameters for three classes.
"""

from typing import Literal

import keras

from mexflow.models.micro_exp_stcnn import build as build_micro_exp_stcnn


def build(input_shape: tuple[int, ...], classes: int, *, activation: Literal["relu", "swish"] = "swish") -> keras.Model:
    """The 3D-CNN of the study of activations.

    Parameters
    ----------
    input_shape : (18, 64, 64, 1)
        Frames, rows, columns, gray.
    classes : int
    activation : {"relu", "swish"}
        Of the convolution and of the hidden dense layer. The paper compares the two; swish is x·sigmoid(x).

    Raises
    ------
    UserError
        If the samples are no volumes, or too small for kernel and pooling.
    """
    return build_micro_exp_stcnn(input_shape, classes, activation=activation)
