"""Where a request to the web channel comes from: the page's origin, and the client's address."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import Collection
from urllib.parse import urlsplit

_LONGEST = 45


def is_allowed(origin: str | None, hosts: Collection[str], allowed: Collection[str]) -> bool:
    """Tell whether a page of this origin may speak with us.

    Args:
        origin: the header of that name; browsers send it with every WebSocket and every post, other clients may not.
        hosts: by what names the client reached us (Host, and X-Forwarded-Host, which no page can set for another).
        allowed: origins of other sites that may, in lower case.
    """
    if not origin:
        return True
    origin = origin.lower()
    if origin in allowed:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc in {host.lower() for host in hosts if host}


def client_address(peer: str, forwarded_for: str) -> str:
    """Return for whom the limits of an address count; for IPv6 the network that a household has.

    X-Forwarded-For is believed where the peer is a proxy on this machine or in a private network, and then its last
    public entry, which the proxy nearest to us wrote.
    """
    if not _is_private(peer):
        return _household(peer)
    entries = [entry.strip() for entry in forwarded_for.split(",") if entry.strip()]
    public = [entry for entry in entries if not _is_private(entry)]
    return _household((public or entries or [peer])[-1])


def _is_private(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        # No address at all, such as that of a Unix socket.
        return not address


def _household(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:_LONGEST]
    if isinstance(parsed, IPv6Address):
        return (parsed.ipv4_mapped and str(parsed.ipv4_mapped)) or parsed.exploded[:19]
    return str(parsed)
