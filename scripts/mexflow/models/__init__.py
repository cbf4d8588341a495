"""Published systems, one module each.

`build(input_shape, classes, *, …)` of a module makes its model; the keyword-only parameters are its options. What makes
the probabilities is told `dtype="float32"`: under a policy of half precision they would no longer sum to 1.
"""
