"""Every screen, each on one line: what it is called, where it is, who looks, and what they do there first.

Addresses name what stands in `tests/world.py`: `/inbox/{thread}`. What is done knows no language, so that it is the
same in all of them. `tests/test_screens.py` looks at each one, and fails for a page that is missing here.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.world import World

PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
"""A picture of one dot."""
UNDO = "/settings/closing/undoings"

Deed = Callable[[Page, World], None]


@dataclass(frozen=True)
class Screen:
    """`who` is nobody for whoever has not signed in; `status` is what the address answers."""

    name: str
    path: str
    who: str = "ana"
    then: Deed | None = None
    status: int = 200


def click(*selectors: str) -> Deed:
    """Presses the first that shows of each, in turn."""

    def deed(page: Page, _world: World) -> None:
        for selector in selectors:
            page.locator(selector).locator("visible=true").first.click()

    return deed


def key(name: str) -> Deed:
    return lambda page, _world: page.keyboard.press(name)


def seek(page: Page, _world: World) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("maria")
    expect(page.locator("#palette-found .avatar").first).to_be_visible()


def ring(page: Page, _world: World) -> None:
    page.locator("#bell > summary").click()
    expect(page.locator("#bell .bell-head")).to_be_visible()


def choose_nonsense(page: Page, _world: World) -> None:
    page.eval_on_selector("[name='digest'] option:first-child", "option => { option.value = 'always' }")
    page.locator("[name='digest']").select_option("always")
    submit("form.card")(page, _world)


def submit(form: str, **fields: str) -> Deed:
    """Sends a form past what the browser itself would refuse, and waits for the answer."""

    def deed(page: Page, _world: World) -> None:
        for name, value in fields.items():
            page.locator(f"{form} [name='{name}']").fill(value)
        # Any navigation would do for `expect_navigation`, one within this document too.
        page.eval_on_selector(form, "form => { document.documentElement.id = 'left'; form.submit() }")
        page.wait_for_selector("html:not(#left)")
        page.wait_for_load_state()

    return deed


def mistype(page: Page, world: World) -> None:
    """Somebody new each time: after five mistakes one has to wait."""
    submit("form", login=f"{uuid4()}@nobody.example", password="no")(page, world)


def visit(page: Page, _world: World) -> None:
    """A visitor opens the chat for the first time."""
    page.locator("button[aria-expanded=false]").click()
    expect(page.locator("textarea")).to_be_visible()


def come_back(page: Page, world: World) -> None:
    """A visitor opens the chat they wrote in before."""
    expect(page.locator("button[aria-expanded=false]")).to_be_visible()
    kept = json.dumps({"token": world.visitor_token, "wrote": True, "queue": [], "seen": 0})
    page.evaluate("kept => localStorage.setItem(...kept)", [f"bandeja:{world.names['key']}", kept])
    page.reload()
    visit(page, world)
    expect(page.get_by_text("te la aparto")).to_be_visible()


def choose_rows(page: Page, _world: World) -> None:
    for number in range(2):
        page.locator(".row .row-pick > input").nth(number).click(force=True)
    expect(page.locator("#bulk")).to_be_visible()


def hand_over(page: Page, world: World) -> None:
    choose_rows(page, world)
    click("#bulk summary")(page, world)


def close_many(page: Page, world: World) -> None:
    choose_rows(page, world)
    click("#bulk [data-key='e']")(page, world)
    expect(page.locator("#dialog[open]")).to_be_visible()


def ask_why(page: Page, world: World) -> None:
    click("#clock .why")(page, world)
    expect(page.locator("#dialog[open] .story")).to_be_visible()


def close_from_why(page: Page, world: World) -> None:
    ask_why(page, world)
    click("#dialog [hx-get*='closure']")(page, world)
    expect(page.locator("#dialog [name='reason']")).to_be_focused()


def snooze_until_another_day(page: Page, world: World) -> None:
    click("#clock [data-key='h']", "#dialog [value='other']")(page, world)
    expect(page.locator("#dialog [name='until']")).to_be_visible()


def close_without_a_reason(page: Page, world: World) -> None:
    click(".thread-head [data-key='e']", "#dialog .button.primary")(page, world)
    expect(page.locator("#dialog .error")).to_be_visible()


def look_through(page: Page, _world: World) -> None:
    """Until the messages were looked at too."""
    expect(page.locator("#texts [hx-trigger='load']")).to_have_count(0)


def choose_filters(page: Page, world: World) -> None:
    click("#filters [data-more]")(page, world)
    expect(page.locator("#dialog[open]")).to_be_visible()


def open_views(page: Page, world: World) -> None:
    click("#views > summary")(page, world)
    expect(page.locator("#views .menu-row").first).to_be_visible()


def name_a_view(page: Page, world: World) -> None:
    click(".chips button")(page, world)
    expect(page.locator("#dialog[open]")).to_be_visible()


def stay_put(page: Page, _world: World) -> None:
    """Somebody reads further down, and there is more above since."""
    page.eval_on_selector("#rows-pane", "pane => { pane.dataset.keeps = ''; pane.dataset.top = '1_1' }")
    page.evaluate("document.dispatchEvent(new CustomEvent('changed', { detail: { c: [] } }))")
    expect(page.locator("[data-news]")).to_be_visible()


def write_a_note(page: Page, world: World) -> None:
    click(".modes label:last-child")(page, world)
    page.locator(".composer textarea").fill("Prefiere que la llamen por la tarde. " * 8)


def leave_open(page: Page, _world: World) -> None:
    """All that a rule may be told beyond its time, in a card that says it."""
    card = page.locator("form.rule").last
    card.locator(".rule-options > summary").first.click()
    card.locator("[name='since']").select_option("either")
    card.locator("[name='waiting']").select_option("give")
    card.locator("[name='waiting_to']").select_option(index=1)
    card.locator("[name='exempt_tags']").first.check()
    card.locator("[name='amount']").fill("24")
    card.locator("[name='account_ids']:enabled").first.check()
    card.locator("[name='reason']").fill("Sin respuesta del contacto")
    expect(card.locator(".summary")).to_contain_text("24")
    card.locator(".card-foot").scroll_into_view_if_needed()


def tell_contacts(page: Page, _world: World) -> None:
    """All that a rule may say to contacts, the second warning said wrong."""
    card = page.locator("form.rule").last
    card.locator(".rule-says > summary").click()
    card.locator("[name='amount']").fill("24")
    card.locator("[name='account_ids']:enabled").first.check()
    card.locator("[name='reason']").fill("Sin respuesta del contacto")
    card.locator("[name='warning_amount_1']").fill("30")
    card.locator("[name='warning_amount_2']").fill("45")
    card.locator("textarea[name^='warning_']").first.fill("¿Seguimos? Cerraremos en {{tiempo}}.")
    card.locator("textarea[name^='farewell_']").first.fill("Cerramos por ahora. Escríbenos cuando quieras.")
    card.locator(".button.primary").click()
    expect(card.locator(".rule-says .error").first).to_be_visible()


def count_hours(page: Page, _world: World) -> None:
    """A rule that counts only the hours of a calendar, with when it would close."""
    card = page.locator("form.rule").last
    card.locator("[name='calendar']").select_option(index=1)
    card.locator("[name='amount']").fill("2")
    card.locator("[name='unit']").select_option("days")
    card.locator("[name='account_ids']:enabled").first.check()
    card.locator("[name='reason']").fill("Sin respuesta del contacto")
    expect(card.locator(".summary p").first).to_contain_text(":")


def refuse_a_rule(page: Page, _world: World) -> None:
    page.locator("form.rule [name='amount']").last.fill("1.5")
    page.locator("form.rule .button.primary").last.click()
    expect(page.locator("form.rule .error").first).to_be_visible()


def look_back(card: int) -> Deed:
    """What the rule of a card would have done as it is typed, with all that is folded away."""

    def deed(page: Page, _world: World) -> None:
        page.locator("form.rule").nth(card).locator(".card-foot button:not(.primary)").click()
        expect(page.locator(".hindsight h3")).to_be_focused()
        for fold in page.locator(".hindsight summary").all():
            fold.click()

    return deed


def include_open(page: Page, _world: World) -> None:
    """Asks for what is open without a clock to be included, and is told how many they are."""
    page.locator("form.rule [name='include']").first.check()
    expect(page.locator("form.rule [name='counted']")).to_be_attached()


def look_back_on_nothing(page: Page, _world: World) -> None:
    page.locator("form.rule [name='amount']").first.fill("0")
    page.locator("form.rule .card-foot button:not(.primary)").first.click()
    expect(page.locator(".hindsight .notice")).to_be_visible()


def somebody_was_faster(page: Page, _world: World) -> None:
    """A rule that was saved since it was opened, and another time typed."""
    page.eval_on_selector("form.rule [name='version']", "version => { version.value = 0 }")
    page.locator("form.rule [name='reason']").first.fill("Otro motivo, que escribí yo")
    page.locator("form.rule .button.primary").first.click()
    expect(page.locator(".versions")).to_be_visible()


def to_nobody(page: Page, world: World) -> None:
    """Always to the same, without saying to whom."""
    page.locator("form.card [name='way']").select_option("fixed")
    submit("form.card")(page, world)


def say_all_kinds(page: Page, _world: World) -> None:
    """A customer writes, and sends one of each kind of file."""
    page.locator(".write [name='text']").fill("¿Tienen la Ruta 28 en azul? " * 8)
    for kind in ("text", "image", "voice", "document", "location"):
        page.locator(f".write [value='{kind}']").click()
    expect(page.locator(".said audio").first).to_be_attached()


def answer_a_message(page: Page, _world: World) -> None:
    page.locator(".write [name='text']").fill("Hola")
    page.locator(".write [value='text']").click()
    page.locator(".said a[href*='reply=']").first.click()
    expect(page.locator(".write .about")).to_be_visible()


def reach(selector: str) -> Deed:
    """Brings a part of the thread to where it is seen."""
    return lambda page, _world: page.locator(selector).first.scroll_into_view_if_needed()


def enlarge(page: Page, world: World) -> None:
    click("[data-enlarges]")(page, world)
    expect(page.locator("#picture[open] img")).to_be_visible()


def ask_again(page: Page, world: World) -> None:
    click(".lost-note [hx-get]")(page, world)
    expect(page.locator("#dialog[open]")).to_be_visible()


def upload(page: Page, _world: World) -> None:
    """One file that stays on its way, one that is refused."""
    page.route("**/media/uploads", lambda _route: None)
    files = page.locator(".composer input[type='file']")
    files.set_input_files({"name": "ruta-28.png", "mimeType": "image/png", "buffer": PNG})
    expect(page.locator(".attached progress")).to_be_visible()
    page.route("**/media/uploads", lambda route: route.continue_())
    files.set_input_files({"name": "vacío.txt", "mimeType": "text/plain", "buffer": b""})
    expect(page.locator(".attached [data-refused]")).to_be_visible()


def quote(page: Page, world: World) -> None:
    page.locator(".said [data-answers]").last.dispatch_event("click")  # it is seen only under the pointer
    expect(page.locator(".answering")).to_be_visible()


def suggest(typed: str, *, note: bool = False) -> Deed:
    def deed(page: Page, world: World) -> None:
        if note:
            click(".modes label:last-child")(page, world)
        page.locator(".composer textarea").fill("")
        page.locator(".composer textarea").press_sequentially(typed)
        expect(page.locator(".suggested [aria-selected='true']")).to_be_visible()

    return deed


def show_the_contact(page: Page, world: World) -> None:
    """On a phone it is in the menu of the thread's head."""
    more = page.locator(".thread-head .narrow-only > summary")
    if more.is_visible():
        more.click()
    click(".thread-head [data-panel-switch]")(page, world)


