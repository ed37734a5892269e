"""The composer in a real browser: files dropped, pasted and recorded, and what is sent besides text."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route, expect

from bandeja.conversations.models import Attachment, Conversation, Message
from bandeja.inbox.tests.test_in_the_browser import lia, open_thread, page
from bandeja.people.clock import database_now
from bandeja.quickreplies.models import QuickReply
from tests.cast import Cast
from tests.install import eventually

__all__ = ["lia", "page"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PDF = "%PDF-1.4 hola"
PLAYED = """async address => {
  const sound = await (await fetch(address)).arrayBuffer();
  return (await new OfflineAudioContext(1, 1, 48000).decodeAudioData(sound)).duration;
}"""
REFUSED = """navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException("Permission denied", "NotAllowedError");
}"""
CARRIED = """([type, name, content, count]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([content.repeat(count)], name, { type }));
  return carried;
}"""


def drop(
    page: Page, name: str = "nota.pdf", mime: str = "application/pdf", content: str = PDF, count: int = 1
) -> None:
    """A file is carried over the messages, and let go there."""
    carried = page.evaluate_handle(CARRIED, [mime, name, content, count])
    page.dispatch_event("#timeline", "dragover", {"dataTransfer": carried})
    expect(page.locator(".composer .drop")).to_be_visible()
    expect(page.locator(".composer .drop")).to_contain_text("≤ 100 MB")
    page.dispatch_event("#timeline", "drop", {"dataTransfer": carried})
    expect(page.locator(".composer .drop")).to_be_hidden()


def paste(page: Page, name: str, mime: str, content: str) -> None:
    carried = page.evaluate_handle(CARRIED, [mime, name, content, 1])
    page.locator("textarea").evaluate(
        "(box, data) => box.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}))", carried
    )


@pytest.mark.one_hand("what is carried is dropped")
def test_a_file_is_dropped_anywhere_over_the_thread_and_goes_along(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    drop(page)
    expect(page.locator(".attached li[data-token]")).to_contain_text("nota.pdf")
    expect(page.locator(".attached progress")).to_have_count(0)
    page.keyboard.type("La cotización")
    page.keyboard.press("Enter")
    expect(page.locator(".outbound .document")).to_contain_text("nota.pdf")
    assert Message.objects.get(direction="out").text == "La cotización"


@pytest.mark.one_hand("it is pasted")
def test_a_picture_is_pasted_and_what_is_no_file_is_pasted_as_ever(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    paste(page, "captura.txt", "text/plain", "hola")
    expect(page.locator(".attached li[data-token]")).to_contain_text("captura.txt")
    page.locator("textarea").evaluate(
        """box => {
          const carried = new DataTransfer();
          carried.setData("text/plain", "hola");
          const event = new ClipboardEvent("paste", {clipboardData: carried, bubbles: true, cancelable: true});
          if (!box.dispatchEvent(event)) throw new Error("a text was held back");
        }"""
    )
    expect(page.locator(".attached li")).to_have_count(1)


@pytest.mark.one_hand("what is carried is dropped")
def test_progress_is_shown_and_what_is_typed_waits_for_it(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    held: list[Any] = []
    page.route("**/media/uploads", lambda route: held.append(route))  # noqa: PLW0108  playwright marks what it calls
    drop(page)
    expect(page.locator(".attached progress")).to_be_visible()
    page.keyboard.type("Ahora")
    page.keyboard.press("Enter")
    expect(page.locator(".composer .error")).to_contain_text("as soon as the files are up")
    assert not Message.objects.filter(direction="out").exists()
    held[0].continue_()
    expect(page.locator(".outbound .document")).to_contain_text("nota.pdf")
    expect(page.locator(".composer .error")).to_be_hidden()


def test_what_the_channel_does_not_take_is_refused_with_its_limit_and_taken_away(
    page: Page, lia: Conversation
) -> None:
    open_thread(page, lia)
    drop(page, "pesado.mp4", "video/mp4", "\x00\x00\x00\x18ftypisom" + "x" * 1_000, 17_000)
    refused = page.locator(".attached [data-refused]")
    expect(refused).to_contain_text("takes up to")
    drop(page, "vacia.txt", "text/plain", "", 1)
    expect(refused.nth(1)).to_contain_text("This file is empty.")
    page.keyboard.type("Hola")
    page.keyboard.press("Enter")
    expect(page.locator(".composer .error")).to_contain_text("Remove it")
    for _ in range(2):
        page.locator("[data-detach]").first.click()
    page.keyboard.press("Enter")
    expect(page.locator(".outbound .bubble:not(.pending)")).to_contain_text("Hola")


@pytest.mark.one_hand("what is carried is dropped")
def test_an_upload_that_is_cut_off_says_so(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    page.route("**/media/uploads", lambda route: route.abort())
    drop(page)
    expect(page.locator(".attached [data-refused]")).to_contain_text("No connection.")


@pytest.mark.one_hand("what is carried is dropped")
def test_nothing_is_dropped_where_no_files_go(cast: Cast, page: Page) -> None:
    open_thread(page, cast.write("Lía"))
    carried = page.evaluate_handle(CARRIED, ["text/plain", "nota.txt", "hola", 1])
    page.dispatch_event("#timeline", "dragover", {"dataTransfer": carried})
    expect(page.locator(".dragged")).to_have_count(0)


def test_a_voice_message_is_recorded_heard_by_nobody_and_then_sent(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    page.get_by_role("button", name="Record a voice message").click()
    expect(page.locator(".recorder output")).to_have_text("0:01")
    expect(page.locator("textarea")).to_be_hidden()
    page.get_by_role("button", name="Attach it").click()
    expect(page.locator(".attached li[data-token]")).to_contain_text("Voice message")
    assert not Message.objects.filter(direction="out").exists()
    page.keyboard.press("Enter")
    expect(page.locator(".outbound audio")).to_be_attached()
    file = Attachment.objects.get()
    assert (file.kind, file.mime) == ("voice", "audio/ogg")
    assert 0.8 < page.evaluate(PLAYED, f"/media/{file.pk}") < 5


def test_a_recording_is_discarded_with_escape(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    page.get_by_role("button", name="Record a voice message").click()
    expect(page.locator(".recorder")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".recorder")).to_be_hidden()
    expect(page.locator("textarea")).to_be_focused()
    expect(page.locator(".attached li")).to_have_count(0)


def test_a_microphone_that_may_not_be_used_is_told_of(page: Page, lia: Conversation) -> None:
    page.add_init_script(REFUSED)
    open_thread(page, lia)
    page.get_by_role("button", name="Record a voice message").click()
    expect(page.locator(".composer .error")).to_contain_text("may not use the microphone")
    expect(page.locator("textarea")).to_be_visible()


def test_buttons_are_written_one_after_the_other_and_sent(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    page.locator(".more > summary").click()
    page.get_by_role("button", name="Message with buttons").click()
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    page.keyboard.type("¿Cuál?")
    expect(page.get_by_label("Button 2")).to_be_hidden()
    page.get_by_label("Button 1").fill("La azul")
    page.get_by_label("Button 2").fill("La azul")
    page.locator("#dialog").get_by_role("button", name="Send").click()
    expect(page.locator("#dialog .error")).to_contain_text("Two buttons say the same.")
    page.get_by_label("Button 2").fill("La roja")
    page.locator("#dialog").get_by_role("button", name="Send").click()
    expect(page.locator(".outbound .offered li")).to_have_text(["La azul", "La roja"])
    expect(page.locator("#dialog")).to_be_hidden()


def test_a_place_is_sent(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    page.locator(".more > summary").click()
    page.get_by_role("button", name="Location").click()
    page.get_by_label("Where").fill("4.6533, -74.0836")
    page.get_by_label("Name of the place").fill("El taller")
    page.get_by_role("button", name="Send location").click()
    expect(page.locator(".outbound .inset")).to_contain_text("El taller")


def test_a_note_offers_nothing_that_only_goes_to_the_contact(page: Page, lia: Conversation) -> None:
    open_thread(page, lia)
    page.locator(".modes label:last-child").click()
    expect(page.locator(".more")).to_be_hidden()


# ---- what is suggested


def keep(cast: Cast, word: str, said: str) -> None:
    QuickReply.objects.create(workspace=cast.workspace, word=word, text=said)


def test_a_quick_reply_is_put_in_by_the_keyboard_and_not_sent_by_it(cast: Cast, page: Page) -> None:
    keep(cast, "horario", "Hola {{contact.first_name}}, abrimos a las 9.")
    keep(cast, "hora", "Ya")
    open_thread(page, cast.write("Lía"))
    box = page.locator("textarea")
    box.press_sequentially("Claro. /hor")
    options = page.locator(".suggested > li")
    expect(options).to_have_count(2)
    expect(box).to_have_attribute("aria-activedescendant", "suggested-1")
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("Claro. Hola Lía, abrimos a las 9.")
    expect(options).to_have_count(0)
    assert not Message.objects.filter(direction="out").exists()
    page.reload()
    expect(box).to_have_value("Claro. Hola Lía, abrimos a las 9.")
    box.press("Enter")
    expect(page.locator(".outbound .bubble:not(.pending)")).to_contain_text("abrimos a las 9.")


def test_escape_goes_on_without_a_suggestion_and_a_press_puts_one_in(cast: Cast, page: Page) -> None:
    keep(cast, "hora", "A las 9")
    open_thread(page, cast.write("Lía"))
    box = page.locator("textarea")
    box.press_sequentially("/h")
    option = page.locator(".suggested > li")
    expect(option).to_be_visible()
    box.press("Escape")
    expect(option).to_have_count(0)
    expect(box).to_be_focused()
    box.press_sequentially("o")
    option.click()
    expect(box).to_have_value("A las 9")
    expect(box).to_be_focused()


def test_somebody_is_named_in_a_note_and_nobody_in_a_reply(cast: Cast, page: Page) -> None:
    open_thread(page, cast.write("Lía"))
    box = page.locator("textarea")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    box.press_sequentially("@bru")
    page.wait_for_timeout(1000)
    assert not any("/people" in url for url in asked)
    box.fill("")
    page.locator(".modes label:last-child").click()
    box.press_sequentially("¿La llamas, @bru")
    expect(page.locator(".suggested > li")).to_contain_text("Bruno")
    box.press("Tab")
    expect(box).to_have_value("¿La llamas, @Bruno ")
    box.press("Enter")
    expect(page.locator(".note .bubble:not(.pending)")).to_contain_text("@Bruno")
    assert cast.bruno.mentions.count() == 1


def test_enter_is_a_new_line_for_whoever_wants_it_so(cast: Cast, page: Page) -> None:
    open_thread(page, cast.write("Lía"))
    page.locator(".rail details:last-of-type > summary").click()
    page.get_by_role("button", name="Enter sends").click()
    page.reload()
    box = page.locator("textarea")
    box.press_sequentially("uno")
    box.press("Enter")
    box.press_sequentially("dos")
    expect(box).to_have_value("uno\ndos")
    box.press("Control+Enter")
    expect(page.locator(".outbound .bubble:not(.pending)")).to_contain_text("dos")


def test_an_emoji_goes_where_one_writes_and_comes_first_the_next_time(cast: Cast, page: Page) -> None:
    open_thread(page, cast.write("Lía"))
    box = page.locator("textarea")
    box.fill("Hola!")
    box.press("ArrowLeft")
    page.locator(".emoji > summary").click()
    page.locator("[data-emoji='🎉']").click()
    expect(box).to_have_value("Hola🎉!")
    expect(box).to_be_focused()
    page.locator(".emoji > summary").click()
    expect(page.locator("[data-emoji]").first).to_have_text("🎉")


# ---- the thread one reads


def written(cast: Cast, count: int) -> Conversation:
    for number in range(count):
        lia = cast.write("Lía", text=f"Mensaje {number}. " + "Y algo más. " * 12)
    return lia


def test_whoever_reads_further_up_stays_there_and_is_told_of_what_comes(cast: Cast, page: Page) -> None:
    lia = written(cast, 70)
    Conversation.objects.update(unread=0)
    open_thread(page, lia)
    line = page.locator("#timeline")
    first = page.locator(".bubble", has_text="Mensaje 0.")

    def reads_on() -> bool:
        line.evaluate("line => { line.scrollTop = 0; }")
        return first.count() == 1

    assert eventually(reads_on, seconds=15)
    line.evaluate("line => { line.scrollTop = 300; }")
    cast.write("Lía", text="¿Siguen ahí?")
    way = page.locator("#to-last")
    expect(way).to_contain_text("New messages")
    expect(page.locator(".bubble", has_text="Mensaje 0.")).to_be_attached()
    way.click()
    expect(page.locator(".bubble", has_text="¿Siguen ahí?")).to_be_in_viewport()
    expect(way).to_be_hidden()


def test_from_far_up_the_way_leads_to_the_latest(cast: Cast, page: Page) -> None:
    """So far up that refreshes wait: here from sixty messages on, that the test need not write three hundred."""
    lia = written(cast, 70)
    Conversation.objects.update(unread=0)
    script = Path(finders.find("web/js/thread.js") or "").read_text(encoding="utf-8")
    assert "const MOST = 280;" in script
    script = script.replace("const MOST = 280;", "const MOST = 60;")
    page.route("**/thread.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    first = Message.objects.earliest("pk")
    page.goto(f"/inbox/{lia.pk}?from={first.pk}#m{first.pk}")
    expect(page.locator(".bubble", has_text="Mensaje 0.")).to_be_in_viewport()
    cast.write("Lía", text="¿Siguen ahí?")
    page.locator("#to-last[data-behind]").click()
    expect(page.locator(".bubble", has_text="¿Siguen ahí?")).to_be_in_viewport()
    expect(page.locator("#to-last")).to_be_hidden()
    expect(page.locator(".bubble", has_text="Mensaje 0.")).to_have_count(0)


@pytest.mark.one_hand("nothing is pressed")
def test_an_opened_thread_shows_where_what_is_new_begins(cast: Cast, page: Page) -> None:
    lia = written(cast, 30)
    Conversation.objects.update(unread=20)
    open_thread(page, lia)
    expect(page.locator("#fresh")).to_be_in_viewport()
    expect(page.locator("#to-last")).to_be_visible()


# ---- what was written and not sent


def test_the_draft_of_a_note_comes_back_as_a_note(cast: Cast, page: Page) -> None:
    lia = cast.write("Lía")
    cast.write("Mateo")
    open_thread(page, lia)
    page.keyboard.press("n")
    page.keyboard.type("No le creo")
    page.locator(".row", has_text="Mateo").locator(".row-link").click()
    expect(page.locator("#thread-name")).to_have_text("Mateo")
    expect(page.locator("[name='note'][value='']")).to_be_checked()
    page.locator(".row", has_text="Lía").locator(".row-link").click()
    expect(page.locator("textarea")).to_have_value("No le creo")
    expect(page.locator("[name='note'][value='1']")).to_be_checked()
    page.reload()
    expect(page.locator("[name='note'][value='1']")).to_be_checked()
    page.keyboard.press("r")
    page.reload()
    expect(page.locator("textarea")).to_have_value("No le creo")
    expect(page.locator("[name='note'][value='']")).to_be_checked()


@pytest.mark.one_hand("told by keys already")
def test_a_note_stays_one_when_the_contact_opens_the_time_to_answer(
    cast: Cast, page: Page, lia: Conversation
) -> None:
    Conversation.objects.update(window_at=database_now() - timedelta(days=2))
    open_thread(page, lia)
    expect(page.locator(".composer.closed")).to_be_visible()
    page.keyboard.press("n")
    cast.write("Lía", account=lia.account, opens_window=True)
    expect(page.locator(".composer.open")).to_be_visible()
    expect(page.locator("[name='note'][value='1']")).to_be_checked()


def test_what_could_not_be_sent_is_told_after_its_thread_was_left_and_waits_there(
    cast: Cast, page: Page, lia: Conversation
) -> None:
    cast.write("Mateo")
    open_thread(page, lia)
    drop(page)
    expect(page.locator(".attached li[data-token]")).to_be_visible()
    held: list[Route] = []
    page.route("**/messages", lambda route: held.append(route))  # noqa: PLW0108  playwright marks what it calls
    page.keyboard.type("La cotización")
    page.keyboard.press("Enter")
    page.locator(".row", has_text="Mateo").locator(".row-link").click()
    expect(page.locator("#thread-name")).to_have_text("Mateo")
    held[0].abort()
    expect(page.locator(".toast").last).to_contain_text("Lía: No connection")
    page.locator(".toast").last.get_by_role("link", name="Open conversation").click()
    expect(page.locator("#thread-name")).to_have_text("Lía")
    expect(page.locator("textarea")).to_have_value("La cotización")
    expect(page.locator(".attached li")).to_contain_text("nota.pdf")
    expect(page.locator(".composer .error")).to_contain_text("No connection")
    page.unroute("**/messages")
    page.locator("textarea").press("Enter")
    expect(page.locator(".outbound .document")).to_contain_text("nota.pdf")
