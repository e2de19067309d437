"""What comes at once: when, in which form, and of what shape the pictures are (PROTOCOL §3)."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nanobanana_async.emulator import Answer, EmulatorOptions, FileAnswer, Later, Page, World
from tests.emulator.customer import BASE, Clock, make_png
from tests.emulator.images.buyer import Buyer, buyer, in_the_end, opened, refused

WIDE = make_png(64, 32)
LINK = f"{BASE}/files/results/task_"


def image_of(buyer: Buyer, reply: object) -> Image.Image:
    """The one picture of an answer by address."""
    assert isinstance(reply, Later)
    return buyer.picture(buyer.waited(reply)["data"][0]["url"])


def test_the_answer_comes_when_the_picture_is_done(buyer: Buyer) -> None:
    """Not before: until then it has been accepted, and nothing said."""
    reply = buyer.generate()
    (task,) = buyer.world.tasks
    usual = task.plan.last.at - buyer.clock.now

    assert isinstance(reply, Later)
    assert (reply.status, reply.code, reply.task_id) == (200, 200, task.id)
    assert 5 <= usual <= 15
    assert usual < reply.seconds < usual + 0.01


def test_speed_shortens_the_wait(clock: Clock) -> None:
    """As everywhere."""
    reply = buyer(clock, speed=100).generate()

    assert isinstance(reply, Later)
    assert 0.05 <= reply.seconds <= 0.16


def test_an_address_is_what_one_gets_unless_told(buyer: Buyer) -> None:
    """With the moment, and OpenAI's account of tokens."""
    answer = buyer.waited(buyer.generate("a banana, ripe", image=base64.b64encode(WIDE).decode()))

    assert list(answer) == ["created", "data", "usage"]
    assert answer["created"] == int(buyer.clock.now)
    assert [list(item) for item in answer["data"]] == [["url"]]
    assert answer["data"][0]["url"].startswith(LINK)
    assert answer["usage"] == {
        "total_tokens": 3 + 258 + 1290,
        "input_tokens": 3 + 258,
        "output_tokens": 1290,
        "input_tokens_details": {"text_tokens": 3, "image_tokens": 258},
    }


def test_the_file_is_there_when_the_answer_is(buyer: Buyer) -> None:
    """And not before."""
    reply = buyer.generate()
    url = f"{BASE}/files/results/{next(iter(buyer.world.tasks)).file_name}"
    early = buyer.world.tasks.find("nobody"), buyer.world.has_picture(next(iter(buyer.world.tasks)))

    image = image_of(buyer, reply)

    assert early == (None, False)
    assert (image.format, image.size) == ("PNG", (1024, 1024))
    assert buyer.picture(url).size == (1024, 1024)


@pytest.mark.parametrize(
    ("options", "asked", "found"),
    [
        ({}, "url", {"url": "link"}),
        ({}, "b64_json", {"b64_json": "plain"}),
        ({"images_b64": "prefixed"}, "b64_json", {"b64_json": "data"}),
        ({"images_url": "data"}, "url", {"url": "data"}),
        ({"images_item": "both"}, "url", {"url": "link", "b64_json": "plain"}),
        (
            {"images_item": "both", "images_b64": "prefixed", "images_url": "data"},
            "b64_json",
            {"url": "data", "b64_json": "data"},
        ),
    ],
)
def test_a_picture_comes_in_every_form(
    clock: Clock, options: dict[str, str], asked: str, found: dict[str, str]
) -> None:
    """An address, base64, base64 with a prefix, a data URL; one of them or two. It is the same picture."""
    somebody = buyer(clock, **options)
    (item,) = somebody.waited(somebody.generate(response_format=asked))["data"]
    images = [somebody.picture(text) if form != "plain" else opened(text) for form, text in forms(item)]

    assert {name: form for name, (form, _) in zip(item, forms(item), strict=True)} == found
    assert {image.size for image in images} == {(1024, 1024)}
    assert len({image.tobytes() for image in images}) == 1


