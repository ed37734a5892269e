"""The fields that people are told to tick at Meta are those we read: no more, and none less."""

from __future__ import annotations

import pytest

from bandeja.channels import accounts
from bandeja.channels.contract import Notice
from bandeja.channels.meta import health
from bandeja.channels.models import ChannelKey, Health, MetaApp, Template
from bandeja.channels.whatsapp.parse import LISTS, OF_THE_BUSINESS
from bandeja.inbox.settings.meta_apps import WHATSAPP_FIELDS
from tests.cast import Cast

CARRIED_BY = {
    "messages": "messages",
    "statuses": "messages",
    "errors": "messages",
    "calls": "calls",
    "message_echoes": "smb_message_echoes",
    "history": "history",
    "state_sync": "smb_app_state_sync",
    "user_id_update": "user_id_update",
    "user_preferences": "user_preferences",
}
"""The field that brings each list (meta.md A4)."""
NEWS = {
    "message_template_id": 77,
    "event": "PAUSED",
    "new_quality_score": "RED",
    "new_category": "MARKETING",
    "current_limit": "TIER_10K",
    "reason": "x",
}
"""What any field about the business account may say."""


def test_the_field_of_every_list_we_read_is_known() -> None:
    assert set(CARRIED_BY) == set(LISTS)


@pytest.mark.django_db
def test_what_is_to_be_ticked_at_meta_is_what_we_read(cast: Cast) -> None:
    app = MetaApp.objects.create(workspace=cast.workspace, key="k", name="App", app_id="555", secret="s")
    accounts.connect(
        cast.workspace, ChannelKey.WHATSAPP, name="x", external_id="106", app=app, config={"waba": "102"}, token="t"
    )
    Template.objects.create(app=app, line="102", external_id="77", name="a", language="es", status="APPROVED")

    def kept() -> list[object]:
        return [*Template.objects.values(), *Health.objects.values()]

    heeded = set()
    for topic in OF_THE_BUSINESS:
        before = kept()
        health.heed([Notice("whatsapp", "waba", "102", topic, NEWS, app.pk)])
        if kept() != before:
            heeded.add(topic)
    assert set(WHATSAPP_FIELDS) == set(CARRIED_BY.values()) | heeded
