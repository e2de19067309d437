"""Tests of `nanobanana_async.storage`, on real files."""
