"""Icons, faces, marks and links, as templates say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils.translation import override

from bandeja.web.templatetags import web

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "initials", "first"),
    [
        ("Lía Restrepo", "LR", "Lía"),
        ("Andrés Felipe Mejía", "AM", "Andrés"),
        ("ana", "A", "ana"),
        ("+57 311 555 0192", "#", ""),
        ("", "?", ""),
        ("🙂", "?", ""),
        ("  ", "?", ""),
        ("李 雷", "李雷", "李"),
    ],
)
def test_initials_and_first_names(name: str, initials: str, first: str) -> None:
    assert (web.initials(name), web.first_name(name)) == (initials, first)


def test_every_channel_has_a_mark_with_its_name() -> None:
    for channel, name in {"whatsapp": "WhatsApp", "api": "API", "another": "Web chat"}.items():
        with override("en"):
            assert f'title="{name}"' in web.mark(channel)


def test_a_face_escapes_the_name() -> None:
    assert "<b" not in web.avatar("<b>", 3)


def test_an_icon_is_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in web.icon("inbox")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("ve http://a.example.", 'rel="noopener noreferrer nofollow">http://a.example</a>.'),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ('https://a.example/"onmouseover="x', 'href="https://a.example/"'),
    ],
)
def test_only_web_addresses_become_links(text: str, html: str) -> None:
    linked = web.linked(text)
    assert html in linked
    assert 'onmouseover="x' not in linked.replace("&quot;", "'")


def test_a_time_carries_its_instant_and_a_countdown_its_deadline() -> None:
    at = NOW - timedelta(minutes=5)
    assert f'datetime="{at.isoformat()}"' in web.ago(at, NOW)
    assert web.ago(None, NOW) == ""
    assert f'data-deadline="{NOW.isoformat()}"' in web.countdown(NOW, at)


def test_a_field_shows_its_help_and_its_error_beside_it() -> None:
    from django import forms

    class Form(forms.Form):
        reason = forms.CharField(help_text="Why?")

    html = Template('{% include "web/form.html" %}').render(Context({"form": Form({})}))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_reason_helptext id_reason_error"' in html
    assert 'id="id_reason_helptext"' in html
    assert 'id="id_reason_error"' in html
