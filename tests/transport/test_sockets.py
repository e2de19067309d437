"""A connection of ours on a real socket, and what can go wrong on one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from nanobanana_async.transport._sockets import MOST_UNREAD, PIECE, READ, Connection
from tests.transport.loopback import PATIENCE, Loopback, Visit, reply, serving, trusting

MEGABYTES = bytes(range(256)) * 4096 * 32
"""More than the kernel's own buffers take, on both sides together."""


async def is_silent(visit: Visit) -> None:
    await visit.until_gone()


@asynccontextmanager
async def connected(server: Loopback) -> AsyncIterator[Connection]:
    connection = await Connection.connect("127.0.0.1", server.port, within=PATIENCE)
    try:
        yield connection
    finally:
        await connection.aclose()


async def test_what_is_written_comes_back() -> None:
    """In the order in which it came; and nothing, again and again, once the peer has closed."""

    async def echoes_once(visit: Visit) -> None:
        await visit.say(await visit.reader.readexactly(5))

    async with serving(echoes_once) as server, connected(server) as connection:
        await connection.write(b"hello")

        assert await connection.read() == b"hello"
        assert [await connection.read(), await connection.read()] == [b"", b""]
        assert connection.has_news


async def test_a_reset_is_a_read_error_that_tells_its_cause() -> None:
    """Each time it is asked."""

    async def resets(visit: Visit) -> None:
        await visit.reader.readexactly(1)
        visit.reset()

    async with serving(resets) as server, connected(server) as connection:
        await connection.write(b"x")
        for _ in range(2):
            with pytest.raises(httpx.ReadError, match="reset") as caught:
                await connection.read()

    assert isinstance(caught.value.__cause__, ConnectionResetError)


async def test_what_came_before_a_reset_is_read_first() -> None:
    """An answer whose connection broke after its last byte is whole."""

    async def says_and_resets(visit: Visit) -> None:
        await visit.say(b"answer")
        await visit.reader.readexactly(1)
        visit.reset()

    async with serving(says_and_resets) as server, connected(server) as connection:
        await connection._wait()
        await connection.write(b"x")
        await connection._wait()

        assert await connection.read() == b"answer"
        with pytest.raises(httpx.ReadError):
            await connection.read()


async def test_nothing_is_written_to_a_closed_connection() -> None:
    """By the peer or by us."""

    async def closes(visit: Visit) -> None:
        pass

    async with serving(closes) as server, connected(server) as connection:
        assert await connection.read() == b""
        with pytest.raises(httpx.WriteError, match="the peer has closed"):
            await connection.write(b"x")
    with pytest.raises(httpx.WriteError):
        await connection.write(b"x")


async def test_a_slow_peer_holds_up_the_writer() -> None:
    """No more than a piece or two of a large upload waits in our memory."""
    may_read = asyncio.Event()

    async def reads_late(visit: Visit) -> None:
        await may_read.wait()
        await visit.reader.readexactly(len(MEGABYTES))
        await visit.say(b"all of it")
        await visit.until_gone()

    async with serving(reads_late) as server, connected(server) as connection:
        writing = asyncio.create_task(connection.write(MEGABYTES))
        await asyncio.sleep(0)  # it writes until there is no more room
        assert connection._is_writing_paused
        waiting = connection._transport.get_write_buffer_size()
        assert not writing.done()
        may_read.set()
        await writing

        assert await connection.read() == b"all of it"

    assert 0 < waiting <= 2 * PIECE


@pytest.mark.parametrize("end", ["reset", "close", "cancel"])
async def test_a_writer_that_waits_hears_of_the_end(end: str) -> None:
    """It does not wait for room that never comes."""
    go = asyncio.Event()

    async def takes_nothing(visit: Visit) -> None:
        await go.wait()
        visit.reset() if end == "reset" else visit.writer.write_eof()
        await asyncio.Event().wait()

    async with serving(takes_nothing) as server, connected(server) as connection:
        writing = asyncio.create_task(connection.write(MEGABYTES))
        await asyncio.sleep(0)  # it writes until there is no more room
        assert connection._is_writing_paused
        writing.cancel() if end == "cancel" else go.set()

        with pytest.raises(asyncio.CancelledError if end == "cancel" else httpx.WriteError):
            await writing


async def test_a_slow_reader_holds_up_the_peer() -> None:
    """And everything comes, in pieces that are bounded."""

    async def says_much(visit: Visit) -> None:
        await visit.say(MEGABYTES)

    async with serving(says_much) as server, connected(server) as connection:
        while not connection._is_reading_paused:
            await connection._wait()
        for _ in range(50):  # the loop goes on turning, and the peer has more to say
            await asyncio.sleep(0)
        unread = len(connection._unread)
        pieces = []
        while piece := await connection.read():
            pieces.append(piece)

    assert MOST_UNREAD < unread <= MOST_UNREAD + 256 * 1024
    assert max(map(len, pieces)) <= READ
    assert b"".join(pieces) == MEGABYTES


