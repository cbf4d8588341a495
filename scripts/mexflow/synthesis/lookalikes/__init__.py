"""Small folders in the exact layout of published datasets, with the faces of the demo: one module per kind.

`write(root)` of a module makes the folder. They hold no frame of the real datasets, but the quirks of their label
tables, and are what the pipeline and its tests run on where a licence keeps the real ones away.
"""