def open_more(page: Page, _world: World) -> None:
    more = page.locator(".thread-head .narrow-only > summary")
    if more.is_visible():
        more.click()


def pick_an_emoji(page: Page, _world: World) -> None:
    """A phone has a keyboard for them."""
    emoji = page.locator(".emoji > summary")
    if emoji.is_visible():
        emoji.click()
        expect(page.locator(".emoji [data-emoji]").first).to_be_visible()


def show_the_files(page: Page, world: World) -> None:
    if not page.locator(".gallery").is_visible():
        show_the_contact(page, world)
    click(".gallery > summary")(page, world)
    expect(page.locator(".gallery .tile").first).to_be_visible()


def read_further_up(page: Page, _world: World) -> None:
    page.wait_for_function("document.getElementById('timeline').scrollTop > 0")  # it was brought to its end
    page.locator("#timeline").evaluate("line => { line.scrollTop = 0; }")
    expect(page.locator("#to-last")).to_be_visible()


def ask_for(address: str, field: str) -> Deed:
    """Asks for what is sent besides text, by the menu for that."""

    def deed(page: Page, world: World) -> None:
        click(".more > summary", f".more [hx-get$='{address}']")(page, world)
        expect(page.locator(f"#dialog [name='{field}']")).to_be_focused()

    return deed


