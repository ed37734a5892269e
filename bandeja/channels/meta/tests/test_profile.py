"""What people are called, asked of the stand-in."""

from __future__ import annotations

from typing import Any

import pytest

from bandeja.channels.meta.profile import name_of
from bandeja.channels.sending import Line, Refused


@pytest.mark.parametrize(("channel", "named"), [("messenger", "page"), ("instagram", "profile")])
def test_who_wrote_is_named_and_who_did_not_shares_no_profile(standin: Any, channel: str, named: str) -> None:
    app = standin.app()["id"]
    line = getattr(standin, named)(app)
    lia, rui = standin.person(name="Lía Rendón"), standin.person(name="Rui Nogueira")
    standin.say(line["id"], lia["id"], text="Hola")
    ours = Line(1, line["id"], {}, line["token"], standin.url)
    (known_as,) = standin.person(id=lia["id"])["known_as"][line["id"]].values()
    assert name_of(channel, ours, known_as) == "Lía Rendón"
    (stranger,) = rui["known_as"][line["id"]].values()
    with pytest.raises(Refused) as refused:
        name_of(channel, ours, stranger)
    assert refused.value.subcode == 2018218
