"""Messenger and Instagram on the stand-in: what they take, what they refuse, what they tell."""

from __future__ import annotations

from typing import Any

import pytest

from bandeja.standin import files
from bandeja.standin.tests.cast import Shop
from bandeja.standin.tests.test_whatsapp import error

DAY = 86_400.0


@pytest.fixture(params=["page", "profile"])
def line(shop: Shop, request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = getattr(shop, request.param)
    return found


def test_an_answer_is_echoed_and_read(shop: Shop, line: dict[str, Any]) -> None:
    shop.write(line)

    reply = shop.tell(line).json()
    shop.control.read(line["id"], "lia")
    shop.control.settle()

    echo = next(item for item in shop.callback.items if item.get("message", {}).get("is_echo"))
    assert reply == {"recipient_id": shop.lia(line), "message_id": echo["message"]["mid"]}
    assert (echo["sender"]["id"], echo["recipient"]["id"]) == (line["id"], shop.lia(line))
    assert any("read" in item for item in shop.callback.items)


def test_messenger_gives_metadata_back_and_tells_a_watermark(shop: Shop) -> None:
    shop.write(shop.page)

    shop.tell(shop.page, message={"text": "Hola", "metadata": "our-17"})
    shop.control.settle()

    echo, delivery = shop.callback.items[-2:]
    assert echo["message"]["metadata"] == "our-17"
    assert echo["message"]["app_id"] == int(shop.app)
    assert delivery["delivery"]["watermark"]
    assert "timestamp" not in delivery


def test_instagram_gives_no_metadata_back_and_tells_no_delivery(shop: Shop) -> None:
    shop.write(shop.profile)

    shop.tell(shop.profile, message={"text": "Hola", "metadata": "our-17"})
    shop.control.settle()

    assert "metadata" not in shop.callback.items[-1]["message"]
    assert not [item for item in shop.callback.items if "delivery" in item]


@pytest.mark.parametrize(("name", "code"), [("page", (10, 2018278)), ("profile", (10, 2534022))])
def test_after_a_day_nothing_goes_without_the_tag(shop: Shop, name: str, code: tuple[int, int]) -> None:
    line = getattr(shop, name)
    assert error(shop.tell(line)) == code
    shop.write(line)
    shop.control.advance(DAY - 1)
    assert shop.tell(line).status_code == 200
    shop.control.advance(1)
    assert error(shop.tell(line)) == code


def test_the_tag_for_people_goes_for_seven_days_once_meta_grants_it(shop: Shop, line: dict[str, Any]) -> None:
    tagged = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    shop.write(line)
    shop.control.advance(2 * DAY)

    assert error(shop.tell(line, **tagged)) == (100, 2018276)
    shop.control.app(id=shop.app, human_agent=True)
    assert shop.tell(line, **tagged).status_code == 200
    shop.control.advance(5 * DAY)
    assert error(shop.tell(line, **tagged))[0] == 10


@pytest.mark.parametrize("tag", ["CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE", "HELLO"])
def test_dead_and_made_up_tags_are_refused(shop: Shop, tag: str) -> None:
    shop.write(shop.page)

    assert error(shop.tell(shop.page, messaging_type="MESSAGE_TAG", tag=tag))[0] == 100


@pytest.mark.parametrize("kind", ["reaction", "postback", "referral"])
def test_what_opens_the_window_without_being_a_message(shop: Shop, kind: str, line: dict[str, Any]) -> None:
    theirs = shop.write(line)
    shop.control.advance(2 * DAY)

    shop.write(line, kind, target=theirs, emoji="❤️", payload="START", title="Empezar")

    assert shop.tell(line).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"message": {}},
        {"message": {"text": ""}},
        {"message": {"text": "x", "attachment": {"type": "image", "payload": {}}}},
        {"message": {"text": "x", "colour": "red"}},
        {"message": {"attachment": {"type": "hologram", "payload": {}}}},
        {"message": {"text": "x", "metadata": "x" * 1001}},
        {"message": {"text": "x", "quick_replies": [{"content_type": "text", "title": "x" * 21, "payload": "1"}]}},
        {"surprise": 1},
        {"messaging_type": "SHOUT"},
        {"reply_to": {"mid": "m_none"}},
        {"recipient": {}},
        {"sender_action": "dance"},
        {"tag": "HUMAN_AGENT"},
    ],
    ids=lambda body: str(body)[:60],
)
def test_a_wrong_shape_is_refused_with_100(shop: Shop, body: dict[str, Any], line: dict[str, Any]) -> None:
    shop.write(line)

    assert error(shop.tell(line, **body))[0] == 100


def test_a_text_has_two_thousand_characters_on_one_and_a_thousand_bytes_on_the_other(shop: Shop) -> None:
    shop.write(shop.page)
    shop.write(shop.profile)

    assert shop.tell(shop.page, message={"text": "ñ" * 2000}).status_code == 200
    assert error(shop.tell(shop.page, message={"text": "ñ" * 2001}))[0] == 100
    assert shop.tell(shop.profile, message={"text": "ñ" * 500}).status_code == 200
    assert error(shop.tell(shop.profile, message={"text": "ñ" * 501}))[0] == 100


