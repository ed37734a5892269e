"""WhatsApp on the stand-in: what it takes, what it refuses, what it tells."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bandeja.standin import files
from bandeja.standin.tests.cast import NOON, PHONE, Shop

DAY = 86_400.0


def error(reply: httpx.Response) -> tuple[int, int | None]:
    """Code and subcode of a refusal, whose envelope must be whole."""
    told = reply.json()["error"]
    assert reply.status_code >= 400
    assert told["fbtrace_id"]
    assert told["type"]
    return told["code"], told.get("error_subcode")


def upload(shop: Shop, mime: str, data: bytes, **form: str) -> httpx.Response:
    form = {"messaging_product": "whatsapp", "type": mime, **form}
    return shop.call("POST", f"{shop.number['id']}/media", data=form, files={"file": ("a", data, mime)})


def test_a_message_is_answered_with_its_id_and_told_as_sent_delivered_and_read(shop: Shop) -> None:
    shop.write()

    reply = shop.send(biz_opaque_callback_data="our-17").json()

    assert reply["contacts"] == [{"input": PHONE, "wa_id": PHONE}]
    shop.control.settle()
    shop.control.read(shop.number["id"], "lia")
    assert shop.states() == ["sent", "delivered", "read"]
    assert {status["id"] for status in shop.callback.statuses()} == {reply["messages"][0]["id"]}
    assert {status["biz_opaque_callback_data"] for status in shop.callback.statuses()} == {"our-17"}


def test_read_may_come_without_delivered(shop: Shop) -> None:
    shop.write()
    shop.control.person(id="lia", reachable=False)
    shop.send()
    shop.control.settle()

    shop.control.read(shop.number["id"], "lia")

    assert shop.states() == ["sent", "read"]


def test_a_phone_that_was_off_has_it_delivered_when_it_is_on(shop: Shop) -> None:
    shop.write()
    shop.control.person(id="lia", reachable=False)
    shop.send()
    assert shop.states() == ["sent"]

    shop.control.person(id="lia", reachable=True)

    assert shop.states() == ["sent", "delivered"]


def test_outside_the_window_it_is_accepted_and_fails_later_without_contacts(shop: Shop) -> None:
    shop.write()
    shop.control.advance(DAY)

    assert shop.send().status_code == 200
    assert shop.states() == ["failed"]
    told = next(item for item in shop.callback.items if "statuses" in item)
    assert "contacts" not in told
    assert told["statuses"][0]["errors"][0]["code"] == 131047


def test_somebody_who_never_wrote_gets_only_templates(shop: Shop) -> None:
    shop.control.template(shop.number["waba"], "saludo", components=[{"type": "BODY", "text": "Hola {{1}}"}])
    filled = {"type": "body", "parameters": [{"type": "text", "text": "Lía"}]}

    shop.send()
    shop.send(type="template", template={"name": "saludo", "language": {"code": "es"}, "components": [filled]})

    assert shop.states() == ["failed", "sent", "delivered"]
    assert shop.control.thread(shop.number["id"], "lia")[-1]["text"] == "Hola Lía"


def test_an_answer_to_an_ad_opens_a_free_entry_point(shop: Shop) -> None:
    shop.write(referral={"source_type": "ad", "source_id": "120", "ctwa_clid": "x"})
    assert shop.callback.messages()[0]["referral"]["source_type"] == "ad"

    shop.send()
    sent = (shop.states(), shop.callback.statuses()[0])[1]
    assert sent["pricing"]["type"] == "free_entry_point"
    assert int(sent["conversation"]["expiration_timestamp"]) == int(NOON + 3 * DAY)
    shop.control.advance(2 * DAY)
    shop.send()

    assert "failed" not in shop.states()


@pytest.mark.parametrize(
    "body",
    [
        {"text": {"body": ""}},
        {"text": {"body": "x" * 4097}},
        {"text": {"body": "x", "colour": "red"}},
        {"surprise": 1},
        {"type": "carrier_pigeon", "carrier_pigeon": {}},
        {"type": "image", "image": {}},
        {"type": "image", "image": {"id": "1", "link": "https://example.com/a.jpg"}},
        {"type": "image", "image": {"id": "999"}},
        {"type": "audio", "audio": {"id": "1", "caption": "no"}},
        {"type": "location", "location": {"latitude": 91, "longitude": 0}},
        {"type": "interactive", "interactive": {"type": "button", "body": {"text": "?"}, "action": {"buttons": []}}},
        {"to": "not a number"},
        {"to": ""},
        {"messaging_product": "messenger"},
        {"biz_opaque_callback_data": "x" * 513},
        {"recipient_type": "group"},
    ],
    ids=lambda body: str(body)[:60],
)
def test_a_wrong_shape_is_refused_with_100(shop: Shop, body: dict[str, Any]) -> None:
    shop.write()

    assert error(shop.send(**body))[0] == 100


@pytest.mark.parametrize(
    "body",
    [
        {"type": "location", "location": {"latitude": 4.6, "longitude": -74, "name": "Taller"}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Bruno"}, "phones": [{"phone": "57300"}]}]},
        {
            "type": "interactive",
            "interactive": {
                "type": "button",
                "body": {"text": "¿Cuál?"},
                "action": {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "Azul"}}]},
            },
        },
        {
            "type": "interactive",
            "interactive": {
                "type": "list",
                "body": {"text": "¿Cuál?"},
                "action": {"button": "Ver", "sections": [{"rows": [{"id": "1", "title": "Azul"}]}]},
            },
        },
    ],
    ids=["location", "contacts", "buttons", "list"],
)
def test_every_other_shape_goes(shop: Shop, body: dict[str, Any]) -> None:
    shop.write()

    assert shop.send(**body).status_code == 200
    assert shop.states() == ["sent", "delivered"]


def test_four_buttons_are_too_many_and_titles_have_twenty_characters(shop: Shop) -> None:
    shop.write()
    for titles in (["a", "b", "c", "d"], ["x" * 21], ["a", "a"]):
        buttons = [{"type": "reply", "reply": {"id": str(n), "title": title}} for n, title in enumerate(titles)]
        node = {"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}
        assert error(shop.send(type="interactive", interactive=node))[0] == 100


def test_a_reply_and_a_reaction_need_a_message_that_is_there(shop: Shop) -> None:
    theirs = shop.write()

    assert shop.send(context={"message_id": theirs}).status_code == 200
    assert shop.send(type="reaction", reaction={"message_id": theirs, "emoji": "👍"}).status_code == 200
    assert error(shop.send(context={"message_id": "wamid.none"}))[0] == 131009


def test_reading_is_marked_by_the_id_of_their_message(shop: Shop) -> None:
    theirs = shop.write()
    said = {"messaging_product": "whatsapp", "status": "read"}
    path = f"{shop.number['id']}/messages"

    assert shop.call("POST", path, json={**said, "message_id": theirs}).json() == {"success": True}
    assert error(shop.call("POST", path, json={**said, "message_id": "wamid.none"}))[0] == 131009
    assert shop.control.thread(shop.number["id"], "lia")[0]["seen"] is True


@pytest.mark.parametrize(
    ("known_as", "written", "answered"),
    [
        ("551187654321", "+55 11 98765-4321", "551187654321"),
        ("5215512345678", "525512345678", "5215512345678"),
        ("525512345678", "5215512345678", "525512345678"),
        ("5491123456789", "541123456789", "5491123456789"),
    ],
)
def test_wa_id_may_differ_from_what_was_written(shop: Shop, known_as: str, written: str, answered: str) -> None:
    shop.control.person(id="rui", phone=known_as)
    shop.control.say(shop.number["id"], "rui", text="oi")

    assert shop.send(to=written).json()["contacts"] == [{"input": written, "wa_id": answered}]
    assert shop.states() == ["sent", "delivered"]


def test_a_number_nobody_has_is_undeliverable_later(shop: Shop) -> None:
    assert shop.send(to="573999999999").status_code == 200
    assert shop.states() == ["failed"]
    assert shop.callback.statuses()[0]["errors"][0]["code"] == 131026


def test_who_uses_a_username_alone_has_no_number_anywhere(shop: Shop) -> None:
    shop.control.person(id="lia", shows_phone=False)
    shop.write()
    told = shop.callback.items[0]

    assert "from" not in told["messages"][0]
    assert "wa_id" not in told["contacts"][0]
    user_id = told["messages"][0]["from_user_id"]
    assert told["contacts"][0]["user_id"] == user_id
    body = {"messaging_product": "whatsapp", "recipient": user_id, "type": "text", "text": {"body": "Hola"}}
    reply = shop.call("POST", f"{shop.number['id']}/messages", json=body).json()
    assert reply["contacts"] == [{"input": user_id, "user_id": user_id}]
    assert shop.states() == ["sent", "delivered"]
    assert "recipient_id" not in shop.callback.statuses()[0]


def test_a_new_number_is_a_new_user_id_told_without_contacts(shop: Shop) -> None:
    shop.write()
    before = shop.control.person(id="lia")["known_as"][shop.number["id"]]["user_id"]
    shop.callback.told.clear()

    after = shop.control.person(id="lia", phone="573009998877")["known_as"][shop.number["id"]]["user_id"]
    shop.control.settle()

    system, update = shop.callback.items
    assert "contacts" not in system
    assert system["messages"][0]["system"]["type"] == "user_changed_number"
    assert system["messages"][0]["from"] == PHONE
    assert update["user_id_update"][0]["user_id"] == {"previous": before, "current": after}
    assert before != after


def test_a_file_goes_up_and_out_and_the_person_sees_it(shop: Shop) -> None:
    shop.write()
    media = upload(shop, "image/jpeg", files.picture()).json()["id"]

    shop.send(type="image", image={"id": media, "caption": "La azul"})

    assert shop.states() == ["sent", "delivered"]
    said = shop.control.thread(shop.number["id"], "lia")[-1]
    assert said["text"] == "La azul"
    assert shop.control.file(said["file"]) == ("image/jpeg", files.picture())


def test_a_file_of_a_wrong_type_or_size_is_refused(shop: Shop) -> None:
    assert error(upload(shop, "application/zip", b"PK"))[0] == 100
    assert error(upload(shop, "image/jpeg", b"\xff\xd8\xff" + bytes(5 * 1024 * 1024)))[0] == 131053
    assert error(upload(shop, "image/jpeg", b"x", messaging_product="messenger"))[0] == 100


def test_a_file_that_is_not_what_it_says_fails_later(shop: Shop) -> None:
    shop.write()
    media = upload(shop, "image/jpeg", b"no picture").json()["id"]

    assert shop.send(type="image", image={"id": media}).status_code == 200
    assert shop.states() == ["failed"]
    assert shop.callback.statuses()[0]["errors"][0]["code"] == 131053


def test_a_link_that_leads_nowhere_fails_later(shop: Shop) -> None:
    shop.write()

    assert shop.send(type="image", image={"link": f"{shop.control.url}/cdn/"}).status_code == 200
    assert shop.states() == ["failed"]


def test_a_file_that_came_in_is_fetched_with_the_token_within_five_minutes(shop: Shop) -> None:
    shop.write(kind="image", text="Mira")
    node = shop.callback.messages()[0]["image"]
    assert node["caption"] == "Mira"

    told = shop.call("GET", node["id"], params={"phone_number_id": shop.number["id"]}).json()
    auth = {"authorization": f"Bearer {shop.number['token']}"}

    assert shop.http.get(told["url"], headers=auth).content == files.picture()
    assert shop.http.get(told["url"]).status_code == 404
    shop.control.advance(301)
    assert shop.http.get(told["url"], headers=auth).status_code == 404
    shop.control.advance(7 * DAY)
    assert error(shop.call("GET", node["id"])) == (100, 33)


@pytest.mark.parametrize("kind", ["image", "video", "document", "sticker", "audio", "voice"])
def test_every_sample_is_a_file_of_its_type(shop: Shop, kind: str) -> None:
    shop.write(kind=kind)

    message = shop.callback.messages()[0]
    mime, data = shop.control.file(message[message["type"]]["id"])
    assert files.is_what_it_says(mime, data)
    assert message.get("audio", {}).get("voice", False) is (kind == "voice")


def test_templates_come_in_pages_to_their_end(shop: Shop) -> None:
    for number in range(5):
        shop.control.template(shop.number["waba"], f"aviso_{number}")
    asked = {"fields": "id,name,status", "limit": "2"}

    page = shop.call("GET", f"{shop.number['waba']}/message_templates", params=asked).json()
    names = [each["name"] for each in page["data"]]
    while "next" in page.get("paging", {}):
        page = shop.http.get(
            page["paging"]["next"], headers={"authorization": f"Bearer {shop.number['token']}"}
        ).json()
        names += [each["name"] for each in page["data"]]

    assert names == [f"aviso_{number}" for number in range(5)]


def test_a_template_must_be_there_approved_and_filled_in_as_it_is(shop: Shop) -> None:
    waba = shop.number["waba"]
    parts = [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Pedido {{1}} de {{2}}"}]
    shop.control.template(waba, "pedido", components=parts)
    shop.control.template(waba, "pausado", status="PAUSED")
    shop.control.template(waba, "en_espera", status="PENDING")

    def sent(name: str, *components: dict[str, Any], language: str = "es") -> int:
        node = {"name": name, "language": {"code": language}, "components": list(components)}
        reply = shop.send(type="template", template=node)
        return error(reply)[0] if reply.status_code != 200 else 200

    picture = {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://example.com/a.jpg"}}]}
    text = {"type": "text", "text": "4417"}
    assert sent("ninguno") == 132001
    assert sent("pedido", language="en") == 132001
    assert sent("en_espera") == 132001
    assert sent("pausado") == 132015
    assert sent("pedido", picture) == 132000
    assert sent("pedido", {"type": "body", "parameters": [text, text]}) == 132012
    assert sent("pedido", picture, {"type": "body", "parameters": [text, text]}) == 200


def test_one_person_may_be_sent_forty_five_at_once_and_one_every_six_seconds(shop: Shop) -> None:
    shop.write()
    for _ in range(45):
        assert shop.send().status_code == 200

    refused = shop.send()

    assert error(refused)[0] == 131056
    assert refused.headers["retry-after"] == "6"
    assert "estimated_time_to_regain_access" in refused.headers["x-business-use-case-usage"]
    shop.control.advance(6)
    assert shop.send().status_code == 200


def test_a_number_may_send_eighty_a_second(shop: Shop) -> None:
    shop.control.number(shop.app, id=shop.number["id"], waba=shop.number["waba"], rate=2)
    shop.write()

    answered = [shop.send() for _ in range(3)]

    assert [reply.status_code for reply in answered] == [200, 200, 400]
    assert error(answered[2])[0] == 130429
    assert "retry-after" in answered[2].headers


def test_the_phone_app_is_told_as_an_echo_with_their_number(shop: Shop) -> None:
    shop.control.echo(shop.number["id"], "lia", text="Ya te llamo")
    shop.control.settle()

    told = shop.callback.items[0]["message_echoes"][0]
    assert told["to"] == PHONE
    assert told["from"] == "576017940000"
    assert told["text"] == {"body": "Ya te llamo"}


def test_the_past_of_the_phone_app_is_told_when_it_is_asked_for(shop: Shop) -> None:
    shop.write(text="hace tiempo")
    body = {"messaging_product": "whatsapp", "sync_type": "history"}

    assert "request_id" in shop.call("POST", f"{shop.number['id']}/smb_app_data", json=body).json()
    shop.control.settle()

    thread = shop.callback.items[-1]["history"][0]["threads"][0]
    assert thread["id"] == PHONE
    assert thread["messages"][0]["text"] == {"body": "hace tiempo"}


def test_every_other_thing_a_person_does_is_told_in_its_shape(shop: Shop) -> None:
    theirs = shop.write()
    shop.write(kind="reaction", target=theirs, emoji="❤️")
    shop.write(kind="reaction", target=theirs)
    shop.write(kind="edit", target=theirs, text="¿Tienen verde?")
    shop.write(kind="unsend", target=theirs)
    shop.write(kind="button_reply", id="1", title="Azul")
    shop.write(kind="button", text="Sí", payload="yes")
    shop.write(kind="form_reply", answers={"talla": "M"})
    shop.write(kind="location", latitude=4.6, longitude=-74.1)
    shop.write(kind="unsupported")
    hologram: dict[str, Any] = {"as": "hologram", "node": {"hologram": {"depth": 3}}}
    shop.write(None, "raw", **hologram)

    told = shop.callback.messages()

    assert [each["type"] for each in told] == [
        "text", "reaction", "reaction", "edit", "revoke", "interactive", "button", "interactive", "location",
        "unsupported", "hologram",
    ]  # fmt: skip
    assert "emoji" not in told[2]["reaction"]
    assert told[3]["edit"]["message"]["text"] == {"body": "¿Tienen verde?"}
    assert told[9]["errors"][0]["code"] == 131051
    assert {each["timestamp"] for each in told} == {str(int(NOON))}


def test_graph_tells_of_the_number_and_its_account(shop: Shop) -> None:
    number, waba = shop.number["id"], shop.number["waba"]

    assert shop.call("GET", number, params={"fields": "verified_name,quality_rating"}).json() == {
        "verified_name": "Ruta 28",
        "quality_rating": "GREEN",
        "id": number,
    }
    assert error(shop.call("GET", number, params={"fields": "shoe_size"}))[0] == 100
    assert [each["id"] for each in shop.call("GET", f"{waba}/phone_numbers").json()["data"]] == [number]
    data = shop.call("GET", f"{waba}/subscribed_apps").json()["data"]
    assert [each["whatsapp_business_api_data"]["id"] for each in data] == [shop.app]
    shop.call("DELETE", f"{waba}/subscribed_apps")
    assert shop.call("GET", f"{waba}/subscribed_apps").json()["data"] == []


def test_an_address_of_ones_own_is_believed_when_it_answers(shop: Shop) -> None:
    waba = shop.number["waba"]
    wrong = {"override_callback_uri": shop.callback.url, "verify_token": "guess"}
    right = {"override_callback_uri": f"{shop.callback.url}/own", "verify_token": shop.callback.verify_token}

    assert error(shop.call("POST", f"{waba}/subscribed_apps", json=wrong))[0] == 2200
    assert shop.call("POST", f"{waba}/subscribed_apps", json=right).json() == {"success": True}
    shop.write()

    assert shop.control.deliveries()[-1]["url"].endswith("/own")