def forms(item: dict[str, str]) -> list[tuple[str, str]]:
    """Each text of an item, and what it is."""
    starts = {"http:": "link", "data:": "data"}
    return [(starts.get(text[:5], "plain"), text) for text in item.values()]


def test_several_pictures_are_several(buyer: Buyer) -> None:
    """Each with an address of its own, and none like another; usage counts them."""
    by_address = buyer.waited(buyer.generate(n=3, image_size="1K"))
    in_text = buyer.waited(buyer.generate(n=2, response_format="b64_json"))
    urls = [item["url"] for item in by_address["data"]]
    images = [buyer.picture(url).tobytes() for url in urls]

    assert len(set(urls)) == len(set(images)) == 3
    assert by_address["usage"]["output_tokens"] == 3 * 1290
    assert len({item["b64_json"] for item in in_text["data"]}) == 2


@pytest.mark.parametrize(
    ("said", "ratio", "pixels"),
    [
        ({"aspect_ratio": "16:9"}, 16 / 9, 1024),
        ({"aspect_ratio": "9:16", "image_size": "2K"}, 9 / 16, 2048),
        ({"aspect_ratio": "21:9", "image_size": "4K"}, 21 / 9, 4096),
        ({"aspect_ratio": "4:5", "model": "nano-banana-hd"}, 4 / 5, 4096),
        ({"aspect_ratio": "2:3", "model": "nano-banana"}, 2 / 3, 1024),
        ({"size": "1536x1024"}, 1.5, 1024),
        ({"size": "1024x1792"}, 4 / 7, 1024),
        ({"size": "auto"}, 1, 1024),
        ({"size": "1536x1024", "aspect_ratio": "3:4"}, 3 / 4, 1024),
    ],
)
def test_the_picture_is_of_the_ratio_and_the_size(
    buyer: Buyer, said: dict[str, object], ratio: float, pixels: int
) -> None:
    """Of `aspect_ratio`; where it is missing, of `size`. As many pixels as 1K, 2K, 4K have."""
    image = image_of(buyer, buyer.generate(**said))

    assert image.width / image.height == pytest.approx(ratio, rel=0.01)
    assert image.width * image.height == pytest.approx(pixels**2, rel=0.02)


@pytest.mark.parametrize(("said", "ratio"), [({}, 2), ({"size": "auto"}, 2), ({"aspect_ratio": "1:1"}, 1)])
def test_an_edit_keeps_the_ratio_of_its_picture(buyer: Buyer, said: dict[str, str], ratio: float) -> None:
    """Unless it is told another."""
    image = image_of(buyer, buyer.edit(WIDE, **said))

    assert image.width / image.height == pytest.approx(ratio, rel=0.01)


def test_a_reference_image_is_shown_on_the_result(buyer: Buyer) -> None:
    """Whether it came as a file, as text, or as an address of an earlier picture."""
    blue = make_png(colour="blue")
    results = [
        image_of(buyer, buyer.edit(image, aspect_ratio="1:1", model="nano-banana"))
        for image in (blue, base64.b64encode(blue).decode())
    ]
    (plain,) = [image_of(buyer, buyer.generate(model="nano-banana"))]
    earlier = buyer.waited(buyer.generate())["data"][0]["url"]

    assert all(has_blue(image) for image in results)
    assert not has_blue(plain)
    assert image_of(buyer, buyer.edit(earlier)).size == (1024, 1024)


def has_blue(image: Image.Image) -> bool:
    colours = image.convert("RGB").getcolors(image.width * image.height) or []
    return any(colour == (0, 0, 255) for _, colour in colours)


@pytest.mark.parametrize(
    ("prompt", "said", "msg"),
    [
        (
            "[fail:policy]",
            (400, "image_generation_user_error", "moderation_blocked"),
            "violating content policies",
        ),
        ("[fail:internal]", (500, "server_error", None), "Internal Error, Please try again later."),
        ("[fail:decline]", (500, "server_error", None), "Gemini could not generate an image"),
    ],
)
def test_a_failure_is_told_at_the_end_and_costs_nothing(
    buyer: Buyer, prompt: str, said: tuple[int, str, str | None], msg: str
) -> None:
    """The credits are gone for as long as it takes, and then given back."""
    reply = buyer.generate(prompt)
    meanwhile = buyer.balance()
    found, error = refused(reply)
    assert isinstance(reply, Later)
    buyer.clock.move(reply.seconds)

    assert (found, error["type"], error["code"]) == said
    assert msg in error["message"]
    assert meanwhile == 10_000.0 - 8
    assert buyer.balance() == 10_000.0
    assert [seen.code for seen in buyer.world.ledger.creates] == [200]


