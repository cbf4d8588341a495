"""Published systems, one module each.

`build(input_shape, classes, *, …)` of a module makes its model; the keyword-only parameters are its options.
"""
