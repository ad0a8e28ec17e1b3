"""Which addresses an administrator may store, and what is shown of them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from andon.addresses import Forbidden, check_address, ensure_public, masked
from andon.models import NotificationTarget
from audit.models import AuditLog

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:7f00:1::",
    "2001:0:53aa:64c::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_refused_in_whatever_disguise(address):
    with pytest.raises(Forbidden):
        ensure_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::8.8.8.8"])
def test_addresses_outside_are_not(address):
    ensure_public(address)


def test_the_plant_may_allow_its_own_network(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    for address in INSIDE:
        ensure_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "http://",
        "http:///x",
        "http://user:secret@example.com/",
        "http://example.com:99999/",
        "http://example.com:x/",
        "http://[::1/",
        "http://example.com/\r\nX-Evil: 1",
        "http://example.com/a b",
        "http://exa\0mple.com/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://mes.localhost/",
        "http://10.0.0.1/",
        "http://[::1]/",
    ],
)
def test_webhooks_that_cannot_be(url):
    with pytest.raises(Forbidden):
        check_address("WEBHOOK", url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "slack",
        "slack://",
        "file:///etc/passwd",
        "json://example.com/",
        "form://example.com/",
        "xml://example.com/",
        "dbus://",
        "syslog://",
        "windows://",
        "mailto://user:pass@example.com",
        "apprise://example.com/token",
        "https://example.com/",
        "nonsense://x",
        "ntfy://127.0.0.1/topic",
        "gotify://localhost/token",
    ],
)
def test_messengers_that_cannot_be(url):
    with pytest.raises(Forbidden):
        check_address("APPRISE", url)


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("WEBHOOK", "https://hooks.example.com/T0/B0/secret?x=1"),
        ("WEBHOOK", "http://hooks.example.com:8080"),
        ("APPRISE", "tgram://123456789:AAabcdefghijklmnopqrstuvwxyz012345678/12315544/"),
        ("APPRISE", "ntfys://ntfy.example.com/andon"),
        ("APPRISE", "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"),
    ],
)
def test_addresses_that_can(kind, url):
    check_address(kind, url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.example.com/T0/secret?x=1", "https://hooks.example.com/…"),
        ("slack://secretA/secretB/secretC", "slack://…"),
        ("ntfy://secret-topic", "ntfy://…"),
        ("http://[", "…"),
        ("", "…"),
    ],
)
def test_the_secret_part_is_never_shown(url, shown):
    assert masked(url) == shown


@pytest.mark.django_db
def test_the_trail_keeps_no_address():
    row = NotificationTarget.objects.create(kind="WEBHOOK", name="Chat", url="https://hooks.example.com/one")
    row.url = "https://hooks.example.com/two"
    row.save()
    trail = AuditLog.objects.filter(entity_type="notification_targets").order_by("id")
    assert [entry.new_values["url"] for entry in trail] == ["***", "***"]
    assert "hooks.example.com" not in str([(e.old_values, e.new_values, e.entity_repr) for e in trail])


@pytest.mark.django_db
def test_the_model_refuses_what_the_channel_cannot_reach():
    row = NotificationTarget(kind="WEBHOOK", name="Chat", url="file:///etc/passwd")
    with pytest.raises(ValidationError) as refusal:
        row.full_clean()
    assert set(refusal.value.message_dict) == {"url"}
