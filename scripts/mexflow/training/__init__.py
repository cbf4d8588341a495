"""Folds, fitting, and the audit that no test subject leaks into training."""
