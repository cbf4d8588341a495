"""A support vector machine on the flattened sample: the baseline beside every network.

| kernel | classifier | used by |
|---|---|---|
| `linear` | one against the rest, liblinear | LBP-TOP, HOOF (ELRCN: `c` 10000); ELRCN `nofine` (`c` 1) |
| `rbf` | one against one, libsvm; γ = 1 / (features × variance) | |

References
----------
Fan et al., "LIBLINEAR: a library for large linear classification", JMLR 2008; Chang and Lin, "LIBSVM: a library for
support vector machines", ACM TIST 2011.
"""

from typing import Literal

from sklearn.base import ClassifierMixin
from sklearn.svm import SVC, LinearSVC


def estimator(
    seed: int, *, kernel: Literal["linear", "rbf"] = "linear", c: float = 1.0, balanced: bool = False
) -> ClassifierMixin:
    """A new classifier with `decision_function` values that rank the classes as its predictions do.

    Parameters
    ----------
    seed : int
        Of the order in which liblinear takes the samples.
    kernel : str
        "linear" or "rbf".
    c : float
        Penalty of errors.
    balanced : bool
        Errors weigh as the inverse of their class's share.

    Raises
    ------
    ValueError
        If the kernel is another.
    """
    weights = "balanced" if balanced else None
    if kernel == "linear":
        return LinearSVC(C=c, class_weight=weights, random_state=seed, max_iter=20_000)
    if kernel == "rbf":
        return SVC(C=c, kernel="rbf", class_weight=weights, decision_function_shape="ovr", break_ties=True)
    raise ValueError(f'kernel "{kernel}" is neither linear nor rbf')
