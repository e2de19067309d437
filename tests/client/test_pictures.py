"""From a result to a picture: fetched without the key, checked, and fetched again where that may help."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from nanobanana_async import (
    Client,
    ConfigurationError,
    Item,
    NanoBananaEdit,
    NanoBananaError,
    NetworkError,
    NoResultError,
    Outcome,
    Result,
    ResultExpiredError,
    ServiceError,
    StorageError,
    Succeeded,
)
from nanobanana_async.events import Event, FilesSaved, ImageUploaded, SaveFailed
from nanobanana_async.values import WireReply, WireRequest
from tests.scripted_kie import CREATE, Answer, ScriptedKie, said, until

HOST = "https://files.example"
LINK = "/api/v1/common/download-url"


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "gold").save(file, kind)
    return file.getvalue()


PNG = picture()


def result(*names: str) -> Result:
    return Result("task0", "google/nano-banana", tuple(f"{HOST}/{name}" for name in names or ("a.png",)))


def file_host(**files: Answer) -> ScriptedKie:
    """A gateway whose file host answers as told; names are given without their ending."""
    kie = ScriptedKie()
    kie.others = {f"/{name}.png": answer for name, answer in files.items()}
    return kie


def whole(content: bytes = PNG) -> WireReply:
    return WireReply(200, {"content-length": str(len(content)), "content-type": "image/png"}, content)


class InTurn:
    """Answers one after the other; the last one for ever."""

    def __init__(self, *answers: WireReply | BaseException) -> None:
        self.answers = list(answers)
        self.requests: list[WireRequest] = []

    def __call__(self, request: WireRequest) -> WireReply:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


async def test_a_picture_is_read_into_memory() -> None:
    """Its bytes, what it is, and its size."""
    async with file_host(a=whole()).client() as client:
        image = await client.read(result())

    assert (image.content, image.media_type, image.width, image.height) == (PNG, "image/png", 8, 6)


async def test_a_result_with_several_pictures_is_read_whole_or_not() -> None:
    """`read` wants exactly one; `read_all` gives all."""
    async with file_host(a=whole(), b=whole(picture("WEBP"))).client() as client:
        images = await client.read_all(result("a.png", "b.png"))
        with pytest.raises(NoResultError, match="2 images"):
            await client.read(result("a.png", "b.png"))

    assert [image.media_type for image in images] == ["image/png", "image/webp"]


async def test_the_key_never_goes_to_a_file_host() -> None:
    """Not with the first request, not after a redirect."""
    kie = file_host(a=WireReply(302, {"location": "/b.png"}), b=whole())

    async with kie.client() as client:
        await client.read(result())

    assert [(request.url, request.bearer) for request in kie.transport.requests] == [
        (f"{HOST}/a.png", None),
        (f"{HOST}/b.png", None),
    ]
    assert not any("authorization" in map(str.lower, request.headers) for request in kie.transport.requests)


async def test_a_path_is_obeyed_to_the_letter(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A name that says another type gets a warning, not another name; a second save replaces the first."""
    target = tmp_path / "picture.jpg"

    async with file_host(a=whole()).client() as client:
        first = await client.save(result(), target)
        second = await client.save(result(), str(target))

    assert first == second == [target]
    assert target.read_bytes() == PNG
    assert "picture.jpg holds a png" in caplog.text
    assert list(tmp_path.iterdir()) == [target]


async def test_a_folder_is_accepted_and_several_pictures_are_numbered(tmp_path: Path) -> None:
    """Names follow what the file is; a task saved again is the same file."""
    kie = file_host(a=whole(), b=whole(picture("JPEG")))

    async with kie.client() as client:
        first = await client.save(result("a.png", "b.png"), tmp_path)
        second = await client.save(result("a.png"), tmp_path)

    assert [path.name for path in first] == ["task0.png", "task0-2.jpg"]
    assert second == first[:1]
    assert len(list(tmp_path.iterdir())) == 2


async def test_a_picture_is_no_device(tmp_path: Path) -> None:
    """A pipe, or /dev/null, is never replaced by a file."""
    os.mkfifo(tmp_path / "pipe")

    async with file_host(a=whole()).client() as client:
        with pytest.raises(StorageError, match="device or a pipe"):
            await client.save(result(), tmp_path / "pipe")

    assert (tmp_path / "pipe").is_fifo()
    assert len(list(tmp_path.iterdir())) == 1


