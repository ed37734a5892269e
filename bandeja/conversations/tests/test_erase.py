"""Erasing one contact: all of it, nobody else's, and only by who sees all of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps

from bandeja.channels.contract import Annotation, Kind
from bandeja.channels.models import Account
from bandeja.conversations import contacts, lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.annotations import annotate
from bandeja.conversations.erase import OutOfReach, erase
from bandeja.conversations.identities import Double, suggest_merges
from bandeja.conversations.models import (
    Cause,
    Contact,
    ContactField,
    ContactValue,
    Conversation,
    Erasure,
    FileState,
    Message,
)
from bandeja.conversations.scope import Scope
from bandeja.media.models import ErasedFile
from tests.cast import Cast


def everything(cast: Cast, who: str) -> Conversation:
    """A contact of whom there is a row in every table that tells of one."""
    scope, by = Scope(cast.workspace.pk), Actor.agent(cast.ana)
    chat = cast.write(who, external_id=f"{who}-1")
    lifecycle.reply(chat.pk, "Hola", scope=scope, by=by)
    chat.messages.first().attachments.create(  # type: ignore[union-attr]  # it has a message
        workspace_id=cast.workspace.pk, account_id=cast.chat.pk, conversation_id=chat.pk, kind="image",
        state=FileState.STORED, file=f"{who}.png", thumb=f"{who}.webp",
    )  # fmt: skip
    contacts.note(chat.contact, "Prefiere la tarde", by=by)
    field, _ = ContactField.objects.get_or_create(workspace=cast.workspace, name="Talla", kind="text")
    ContactValue.objects.create(contact=chat.contact, field=field, value="M")
    tags.tag(
        [chat.pk], [(tags.called(cast.workspace.pk, "VIP") or tags.make(cast.workspace.pk, "VIP")).pk], scope=scope
    )
    lifecycle.close([chat.pk], reason="Listo", cause=Cause.AGENT, scope=scope, by=by)
    suggest_merges([Double(cast.workspace.pk, chat.contact_id, cast.write(f"doble de {who}").contact_id, "x")])
    told = {"account_id": cast.chat.pk, "kind": Kind.EDIT, "text": "secreto"}
    annotate([
        Annotation(**told, external_id=f"{who}-e", target=f"{who}-1", identity=("visitor", "x")),  # type: ignore[arg-type]  # one set of arguments for several calls
        Annotation(**told, external_id=f"{who}-f", target="de otra", identity=("visitor", who)),  # type: ignore[arg-type]  # one set of arguments for several calls
    ])  # fmt: skip
    return chat


def rows() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count() for model in apps.get_app_config("conversations").get_models()
    }


def test_all_that_is_kept_of_them_goes_and_what_is_kept_of_others_stays(cast: Cast) -> None:
    everything(cast, "noa")
    before = rows()
    lia = everything(cast, "lia")
    double = Contact.objects.get(name="doble de lia")
    by, scope = Actor.agent(cast.ana), Scope(cast.workspace.pk)
    erased = erase(lia.contact_id, scope=scope, by=by)
    erase(double.pk, scope=scope, by=by)
    assert rows() == {**before, "Erasure": 2}
    assert (erased.conversations, erased.messages, erased.files) == (1, 2, 1)
    assert (erased.contact_id, erased.agent_id) == (lia.contact_id, cast.ana.pk)
    assert set(ErasedFile.objects.values_list("file", flat=True)) == {"lia.png", "lia.webp"}


def test_what_they_write_afterwards_makes_a_new_contact(cast: Cast) -> None:
    lia = cast.write("lia")
    erase(lia.contact_id, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    again = cast.write("lia", "Hola otra vez")
    assert again.contact_id != lia.contact_id
    assert again.messages.get().text == "Hola otra vez"


def test_who_does_not_see_all_of_it_cannot_erase_it(
    cast: Cast, carla: Cast, another_account: Callable[[str], Account]
) -> None:
    lia = cast.write("lia")
    hidden = cast.write("lia2", account=another_account("Otra"))
    Conversation.objects.filter(pk=hidden.pk).update(contact=lia.contact, owner=cast.ana)
    with pytest.raises(OutOfReach):
        erase(lia.contact_id, scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno))
    with pytest.raises(Contact.DoesNotExist):
        erase(lia.contact_id, scope=Scope.of(carla.ana), by=Actor.agent(carla.ana))
    assert Message.objects.count() == 2
    assert not Erasure.objects.exists()