def refuse(address: str) -> Deed:
    def deed(page: Page, world: World) -> None:
        click(".more > summary", f".more [hx-get$='{address}']", "#dialog .button.primary")(page, world)
        expect(page.locator("#dialog .error").first).to_be_visible()

    return deed


def choose_a_template(page: Page, world: World) -> None:
    click(".over .button")(page, world)
    expect(page.locator(".templates")).to_be_visible()


def fill_a_template(page: Page, world: World) -> None:
    choose_a_template(page, world)
    click(".templates button")(page, world)
    page.locator("#dialog [name='v1']").fill("Noa")
    expect(page.locator("#template-preview")).to_contain_text("Noa")


def choose_tags(page: Page, world: World) -> None:
    page.keyboard.press("l")
    expect(page.locator(".picks")).to_be_visible()


def from_the_panel(*selectors: str) -> Deed:
    """Opens the contact where it is not beside the thread, and presses the first of each selector in it, in turn."""

    def deed(page: Page, world: World) -> None:
        if not page.locator(".panel").is_visible():
            show_the_contact(page, world)
        click(*selectors)(page, world)

    return deed


def edit_a_contact(page: Page, world: World) -> None:
    from_the_panel(".contact-verbs [hx-get$='/contact']")(page, world)
    expect(page.locator("#dialog [name='email']")).to_be_visible()


def somebody_edited_it(page: Page, world: World) -> None:
    """The e-mail is not what it was when the form was opened, and a date is no date."""
    edit_a_contact(page, world)
    page.eval_on_selector("#dialog [name='seen-email']", "seen => { seen.value = 'antes@correo.example' }")
    page.locator("#dialog [name='email']").fill("otra@correo.example")
    click("#dialog .button.primary")(page, world)
    expect(page.locator("#dialog .error")).to_be_visible()


