"""The typed configuration: one module per stage, so that a stage's code fingerprint holds only what it reads."""
