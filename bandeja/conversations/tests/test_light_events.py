"""The indexes of events hold only what somebody looks for in them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from bandeja.conversations.models import Conversation, Event
from bandeja.inbox.story import TOLD
from tests.cast import Cast


@pytest.mark.django_db
def test_the_markers_of_a_thread_are_read_off_their_index(cast: Cast) -> None:
    cast.write()
    told = Conversation.objects.get().events.filter(kind__in=TOLD).order_by("-at", "-pk")[:41]
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_sort = off")
    assert "event_told" in told.explain()


@pytest.mark.django_db
def test_a_reader_of_numbers_is_served_by_an_index(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
    assert "event_published_once" in Event.objects.filter(number__gt=7).order_by("number")[:100].explain()


@pytest.mark.django_db
def test_no_number_is_given_twice(cast: Cast) -> None:
    cast.write()
    cast.write()
    assert Event.objects.filter(number=None).count() > 1
    first, second = Event.objects.order_by("pk")[:2]
    Event.objects.filter(pk=first.pk).update(number=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=second.pk).update(number=1)
