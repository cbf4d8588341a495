"""Optical flow, optical strain, head motion."""