def note_a_contact(page: Page, world: World) -> None:
    from_the_panel(".contact-verbs [hx-get$='/notes']")(page, world)
    expect(page.locator("#dialog textarea")).to_be_visible()


def find_another(page: Page, world: World) -> None:
    from_the_panel(".contact-verbs summary", ".contact-verbs [hx-get$='/others']")(page, world)
    page.locator("#dialog [name='q']").fill("cliente")
    expect(page.locator(".found")).to_be_visible()


def compare(page: Page, world: World) -> None:
    from_the_panel(".double [hx-get]")(page, world)
    expect(page.locator("#dialog .effects")).to_be_visible()


def erase_a_contact(page: Page, world: World) -> None:
    from_the_panel(".contact-verbs summary", ".contact-verbs [hx-get$='/erasure']")(page, world)
    expect(page.locator("#dialog .danger")).to_be_visible()


def new_field(page: Page, world: World) -> None:
    click(".place-head .button.primary")(page, world)
    expect(page.locator("#dialog [name='choices']")).to_be_visible()


def choose_two_phones(page: Page, world: World) -> None:
    page.locator("[name='column-0']").select_option("phone")
    submit("form.card")(page, world)


def new_tag(page: Page, world: World) -> None:
    click(".place-head .button.primary")(page, world)
    expect(page.locator(".swatches")).to_be_visible()


def refuse_a_tag(page: Page, world: World) -> None:
    new_tag(page, world)
    page.locator("#dialog [name='name']").fill("vip")
    click("#dialog .button.primary")(page, world)
    expect(page.locator("#dialog .error")).to_be_visible()


def add_a_step(page: Page, world: World) -> None:
    click(".flow-branch [data-place]")(page, world)
    expect(page.locator("#dialog .flow-kinds").first).to_be_visible()


ENTRANCE = [
    Screen("sign in", "/accounts/login/", ""),
    Screen("sign in, refused", "/accounts/login/", "", mistype),
    Screen("sign in, second step", "/accounts/login/code/", "half"),
    Screen("sign out", "/accounts/logout/"),
    Screen("no access", "/accounts/inactive/", ""),
    Screen("first link", "{first}", ""),
    Screen("invitation", "{invited}", ""),
    Screen("invitation, refused", "{invited}", "", submit("form", name="Nora", password="1")),
    Screen("link over", "/welcome/x/y", "", status=410),
    Screen("password, forgotten", "/accounts/password/reset/", ""),
    Screen("password, asked for", "/accounts/password/reset/done/", ""),
    Screen("password, another", "/accounts/password/reset/key/{reset}/", ""),
    Screen("password, link over", "/accounts/password/reset/key/1-no/", ""),
    Screen("password, changed", "/accounts/password/reset/key/done/", ""),
    Screen("no connection", "/offline", ""),
    Screen("nothing here", "/nowhere", "", status=404),
    Screen("not allowed", "/settings/accounts/webchat", "bruno", status=403),
]

