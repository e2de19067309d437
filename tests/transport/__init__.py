"""Tests of `nanobanana_async.transport`, on real sockets of the loopback interface."""