async def test_a_cancelled_reader_leaves_the_connection_to_the_next() -> None:
    """Nothing is lost and nobody is in the way; two at a time are a mistake."""
    speak = asyncio.Event()

    async def speaks_later(visit: Visit) -> None:
        await speak.wait()
        await visit.say(b"answer")
        await visit.until_gone()

    async with serving(speaks_later) as server, connected(server) as connection:
        reading = asyncio.create_task(connection.read())
        await asyncio.sleep(0)
        with pytest.raises(AssertionError, match="one reader"):
            await connection.read()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        speak.set()

        assert await connection.read() == b"answer"


@pytest.mark.parametrize("comes", ["bytes", "the end"])
async def test_what_the_loop_has_not_heard_yet_is_news(comes: str) -> None:
    """The socket itself is looked at: the process may have been busy with something else."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = await Connection.connect("127.0.0.1", listener.getsockname()[1], within=PATIENCE)
        peer, _ = listener.accept()
        before = connection.has_news
        with peer:
            peer.sendall(b"stray") if comes == "bytes" else peer.shutdown(socket.SHUT_WR)

            assert (before, connection.has_news) == (False, True)
            assert not connection._unread
            assert not connection._has_ended
        await connection.aclose()


async def test_without_poll_the_loops_word_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    monkeypatch.delattr("select.poll")
    async with serving(is_silent) as server, connected(server) as connection:
        assert not connection.has_news


async def test_closing_waits_for_nobody() -> None:
    """Neither for what is unsent nor for the peer; and may be done again."""

    async def takes_nothing(visit: Visit) -> None:
        await asyncio.Event().wait()

    async with serving(takes_nothing) as server, connected(server) as connection:
        writing = asyncio.create_task(connection.write(MEGABYTES))
        await asyncio.sleep(0)  # it writes until there is no more room
        assert connection._is_writing_paused
        sock = connection._transport.get_extra_info("socket")
        await connection.aclose()
        await connection.aclose()

        assert sock.fileno() == -1
        with pytest.raises(httpx.WriteError):
            await writing


async def test_connecting_is_bounded(black_hole: int) -> None:
    """By its own time, whose end is a proof."""
    with pytest.raises(httpx.ConnectTimeout):
        await Connection.connect("127.0.0.1", black_hole, within=0.05)


async def test_a_cancelled_connect_leaves_no_socket(black_hole: int) -> None:
    """A socket left open is a ResourceWarning, and that an error here."""
    for steps in range(6):
        connecting = asyncio.create_task(Connection.connect("127.0.0.1", black_hole, within=None))
        for _ in range(steps):
            await asyncio.sleep(0)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting


async def test_a_refused_connection_is_a_connect_error() -> None:
    """With what the system said."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(httpx.ConnectError, match="Connect call failed"):
            await Connection.connect("127.0.0.1", unused.getsockname()[1], within=None)


async def test_an_encrypted_connection_reads_and_writes(caplog: pytest.LogCaptureFixture) -> None:
    """As a plain one does, to its end, and asyncio has nothing to complain of."""

    async def echoes(visit: Visit) -> None:
        await visit.say(await visit.reader.readexactly(len(MEGABYTES)))

    async with serving(echoes, certificate="loopback.pem") as server, connected(server) as connection:
        await connection.encrypt(trusting("loopback.pem"), "127.0.0.1", within=PATIENCE)
        await connection.write(MEGABYTES)
        pieces = []
        while piece := await connection.read():
            pieces.append(piece)

    assert b"".join(pieces) == MEGABYTES
    assert not caplog.records


async def test_a_handshake_is_bounded() -> None:
    """And what it was made on is closed."""
    async with serving(is_silent) as server, connected(server) as connection:
        with pytest.raises(httpx.ConnectTimeout):
            await connection.encrypt(trusting("loopback.pem"), "127.0.0.1", within=0.05)
        await server.until(lambda: server.open == 0)


async def test_a_handshake_that_the_peer_breaks_off_is_a_connect_error() -> None:
    """Nothing was sent that counts."""

    async def hangs_up(visit: Visit) -> None:
        await visit.reader.readexactly(1)
        visit.reset()

    async with serving(hangs_up) as server, connected(server) as connection:
        with pytest.raises(httpx.ConnectError):
            await connection.encrypt(trusting("loopback.pem"), "127.0.0.1", within=PATIENCE)


async def test_a_server_that_speaks_before_the_handshake_does_not_speak_tls() -> None:
    """Whether its words came before our first or after them: the fault has one name."""

    async def greets(visit: Visit) -> None:
        await visit.say(b"220 mail.example ESMTP\r\n")
        await visit.until_gone()

    async with serving(greets) as server, connected(server) as connection:
        await connection._wait()
        with pytest.raises(httpx.ConnectError, match="WRONG_VERSION_NUMBER"):
            await connection.encrypt(trusting("loopback.pem"), "127.0.0.1", within=PATIENCE)
        await server.until(lambda: server.open == 0)


async def test_an_answer_may_come_while_the_question_is_still_being_written() -> None:
    """It is kept for the reader."""

    async def answers_early(visit: Visit) -> None:
        await visit.reader.readexactly(1)
        await visit.say(reply(b"too large"))
        await visit.reader.readexactly(len(MEGABYTES) - 1)
        await visit.until_gone()

    async with serving(answers_early) as server, connected(server) as connection:
        await connection.write(MEGABYTES)

        assert (await connection.read()).endswith(b"too large")