INBOX = [
    Screen("inbox", "/inbox"),
    Screen("inbox of a seller", "/inbox", "bruno"),
    Screen("inbox, nothing connected", "/inbox", "carla"),
    Screen("inbox, all quiet", "/inbox", "dario"),
    Screen("inbox, unread", "/inbox?tab=unread"),
    Screen("inbox, open and closed", "/inbox?state=all"),
    Screen("inbox, nobody found", "/inbox?q=nadie", then=look_through),
    Screen("inbox, people and messages found", "/inbox?q=cliente", then=look_through),
    Screen("inbox, messages found", "/inbox?q=ruta+azul", then=look_through),
    Screen("inbox, filtered", "/inbox?state=all&owner=nobody&days=90&channel=webchat"),
    Screen("inbox, closed by hand", "/inbox?cause=agent&reason=Compr%C3%B3+en+la+tienda"),
    Screen("inbox, filters", "/inbox?days=7", then=choose_filters),
    Screen("inbox, views", "/inbox", then=open_views),
    Screen("inbox, saving a view", "/inbox?days=7", then=name_a_view),
    Screen("inbox, something new above", "/inbox", then=stay_put),
    Screen("inbox, nothing with these filters", "/inbox?owner=mine"),
    Screen("inbox, rows chosen", "/inbox", then=choose_rows),
    Screen("inbox, bulk actions told", "/inbox", "bruno"),
    Screen("inbox, handing over", "/inbox", then=hand_over),
    Screen("inbox, closing many", "/inbox", then=close_many),
    Screen("keys", "/inbox", then=key("?")),
    Screen("palette", "/inbox/{thread}", then=key("Control+k")),
    Screen("palette, something sought", "/inbox", then=seek),
    Screen("themes", "/inbox", then=click(".rail details:has([data-theme-choice]) > summary")),
    Screen("own menu", "/inbox", then=click(".rail details:last-of-type > summary")),
    Screen("bell", "/inbox", then=ring),
    Screen("bell, nothing yet", "/inbox", "carla", ring),
    Screen("thread", "/inbox/{thread}"),
    Screen("thread, owners", "/inbox/{thread}", then=click(".thread-head details > summary")),
    Screen("thread, transferring", "/inbox/{thread}", then=click(".thread-head details > summary", "[data-key='t']")),
    Screen("thread, why it closes", "/inbox/{thread}", then=ask_why),
    Screen("thread, why it does not close", "/inbox/{late}", then=ask_why),
    Screen("thread, why it closed", "/inbox/{closed}", then=ask_why),
    Screen("thread, closing from why", "/inbox/{thread}", then=close_from_why),
    Screen("why, on its own page", "/inbox/{thread}/why"),
    Screen("thread, keeping it open", "/inbox/{thread}", then=click("#clock [data-key='o']")),
    Screen("thread, kept open", "/inbox/{kept}", then=ask_why),
    Screen("thread, snoozing it", "/inbox/{thread}", then=click("#clock [data-key='h']")),
    Screen("thread, snoozing it until another day", "/inbox/{thread}", then=snooze_until_another_day),
    Screen("thread, snoozed", "/inbox/{snoozed}", then=ask_why),
    Screen("inbox, snoozed", "/inbox?state=snoozed"),
    Screen("thread, contact", "/inbox/{thread}", then=show_the_contact),
    Screen("thread, blocked", "/inbox/{blocked}"),
    Screen("thread, more of the contact", "/inbox/{thread}", then=from_the_panel(".contact-verbs summary")),
    Screen("thread, editing the contact", "/inbox/{thread}", then=edit_a_contact),
    Screen("thread, somebody edited the contact", "/inbox/{thread}", then=somebody_edited_it),
    Screen("thread, a note about the contact", "/inbox/{thread}", then=note_a_contact),
    Screen("thread, who else it is", "/inbox/{thread}", then=find_another),
    Screen("thread, merging", "/inbox/{thread}", then=compare),
    Screen("thread, erasing", "/inbox/{thread}", then=erase_a_contact),
    Screen("thread, its tags", "/inbox/{thread}", then=choose_tags),
    Screen("thread, note", "/inbox/{thread}", then=write_a_note),
    Screen("thread, closing", "/inbox/{thread}", then=click(".thread-head [data-key='e']")),
    Screen("thread, closing refused", "/inbox/{thread}", then=close_without_a_reason),
    Screen("thread, closed", "/inbox/{closed}"),
    Screen("thread, everything", "/inbox/{everything}"),
    Screen("thread, everything, its files", "/inbox/{everything}", then=reach(".files")),
    Screen("thread, everything, its cards", "/inbox/{everything}", then=reach(".inset")),
    Screen("thread, a picture", "/inbox/{everything}", then=enlarge),
    Screen("thread, sending again", "/inbox/{everything}", then=ask_again),
    Screen("thread, uploading", "/inbox/{everything}", then=upload),
    Screen("thread, answering a message", "/inbox/{everything}", then=quote),
    Screen("thread, what else to do", "/inbox/{thread}", then=open_more),
    Screen("thread, further up", "/inbox/{everything}", then=read_further_up),
    Screen("thread, emoji", "/inbox/{thread}", then=pick_an_emoji),
    Screen("thread, its files", "/inbox/{everything}", then=show_the_files),
    Screen("thread, quick replies", "/inbox/{thread}", then=suggest("Hola /")),
    Screen("thread, naming somebody", "/inbox/{thread}", then=suggest("@", note=True)),
    Screen("thread, sending something else", "/inbox/{everything}", then=click(".more > summary")),
    Screen("thread, buttons", "/inbox/{everything}", then=ask_for("/buttons", "text")),
    Screen("thread, buttons refused", "/inbox/{everything}", then=refuse("/buttons")),
    Screen("thread, a place", "/inbox/{everything}", then=ask_for("/place", "point")),
    Screen("thread, a place refused", "/inbox/{everything}", then=refuse("/place")),
    Screen("thread, too late", "/inbox/{late}"),
    Screen("thread, too late without templates", "/inbox/{silenced}"),
    Screen("thread, choosing a template", "/inbox/{late}", then=choose_a_template),
    Screen("thread, filling in a template", "/inbox/{late}", then=fill_a_template),
]