async def test_what_breaks_on_the_way_is_fetched_again() -> None:
    """A broken connection, a busy host, a file cut short: fetching costs nothing."""
    cut = WireReply(200, {"content-length": str(len(PNG))}, PNG[:-10])
    answers = InTurn(NetworkError("reset"), WireReply(503, {}, b"busy"), cut, whole())

    async with file_host(a=answers).client() as client:
        image = await client.read(result())

    assert image.content == PNG
    assert len(answers.requests) == 4


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (NetworkError("reset"), NetworkError),
        (WireReply(500, {}, b""), ServiceError),
        (WireReply(200, {}, b"<html>not a picture</html>"), StorageError),
    ],
)
async def test_what_stays_broken_is_told_and_stays_paid_for(
    answer: WireReply | NetworkError, error: type[NanoBananaError]
) -> None:
    """Four tries; the error names the task, and that it is charged."""
    answers = InTurn(answer)

    async with file_host(a=answers).client() as client:
        with pytest.raises(error) as caught:
            await client.read(result())

    assert (caught.value.task_id, caught.value.charged) == ("task0", "yes")
    assert len(answers.requests) == 4


async def test_a_refused_url_is_renewed_once() -> None:
    """PROTOCOL §1.8: download-url gives a fresh link."""
    kie = file_host(a=WireReply(403), b=whole())
    kie.others[LINK] = said(200, data=f"{HOST}/b.png")

    async with kie.client() as client:
        image = await client.read(result())

    assert image.content == PNG


@pytest.mark.parametrize("link", [said(422, "url is wrong"), said(200, data=f"{HOST}/a.png")])
async def test_a_picture_that_is_gone_is_expired(link: WireReply) -> None:
    """With no new link, or a new one that is refused as well."""
    kie = file_host(a=WireReply(404))
    kie.others[LINK] = link

    async with kie.client() as client:
        with pytest.raises(ResultExpiredError) as caught:
            await client.read(result())

    assert (caught.value.task_id, caught.value.charged) == ("task0", "yes")


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:1/x", "http://localhost/x", "http://10.0.0.1/x", "http://[::1]/x", "file:///etc/x"]
)
async def test_a_public_host_can_not_send_us_into_our_own_network(location: str) -> None:
    """A redirect to a private address is not followed, and not tried again."""
    answers = InTurn(WireReply(302, {"location": location}))

    async with file_host(a=answers).client() as client:
        with pytest.raises(ServiceError, match="not followed"):
            await client.read(result())

    assert len(answers.requests) == 1


async def test_redirects_come_to_an_end() -> None:
    """A host that sends us round in circles is told after three."""
    answers = InTurn(WireReply(302, {"location": "/a.png"}))

    async with file_host(a=answers).client() as client:
        with pytest.raises(ServiceError, match="redirects more than 3 times"):
            await client.read(result())


async def test_a_batch_saves_what_it_makes(tmp_path: Path) -> None:
    """By key where there is one, else by place and prompt; and says so in outcome and event."""
    kie = file_host(task0=whole(), task1=whole())
    events: list[Event] = []

    async with kie.client(on_event=events.append) as client:
        outcomes = await client.generate_all(
            ["A banana, in orbit!", Item("second", key="sku-7")], save_to=tmp_path / "new" / "folder"
        )

    names = [path.name for outcome in outcomes for path in outcome.files]
    assert names == ["00001-a-banana-in-orbit.png", "sku-7.png"]
    assert sum(isinstance(event, FilesSaved) for event in events) == 2


