"""Tests of the command `nanobanana`."""
