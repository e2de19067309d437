"""The upload host: three ways in, one answer."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from nanobanana_async.emulator import Upload
from tests.emulator.customer import BASE, Clock, Customer, make_png


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_an_upload_answers_as_the_vendor_does(customer: Customer) -> None:
    """The answer holds exactly the documented fields."""
    content = make_png()

    answer = customer.ask("stream-upload", Upload(content, "images/user", "x.png"))

    account = next(iter(customer.world.accounts)).name
    path = f"kieai/{account}/images/user/x.png"
    assert answer == {
        "success": True,
        "code": 200,
        "msg": "File uploaded successfully",
        "data": {
            "success": True,
            "fileName": "x.png",
            "filePath": path,
            "downloadUrl": f"{BASE}/files/{path}",
            "fileSize": len(content),
            "mimeType": "image/png",
            "uploadedAt": "2026-09-10T00:26:40.000Z",
        },
    }


def test_an_upload_can_be_fetched_for_three_days(customer: Customer, clock: Clock) -> None:
    """What was uploaded comes back as it was, until it expires."""
    content = make_png()
    url = customer.upload(content)["downloadUrl"]
    clock.move(2 * 86400)
    fetched = customer.content(url)
    clock.move(86400)

    assert fetched == content
    assert customer.file(url).status == 404


def test_the_same_name_overwrites(customer: Customer) -> None:
    """A second upload under one name replaces the first."""
    first = customer.upload(make_png(colour="red"))
    second = customer.upload(make_png(colour="blue"))

    assert first["downloadUrl"] == second["downloadUrl"]
    assert customer.content(first["downloadUrl"]) == make_png(colour="blue")
    assert len(customer.world.files) == 1


def test_names_with_any_characters_make_valid_addresses(customer: Customer) -> None:
    """The address is quoted, the path is not."""
    data = customer.upload(make_png(), "größe 1.png", "ü b")

    assert data["filePath"].endswith("/ü b/größe 1.png")
    assert data["downloadUrl"].endswith("/%C3%BC%20b/gr%C3%B6%C3%9Fe%201.png")


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_base64_comes_raw_or_as_a_data_url(customer: Customer, prefix: str) -> None:
    """Both spellings give the same file, named after its content where no name is given."""
    body = {"base64Data": prefix + encoded(make_png()), "uploadPath": "images"}

    data = customer.ask("base64-upload", body)["data"]

    assert data["fileSize"] == len(make_png())
    assert data["fileName"].endswith(".png")
    assert customer.content(data["downloadUrl"]) == make_png()


def test_a_result_can_be_uploaded_by_its_address(customer: Customer, clock: Clock) -> None:
    """The url upload copies a file of our own host."""
    task_id = customer.created()
    clock.move(20)
    url = f"{BASE}/files/results/{task_id}.jpg"

    data = customer.ask("url-upload", {"fileUrl": url, "uploadPath": "copies", "fileName": "copy.jpg"})["data"]

    assert data["mimeType"] == "image/jpeg"
    assert customer.content(data["downloadUrl"]) == customer.content(url)


def test_nothing_is_fetched_from_elsewhere(customer: Customer) -> None:
    """The url upload of a foreign address is an error of the server."""
    answer = customer.ask("url-upload", {"fileUrl": "https://example.com/x.png", "uploadPath": "x"})

    assert (answer["success"], answer["code"]) == (False, 500)


@pytest.mark.parametrize(
    ("operation", "body", "msg"),
    [
        ("stream-upload", Upload(None, "x", "y"), "Missing required parameter: file"),
        ("stream-upload", None, "Missing required parameter: file"),
        ("stream-upload", Upload(b"x", None, "y"), "Missing required parameter: uploadPath"),
        ("stream-upload", Upload(b"x", "/x", "y"), "Invalid parameter: uploadPath"),
        ("stream-upload", Upload(b"x", "x/", "y"), "Invalid parameter: uploadPath"),
        ("stream-upload", Upload(b"x", "x/../y", "y"), "Invalid parameter: uploadPath"),
        ("stream-upload", Upload(b"x", "x", "../y"), "Invalid parameter: fileName"),
        ("base64-upload", {"uploadPath": "x"}, "Missing required parameter: base64Data"),
        ("base64-upload", {"base64Data": "AAAA"}, "Missing required parameter: uploadPath"),
        ("base64-upload", {"base64Data": "#", "uploadPath": "x"}, "Invalid parameter: base64Data"),
        ("base64-upload", None, "Invalid request body"),
        ("url-upload", {"uploadPath": "x"}, "Missing required parameter: fileUrl"),
        ("url-upload", {"fileUrl": "x.png", "uploadPath": "x"}, "Invalid parameter: fileUrl"),
    ],
)
def test_a_wrong_upload_says_which_parameter(customer: Customer, operation: str, body: object, msg: str) -> None:
    """Errors come in the upload host's own envelope."""
    answer = customer.ask(operation, body)  # type: ignore[arg-type]  # what JSON may hold

    assert answer == {"success": False, "code": 400, "msg": msg}


def test_base64_ends_at_ten_megabytes(customer: Customer) -> None:
    """More has to go by stream."""
    body = {"base64Data": encoded(bytes(10 * 1024 * 1024 + 1)), "uploadPath": "x"}

    assert customer.ask("base64-upload", body)["code"] == 400


def test_an_upload_needs_a_key(customer: Customer) -> None:
    """Without a key the upload host refuses in its own envelope."""
    stranger = Customer(customer.world, None)

    answer = stranger.ask("stream-upload", Upload(b"x", "x", "y"))

    assert (answer["success"], answer["code"]) == (False, 401)


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_the_media_type_is_read_from_the_content(customer: Customer, kind: str, media_type: str) -> None:
    """The name says nothing, the first bytes do."""
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, kind)

    assert customer.upload(file.getvalue(), "x.bin")["mimeType"] == media_type


def test_what_is_no_picture_is_an_octet_stream(customer: Customer) -> None:
    """Any file is taken."""
    assert customer.upload(b"hello", "x.png")["mimeType"] == "application/octet-stream"
