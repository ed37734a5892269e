"""What a person sees, without a mouse: the rule, the answer, the closing, the way back; and who else is there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect

from bandeja.channels.models import Account
from bandeja.closing import sweep
from bandeja.closing.models import Coverage, RuleTime
from bandeja.conversations import events, lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Closure, Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox.tests.test_in_the_browser import lia, page
from bandeja.notifications import gather
from bandeja.people.models import Workspace
from bandeja.realtime import presence
from tests.cast import Cast

__all__ = ["lia", "page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_hand("told by keys already"),
    pytest.mark.django_db(transaction=True),
]

FOCUS = "document.activeElement !== document.body && document.activeElement.checkVisibility()"


def seek(page: Page, text: str) -> None:
    """By the palette, to the first that is called so."""
    page.keyboard.press("Control+k")
    page.keyboard.type(text)
    expect(page.locator("#palette-found [aria-selected=true]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_hidden()


def tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def make_a_rule_of_one_minute(page: Page) -> None:
    seek(page, "closing")
    page.wait_for_url("**/settings/closing")
    tab_to(page, "main a[href*='new']")
    page.keyboard.press("Enter")
    expect(page.locator("form.rule [name='active']")).to_be_checked()
    tab_to(page, "form.rule [name='amount']")
    page.keyboard.press("Control+a")
    page.keyboard.type("1")
    tab_to(page, "form.rule [name='unit']")
    page.keyboard.type("min")
    tab_to(page, "form.rule [type='checkbox'][name='account_ids']")
    page.keyboard.press("Space")
    tab_to(page, "form.rule [name='reason']")
    page.keyboard.type("No answer")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No answer", exact=True).first).to_be_visible()


def let_a_minute_pass() -> None:
    """The clock and the cover begin two minutes earlier; then the sweep comes by."""
    earlier = timedelta(minutes=2)
    RuleTime.objects.update(since=F("since") - earlier)
    Workspace.objects.update(entitled_since=F("entitled_since") - earlier)
    Account.objects.update(connected_at=F("connected_at") - earlier)
    Coverage.objects.update(covered_since=F("covered_since") - earlier)
    Conversation.objects.update(armed_at=F("armed_at") - timedelta(seconds=70), look_at=F("look_at") - earlier)
    sweep.step()


def test_the_whole_story_by_keyboard_alone(cast: Cast, page: Page) -> None:
    page.goto("/inbox")
    make_a_rule_of_one_minute(page)
    seek(page, "open conv")
    expect(page.locator("#list")).to_be_visible()
    cast.write("Lía", text="¿Tienen la talla 38?")
    expect(page.locator(".row")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#clock")).to_contain_text("Closes in")
    page.keyboard.press("r")
    page.keyboard.type("Sí, te la aparto.")
    page.keyboard.press("Enter")
    expect(page.locator(".outbound .bubble:not(.pending)")).to_have_count(1)
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUS)
    let_a_minute_pass()
    expect(page.locator("#timeline")).to_contain_text("No answer")
    expect(page.locator("#announcer")).to_have_text("The conversation with Lía was closed")
    assert page.evaluate(FOCUS)
    cast.write("Lía", text="Perdón, aquí estoy.")
    expect(page.locator("#announcer")).to_have_text("New message from Lía")
    page.keyboard.press("e")
    expect(page.locator("#id_reason")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog .error")).to_be_visible()
    page.keyboard.type("Compró")
    page.keyboard.press("Enter")
    expect(page.locator("#timeline")).to_contain_text("Compró")
    assert page.evaluate(FOCUS)
    assert Closure.objects.filter(cause="agent", reason="Compró").count() == 1


def test_every_action_has_a_key(cast: Cast, page: Page, lia: Conversation) -> None:
    page.goto(f"/inbox/{lia.pk}")
    page.keyboard.press("a")
    expect(page.locator(".thread-head .menu-item").first).to_be_focused()
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    expect(page.locator(".thread-head summary[data-key=a]")).to_contain_text("Bruno")
    page.keyboard.press("q")
    expect(page.locator(".answering")).to_contain_text("Hola")
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    expect(page.locator("#dialog .story")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    page.keyboard.press("m")
    expect(page.locator("#timeline")).to_be_focused()
    page.keyboard.press("n")
    expect(page.locator("[name='note'][value='1']")).to_be_checked()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(page.locator(".toast").last).to_contain_text("Marked as unread.")
    page.keyboard.press("2")
    expect(page.locator(".tabs [aria-current]")).to_contain_text("Unread")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_many_are_chosen_by_key_and_marked(cast: Cast, page: Page) -> None:
    for who in ("Lía", "Mateo", "Vera"):
        cast.write(who)
    page.goto("/inbox")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("#bulk")).to_contain_text("3 selected")
    page.keyboard.press("Shift+U")
    expect(page.locator(".row.unread")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#bulk")).to_be_hidden()
    page.keyboard.press("Shift+A")
    expect(page.locator("#bulk")).to_contain_text("3 selected")


def test_the_palette_goes_to_people_and_does_what_the_page_offers(cast: Cast, page: Page) -> None:
    cast.write("Lía Restrepo")
    cast.write("Mateo")
    page.goto("/inbox")
    page.keyboard.press("Control+k")
    page.keyboard.type("lia res")
    expect(page.locator("#palette-found .avatar")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#thread-name")).to_have_text("Lía Restrepo")
    expect(page.locator("#thread-name")).to_be_focused()
    seek(page, "tags")
    expect(page.locator("#dialog")).to_be_visible()
    page.keyboard.press("Escape")
    seek(page, "close conversation")
    expect(page.locator("#id_reason")).to_be_focused()
    page.keyboard.press("Escape")
    seek(page, "closed conv")
    expect(page.locator("#state")).to_have_value("closed")
    page.keyboard.press("Control+k")
    page.keyboard.type("zzz")
    expect(page.locator(".palette-none")).to_be_visible()


def test_one_sees_who_else_writes_until_they_have_gone(cast: Cast, page: Page) -> None:
    conversation = cast.write("Lía")
    with page.expect_response("**/presence"):
        page.goto(f"/inbox/{conversation.pk}")
    with page.expect_response("**/presence"):  # who comes learns who is here
        presence.tell(cast.bruno, conversation, "viewing")
    expect(page.locator("#present")).to_have_text("Bruno is here too")
    presence.tell(cast.bruno, conversation, "writing")
    expect(page.locator("#present")).to_have_text("Bruno is writing")
    expect(page.locator(".row .row-present")).to_have_attribute("title", "Bruno is writing")
    cast.write("Lía", text="¿Hola?")  # a refresh keeps it
    expect(page.locator(".bubble", has_text="¿Hola?")).to_be_visible()
    expect(page.locator("#present")).to_have_text("Bruno is writing")
    expect(page.locator(".row .row-present")).to_be_visible()
    presence.tell(cast.bruno, conversation, "gone")
    expect(page.locator("#present")).to_be_empty()
    presence.tell(cast.bruno, conversation, "viewing")
    expect(page.locator("#present")).not_to_be_empty()
    expect(page.locator("#present")).to_be_empty(timeout=18_000)


def test_the_bell_rings_by_itself_and_is_silent_for_what_is_on_the_screen(cast: Cast, page: Page) -> None:
    gather.step()
    first, second = cast.write("Lía"), cast.write("Mateo")
    for each in (first, second):
        lifecycle.assign([each.pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    page.goto(f"/inbox/{first.pk}")
    tell()
    expect(page.locator("#bell-count")).to_have_text("1")
    assert page.title().startswith("(1) ")
    expect(page.locator("#announcer")).to_have_text("New message from Mateo")
    page.locator("#bell summary").press("Enter")
    expect(page.locator("#bell .told.waiting")).to_contain_text("Mateo")
    page.locator("#bell .told.waiting").press("Enter")
    expect(page.locator("#thread-name")).to_have_text("Mateo")
    expect(page.locator("#bell-count")).to_be_hidden()
    assert not page.title().startswith("(")


def tell() -> None:
    while events.publish():
        pass
    gather.step()
