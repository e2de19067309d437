"""Batch files in, folders of pictures out."""