SETTINGS = [
    Screen("closing", "/settings/closing"),
    Screen("closing, no rule", "/settings/closing", "carla"),
    Screen("closing, not in the plan", "/settings/closing", "dario"),
    Screen("closing, a new rule", "/settings/closing?new", then=click("details.changes > summary")),
    Screen("closing, what it leaves open", "/settings/closing?new", then=leave_open),
    Screen("closing, what contacts are told", "/settings/closing?new", then=tell_contacts),
    Screen("closing, in business hours", "/settings/closing?new", then=count_hours),
    Screen("closing, refused", "/settings/closing?new", then=refuse_a_rule),
    Screen("hours", "/settings/hours"),
    Screen("hours, none", "/settings/hours", "carla"),
    Screen("hours, new", "/settings/hours/new"),
    Screen("hours, of a shop", "/settings/hours/{calendar}"),
    Screen("hours, refused", "/settings/hours/new", then=submit("form.hours", **{"day-0-0-from": "", "name": " "})),
    Screen("hours, deleting", "/settings/hours/{calendar}/deletion"),
    Screen("hours, deleting what a rule counts by", "/settings/hours/{calendar_used}/deletion"),
    Screen("closing, what it would have done", "/settings/closing", then=look_back(0)),
    Screen("closing, how long contacts take to come back", "/settings/closing", then=look_back(2)),
    Screen("closing, looking back refused", "/settings/closing", then=look_back_on_nothing),
    Screen("closing, changed meanwhile", "/settings/closing", then=somebody_was_faster),
    Screen("closing, deleting", "/settings/closing", then=click("form.rule a[href$='deletion']")),
    Screen("closing, deleting on its own page", "/settings/closing/rules/{rule}/deletion"),
    Screen("undoings", "/settings/closing/undoings"),
    Screen("undoings for a seller", "/settings/closing/undoings", "bruno"),
    Screen("undoings, nothing closed", "/settings/closing/undoings", "carla"),
    Screen("undoing a rule's closings", "/settings/closing/undoings/rules/{rule}"),
    Screen("undoing a rule's closings, refused", f"{UNDO}/rules/{{rule}}?since=exact&start=", status=422),
    Screen("undoing a rule's closings, none", f"{UNDO}/rules/{{rule}}?since=exact&start=2026-01-01&end=2026-01-02"),
    Screen("undoing a flow's closings", f"{UNDO}/flows/{{flow}}"),
    Screen("undoing a bulk closing", f"{UNDO}/bulks/{{closing_bulk}}"),
    Screen("undoing under way", "/settings/closing/undoings/{undoing_now}"),
    Screen("undoing, how it ended", "/settings/closing/undoings/{undoing}"),
    Screen("closing, how many would be included", "/settings/closing", then=include_open),
    Screen("including", "/settings/closing/rules/{rule}/inclusions"),
    Screen("including, under way", "/settings/closing/rules/{rule_including}/inclusions"),
    Screen("coverage", "/settings/closing/coverage", then=click(".aside summary")),
    Screen("coverage for a seller", "/settings/closing/coverage", "bruno"),
    Screen("coverage, no account", "/settings/closing/coverage", "carla"),
    Screen("coverage, not in the plan", "/settings/closing/coverage", "dario"),
    Screen("coverage, paused", "/settings/closing/coverage", "fabio"),
    Screen("closing, paused", "/settings/closing", "fabio"),
    Screen("pausing", "/settings/closing/pause"),
    Screen("pausing, without a reason", "/settings/closing/pause", then=submit("form.card", why=" ")),
    Screen("pausing, paused", "/settings/closing/pause", "fabio"),
    Screen("thread, paused", "/inbox/{withheld}", "fabio"),
    Screen("thread, why it is paused", "/inbox/{withheld}", "fabio", then=ask_why),
    Screen("closing reports", "/reports/closings"),
    Screen("closing reports, a table open", "/reports/closings?days=90", then=click(".plot summary")),
    Screen("closing reports, nothing closed", "/reports/closings", "carla"),
    Screen("closing reports, days refused", "/reports/closings?since=2026-03-02&until=2026-03-01", status=422),
    Screen("accounts", "/settings/accounts"),
    Screen("accounts for a seller", "/settings/accounts", "bruno"),
    Screen("accounts, none", "/settings/accounts", "carla"),
    Screen("a new web chat", "/settings/accounts/webchat"),
    Screen("a new web chat, refused", "/settings/accounts/webchat", then=submit("form.card")),
    Screen("a new API account", "/settings/accounts/api"),
    Screen("a web chat", "/settings/accounts/{chat}"),
    Screen("a web chat, assigning by itself", "/settings/accounts/{chat}/assigning"),
    Screen(
        "a web chat, assigning refused",
        "/settings/accounts/{chat}/assigning",
        then=to_nobody,
    ),
    Screen("a web chat, disconnecting", "/settings/accounts/{chat}", then=click("[data-opens='disconnect']")),
    Screen("a web chat, disconnected", "/settings/accounts/{gone}"),
    Screen("an API account", "/settings/accounts/{api}"),
    Screen("an API account, another token", "/settings/accounts/{api}", then=click("[data-opens='rotate']")),
    Screen("an API account, its token", "/settings/accounts/{api}", then=submit("#rotate form")),
    Screen("what can be connected", "/settings/accounts/new"),
    Screen("what can be connected, without an app", "/settings/accounts/new", "carla"),
    Screen("a new Meta app", "/settings/accounts/apps/new"),
    Screen(
        "a new Meta app, refused", "/settings/accounts/apps/new", then=submit("form.card", app_id="x", secret="s")
    ),
    Screen("a Meta app", "/settings/accounts/apps/{meta}"),
    Screen("a Meta app, removing", "/settings/accounts/apps/{idle}", then=click("[data-opens='remove']")),
    Screen("a Meta app, secrets refused", "/settings/accounts/apps/{meta}", then=submit("form.card")),
    Screen("WhatsApp", "/settings/accounts/whatsapp"),
    Screen("WhatsApp, without an app", "/settings/accounts/whatsapp", "carla"),
    Screen(
        "WhatsApp, refused", "/settings/accounts/whatsapp", then=submit("form.card", waba="Tienda", token="EAAB" * 9)
    ),
    Screen("WhatsApp, its numbers", "/settings/accounts/whatsapp/numbers"),
    Screen("WhatsApp, no number chosen", "/settings/accounts/whatsapp/numbers", then=submit("form.card")),
    Screen("Messenger", "/settings/accounts/messenger"),
    Screen("Instagram", "/settings/accounts/instagram"),
    Screen("a number", "/settings/accounts/{number}"),
    Screen("a number, disconnecting", "/settings/accounts/{number}", then=click("[data-opens='disconnect']")),
    Screen("a number, a new token", "/settings/accounts/{number}/access"),
    Screen("a number, its templates", "/settings/accounts/{number}/templates", then=click(".templates summary")),
    Screen("a number, no templates", "/settings/accounts/{bare}/templates"),
    Screen("a page that ails", "/settings/accounts/{ailing}"),
    Screen("an Instagram account, disconnected", "/settings/accounts/{profile}"),
    Screen("an Instagram account, connecting again", "/settings/accounts/{profile}/access"),
    Screen("set aside", "/settings/parked", then=click("details summary.link")),
    Screen("set aside, nothing", "/settings/parked", "carla"),
    Screen("fields", "/settings/fields"),
    Screen("fields, none", "/settings/fields", "carla"),
    Screen("fields, a new one", "/settings/fields", then=new_field),
    Screen("a new field, refused", "/settings/fields/new", then=submit("form.stack")),
    Screen("a field, on its own page", "/settings/fields/{field}"),
    Screen("a field, deleting on its own page", "/settings/fields/{field}/deletion"),
    Screen("tags", "/settings/tags"),
    Screen("tags, none", "/settings/tags", "carla"),
    Screen("tags, a new one", "/settings/tags", then=new_tag),
    Screen("tags, refused", "/settings/tags", then=refuse_a_tag),
    Screen("tags, deleting", "/settings/tags", then=click(".rows a[href$='deletion']")),
    Screen("a new tag, on its own page", "/settings/tags/new"),
    Screen("a tag, on its own page", "/settings/tags/{tag}"),
    Screen("a tag, deleting on its own page", "/settings/tags/{tag}/deletion"),
    Screen("imports", "/settings/import"),
    Screen("imports, none", "/settings/import", "carla"),
    Screen("imports, no file", "/settings/import", then=submit("form.card")),
    Screen("an import, its columns", "/settings/import/{import}/columns"),
    Screen("an import, columns refused", "/settings/import/{import}/columns", then=choose_two_phones),
    Screen("an import, to be confirmed", "/settings/import/{import_ready}"),
    Screen("an import, under way", "/settings/import/{import_running}"),
    Screen("quick replies", "/settings/replies"),
    Screen("quick replies, none", "/settings/replies", "carla"),
    Screen("a quick reply", "/settings/replies/{reply}"),
    Screen("a new quick reply", "/settings/replies/new"),
    Screen("a new quick reply, refused", "/settings/replies/new", then=submit("form.card", word="dos palabras")),
    Screen("flows", "/settings/flows"),
    Screen("flows, none", "/settings/flows", "carla"),
    Screen("a flow", "/settings/flows/{flow}"),
    Screen("a flow, adding a step", "/settings/flows/{flow}", then=add_a_step),
    Screen("a flow, something missing", "/settings/flows/{lacking}"),
    Screen("a flow, its name", "/settings/flows/{flow}/name"),
    Screen("a flow, deleting on its own page", "/settings/flows/{flow}/deletion"),
    Screen("a flow, its start", "/settings/flows/{flow}/start"),
    Screen("a flow, a start on its own page", "/settings/flows/{flow}/start/conversation_opened"),
    Screen("a flow, a new step on its own page", "/settings/flows/{flow}/new/main"),
    Screen("a new step, refused", "/settings/flows/{flow}/new/main/close", then=submit("form.stack")),
    Screen("a step", "/settings/flows/{flow}/steps/s1"),
    Screen("a step, deleting on its own page", "/settings/flows/{flow}/steps/s1/deletion"),
    Screen("a flow, trying it out", "/settings/flows/{flow}/trial?conversation={thread}"),
    Screen("a flow, its log", "/settings/flows/{flow}/runs"),
    Screen("a flow, an empty log", "/settings/flows/{lacking}/runs"),
    Screen("what flows did in a conversation", "/inbox/{thread}/flows"),
    Screen("webhooks", "/settings/webhooks"),
    Screen("webhooks, none", "/settings/webhooks", "carla"),
    Screen("a new webhook", "/settings/webhooks/new"),
    Screen("a new webhook, refused", "/settings/webhooks/new", then=submit("form.card", url="http://10.0.0.1")),
    Screen("a webhook", "/settings/webhooks/{webhook}"),
    Screen("a webhook, none like this", "/settings/webhooks/{webhook_gone}?state=failed"),
    Screen("a webhook, disabled by itself", "/settings/webhooks/{webhook_gone}"),
    Screen("a webhook, failing", "/settings/webhooks/{webhook_failing}"),
    Screen("a webhook, disabled by hand", "/settings/webhooks/{webhook_unwanted}"),
    Screen("a webhook, changing", "/settings/webhooks/{webhook}/change"),
    Screen("a webhook, a new secret", "/settings/webhooks/{webhook}/rotation"),
    Screen("a webhook, its new secret", "/settings/webhooks/{webhook}/rotation", then=submit(".place form")),
    Screen("a webhook, removing", "/settings/webhooks/{webhook}/removal"),
    Screen("a delivery", "/settings/webhooks/{webhook}/deliveries/{told}"),
    Screen("a delivery, failed", "/settings/webhooks/{webhook}/deliveries/{told_failed}"),
    Screen("a delivery, waiting", "/settings/webhooks/{webhook}/deliveries/{told_waiting}"),
    Screen("API tokens", "/settings/tokens"),
    Screen("API tokens, none", "/settings/tokens", "carla"),
    Screen("API tokens, revoking", "/settings/tokens", then=click(".rows a[href$='revocation']")),
    Screen("a new token", "/settings/tokens/new"),
    Screen("a new token, refused", "/settings/tokens/new", then=submit("form.card")),
    Screen("a token, revoking on its own page", "/settings/tokens/{token}/revocation"),
    Screen("what the API can do", "/settings/tokens/reference", then=click("section.card summary")),
    Screen("people", "/settings/people"),
    Screen("people for a seller", "/settings/people", "bruno"),
    Screen("people, what to do", "/settings/people", then=click(".rows details > summary")),
    Screen("people, inviting", "/settings/people", then=click("[data-opens='invite']")),
    Screen("people, refused", "/settings/people", then=submit("#invite form")),
    Screen("people, a link", "/settings/people", then=submit(".rows form[action$='/link']")),
    Screen("teams", "/settings/teams"),
    Screen("teams for a seller", "/settings/teams", "bruno"),
    Screen("teams, none", "/settings/teams", "carla"),
    Screen("a team", "/settings/teams/{team}"),
    Screen("a team, deleting", "/settings/teams/{team}", then=click("[data-opens='deletion']")),
    Screen("a new team, refused", "/settings/teams/new", then=submit("form.card")),
    Screen("leaving", "/settings/people/{person}/leaving"),
    Screen("roles", "/settings/roles"),
    Screen("a new role", "/settings/roles/new"),
    Screen("a new role, refused", "/settings/roles/new", then=submit("form.card")),
    Screen("a role", "/settings/roles/{role}"),
    Screen("a role, deleting", "/settings/roles/{role}", then=click("[data-opens='delete-role']")),
    Screen("security", "/settings/security"),
    Screen("security of who has a password only", "/settings/security", "bruno"),
    Screen("authenticator app", "/settings/security/app"),
    Screen("authenticator app, refused", "/settings/security/app", then=submit("form.card", code="0")),
    Screen("a new passkey", "/settings/security/passkeys/new"),
    Screen("a new passkey, refused", "/settings/security/passkeys/new", then=submit("form.card")),
    Screen("a passkey, removing", "/settings/security/passkeys/{passkey}/removal"),
    Screen("recovery codes", "/settings/security/codes"),
    Screen("new recovery codes", "/settings/security/codes/new"),
    Screen("confirming by password", "/accounts/confirm/password/"),
    Screen("confirming by code", "/accounts/confirm/code/"),
    Screen("confirming by passkey", "/accounts/confirm/passkey/"),
    Screen("audit log", "/settings/audit"),
    Screen("audit log, nothing like this", "/settings/audit?until=2001-01-01"),
    Screen("workspace", "/settings/workspace"),
    Screen("workspace for a seller", "/settings/workspace", "bruno"),
    Screen("workspace, saved", "/settings/workspace", then=submit(".place form")),
    Screen("what one is told", "/settings/notifications"),
    Screen("what one is told, without a device", "/settings/notifications", "bruno"),
    Screen("what one is told, refused", "/settings/notifications", then=choose_nonsense),
    Screen("profile", "/settings/profile"),
    Screen("profile, refused", "/settings/profile", then=submit("form[action$='/password']")),
]

SIMULATOR = [
    Screen("phone simulator", "/simulator", "olga"),
    Screen("phone simulator, a chat", "/simulator", "olga", say_all_kinds),
    Screen("phone simulator, answering", "/simulator", "olga", answer_a_message),
    Screen("phone simulator, nobody there", "/simulator", "pia", status=503),
]

WIDGET = [
    Screen("sample page", "/widget/{key}/sample", ""),
    Screen("sample page, the chat opened", "/widget/{key}/sample", "", visit),
    Screen("sample page, a visitor come back", "/widget/{key}/sample", "", come_back),
]

SCREENS = [*ENTRANCE, *INBOX, *SETTINGS, *SIMULATOR, *WIDGET]
