"""Templates follow Meta: fetched page after page, and kept current by what Meta tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from bandeja.channels.contract import Notice
from bandeja.channels.meta.tests.answering import HTML, Fake, refusal
from bandeja.channels.models import MetaApp, Template
from bandeja.channels.sending import NotReached, Refused, Unanswered
from bandeja.channels.whatsapp import templates
from tests.cast import Cast


@pytest.fixture
def app(cast: Cast) -> MetaApp:
    return MetaApp.objects.create(
        workspace=cast.workspace, key="k", name="App", app_id="555", secret="s", verify_token="v"
    )


def described(name: str, language: str = "es_MX", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{len(name)}{language}",
        "name": name,
        "language": language,
        "status": "APPROVED",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "components": [{"type": "BODY", "text": "Hola {{1}}"}],
        "quality_score": {"score": "GREEN", "date": 1},
        "rejected_reason": "NONE",
        **more,
    }


def pages(*each: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pages as Graph lists them, each naming the next."""
    following = [{"next": f"https://graph.facebook.com/v26.0/102/x?after={n}"} for n in range(1, len(each))]
    return [{"data": data, "paging": paging} for data, paging in zip(each, [*following, {}], strict=True)]


def names() -> list[str]:
    return sorted(Template.objects.values_list("name", flat=True))


def test_every_page_is_fetched_and_kept_as_meta_has_it(meta: Fake, app: MetaApp) -> None:
    both = [described("bienvenida"), described("bienvenida", "pt_BR")]
    meta.on("GET /102/message_templates", *pages(both, [described("oferta", category="MARKETING")]))
    assert templates.sync(app, "102", "t") == 3
    kept = Template.objects.get(name="bienvenida", language="es_MX")
    assert (kept.app, kept.line, kept.status, kept.category, kept.quality) == (
        app,
        "102",
        "APPROVED",
        "UTILITY",
        "GREEN",
    )
    assert (kept.components, kept.rejected_reason) == ([{"type": "BODY", "text": "Hola {{1}}"}], "")
    assert meta.asked[0].url.params["limit"] == "100"
    assert meta.asked[1].url.params["after"] == "1"


def test_what_cannot_be_stored_of_one_is_left_out(meta: Fake, app: MetaApp) -> None:
    body = {
        "type": "BODY",
        "text": "Hola\x00 {{1}}\ud83d",
        "n": float("inf"),
        "example": {"body_text": [["L\x00ía"]]},
    }
    meta.on("GET /102/message_templates", *pages([described("bienvenida", components=[body, "x", None])]))
    templates.sync(app, "102", "t")
    kept = Template.objects.get().components
    assert kept == [{"type": "BODY", "text": "Hola {{1}}", "n": None, "example": {"body_text": [["Lía"]]}}]


def test_what_is_gone_at_meta_is_gone_here_and_what_changed_is_changed(meta: Fake, app: MetaApp) -> None:
    other = Template.objects.create(
        app=app, line="999", external_id="1", name="otra", language="es", status="APPROVED"
    )
    meta.on("GET /102/message_templates", *pages([described("a"), described("b")]))
    templates.sync(app, "102", "t")
    first = Template.objects.get(name="a")
    meta.on("GET /102/message_templates", *pages([described("a", status="PAUSED"), described("c")]))
    templates.sync(app, "102", "t")
    assert names() == ["a", "c", "otra"]
    first.refresh_from_db()
    assert first.status == "PAUSED"
    other.refresh_from_db()


def test_one_that_is_listed_twice_is_kept_once(meta: Fake, app: MetaApp) -> None:
    meta.on("GET /102/message_templates", *pages([described("a")], [described("a", status="PAUSED")]))
    assert templates.sync(app, "102", "t") == 1
    assert Template.objects.get().status == "PAUSED"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refusal(190, status=401), Refused),
        (HTML, Unanswered),
        (httpx.ReadTimeout("x"), Unanswered),
        (httpx.ConnectError("x"), NotReached),
        (httpx.Response(200, content=b'{"data":[{"id"'), Unanswered),
    ],
)
def test_a_list_that_breaks_off_changes_nothing(meta: Fake, app: MetaApp, reply: Any, error: type[Exception]) -> None:
    meta.on("GET /102/message_templates", *pages([described("a"), described("b")]))
    templates.sync(app, "102", "t")
    (first, _) = pages([described("a")], [])
    meta.on("GET /102/message_templates", first, reply)
    with pytest.raises(error):
        templates.sync(app, "102", "t")
    assert names() == ["a", "b"]


