"""Names from the address book of the phone app, for contacts that have none (coexistence; meta.md A4)."""

from __future__ import annotations

from collections.abc import Iterable

from bandeja.channels.contract import Notice
from bandeja.conversations.models import Contact, Identity

TOPIC, GONE = "smb_app_state_sync", "remove"


def heed(notices: Iterable[Notice]) -> None:
    """Fill in the blank names of contacts known by their number; who is in the book and never wrote is made nowhere.

    Call it after whatever else locks contacts. One that is locked by somebody else is being told of just now, and is
    passed by: so two batches never wait for each other in a circle.
    """
    for notice in notices:
        phone, name = notice.data.get("phone"), notice.data.get("name")
        if notice.topic == TOPIC and notice.data.get("action") != GONE and phone and name:
            _fill_in(notice, str(phone), str(name))


def _fill_in(notice: Notice, phone: str, name: str) -> None:
    known = Identity.objects.filter(
        account__app=notice.app_id,
        account__channel=notice.channel,
        account__external_id=notice.line,
        kind="wa_id",
        value=phone,
    )
    blank = Contact.objects.filter(pk__in=known.values("contact_id"), name="")
    ids = list(blank.select_for_update(skip_locked=True).values_list("pk", flat=True))
    Contact.objects.filter(pk__in=ids).update(name=name)
