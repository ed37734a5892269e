"""Meta's errors, one by one as meta.md A10 has them, and what an agent is told of each."""

from __future__ import annotations

import pytest
from django.utils import translation

from bandeja.channels.meta import faults
from bandeja.channels.meta.advice import BY_CODE, BY_WORD, advice
from bandeja.channels.sending import Fault, Refused

TABLE = [
    (Fault.TOKEN, "190 190/460 190/463 0 3 10 200 230 299 131005 100/33"),
    (Fault.WINDOW, "131047 10/2018278 551/1545041 1545041 10/2534022"),
    (Fault.TAG, "100/2018276"),
    (Fault.THROTTLED, "4 17 32 613 613/2534040 80007 80008 130429 131056 131048"),
    (Fault.TRANSIENT, "1 2 131000 131016 131057 133004"),
    (Fault.RECIPIENT, "131026 131030 131021 551 100/2018001 100/2534014 200/2018108 131049 130472 131050"),
    (
        Fault.CONTENT,
        "100 131008 131009 131051 131052 131053 131062 132000 132001 132005 132007 132008 132012 132015 132016 99999",
    ),
    (Fault.ACCOUNT, "368 131031 131042 131045 130497 133010 10/1893063 100/2534029 131063 131064"),
]


def codes(text: str) -> tuple[int | None, int | None]:
    code, _, subcode = text.partition("/")
    return (None, int(code)) if code == "1545041" else (int(code), int(subcode) if subcode else None)


@pytest.mark.parametrize(("fault", "each"), [(fault, each) for fault, all_ in TABLE for each in all_.split()])
def test_every_code_has_its_class(fault: Fault, each: str) -> None:
    assert faults.meaning(*codes(each)).fault is fault


def test_an_unknown_code_is_judged_by_the_answer_it_came_in() -> None:
    assert faults.meaning(424242, status=429).fault is Fault.THROTTLED
    assert faults.meaning(424242, status=401).fault is Fault.TOKEN
    assert faults.meaning(424242, status=400, transient=True).fault is Fault.TRANSIENT
    assert faults.meaning(None, status=400).fault is Fault.CONTENT


def test_only_the_pair_is_asked_to_slow_down_by_its_own_code() -> None:
    pair = faults.refusal({"code": 131056}, status=429)
    assert (pair.pair, pair.wait and pair.wait.total_seconds()) == (True, 6)
    assert not faults.refusal({"code": 130429}, status=429).pair


def test_spam_means_a_long_pause() -> None:
    wait = faults.refusal({"code": 131048}, status=429).wait
    assert wait
    assert wait.total_seconds() >= 3_600


@pytest.mark.parametrize(
    "error",
    [
        {},
        {"code": "190"},
        {"code": None, "message": 5},
        {"code": 1.5},
        {"code": [1]},
        {"error_data": "x"},
        {"code": True},
    ],
)
def test_an_envelope_of_any_shape_is_a_refusal(error: dict[str, object]) -> None:
    assert isinstance(faults.refusal(error, status=400), Refused)


def test_what_meta_says_for_people_is_kept_short_and_storable() -> None:
    refused = faults.refusal({"code": 100, "message": "a\x00b  c" * 500, "error_user_msg": "Prueba"}, status=400)
    assert "\x00" not in refused.text
    assert (len(refused.text), refused.details) == (500, "Prueba")


def test_half_a_letter_is_left_out_of_what_meta_says() -> None:
    """What is said of an account is kept with its health, which PostgreSQL could not hold else."""
    told = faults.refusal({"message": "No \ud83d", "error_data": {"details": "\udc00 no"}}, status=400)
    assert (told.text, told.details) == ("No", "no")


def test_a_webhook_error_is_advised_on_by_its_code_alone() -> None:
    with translation.override("en"):
        told = advice({"code": 131047, "text": "Re-engagement message", "details": "More than 24 hours"})
    assert "Send a template" in told
    assert "stays here" in told


def test_content_that_meta_refuses_is_told_with_its_own_words() -> None:
    with translation.override("en"):
        told = advice({"code": 131009, "text": "Parameter value is not valid", "details": "Header image too wide"})
    assert told.endswith("(Meta: Header image too wide)")


def test_our_own_refusals_name_the_limit() -> None:
    refused = Refused(Fault.CONTENT, text=faults.FILE_TOO_LARGE, details="5 MB")
    with translation.override("en"):
        assert "at most 5 MB" in advice(refused.told())


@pytest.mark.parametrize("language", ["es", "en", "pt-br"])
def test_there_is_advice_for_everything_in_every_language(language: str) -> None:
    errors: list[dict[str, object]] = [{"fault": fault.value} for fault in Fault]
    errors += [{"code": code, "subcode": subcode} for code, subcode in {**faults.MEANINGS, **BY_CODE}]
    errors += [{"text": word, "details": "5 %"} for word in BY_WORD]
    errors += [{}, {"code": "x", "text": None, "details": 5}]
    with translation.override("en"):
        english = {advice(error) for error in errors}
    with translation.override(language):
        for error in errors:
            told = advice(error)
            assert told.endswith((".", ")"))
            assert "%(" not in told
            assert language == "en" or told not in english
