"""Who takes the same locks takes them in one order: seen where one holds the first of them, and the other waits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from django.db import connection, transaction

from bandeja.channels.models import Account
from bandeja.conversations import contacts, fields, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.erase import erase
from bandeja.conversations.merge import merge
from bandeja.conversations.models import Contact, FieldKind, Message, Tag
from bandeja.conversations.scope import Scope
from tests.cast import Cast
from tests.waiting import beside

pytestmark = pytest.mark.django_db(transaction=True)


def hold(query: str, *params: int) -> None:
    """Fails at once where another holds one of these rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"{query} for update nowait", params)


def test_a_merge_holds_the_messages_of_all_accounts_in_order_of_id(
    cast: Cast, another_account: Callable[[str], Account]
) -> None:
    """As a batch of statuses does, that comes by no gate."""
    second = another_account("Otra")
    lia, far = cast.write("lia"), cast.write("lia", account=second)
    double, double_far = cast.write("lía 2"), cast.write("lía 2", account=second)
    cast.write("lía 2", "Sigo aquí")
    for kept, *others in ((lia, far), (double, double_far)):
        for other in others:
            other.contact.identities.update(contact=kept.contact)
            type(other).objects.filter(pk=other.pk).update(contact=kept.contact)
    early, late = (
        Message.objects.get(conversation=double_far),
        Message.objects.filter(conversation=double).latest("pk"),
    )
    assert (double.pk < double_far.pk, early.pk < late.pk) == (True, True)
    by, scope = Actor.agent(cast.ana), Scope(cast.workspace.pk)
    with ExitStack() as after, transaction.atomic():
        hold("select from message where id = %s", early.pk)
        after.enter_context(beside(lambda: merge(lia.contact_id, double.contact_id, scope=scope, by=by)))
        hold("select from message where id = %s", late.pk)
    assert set(Message.objects.values_list("conversation", flat=True)) == {lia.pk, far.pk}


@pytest.mark.parametrize("verb", ["untag", "erase"])
def test_whoever_takes_a_tag_off_waits_for_the_tag_before_anything(cast: Cast, verb: str) -> None:
    scope, by = Scope(cast.workspace.pk), Actor.agent(cast.ana)
    lia, word = cast.write("lia"), tags.make(cast.workspace.pk, "VIP")
    tags.tag([lia.pk], [word.pk], scope=scope)
    works = {
        "untag": lambda: tags.untag([lia.pk], [word.pk], scope=scope),
        "erase": lambda: erase(lia.contact_id, scope=scope, by=by),
    }
    with ExitStack() as after, transaction.atomic():
        hold("select from tag where id = %s", word.pk)
        after.enter_context(beside(works[verb]))
        hold("select from tagging where tag_id = %s", word.pk)
        tags.delete(word)
    assert not Tag.objects.exists()
    assert Contact.objects.exists() is (verb == "untag")


def test_a_merge_waits_for_the_fields_before_what_is_written_in_them(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    field = fields.make(cast.workspace.pk, "Talla", FieldKind.TEXT)
    for conversation in (lia, double):
        contacts.edit(conversation.contact_id, {str(field.pk): "38"}, seen={})
    by, scope = Actor.agent(cast.ana), Scope(cast.workspace.pk)
    with ExitStack() as after, transaction.atomic():
        hold("select from contact_field where id = %s", field.pk)
        after.enter_context(
            beside(lambda: merge(lia.contact_id, double.contact_id, scope=scope, by=by, theirs=[str(field.pk)]))
        )
        hold("select from contact_value where field_id = %s", field.pk)
        fields.delete(field)
    assert Contact.objects.count() == 1
