"""The phone's address book gives names to contacts without one, and makes and changes nobody else."""

from __future__ import annotations

import pytest

from bandeja.channels import accounts
from bandeja.channels.contract import Notice, Parsed
from bandeja.channels.models import Account, ChannelKey, MetaApp
from bandeja.conversations.models import Contact
from bandeja.intake import drain
from tests.cast import Cast


@pytest.fixture
def number(cast: Cast) -> Account:
    app = MetaApp.objects.create(
        workspace=cast.workspace, key="k", name="App", app_id="555", secret="s", verify_token="v"
    )
    return accounts.connect(
        cast.workspace, ChannelKey.WHATSAPP, name="x", external_id="106", app=app, config={"waba": "102"}, token="t"
    )


def told(number: Account, **data: str) -> Parsed:
    notice = Notice("whatsapp", "line", "106", "smb_app_state_sync", data, app_id=number.app_id or 0)
    return Parsed(notices=[notice])


def write(cast: Cast, number: Account, name: str = "") -> int:
    return cast.write("573001", account=number, identity=("wa_id", "573001"), name=name).contact_id


def test_a_contact_without_a_name_gets_the_one_of_the_address_book(cast: Cast, number: Account) -> None:
    lia = write(cast, number)
    drain.join([told(number, phone="573001", name="Lía Rendón", action="add")], lambda: None)
    assert Contact.objects.get(pk=lia).name == "Lía Rendón"


def test_a_name_that_is_known_stays(cast: Cast, number: Account) -> None:
    lia = write(cast, number, "Lía")
    drain.join([told(number, phone="573001", name="Señora del casco", action="add")], lambda: None)
    assert Contact.objects.get(pk=lia).name == "Lía"


def test_who_is_taken_out_of_the_book_and_who_never_wrote_change_nothing(cast: Cast, number: Account) -> None:
    lia = write(cast, number)
    drain.join([told(number, phone="573001", name="Lía", action="remove")], lambda: None)
    drain.join([told(number, phone="573009", name="Rui", action="add")], lambda: None)
    assert Contact.objects.get(pk=lia).name == ""
    assert Contact.objects.count() == 1


def test_another_app_names_nobody_of_ours(cast: Cast, carla: Cast, number: Account) -> None:
    lia = write(cast, number)
    theirs = MetaApp.objects.create(
        workspace=carla.workspace, key="o", name="Otra", app_id="556", secret="s", verify_token="v"
    )
    notice = Notice(
        "whatsapp", "line", "106", "smb_app_state_sync", {"phone": "573001", "name": "X"}, app_id=theirs.pk
    )
    drain.join([Parsed(notices=[notice])], lambda: None)
    assert Contact.objects.get(pk=lia).name == ""
