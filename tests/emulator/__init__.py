"""Tests of `nanobanana_async.emulator`, held against PROTOCOL.md."""
