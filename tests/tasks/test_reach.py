"""How far a host is, told by how it is written; nothing is ever looked up."""

from __future__ import annotations

import pytest

from nanobanana_async.tasks._reach import host_of, may_lead, reach_of

LOOPBACK = (
    "127.0.0.1 127.255.0.9 2130706433 0x7f000001 0X7F.1 127.1 127.0.1 0177.0.0.1 017700000001 localhost LOCALHOST "
    "localhost. a.localhost 127.0.0.1. [::1] [::ffff:127.0.0.1] [64:ff9b::7f00:1] [::127.0.0.1] [2002:7f00:1::] "
    "\u2460\u2461\u2466.0.0.1 127\u30020\u30020\u30021 user:word@127.1 a.example\\@127.1 0.0.0.0 0 [::] "
    "[::ffff:0.0.0.0] localhost.localdomain ip6-localhost IP6-Loopback localhost6"
)
PRIVATE = (
    "10.0.0.1 192.168.1.5 172.16.0.1 169.254.169.254 2852039166 0xa9fea9fe 100.64.0.1 224.0.0.1 240.0.0.1 "
    "100.127.255.254 [fd00::1] [fe80::1] [fe80::1%25eth0] [fec0::1] [ff02::1] [::ffff:10.0.0.1] [2002:a00:1::] "
    "[64:ff9b:1::a00:1] [::ffff:169.254.169.254] [2001:db8::1] router intranet metadata.google.internal "
    "metadata.google.internal. printer.local nas.lan a.home.arpa 1.2.3.4.5 08.8.8.8 256.1.1.1 127.0.0.1%2e a%2eexample "
    "a\u00ad.example 168.63.129.16 192.0.0.192 192.0.0.9 [::ffff:168.63.129.16] redis.prod.svc db.consul db.test "
    "home.arpa fritz.box router.fritz.box a.intranet a.corp a.private host.docker.internal"
)
PUBLIC = (
    "8.8.8.8 134744072 cdn.example.com cdn.example.com. CDN.Example [2606:4700::1111] [::ffff:8.8.8.8] "
    "[64:ff9b::808:808] [2002:808:808::] m\u00fcnchen.example localhost.example 1.example local.example "
    "168.63.129.17 192.0.1.1 100.128.0.1 svc.example notfritz.box a-test.example"
)


@pytest.mark.parametrize("host", LOOPBACK.split())
def test_this_machine_is_known_however_it_is_written(host: str) -> None:
    """Decimal, octal, hexadecimal, short, mapped into IPv6, translated, with a dot at its end, in other digits."""
    assert reach_of(f"http://{host}/a.png") == "loopback"


@pytest.mark.parametrize("host", PRIVATE.split())
def test_our_own_network_is_not_public(host: str) -> None:
    """Nor is what no public host is called: bare names, misspelt addresses, what can't be read."""
    assert reach_of(f"https://{host}:8000/a.png") == "private"


@pytest.mark.parametrize("host", PUBLIC.split())
def test_public_hosts_are_public(host: str) -> None:
    """By name and by address."""
    assert reach_of(f"https://{host}/a.png") == "public"


@pytest.mark.parametrize("url", ["", "http://", "http:///a", "http://[::1", "http://[nonsense]/", "http://..../"])
def test_what_has_no_host_is_not_public(url: str) -> None:
    """There is nothing to go by."""
    assert reach_of(url) == "private"


@pytest.mark.parametrize(
    ("source", "target", "may"),
    [
        ("https://api.example/v1", "https://cdn.example/a", True),
        ("https://api.example/v1", "http://127.0.0.1:8080/a", False),
        ("https://api.example/v1", "http://2130706433/b", False),
        ("https://api.example/v1", "http://192.168.1.1/a", False),
        ("https://api.example/v1", "http://router/a", False),
        ("https://ai.company.example/v1", "http://minio.company.internal/a", False),
        ("https://api.example/v1", "http://168.63.129.16/a", False),
        ("http://127.0.0.1:4000", "http://localhost:9000/a", True),
        ("http://127.0.0.1:4000", "http://0.0.0.0:9000/a", True),
        ("http://localhost:3000/v1", "http://192.168.1.20:9000/a", False),
        ("http://localhost:3000/v1", "http://minio:9000/a", False),
        ("http://localhost:3000/v1", "http://169.254.169.254/a", False),
        ("http://gateway:4000", "http://169.254.169.254/a", False),
        ("http://gateway:4000", "http://[::ffff:169.254.169.254]/a", False),
        ("http://gateway:4000", "http://[fe80::1]/a", False),
        ("http://localhost:3000/v1", "https://cdn.example/a", True),
        ("http://gateway:4000", "http://minio:9000/a", True),
        ("http://gateway:4000", "http://10.0.0.5/a", True),
        ("http://10.0.0.1/a", "http://10.0.0.1:8080/b", True),
        ("http://10.0.0.1/a", "http://10.0.0.2/b", True),
        ("http://ai.company.internal/v1", "http://minio.company.internal/a", True),
        ("http://gateway.local", "https://cdn.example/a", True),
        ("http://gateway:4000", "http://127.0.0.1/a", False),
        ("http://192.168.1.20:3000/v1", "http://0.0.0.0:3000/a", False),
        ("http://192.168.1.20:3000/v1", "http://ip6-localhost:3000/a", False),
    ],
)
def test_a_host_leads_beside_itself_or_outwards(source: str, target: str, may: bool) -> None:
    """A gateway that names pictures, a file host that redirects; and nobody leads from this machine into its net."""
    assert may_lead(source, target) is may


def test_hosts_are_compared_as_they_are_connected_to() -> None:
    """Capitals, ports, passwords and a dot at the end make no other host."""
    assert host_of("https://u:p@CDN.Example.:8443/a?b#c") == host_of("http://cdn.example/") == "cdn.example"
