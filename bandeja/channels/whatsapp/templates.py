"""WhatsApp's templates as Meta last described them: fetched whole, kept current by its notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from bandeja.channels.contract import Notice
from bandeja.channels.meta.found import meta_id, said
from bandeja.channels.meta.graph import Answer, Graph, facebook
from bandeja.channels.meta.values import plain
from bandeja.channels.models import Account, Health, MetaApp, Template
from bandeja.channels.reading import many
from bandeja.channels.sending import Refused
from bandeja.channels.whatsapp import filling
from bandeja.channels.whatsapp.connect import quality
from bandeja.people.clock import database_now

FIELDS = "id,name,status,category,language,components,parameter_format,quality_score,rejected_reason"
KEPT = [
    "external_id",
    "category",
    "status",
    "parameter_format",
    "components",
    "quality",
    "rejected_reason",
    "synced_at",
]
GONE = frozenset({"DELETED", "PENDING_DELETION"})
APPROVED = "APPROVED"
AGAIN = frozenset({APPROVED, "REINSTATED", "UNARCHIVED", "UNLOCKED"})
"""What Meta says of a template when it may be sent, or may be sent again."""
WARNING = "FLAGGED"
"""Its quality is low, and it may still be sent."""
NOT_SENT = GONE | {
    "ARCHIVED",
    "DISABLED",
    "IN_APPEAL",
    "PAUSED",
    "PENDING",
    "REJECTED",
}
"""What Meta says of one that may not be sent. Meta's page of these events does not list all of them: what is none of
these words changes nothing, and has the templates fetched again (`is_stale_by`)."""


def sync(app: MetaApp, waba: str, token: str) -> int:
    """Fetch every template of a WhatsApp business account and forget those it has no more; answers how many it has.

    Nothing is changed unless all pages came. Raises what `Graph` raises.
    """
    began = database_now()
    # What Meta says of them from here on renews the mark (`health.heed`).
    _note(app, waba, {"templates_stale_since": None}, templates_stale_since=began)
    try:
        described = fetch(facebook(token, app.graph_url), waba)
    except Exception as error:
        _note(app, waba, {"templates_stale_since": began}, templates_stale_since=None)
        if isinstance(error, Refused) and error.wait:
            hold(app, waba, error.wait)
        raise
    return keep(app, waba, described, began)


def fetch(through: Graph, waba: str) -> list[Answer]:
    """Every template of a WhatsApp business account as Meta describes it; only HTTP. Raises what `Graph` raises."""
    return list(through.pages(f"{meta_id(waba)}/message_templates", fields=FIELDS, limit=100))


def keep(app: MetaApp, waba: str, described: Iterable[Answer], began: datetime) -> int:
    """Keep what `fetch` answered, and nothing else, as the business account's templates; answers how many it has.

    What Meta said of them after the fetch `began` may not be in it: then they are still stale.
    """
    at = database_now()
    # By what makes it one: Meta may list the same template on two pages when one is made meanwhile.
    rows = {(row.name, row.language): row for row in (_row(app, waba, each) for each in described)}
    for row in rows.values():
        row.synced_at = at
    with transaction.atomic():
        Template.objects.bulk_create(
            sorted(rows.values(), key=lambda row: (row.name, row.language)),
            batch_size=500,
            update_conflicts=True,
            unique_fields=["app", "line", "name", "language"],
            update_fields=KEPT,
        )
        Template.objects.filter(app=app, line=waba, synced_at__lt=at).delete()
        _note(app, waba, {"templates_stale_since__lte": began}, templates_stale_since=None)
    return len(rows)


def hold(app: MetaApp, waba: str, wait: timedelta) -> None:
    """Have no check-up fetch the business account's templates for so long, as Meta asked."""
    _note(app, waba, {}, templates_held_until=database_now() + wait)


