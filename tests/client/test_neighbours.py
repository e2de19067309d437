"""A gateway that names a picture where it has no business: it is not asked for, and it is said why."""

from __future__ import annotations

import pytest

from nanobanana_async import Client, OpenAIImages, ScriptedTransport, ServiceError
from nanobanana_async.values import WireReply, WireRequest
from tests.scripted_images import PICTURE, made

SAID = r"names a picture at '.*', which is (on this machine|in your own network)"
URLS = ["http://127.0.0.1:8080/admin", "http://2130706433/a", "http://169.254.169.254/latest", "http://router/a"]
URLS += ["http://168.63.129.16/machine", "http://minio.company.internal/a.png", "http://redis.prod.svc/a"]


class Gateway:
    """At `address`, it names `url` as where each picture is. Keeps what it, or a file host, is asked."""

    def __init__(self, address: str, url: str) -> None:
        self.asked: list[WireRequest] = []
        self._url = url
        self.transport = ScriptedTransport(self._answer)
        self.client = Client(OpenAIImages(address, "key", 0.04), transport=self.transport)

    def _answer(self, request: WireRequest) -> WireReply:
        self.asked.append(request)
        return made({"url": self._url}) if request.method == "POST" else WireReply(200, {}, PICTURE)


@pytest.mark.parametrize("url", URLS)
async def test_a_public_gateway_can_not_send_us_to_our_neighbours(url: str) -> None:
    """Nothing is asked there; the error says where, that it is paid for, and that to try again is of no use."""
    gateway = Gateway("https://reseller.example/v1", url)

    async with gateway.client as client:
        result = await client.generate("a banana")
        with pytest.raises(ServiceError, match=SAID) as caught:
            await client.read(result)

    assert [request.method for request in gateway.asked] == ["POST"]
    assert (caught.value.charged, caught.value.retryable) == ("yes", False)
    assert "result.urls" in caught.value.remedy
    assert "do not order it anew" in caught.value.public_message


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("http://127.0.0.1:4000", "http://localhost:9000/a.png"),
        ("http://gateway:4000", "http://minio:9000/a.png"),
        ("http://10.0.0.5", "http://10.0.0.5:9000/a.png"),
        ("http://10.0.0.5", "http://10.0.0.6:9000/a.png"),
        ("http://localhost:3000/v1", "http://0.0.0.0:3000/a.png"),
    ],
)
async def test_a_gateway_of_our_own_may_name_what_is_beside_it(address: str, url: str) -> None:
    """Whoever set it up, set up these."""
    gateway = Gateway(address, url)

    async with gateway.client as client:
        picture = await client.read(await client.generate("a banana"))

    assert picture.content == PICTURE
    assert gateway.asked[-1].url == url
