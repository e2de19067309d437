"""Callbacks: what is due, how it is carried, and what goes wrong with it."""
