"""Pages keep the house rules: nothing inline, every part documented, every state readable in light and dark."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
TOKENS = Path(settings.BASE_DIR) / "factory_mes/static/mes/css/tokens.css"
INLINE = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "style element": re.compile(r"<style\b", re.I),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.I),
    "event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "evaluated htmx": re.compile(r"hx-on|hx-vals=['\"]js:|javascript:", re.I),
}


def name(path):
    return str(path.relative_to(settings.BASE_DIR))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_nothing_inline_that_the_content_security_policy_refuses(path):
    text = path.read_text()
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_says_first_what_it_takes(path):
    if "admin" not in path.parts:
        assert re.match(r"\{# .+ #\}|\{% comment %\}", path.read_text())


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """WCAG 2.1: from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def themes():
    light, dark = re.findall(
        r'\[data-bs-theme="(?:light|dark)"\] \{\n  color-scheme(.*?)\n\}', TOKENS.read_text(), re.S
    )
    return {
        theme: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text))
        for theme, text in (("light", light), ("dark", dark))
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_is_readable(theme):
    token = themes()[theme]
    states = {key.removesuffix("-ink") for key in token if key.startswith("state-") and key.endswith("-ink")}
    assert len(states) >= 12
    for state in states:
        assert contrast(token[f"{state}-ink"], token[f"{state}-tint"]) >= 4.5, state
        assert contrast(token[state], token["card"]) >= 3, state


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_and_controls_are_readable(theme):
    token = themes()[theme]
    for ground in ("ground", "card", "card-quiet"):
        assert contrast(token["ink"], token[ground]) >= 7
        assert contrast(token["ink-quiet"], token[ground]) >= 4.5
        assert contrast(token["brand"], token[ground]) >= 4.5
    assert contrast(token["brand-ink"], token["brand"]) >= 4.5
    assert contrast(token["bar-quiet"], token["bar"]) >= 4.5
    assert contrast(token["line-strong"], token["card"]) >= 3
    assert contrast(token["focus"], token["ground"]) >= 3
