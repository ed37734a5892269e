"""Names that no delivery tells: asked for once, filled in where there is none, and never at another's cost."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.db import connection

from bandeja.channels import accounts
from bandeja.channels.conftest import meta
from bandeja.channels.meta.tests.answering import HTML, Fake, answer, refusal
from bandeja.channels.models import Account, ChannelKey, Credential, Health, MetaApp
from bandeja.conversations import sql
from bandeja.conversations.models import Contact, Conversation, Identity
from bandeja.intake import profiles
from bandeja.intake.profiles import Lane
from tests.cast import Cast
from tests.clock import Clock

__all__ = ["meta"]

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
LIA = {"first_name": "Lía", "last_name": "Rendón", "id": "654"}


@pytest.fixture
def app(cast: Cast, clock: Clock) -> MetaApp:
    clock.set(NOON)
    return MetaApp.objects.create(
        workspace=cast.workspace, key="k", name="App", app_id="555", secret="s", verify_token="v"
    )


def connect(cast: Cast, app: MetaApp, channel: ChannelKey, external_id: str, **config: Any) -> Account:
    return accounts.connect(
        cast.workspace, channel, name="x", external_id=external_id, app=app, config=config, token="t-" + external_id
    )


@pytest.fixture
def page(cast: Cast, app: MetaApp) -> Account:
    return connect(cast, app, ChannelKey.MESSENGER, "1906")


def write(cast: Cast, account: Account, who: str = "654", *, name: str = "") -> Conversation:
    kind = "igsid" if account.channel == ChannelKey.INSTAGRAM else "psid"
    return cast.write(who, account=account, identity=(kind, who), name=name)


def run(lane: Lane | None = None) -> int:
    """Step until no account is being asked; answers how much landed."""
    lane, count, until = lane or Lane(), 0, time.monotonic() + 10
    while time.monotonic() < until:
        outcome = lane.step()
        count += outcome.count
        if outcome.next_in is None and not outcome.count:
            return count
    raise AssertionError("it never came to rest")


def name_of(conversation: Conversation) -> str:
    return Contact.objects.get(pk=conversation.contact_id).name


def look_at(conversation: Conversation) -> datetime | None:
    return Identity.objects.get(contact_id=conversation.contact_id).look_at


# ---- what they are called


def test_who_writes_to_a_page_gets_their_name(cast: Cast, page: Account, meta: Fake) -> None:
    lia = write(cast, page)
    meta.on("GET /654", LIA)
    run()
    assert name_of(lia) == "Lía Rendón"
    assert meta.asked[0].url.params["fields"] == "first_name,last_name"
    assert meta.asked[0].headers["authorization"] == "Bearer t-1906"
    run()
    assert len(meta.asked) == 1, "asked about once"


@pytest.mark.parametrize(
    ("config", "host"),
    [({"login": "instagram"}, "graph.instagram.com"), ({"login": "page", "page_id": "1906"}, "graph.facebook.com")],
)
@pytest.mark.parametrize(
    ("told", "shown"), [({"name": "Lía", "username": "lia.r"}, "Lía"), ({"username": "lia.r"}, "lia.r")]
)
def test_who_writes_to_an_instagram_account_gets_their_name_or_username(
    cast: Cast, app: MetaApp, meta: Fake, config: dict[str, str], host: str, told: dict[str, str], shown: str
) -> None:
    lia = write(cast, connect(cast, app, ChannelKey.INSTAGRAM, "178", **config))
    meta.on("GET /654", told)
    run()
    assert name_of(lia) == shown
    assert meta.asked[0].url.host == host


def test_a_name_that_is_known_is_never_written_over(cast: Cast, page: Account, meta: Fake) -> None:
    lia = write(cast, page)
    meta.on("GET /654", LIA)
    (flight,) = profiles.claim(1, [])
    told = profiles.ask(flight, flight.people[0])
    Contact.objects.update(name="Doña Lía")
    assert isinstance(told, str)
    profiles.name(flight.people[0], told)
    assert name_of(lia) == "Doña Lía"


def test_who_has_a_name_already_is_not_asked_about(cast: Cast, page: Account, meta: Fake) -> None:
    write(cast, page, "1", name="Lía")
    write(cast, page, "2")
    Contact.objects.filter(name="").update(name="Rui")
    cast.write("lia", name="")
    assert run() == 0
    assert meta.asked == []
    assert not Identity.objects.exclude(look_at=None).exists()


def test_their_conversations_are_rung_for(
    cast: Cast, page: Account, meta: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lia = write(cast, page)
    rung: list[Any] = []
    monkeypatch.setattr(profiles, "ring", lambda *said: rung.append(said))
    meta.on("GET /654", LIA)
    run()
    assert rung == [([cast.workspace.pk], [lia.pk])]


def test_a_name_is_kept_as_one_line_that_can_be_stored(cast: Cast, page: Account, meta: Fake) -> None:
    lia = write(cast, page)
    meta.on("GET /654", {"first_name": "Lía\x00\ud800\n", "last_name": 7})
    run()
    assert name_of(lia) == "Lía"


# ---- what goes wrong


@pytest.mark.parametrize("no", [refusal(100, 2018218), refusal(100, 33), refusal(10), refusal(230), refusal(3)])
def test_who_has_no_profile_for_us_is_asked_about_once_more_and_let_be(
    cast: Cast, page: Account, meta: Fake, clock: Clock, no: httpx.Response
) -> None:
    shy, lia = write(cast, page, "1"), write(cast, page)
    meta.on("GET /1", no).on("GET /654", LIA)
    run()
    assert (name_of(shy), name_of(lia)) == ("", "Lía Rendón"), "the next one does not wait"
    assert look_at(shy) == NOON + timedelta(days=1)
    clock.advance(days=1)
    run()
    assert look_at(shy) is None


@pytest.mark.parametrize("trouble", [HTML, httpx.ReadTimeout("x"), refusal(2), ValueError("ours")])
def test_what_was_not_answered_is_asked_again_later_and_at_last_no_more(
    cast: Cast, page: Account, meta: Fake, clock: Clock, trouble: Any
) -> None:
    lia = write(cast, page)
    meta.on("GET /654", trouble)
    pauses = []
    while look_at(lia):
        run()
        pauses.append(((look_at(lia) or clock.now()) - clock.now()).total_seconds() / 60)
        clock.advance(hours=6)
    assert pauses == [1, 4, 16, 64, 256, 360, 360, 0]


def test_an_account_that_does_not_answer_rests_and_its_people_wait_unharmed(
    cast: Cast, page: Account, meta: Fake, clock: Clock
) -> None:
    people = [write(cast, page, each) for each in ("1", "2", "3")]
    meta.says(httpx.ConnectError("x"))
    now = [0.0]
    lane = Lane(clock=lambda: now[0])
    run(lane)
    assert len(meta.asked) == 1, "what is wrong with one is wrong with all"
    clock.advance(minutes=2)
    run(lane)
    assert len(meta.asked) == 1
    now[0] = 61.0
    meta.says(answer(LIA))
    run(lane)
    assert {name_of(each) for each in people} == {"Lía Rendón"}


@pytest.mark.parametrize(
    ("no", "minutes"),
    [(refusal(4, headers={"Retry-After": "1800"}), 30), (refusal(190, 463), 15), (refusal(613), 5)],
)
def test_being_told_to_wait_is_heeded_and_costs_nobody_a_try(
    cast: Cast, page: Account, meta: Fake, clock: Clock, no: httpx.Response, minutes: int
) -> None:
    lia = write(cast, page)
    meta.on("GET /654", no)
    run()
    assert look_at(lia) == NOON + timedelta(minutes=minutes)
    assert Identity.objects.get(value="654").tries == 0


def disconnected(account: Account) -> None:
    accounts.disconnect(account)


def without_token(account: Account) -> None:
    Health.objects.filter(account=account).update(has_valid_token=False)


def without_credential(account: Account) -> None:
    Credential.objects.filter(account=account).delete()


def held(account: Account) -> None:
    Health.objects.filter(account=account).update(held_until=NOON + timedelta(minutes=5))


def blocked(account: Account) -> None:
    Health.objects.filter(account=account).update(error={"fault": "account"})


@pytest.mark.parametrize("ail", [disconnected, without_token, without_credential, held, blocked])
def test_an_account_that_cannot_be_asked_is_not(cast: Cast, page: Account, meta: Fake, ail: Any) -> None:
    lia = write(cast, page)
    ail(page)
    run()
    assert meta.asked == []
    assert look_at(lia) == NOON, "it waits until it can"


def test_one_slow_account_keeps_no_other_waiting(cast: Cast, app: MetaApp, page: Account, meta: Fake) -> None:
    slow, quick = write(cast, page, "1"), write(cast, connect(cast, app, ChannelKey.MESSENGER, "1907"))
    let_go = threading.Event()

    def slowly(request: httpx.Request) -> httpx.Response:
        del request
        assert let_go.wait(10)
        return answer({"first_name": "Rui"})

    meta.on("GET /1", slowly).on("GET /654", LIA)
    lane = Lane()
    until = time.monotonic() + 10
    while not name_of(quick) and time.monotonic() < until:
        lane.step()
    assert (name_of(slow), name_of(quick)) == ("", "Lía Rendón")
    let_go.set()
    run(lane)
    assert name_of(slow) == "Rui"


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_ask_about_the_same_person(cast: Cast, page: Account) -> None:
    for each in range(30):
        write(cast, page, str(each))
    Identity.objects.update(look_at=datetime(2020, 1, 1, tzinfo=UTC))  # the clock of other connections runs
    claimed: list[int] = []

    def other() -> None:
        try:
            claimed.extend(person.identity_id for flight in profiles.claim(8, []) for person in flight.people)
        finally:
            connection.close()

    threads = [threading.Thread(target=other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) >= profiles.PEOPLE


def test_an_idle_look_reads_only_the_index(cast: Cast, page: Account) -> None:
    """Of all who are known, none is passed by on the way to none."""
    write(cast, page, name="Lía")
    params = {"accounts": 8, "busy": [], "people": 20, "lease": profiles.LEASE, "channels": ["messenger"]}
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
    with sql.run("explain " + profiles.CLAIM, params) as cursor:
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "identity_nameless" in plan
    assert "Seq Scan on identity" not in plan