async def test_a_picture_that_can_not_be_saved_is_still_a_success(tmp_path: Path) -> None:
    """It is paid for: the outcome has the result, no files, and the error."""
    (tmp_path / "file").touch()
    kie = file_host(task0=whole(), task1=whole())
    events: list[Event] = []

    async with kie.client(on_event=events.append) as client:
        (first,) = await client.generate_all(["a"], save_to=lambda *_: tmp_path / "file" / "a")
        (second,) = await client.generate_all(["a"], save_to=lambda *_: tmp_path / str(1 // 0))

    for outcome in (first, second):
        assert isinstance(outcome, Succeeded)
        assert outcome.files == ()
        assert isinstance(outcome.file_error, StorageError)
        assert outcome.charged == "yes"
    assert sum(isinstance(event, SaveFailed) for event in events) == 2


async def test_a_folder_that_can_not_be_written_to_is_found_before_anything_is_paid(tmp_path: Path) -> None:
    """It is a file: nothing is sent."""
    (tmp_path / "file").touch()
    kie = ScriptedKie()

    async with kie.client() as client:
        with pytest.raises(ConfigurationError, match="file"):
            await client.generate_all(["a"], save_to=tmp_path / "file")

    assert kie.prompts == []


async def test_a_disk_that_refuses_is_not_asked_again(tmp_path: Path) -> None:
    """Fetching the picture anew makes no room."""
    answers = InTurn(whole())
    (tmp_path / "file").touch()

    async with file_host(a=answers).client() as client:
        with pytest.raises(StorageError):
            await client.save(result(), tmp_path / "file" / "x.png")

    assert len(answers.requests) == 1


async def test_a_picture_cut_off_by_the_close_is_handed_out_without_its_file(tmp_path: Path) -> None:
    """It is paid for, and its result is known: whoever consumes the batch gets it, and does not hang."""
    began = asyncio.Event()

    async def never(_: WireRequest) -> WireReply:
        began.set()
        await asyncio.sleep(3600)
        return whole()

    outcomes: list[Outcome] = []

    async def consume(client: Client) -> None:
        async with client.batch(["a"], save_to=tmp_path) as batch:
            outcomes.append(await anext(batch))

    async with file_host(task0=never).client() as client:
        consumer = asyncio.ensure_future(consume(client))
        await began.wait()
    await asyncio.wait_for(consumer, 60)

    (outcome,) = outcomes
    assert isinstance(outcome, Succeeded)
    assert isinstance(outcome.file_error, StorageError)
    assert "save` of another client" in outcome.file_error.remedy
    assert outcome.files == ()
    assert list(tmp_path.iterdir()) == []


# --- input images -------------------------------------------------------------------------------------------------

UPLOAD = "/api/file-stream-upload"


def uploaded(name: str) -> WireReply:
    return said(200, data={"downloadUrl": f"https://up.example/{name}"})


async def test_local_images_are_uploaded_once_whoever_uses_them(tmp_path: Path) -> None:
    """By their content: two names of one picture, in any number of items, are one upload."""
    kie = ScriptedKie()
    kie.others[UPLOAD] = uploaded("x.png")
    (tmp_path / "one.png").write_bytes(PNG)
    (tmp_path / "two.png").write_bytes(PNG)
    events: list[Event] = []

    async with kie.client(on_event=events.append) as client:
        images: list[str | Path | bytes] = [
            tmp_path / "one.png",
            PNG,
            str(tmp_path / "two.png"),
            "https://public.example/z.png",
        ]
        await client.generate_all([Item(request) for request in _edits(images, 10)])

    uploads = [request for request in kie.transport.requests if request.url.endswith(UPLOAD)]
    creates = [request.body or b"" for request in kie.transport.requests if request.url.endswith(CREATE)]
    assert len(uploads) == 1
    assert sum(isinstance(event, ImageUploaded) for event in events) == 1
    assert len(creates) == 10
    assert all(body.count(b"https://up.example/x.png") == 3 for body in creates)
    assert all(body.count(b"https://public.example/z.png") == 1 for body in creates)


def _edits(images: Sequence[str | Path | bytes], count: int) -> list[NanoBananaEdit]:
    return [NanoBananaEdit(f"edit {n}", images=images) for n in range(count)]


async def test_an_upload_that_fails_fails_its_item_and_costs_nothing() -> None:
    """One try; nothing is created without its picture."""
    kie = ScriptedKie()
    kie.others[UPLOAD] = NetworkError("reset")

    async with kie.client() as client:
        outcomes = await client.generate_all(["no picture", *_edits([PNG], 1)])

    assert [(outcome.state, outcome.charged) for outcome in outcomes] == [("succeeded", "yes"), ("failed", "no")]
    assert kie.prompts == ["no picture"]


async def test_a_key_refused_by_the_upload_stops_the_run() -> None:
    """It would be refused by every other upload too."""
    kie = ScriptedKie()
    kie.others[UPLOAD] = said(401, "Unauthorized")

    async with kie.client() as client:
        outcomes = await client.generate_all(_edits([PNG], 3))

    assert [outcome.state for outcome in outcomes] == ["skipped"] * 3
    assert not kie.prompts


async def test_an_item_withdrawn_while_its_picture_is_uploaded_is_not_sent() -> None:
    """The upload costs nothing; the create would."""
    kie = ScriptedKie()

    async def slow(_: WireRequest) -> WireReply:
        await kie.answering.wait()
        return uploaded("x.png")

    kie.others[UPLOAD] = slow
    kie.answering.clear()
    async with kie.client() as client:
        async with client.batch(_edits([PNG], 2)):
            await until(lambda: client.statistics().preparing == 2 and kie.transport.requests)
        kie.answering.set()
        await until(lambda: not client._open().manager.crew)

    assert not kie.prompts