def test_somebody_elses_ids_are_unknown(shop: Shop) -> None:
    shop.write(shop.page)
    shop.write(shop.profile)

    assert error(shop.tell(shop.page, recipient={"id": shop.lia(shop.profile)})) == (100, 2018001)
    assert error(shop.tell(shop.profile, recipient={"id": shop.lia(shop.page)})) == (100, 2534014)


def test_who_blocks_us_cannot_be_written_to(shop: Shop) -> None:
    shop.write(shop.page)
    shop.control.person(id="lia", blocks=True)

    assert error(shop.tell(shop.page)) == (551, 1545041)


def test_a_file_goes_in_the_form_by_its_address_or_by_its_id(shop: Shop) -> None:
    shop.write(shop.page, "image")
    url = shop.callback.items[0]["message"]["attachments"][0]["payload"]["url"]
    assert shop.http.get(url).content == files.picture()
    attachment: dict[str, Any] = {"type": "image", "payload": {"url": url, "is_reusable": True}}

    first = shop.tell(shop.page, message={"attachment": attachment}).json()
    again = {"type": "image", "payload": {"attachment_id": first["attachment_id"]}}
    assert shop.tell(shop.page, message={"attachment": again}).status_code == 200
    form = {
        "recipient": f'{{"id":"{shop.lia(shop.page)}"}}',
        "messaging_type": "RESPONSE",
        "message": '{"attachment":{"type":"audio","payload":{}}}',
    }
    upload = {"filedata": ("nota.wav", files.tone(), "audio/wav")}
    sent = shop.call("POST", f"{shop.page['id']}/messages", shop.page, data=form, files=upload)

    assert sent.status_code == 200
    media = shop.control.thread(shop.page["id"], "lia")[-1]["file"]
    assert shop.control.file(media) == ("audio/wav", files.tone())


def test_a_file_for_later_is_uploaded_once(shop: Shop) -> None:
    form = {"message": '{"attachment":{"type":"image","payload":{"is_reusable":true}}}'}
    upload = {"filedata": ("foto.jpg", files.picture(), "image/jpeg")}

    kept = shop.call("POST", f"{shop.page['id']}/message_attachments", shop.page, data=form, files=upload).json()

    shop.write(shop.page)
    attachment = {"type": "image", "payload": {"attachment_id": kept["attachment_id"]}}
    assert shop.tell(shop.page, message={"attachment": attachment}).status_code == 200


def test_a_file_of_a_wrong_type_is_refused(shop: Shop) -> None:
    shop.write(shop.page, "voice")
    url = shop.callback.items[0]["message"]["attachments"][0]["payload"]["url"]

    as_image = {"attachment": {"type": "image", "payload": {"url": url}}}
    gone = {"attachment": {"type": "image", "payload": {"url": f"{shop.control.url}/cdn/"}}}

    assert error(shop.tell(shop.page, message=as_image)) == (100, 2018047)
    assert error(shop.tell(shop.page, message=gone)) == (100, 2018008)
    shop.write(shop.profile)
    assert error(shop.tell(shop.profile, message=as_image)) == (100, 2018047)
    file = {"attachment": {"type": "file", "payload": {"url": url}}}
    assert error(shop.tell(shop.profile, message=file))[0] == 100


def test_a_page_may_send_so_many_a_second(shop: Shop) -> None:
    shop.control.page(shop.app, id=shop.page["id"], rate=1)
    shop.write(shop.page)
    shop.tell(shop.page)

    refused = shop.tell(shop.page)

    assert error(refused) == (613, 2534040)
    assert "x-business-use-case-usage" in refused.headers
    assert "retry-after" in refused.headers


def test_every_other_thing_a_person_does_is_told_in_its_shape(shop: Shop) -> None:
    theirs = shop.write(shop.profile)
    shop.write(shop.profile, "reaction", target=theirs, emoji="❤️")
    shop.write(shop.profile, "reaction", target=theirs)
    shop.write(shop.profile, "edit", target=theirs, text="¿Verde?")
    shop.write(shop.profile, "unsend", target=theirs)
    shop.write(shop.profile, "story_mention")
    shop.write(shop.profile, "story_reply", text="¡Qué linda!")
    shop.write(shop.profile, "like_heart")
    shop.write(shop.profile, "quick_reply", text="Azul", payload="blue")
    shop.write(shop.profile, "share")
    shop.write(shop.profile, "unsupported")
    shop.write(shop.profile, "postback", payload="START", title="Empezar")

    told = shop.callback.items[1:]

    assert [each["reaction"]["action"] for each in told[:2]] == ["react", "unreact"]
    assert told[2]["message_edit"] == {"mid": theirs, "text": "¿Verde?", "num_edit": 1}
    assert told[3]["message"] == {"mid": theirs, "is_deleted": True}
    assert told[4]["message"]["attachments"][0]["type"] == "story_mention"
    assert told[5]["message"]["reply_to"]["story"]["url"]
    assert told[6]["message"]["attachments"] == [{"type": "like_heart"}]
    assert told[7]["message"]["quick_reply"] == {"payload": "blue"}
    assert told[9]["message"]["is_unsupported"] is True
    assert told[10]["postback"]["payload"] == "START"
    assert {each["recipient"]["id"] for each in told} == {shop.profile["id"]}