def test_a_picture_of_our_own_that_is_gone_fails_in_the_end(buyer: Buyer) -> None:
    """As a job does, and with the parameter's name."""
    status, error = refused(buyer.edit(f"{BASE}/files/kieai/nobody/x.png"))

    assert (status, error["param"], error["code"]) == (400, "image", "invalid_image")
    assert error["message"].startswith("Image fetch failed.")


def test_a_relay_may_give_up_before(clock: Clock) -> None:
    """With a page of its own and 524; the task goes on, and what was paid is gone."""
    impatient = buyer(clock, cut_after=20, speed=2)
    quick, slow = impatient.generate(), impatient.generate(model="nano-banana")
    assert isinstance(slow, Later)
    page = slow.reply

    assert isinstance(in_the_end(quick), Answer)
    assert isinstance(page, Page)
    assert (slow.seconds, page.status, page.media_type) == (10, 524, "text/html")
    assert b"524 A timeout occurred" in page.content
    clock.move(1000)
    assert impatient.balance() == 10_000.0 - 8 - 4
    assert all(impatient.world.has_picture(task) for task in impatient.world.tasks)


def test_who_leaves_has_paid(buyer: Buyer) -> None:
    """It is noted, so that a test can ask."""
    reply = buyer.generate()
    assert isinstance(reply, Later)

    buyer.world.hung_up(reply)
    buyer.world.hung_up(Later(reply.reply, 1.0))

    assert list(buyer.world.ledger.hung_up) == [reply.task_id]
    assert buyer.world.ledger.paid == 8


def test_references_and_pictures_outlive_the_process(clock: Clock, tmp_path: Path) -> None:
    """The picture of an order is the same after a restart, with what it was made from; so is what was paid."""
    options: dict[str, Any] = {"state_dir": tmp_path, "seed": 3}
    first = buyer(clock, **options)
    url = first.waited(first.edit(WIDE, n="2"))["data"][1]["url"]
    before = first.picture(url).tobytes()
    first.world.close()

    second = buyer(clock, **options)

    assert second.picture(url).tobytes() == before
    assert second.balance() == 10_000.0 - 16
    assert len(second.world.files) == 1
    second.world.close()


def test_what_cannot_be_kept_is_refused(clock: Clock, tmp_path: Path) -> None:
    """A state folder that can't be written is an error of the server, in OpenAI's form; nothing is charged."""
    (tmp_path / "uploads").write_text("in the way")
    world = World(EmulatorOptions(state_dir=tmp_path), clock=clock)
    somebody = Buyer(world, clock)

    status, error = refused(somebody.edit(WIDE))

    assert (status, error["type"]) == (500, "server_error")
    assert somebody.balance() == 10_000.0
    assert world.ledger.creates[-1].code == 500
    world.close()


def test_a_content_is_no_address(buyer: Buyer) -> None:
    """The name that the emulator has for it can't be asked for from outside."""
    buyer.edit(WIDE)
    (task,) = buyer.world.tasks

    status, error = refused(buyer.generate(image=task.order.images[0]))

    assert (status, error["code"]) == (400, "invalid_image")


def test_painted_json_is_made_when_it_is_wanted(buyer: Buyer) -> None:
    """An answer with a picture in it is made as a file is; one with addresses is there at once."""
    text, link = in_the_end(buyer.generate(response_format="b64_json")), in_the_end(buyer.generate())

    assert isinstance(text, FileAnswer)
    assert text.media_type == "application/json"
    assert isinstance(link, Answer)
    assert text.produce() == text.produce()
