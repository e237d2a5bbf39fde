from __future__ import annotations

import pytest

from helpline.channels.origins import client_address, is_allowed

HOSTS = ("chat.example.org", "")
SITES = ("https://centre.example", "http://localhost:8000")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("", True),
        ("https://chat.example.org", True),
        ("http://chat.example.org", True),
        ("https://CHAT.example.org", True),
        ("https://centre.example", True),
        ("http://localhost:8000", True),
        ("http://centre.example", False),
        ("https://centre.example:8443", False),
        ("https://chat.example.org:8443", False),
        ("https://chat.example.org.evil.example", False),
        ("https://evil.example", False),
        ("https://", False),
        ("null", False),
        ("file://", False),
        ("https://[", False),
        ("chrome-extension://chat.example.org", False),
    ],
)
def test_our_own_pages_and_named_sites_may_speak_with_us(origin: str | None, allowed: bool) -> None:
    assert is_allowed(origin, HOSTS, SITES) is allowed


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("93.184.216.34", "", "93.184.216.34"),
        ("93.184.216.34", "1.1.1.1", "93.184.216.34"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "93.184.216.34", "93.184.216.34"),
        ("172.18.0.5", "9.9.9.9, 93.184.216.34", "93.184.216.34"),
        ("10.0.0.1", "9.9.9.9, 93.184.216.34, 10.0.0.7", "93.184.216.34"),
        ("10.0.0.1", "10.0.0.9, 10.0.0.7", "10.0.0.7"),
        ("", "93.184.216.34", "93.184.216.34"),
        ("::1", " , ", "0000:0000:0000:0000"),
        ("2606:2800:220:1:248:1893:25c8:1946", "", "2606:2800:0220:0001"),
        ("2606:2800:220:1::7", "", "2606:2800:0220:0001"),
        ("::ffff:93.184.216.34", "", "93.184.216.34"),
        ("127.0.0.1", "x" * 1000, "x" * 45),
    ],
)
def test_limits_count_for_the_client_behind_a_proxy_that_can_be_believed(
    peer: str, forwarded: str, address: str
) -> None:
    assert client_address(peer, forwarded) == address