@pytest.mark.django_db
def test_an_empty_business_account_has_none(meta: Fake, app: MetaApp) -> None:
    meta.on("GET /102/message_templates", {"data": []})
    assert templates.sync(app, "102", "t") == 0


def notice(topic: str, **data: Any) -> Notice:
    return Notice("whatsapp", "waba", "102", topic, {"message_template_id": 77, **data})


@pytest.fixture
def known(app: MetaApp) -> Template:
    return Template.objects.create(
        app=app, line="102", external_id="77", name="a", language="es", status="PENDING", category="UTILITY"
    )


@pytest.mark.parametrize(
    ("told", "column", "value"),
    [
        (notice("message_template_status_update", event="APPROVED", reason=None), "status", "APPROVED"),
        (notice("message_template_status_update", event="REINSTATED", reason="NONE"), "status", "APPROVED"),
        (notice("message_template_status_update", event="FLAGGED"), "status", "PENDING"),
        (
            notice("message_template_status_update", event="REJECTED", reason="INVALID_FORMAT"),
            "rejected_reason",
            "INVALID_FORMAT",
        ),
        (notice("message_template_quality_update", new_quality_score="RED"), "quality", "RED"),
        (notice("template_category_update", new_category="MARKETING"), "category", "MARKETING"),
        (notice("template_category_update", correct_category="MARKETING"), "category", "UTILITY"),
        (notice("something_else"), "status", "PENDING"),
        (notice("message_template_status_update", event="APPROVED", message_template_id=78), "status", "PENDING"),
    ],
)
def test_a_notice_changes_what_it_is_about(known: Template, told: Notice, column: str, value: str) -> None:
    templates.heed([replace(told, app_id=known.app_id)])
    known.refresh_from_db()
    assert getattr(known, column) == value


@pytest.mark.parametrize("word", ["APPROVED", "REINSTATED", "UNARCHIVED", "UNLOCKED"])
def test_one_that_may_be_sent_again_is_approved(known: Template, word: str) -> None:
    Template.objects.update(status="ARCHIVED")
    templates.heed([replace(notice("message_template_status_update", event=word), app_id=known.app_id)])
    assert Template.objects.get().status == "APPROVED"


@pytest.mark.parametrize("word", ["ARCHIVED", "DISABLED", "IN_APPEAL", "PAUSED", "PENDING", "REJECTED"])
def test_one_that_may_not_be_sent_is_what_meta_calls_it_without_fetching_any(known: Template, word: str) -> None:
    Template.objects.update(status="APPROVED")
    told = replace(notice("message_template_status_update", event=word), app_id=known.app_id)
    templates.heed([told])
    assert Template.objects.get().status == word
    assert not templates.is_stale_by(told)


@pytest.mark.parametrize("word", ["SOMETHING_NEW", "LOCKED", "LIMIT_EXCEEDED", "", None])
def test_a_word_nobody_knows_changes_nothing_until_the_list_tells(known: Template, word: str | None) -> None:
    Template.objects.update(status="APPROVED")
    told = replace(notice("message_template_status_update", event=word), app_id=known.app_id)
    templates.heed([told])
    assert Template.objects.get().status == "APPROVED"
    assert templates.is_stale_by(told)


def test_a_deleted_template_is_forgotten(known: Template) -> None:
    templates.heed([replace(notice("message_template_status_update", event="DELETED"), app_id=known.app_id)])
    assert not Template.objects.exists()


def test_another_app_cannot_speak_of_our_templates(known: Template) -> None:
    """Whoever has the secret of an app can sign anything."""
    templates.heed([replace(notice("message_template_status_update", event="DELETED"), app_id=known.app_id + 1)])
    assert Template.objects.exists()


def test_a_template_is_filled_for_sending(known: Template) -> None:
    known.components = [{"type": "BODY", "text": "Hola {{1}}"}]
    assert templates.fill(known, {"body.1": "Lía"}) == {
        "name": "a",
        "language": "es",
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Lía"}]}],
    }
    assert templates.preview(known, {"body.1": "Lía"}) == "Hola Lía"
    assert [each.key for each in templates.variables(known)] == ["body.1"]
