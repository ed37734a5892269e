"""The small pieces of the door, each by itself: how often, for how long, how many."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import pytest

from bandeja.intake.door import Door
from bandeja.intake.gather import FullError, Gather
from bandeja.intake.limits import Rate
from bandeja.intake.meta import MetaDoor
from bandeja.intake.sources import Source, Sources
from bandeja.intake.store import Row

NO_META = cast("MetaDoor", None)


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_then_one_per_period() -> None:
    hands = Hands()
    rate = Rate(burst=3, period=2.0, clock=hands)
    assert [rate.wait("lia") for _ in range(4)] == [0, 0, 0, 2.0]
    hands.now += 2.0
    assert [rate.wait("lia"), rate.wait("lia")] == [0, 2.0]
    hands.now += 6.0
    assert [rate.wait("lia") for _ in range(4)] == [0, 0, 0, 2.0]


def test_asking_in_vain_does_not_make_the_wait_longer() -> None:
    hands = Hands()
    rate = Rate(burst=1, period=1.0, clock=hands)
    rate.wait("lia")
    assert {rate.wait("lia") for _ in range(100)} == {1.0}
    hands.now += 1.0
    assert rate.wait("lia") == 0


def test_however_many_come_few_are_remembered() -> None:
    hands = Hands()
    rate = Rate(burst=2, period=1.0, bound=10, clock=hands)
    for number in range(1_000):
        rate.wait(str(number))
    assert len(rate._whole_at) <= 10
    assert rate.wait("999") == 0
    assert rate.wait("999") > 0


class Registry:
    """Accounts that can be looked up, and how often they were."""

    def __init__(self, **accounts: int) -> None:
        self.accounts = accounts
        self.asked: list[str] = []

    async def __call__(self, channel: str, external_id: str) -> Source | None:
        assert channel == "webchat"
        self.asked.append(external_id)
        await asyncio.sleep(0)
        number = self.accounts.get(external_id)
        return Source(number, "") if number else None


def test_an_account_is_remembered_and_a_change_is_seen_within_its_time() -> None:
    hands, registry = Hands(), Registry(a=1)

    async def story() -> None:
        sources = Sources(registry, ttl=5.0, clock=hands)
        assert await sources.find("webchat", "a") == Source(1, "")
        registry.accounts.clear()
        hands.now += 4.9
        assert await sources.find("webchat", "a") == Source(1, "")
        hands.now += 0.2
        assert await sources.find("webchat", "a") is None

    asyncio.run(story())
    assert registry.asked == ["a", "a"]


def test_an_absence_is_remembered_for_a_shorter_time() -> None:
    hands, registry = Hands(), Registry()

    async def story() -> None:
        sources = Sources(registry, absent_ttl=1.0, clock=hands)
        assert await sources.find("webchat", "a") is None
        assert await sources.find("webchat", "a") is None
        registry.accounts["a"] = 1
        hands.now += 1.1
        assert await sources.find("webchat", "a") == Source(1, "")

    asyncio.run(story())
    assert registry.asked == ["a", "a"]


def test_many_who_ask_at_once_are_one_question() -> None:
    registry = Registry(a=1)

    async def story() -> None:
        sources = Sources(registry)
        found = await asyncio.gather(*(sources.find("webchat", "a") for _ in range(50)))
        assert set(found) == {Source(1, "")}

    asyncio.run(story())
    assert registry.asked == ["a"]


def test_a_thousand_made_up_accounts_do_not_fill_the_memory() -> None:
    async def story() -> None:
        sources = Sources(Registry(), bound=10)
        for number in range(1_000):
            await sources.find("webchat", str(number))
        assert len(sources._known) == 10
        assert not sources._asking

    asyncio.run(story())


class Shelf:
    """Keeps rows, in the batches they came in, once it is let to."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.open = asyncio.Event()

    async def __call__(self, rows: Sequence[Row]) -> list[bool]:
        self.batches.append(len(rows))
        await self.open.wait()
        return [True] * len(rows)


def row(size: int = 2) -> Row:
    return Row(1, "webchat", b" " * size, "{}")


def gathering(story: Callable[[Gather, Shelf], Awaitable[None]], lanes: int = 1, **bounds: Any) -> None:
    async def run() -> None:
        shelf = Shelf()
        gather = Gather([shelf] * lanes, lambda: None, **bounds)
        gather.open()
        await asyncio.sleep(0)
        try:
            await story(gather, shelf)
        finally:
            shelf.open.set()
            await gather.close()

    asyncio.run(run())


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_what_comes_during_a_commit_goes_into_the_next_at_most_so_many() -> None:
    async def story(gather: Gather, shelf: Shelf) -> None:
        first = gather.put(row())
        await settle()
        others = [gather.put(row()) for _ in range(7)]
        shelf.open.set()
        assert all(await asyncio.gather(first, *others))
        assert shelf.batches == [1, 5, 2]

    gathering(story, batch=5)


def test_a_batch_of_large_bodies_is_smaller() -> None:
    async def story(gather: Gather, shelf: Shelf) -> None:
        first = gather.put(row())
        await settle()
        others = [gather.put(row(400)) for _ in range(5)]
        shelf.open.set()
        assert all(await asyncio.gather(first, *others))
        assert shelf.batches == [1, 2, 2, 1]

    gathering(story, batch_bytes=1_000)


def test_a_second_commit_starts_beside_the_first_only_with_a_whole_batch() -> None:
    async def story(gather: Gather, shelf: Shelf) -> None:
        gather.put(row())
        await settle()
        for _ in range(4):
            gather.put(row())
        await settle()
        assert shelf.batches == [1]
        gather.put(row())
        await settle()
        assert shelf.batches == [1, 5]

    gathering(story, lanes=2, batch=5)


@pytest.mark.parametrize("bounds", [{"bound": 3}, {"bound_bytes": 6}])
def test_when_too_much_waits_no_more_is_taken(bounds: dict[str, int]) -> None:
    async def story(gather: Gather, shelf: Shelf) -> None:
        gather.put(row())
        await settle()
        for _ in range(3):
            gather.put(row())
        with pytest.raises(FullError):
            gather.put(row())

    gathering(story, **bounds)


def test_a_store_that_breaks_is_heard_by_its_senders_and_the_next_is_tried() -> None:
    async def story() -> None:
        tries = 0

        async def store(rows: Sequence[Row]) -> list[bool]:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise RuntimeError("broken")
            return [True] * len(rows)

        gather = Gather([store], lambda: None)
        gather.open()
        assert not await gather.put(row())
        assert await gather.put(row())
        await gather.close()

    asyncio.run(story())


def test_a_sender_who_left_does_not_disturb_the_others() -> None:
    async def story(gather: Gather, shelf: Shelf) -> None:
        gone, there = gather.put(row()), gather.put(row())
        gone.cancel()
        shelf.open.set()
        assert await there

    gathering(story)


def test_a_door_with_too_much_waiting_asks_to_come_again() -> None:
    from bandeja.channels.registry import CHANNELS
    from bandeja.channels.webchat import visitor
    from bandeja.intake.tests.knocking import knock

    async def story(gather: Gather, shelf: Shelf) -> None:
        door = Door(CHANNELS, Sources(Registry(a=1)), gather, {}, NO_META)
        gather.put(row())
        await settle()
        gather.put(row())
        answer = await knock(door, "/hooks/webchat/a", token=visitor.make("a")[1])
        assert (answer.status, answer.said["error"]) == (503, "too_busy")
        assert int(answer.headers["retry-after"]) >= 1

    gathering(story, bound=1)
