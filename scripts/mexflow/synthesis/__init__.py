"""Faces with known motion, made from two public photographs: the demo dataset."""
