"""Honest scores from per-clip predictions: recognition metrics, spotting, statistics."""
