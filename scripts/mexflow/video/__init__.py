"""Frames from image folders and video files."""
