"""The file host: results, links, and who brings a key where none belongs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from nanobanana_async.emulator import EmulatorOptions, FileAnswer, World
from tests.emulator.customer import BASE, Clock, Customer, make_png

DAY = 24 * 3600


def finished(customer: Customer, clock: Clock, prompt: str = "a banana", **said: Any) -> str:
    """The address of a picture that is ready."""
    task_id = customer.created(prompt, **said)
    clock.move(200)
    return str(customer.record(task_id)["response"]["resultUrls"][0])


@pytest.mark.parametrize(
    ("said", "kind", "size"),
    [
        ({}, "JPEG", (1024, 1024)),
        ({"output_format": "png", "aspect_ratio": "16:9"}, "PNG", (1368, 768)),
        ({"model": "google/nano-banana", "output_format": "jpeg", "aspect_ratio": "9:16"}, "JPEG", (768, 1368)),
        ({"model": "nano-banana-pro", "resolution": "2K", "aspect_ratio": "4:5"}, "PNG", (1832, 2288)),
        ({"model": "nano-banana-2-lite", "aspect_ratio": "8:1"}, "PNG", (2896, 360)),
        ({"resolution": "4K", "aspect_ratio": "1:1"}, "JPEG", (4096, 4096)),
    ],
)
def test_a_result_has_the_format_and_size_that_were_asked_for(
    customer: Customer, clock: Clock, said: dict[str, Any], kind: str, size: tuple[int, int]
) -> None:
    """Ratio, resolution and format come out as ordered, in multiples of eight pixels."""
    picture = customer.picture(finished(customer, clock, **said))

    assert (picture.format, picture.size, picture.mode) == (kind, size, "RGB")


def test_a_result_is_not_there_before_its_time(customer: Customer) -> None:
    """While the task is pending, its address is a real 404."""
    task_id = customer.created()

    assert customer.file(f"{BASE}/files/results/{task_id}.jpg").status == 404


@pytest.mark.parametrize("name", ["results/no.png", "results/", "kieai/x.png", "links/9999999999/kieai/x", "", "x"])
def test_what_was_never_there_is_a_404(customer: Customer, name: str) -> None:
    """An unknown path is a real 404, not a picture."""
    assert customer.file(f"{BASE}/files/{name}").status == 404


def test_a_result_is_found_by_its_full_name_only(customer: Customer, clock: Clock) -> None:
    """The extension belongs to the name."""
    url = finished(customer, clock)

    assert customer.file(url.replace(".jpg", ".png")).status == 404


def test_a_result_ends_after_its_days(customer: Customer, clock: Clock) -> None:
    """Fourteen days after completion the picture is gone, and a short link to it refused."""
    url = finished(customer, clock)
    clock.move(13 * DAY)
    before = customer.file(url).status
    clock.move(DAY)

    assert (before, customer.file(url).status) == (200, 404)
    assert customer.ask("download-url", {"url": url})["msg"] == "url is wrong"


def test_the_same_task_gives_the_same_bytes(clock: Clock) -> None:
    """Two emulators with one seed paint one picture."""
    one, other = (Customer(World(EmulatorOptions(seed=5), clock=clock)) for _ in range(2))

    assert one.content(finished(one, clock)) == other.content(finished(other, clock))


def test_a_key_at_the_file_host_is_noted(customer: Customer, clock: Clock) -> None:
    """The file is served all the same, and the ledger remembers whose key it was."""
    path = finished(customer, clock).removeprefix(f"{BASE}/files/")

    answer = customer.world.serve(customer.call("file", subject=path))

    assert isinstance(answer, FileAnswer)
    (seen,) = customer.world.ledger.keys_at_files
    assert seen.path == path
    assert seen.account == next(iter(customer.world.accounts)).name


def test_a_short_link_lasts_twenty_minutes(customer: Customer, clock: Clock) -> None:
    """download-url gives another address of the same file that ends."""
    url = finished(customer, clock)
    link = customer.ask("download-url", {"url": url})["data"]
    clock.move(19 * 60)
    same = customer.content(link) == customer.content(url)
    clock.move(2 * 60)

    assert link != url
    assert same
    assert customer.file(link).status == 404


@pytest.mark.parametrize(
    "body", [{"url": "https://example.com/x"}, {"url": f"{BASE}/files/no"}, {"url": "x"}, {"url": 7}, {}, None]
)
def test_a_foreign_address_is_wrong(customer: Customer, body: object) -> None:
    """download-url knows its own files only."""
    answer = customer.ask("download-url", body)

    assert (answer["code"], answer["msg"]) == (422, "url is wrong")


def test_links_stand_under_the_address_that_was_asked(clock: Clock, world: World) -> None:
    """Result addresses follow the host that the client used."""
    customer = Customer(world, base_url="https://api.example.test")

    assert finished(customer, clock).startswith("https://api.example.test/files/results/")


def test_an_address_from_an_earlier_port_is_still_ours(customer: Customer, clock: Clock) -> None:
    """After a restart on another port, old result addresses can be exchanged for new links."""
    url = finished(customer, clock).replace(":8000", ":7777")

    link = customer.ask("download-url", {"url": url})["data"]

    assert link.startswith(f"{BASE}/files/links/")


def test_auto_takes_the_ratio_of_the_first_image(customer: Customer, clock: Clock) -> None:
    """With `auto` an edit has the shape of what it edits."""
    upload = customer.upload(make_png(300, 150))["downloadUrl"]

    picture = customer.picture(finished(customer, clock, image_input=[upload]))

    assert picture.width / picture.height == pytest.approx(2, abs=0.02)


def test_auto_of_a_result_takes_the_results_ratio(customer: Customer, clock: Clock) -> None:
    """A result can be edited again, and keeps its shape."""
    first = finished(customer, clock, aspect_ratio="9:16")
    second = finished(customer, clock, "again", image_input=[first])
    third = finished(customer, clock, "and again", image_input=[second])

    assert customer.picture(second).size == (768, 1368)
    assert customer.picture(third).size == (1024, 1024)


def test_an_edit_shows_what_it_edits(customer: Customer, clock: Clock) -> None:
    """The uploaded image is seen on the picture."""
    plain = customer.picture(finished(customer, clock, aspect_ratio="1:1", output_format="png"))
    pink = (255, 0, 255)
    upload = customer.upload(make_png(200, 200, "#ff00ff"))["downloadUrl"]
    edited = customer.picture(finished(customer, clock, aspect_ratio="1:1", output_format="png", image_input=[upload]))

    def count(picture: Image.Image) -> int:
        colours = picture.getcolors(maxcolors=1 << 24) or []
        return sum(many for many, colour in colours if colour == pink)

    assert count(plain) == 0
    assert count(edited) > 20_000


def test_a_picture_at_another_address_is_shown_blank(customer: Customer, clock: Clock) -> None:
    """What is not on our own host is never fetched, and a blank print stands for it."""
    content = customer.content(finished(customer, clock, image_input=["http://127.0.0.1:9/x.png"]))

    assert Image.open(io.BytesIO(content)).size == (1024, 1024)


def test_downloads_are_counted(customer: Customer, clock: Clock) -> None:
    """The ledger knows how often a file was fetched."""
    url = finished(customer, clock)
    customer.file(url)
    customer.file(url)

    assert customer.world.ledger.downloads[url.removeprefix(f"{BASE}/files/")] == 2