def test_a_message_is_edited_five_times_at_most(shop: Shop) -> None:
    theirs = shop.write(shop.page)
    for number in range(5):
        shop.write(shop.page, "edit", target=theirs, text=str(number))

    with pytest.raises(Exception, match="five times"):
        shop.write(shop.page, "edit", target=theirs, text="6")


def test_who_somebody_is_is_told_for_those_who_wrote(shop: Shop) -> None:
    who, asked = shop.lia(shop.page), {"fields": "first_name,last_name"}

    assert error(shop.call("GET", who, shop.page, params=asked)) == (100, 2018218)
    shop.write(shop.page)
    assert shop.call("GET", who, shop.page, params=asked).json() == {
        "first_name": "Lía",
        "last_name": "Rendón",
        "id": who,
    }
    shop.write(shop.profile)
    fields = {"fields": "name,username"}
    assert shop.call("GET", shop.lia(shop.profile), shop.profile, params=fields).json()["username"] == "lia.r"


def test_what_was_said_while_nobody_listened_is_read_afterwards(shop: Shop, line: dict[str, Any]) -> None:
    shop.call("DELETE", f"{line['id']}/subscribed_apps", line)
    mids = []
    for number in range(3):
        mids.append(shop.write(line, text=str(number)))
        shop.control.advance(10)
    assert shop.callback.told == []

    fields = "id,updated_time,messages.limit(2){id,created_time,from,to,message,attachments}"
    told = shop.call("GET", f"{line['id']}/conversations", line, params={"fields": fields}).json()

    messages = told["data"][0]["messages"]["data"]
    assert [each["id"] for each in messages] == [mids[2], mids[1]]
    assert messages[0]["from"]["id"] == shop.lia(line)
    following = told["data"][0]["messages"]["paging"]["next"]
    rest = shop.http.get(following, headers={"authorization": f"Bearer {line['token']}"}).json()
    assert [each["message"] for each in rest["data"]] == ["0"]
    assert shop.call("GET", mids[0], line, params={"fields": "message"}).json()["message"] == "0"


def test_conversations_come_in_pages_to_their_end(shop: Shop) -> None:
    for number in range(3):
        shop.control.person(id=f"p{number}")
        shop.control.say(shop.page["id"], f"p{number}", text="Hola")
    page = shop.call("GET", f"{shop.page['id']}/conversations", shop.page, params={"limit": "2"}).json()

    rest = shop.http.get(page["paging"]["next"], headers={"authorization": f"Bearer {shop.page['token']}"}).json()

    assert len(page["data"]) == 2
    assert len(rest["data"]) == 1
    assert "paging" not in rest


def test_an_instagram_account_linked_to_a_page_is_spoken_for_by_its_token(shop: Shop) -> None:
    linked = shop.control.profile(shop.app, username="ruta28.taller", page=shop.page["id"])
    shop.write(linked)
    assert shop.callback.told[-1].json["object"] == "instagram"
    body = {"recipient": {"id": shop.lia(linked)}, "messaging_type": "RESPONSE", "message": {"text": "Hola"}}

    sent = shop.call("POST", f"{shop.page['id']}/messages", shop.page, json=body)

    assert sent.json()["recipient_id"] == shop.lia(linked)
    fields = {"fields": "id,instagram_business_account{id,username}"}
    named = shop.call("GET", "me", shop.page, params=fields).json()["instagram_business_account"]
    assert named == {"id": linked["id"], "username": "ruta28.taller"}
    assert shop.call("GET", linked["id"], shop.page, params={"fields": "id,username"}).json() == named
    asked = {"platform": "instagram", "fields": "id,participants"}
    told = shop.call("GET", f"{shop.page['id']}/conversations", shop.page, params=asked).json()
    assert len(told["data"]) == 1


def test_fields_are_subscribed_by_name(shop: Shop, line: dict[str, Any]) -> None:
    edge = f"{line['id']}/subscribed_apps"

    assert error(shop.call("POST", edge, line, params={"subscribed_fields": "messages,dances"}))[0] == 100
    shop.call("POST", edge, line, params={"subscribed_fields": "messages"})
    assert shop.call("GET", edge, line).json()["data"][0]["subscribed_fields"] == ["messages"]
    theirs = shop.write(line)
    shop.write(line, "reaction", target=theirs, emoji="❤️")
    assert len(shop.callback.items) == 1
