"""Flows to start from, in the language of whoever asks: what they name of the workspace is still to be chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.flows.editing import Draft


@dataclass(frozen=True, slots=True)
class Sample:
    """A name, what it is for, and its draft."""

    name: Any
    text: Any
    draft: Callable[[], Draft]


def _step(
    id_: str, kind: str, *, yes: list[Draft] | None = None, no: list[Draft] | None = None, **told: Any
) -> Draft:
    sides = {"yes": yes or [], "no": no or []} if yes is not None or no is not None else {}
    return {"id": id_, "kind": kind, "told": told, **sides}


def _blank() -> Draft:
    return {"start": {"kind": "conversation_opened", "told": {}}, "steps": []}


def _welcome() -> Draft:
    hello = _("Hi, {{contact.first_name}}. Thank you for writing: somebody will answer you in a moment.")
    return {
        "start": {"kind": "conversation_opened", "told": {}},
        "steps": [
            _step("s1", "send_text", text=hello),
            _step("s2", "if_owned", yes=[], no=[_step("s3", "assign", to="in_turn")]),
        ],
    }


def _profile() -> Draft:
    ask = _("Good to have you back. So that we can help you better: what are you looking for?")
    return {
        "start": {"kind": "conversation_opened", "told": {"opening": "reopened", "causes": ["rule"]}},
        "steps": [
            _step("s1", "send_text", text=ask),
            _step(
                "s2",
                "wait_reply",
                amount=1,
                unit="days",
                yes=[_step("s3", "tag", tags=[]), _step("s4", "assign", to="in_turn")],
                no=[_step("s5", "note", text=_("They did not say what they are looking for."))],
            ),
        ],
    }


def _survey() -> Draft:
    ask = _("How did we do? Answer with a number from 1 to 5.")
    return {
        "start": {"kind": "conversation_closed", "told": {"causes": ["agent"]}},
        "steps": [
            _step("s1", "tag", tags=[]),
            _step("s2", "if_window", yes=[_step("s3", "send_text", text=ask)], no=[]),
        ],
    }


def _away() -> Draft:
    text = _("We are closed now and will answer you when we are back.")
    return {
        "start": {"kind": "conversation_opened", "told": {}},
        "steps": [_step("s1", "if_hours", yes=[], no=[_step("s2", "send_text", text=text)])],
    }


SAMPLES: Mapping[str, Sample] = {
    "welcome": Sample(
        gettext_lazy("Welcome and assign"),
        gettext_lazy("Greets whoever opens a conversation, and gives it to somebody in turn."),
        _welcome,
    ),
    "profile": Sample(
        gettext_lazy("Profile after inactivity"),
        gettext_lazy("Asks whoever comes back after a closing by rule what they are looking for."),
        _profile,
    ),
    "survey": Sample(
        gettext_lazy("Survey on closing"),
        gettext_lazy("Tags what an agent closes, and asks how it went where one may still write."),
        _survey,
    ),
    "away": Sample(
        gettext_lazy("Answer when away"),
        gettext_lazy("Says so to whoever opens a conversation out of business hours."),
        _away,
    ),
    "blank": Sample(gettext_lazy("New flow"), gettext_lazy("From nothing, step by step."), _blank),
}