def heed(notices: Iterable[Notice]) -> None:
    """Apply what Meta said of templates we know: status, quality, category."""
    # In the order in which a sync writes them, so that the two never wait for each other in a circle.
    for notice in sorted(notices, key=_turn):
        changes = _changes(notice.topic, notice.data)
        if changes is None:
            continue
        known_as = said(notice.data.get("message_template_id"))
        named = Template.objects.filter(app=notice.app_id, line=notice.line, external_id=known_as)
        if changes.get("status") in GONE:
            named.delete()
        elif changes:
            named.update(**changes)


def is_about_one(notice: Notice) -> bool:
    """Whether it tells something of a template: a list that was asked for before may not have that yet."""
    return _changes(notice.topic, notice.data) is not None or is_stale_by(notice)


def is_stale_by(notice: Notice) -> bool:
    """Whether what Meta has is no longer what we keep, and only fetching it again tells what it is.

    A notice brings no components, so it makes no template known, nor what an edited one reads that is approved again;
    and it may say a word that is newer than ours.
    """
    if notice.topic == "message_template_status_update":
        return said(notice.data.get("event"), 30) not in NOT_SENT | {WARNING}
    return notice.topic == "message_template_components_update"


def approved(account: Account) -> QuerySet[Template]:
    """Those that the account's line may send."""
    line = str(account.config.get("waba", ""))
    return Template.objects.filter(app_id=account.app_id, line=line, status=APPROVED)


def fill(template: Template, values: filling.Values, *, with_file: bool = False) -> dict[str, Any]:
    """What `Outbound.data["template"]` holds for this template with these values. Raises Refused.

    With a file sent along, that is its header, which then needs no value.
    """
    header = filling.file_header(template.components) if with_file else None
    rest = [each for each in template.components if each is not header]
    components = filling.fill(rest, values, parameter_format=template.parameter_format)
    return {"name": template.name, "language": template.language, "components": components}


def preview(template: Template, values: filling.Values) -> str:
    """How it reads to whoever gets it."""
    return filling.preview(template.components, values)


def variables(template: Template) -> Sequence[filling.Variable]:
    """What it asks for."""
    return filling.variables(template.components)


def _note(app: MetaApp, waba: str, where: Mapping[str, Any], **changes: datetime | None) -> None:
    """Note in the health of the business account's numbers what changes of their templates, where that is so."""
    numbers = Health.objects.filter(account__app=app, account__config__waba=waba, **where)
    # In order of id, as whoever else writes of several accounts' health: nobody waits in a circle.
    for account_id in numbers.order_by("pk").values_list("pk", flat=True):
        Health.objects.filter(pk=account_id, **where).update(**changes)


def _row(app: MetaApp, waba: str, template: Answer) -> Template:
    return Template(
        app=app,
        line=waba,
        external_id=said(template.get("id"), 40),
        name=said(template.get("name"), 512),
        language=said(template.get("language"), 20),
        category=said(template.get("category"), 20),
        status=said(template.get("status"), 30),
        parameter_format=said(template.get("parameter_format"), 20),
        components=[plain(each) for each in many(template.get("components")) if isinstance(each, dict)],
        quality=quality(template.get("quality_score")),
        rejected_reason=_reason(template.get("rejected_reason")),
    )


def _changes(topic: str, data: Mapping[str, Any]) -> dict[str, str] | None:
    """The columns that a notice changes; None when it is not about a template."""
    if topic == "message_template_status_update":
        return {**_status(data.get("event")), "rejected_reason": _reason(data.get("reason"))}
    if topic == "message_template_quality_update":
        return {"quality": said(data.get("new_quality_score"), 20)}
    if topic == "template_category_update":
        category = said(data.get("new_category"), 20)
        # A change that is only announced has a `correct_category` and no new one.
        return {"category": category} if category else {}
    return None


def _turn(notice: Notice) -> tuple[str, str]:
    return said(notice.data.get("message_template_name"), 512), said(notice.data.get("message_template_language"), 20)


def _status(event: object) -> dict[str, str]:
    """A warning, or a word that we do not know, leaves it as it is."""
    word = said(event, 30)
    if word in AGAIN:
        return {"status": APPROVED}
    return {"status": word} if word in NOT_SENT else {}


def _reason(value: object) -> str:
    reason = said(value, 500)
    return "" if reason == "NONE" else reason
