"""Addresses that administrators store for webhooks and messengers: which are allowed, and what of them may be shown.

A message must not become a key to the inside of the plant's network: only http and https, only services on a list,
and no address of a private network unless settings.WEBHOOK_ALLOW_PRIVATE says so.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from andon.choices import TargetKind

PRINTABLE = re.compile(r"[\x21-\x7e]+")
SCHEMES = frozenset({"http", "https"})
# Services of the apprise library that people of a plant read, by the scheme of their addresses. What acts on the
# machine itself (dbus, syslog), reads files or posts to any address (json, form, xml) is not among them.
# fmt: off
HOSTED = frozenset({
    "dingtalk", "discord", "feishu", "gchat", "ilert", "kakao", "kakaotalk", "lark", "line", "nexmo",
    "opsgenie", "pagerduty", "pbul", "pover", "signl4", "slack", "sns", "spike", "splunk", "squadcast",
    "tgram", "twilio", "victorops", "vonage", "webex", "wecombot", "whatsapp", "wxteams", "zulip",
})
OWN_SERVER = frozenset({
    "gotify", "gotifys", "matrix", "matrixs", "mmost", "mmosts", "nctalk", "nctalks", "ntfy", "ntfys",
    "rocket", "rockets", "signal", "signals", "synology", "synologys", "workflow", "workflows",
})
# fmt: on
INSIDE_IPV6 = 96  # bits before an IPv4 address that NAT64 embeds


class Forbidden(ValueError):
    """An address that no message may go to."""


def masked(url: str) -> str:
    """The scheme, and the host of a webhook; the rest is a secret (of a messenger, the host may be one too)."""
    parts = _split(url)
    if parts is None or not parts.scheme:
        return "…"
    host = parts.hostname if parts.scheme in SCHEMES else None
    return f"{parts.scheme}://{host}/…" if host else f"{parts.scheme}://…"


def check_address(kind: str, url: str) -> None:
    """Raises Forbidden for an address that this kind of target cannot have. No name is looked up."""
    if not PRINTABLE.fullmatch(url):
        raise Forbidden(_("An address has no blanks and no special characters."))
    parts = _split(url)
    if parts is None:
        raise Forbidden(_("This is no address."))
    check = _check_webhook if kind == TargetKind.WEBHOOK else _check_messenger
    check(url, parts)


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _check_webhook(url: str, parts: SplitResult) -> None:
    if parts.scheme not in SCHEMES or not parts.hostname or not _has_possible_port(parts):
        raise Forbidden(_("A webhook begins with https:// or http://."))
    if parts.username is not None or parts.password is not None:
        raise Forbidden(_("A webhook has no user name in its address."))
    ensure_no_private_literal(parts.hostname)


def _has_possible_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _check_messenger(url: str, parts: SplitResult) -> None:
    if parts.scheme not in HOSTED | OWN_SERVER:
        raise Forbidden(_("No such messenger: %(scheme)s.") % {"scheme": parts.scheme[:20] or "?"})
    if parts.scheme in OWN_SERVER and parts.hostname:
        ensure_no_private_literal(parts.hostname)
    from andon.delivery.messenger import messenger  # apprise takes a while to load

    messenger(url)


def ensure_no_private_literal(host: str) -> None:
    """Raises Forbidden for localhost and for a number of a private network; other names are looked at when sending."""
    if host.rstrip(".").lower() == "localhost" or host.lower().endswith(".localhost"):
        ensure_public("127.0.0.1")
    try:
        ip_address(host)
    except ValueError:
        return
    ensure_public(host)


def reachable(host: str, port: int) -> list[str]:
    """The addresses behind this name. Raises Forbidden where any of them is private, OSError where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        ensure_public(address)
    return addresses


def ensure_public(address: str) -> None:
    """Raises Forbidden for an address inside: loopback, private, link-local and the like, in whatever disguise."""
    if not settings.WEBHOOK_ALLOW_PRIVATE and not _is_public(_plain(ip_address(address.partition("%")[0]))):
        raise Forbidden(_("Addresses of private networks are not allowed."))


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    embedded = address.ipv4_mapped or address.sixtofour
    if embedded is None and int(address) >> (128 - INSIDE_IPV6) in (0, 0x64FF9B << 64):
        embedded = IPv4Address(int(address) & 0xFFFFFFFF)
    return embedded or address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    teredo = isinstance(address, IPv6Address) and address.teredo is not None
    return address.is_global and not address.is_multicast and not teredo
