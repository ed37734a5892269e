"""Two contacts that may be one: said beside each, only to who may see the other, until somebody says no."""

from __future__ import annotations

from bandeja.conversations.identities import Double, suggest_merges
from bandeja.conversations.models import Conversation, MergeSuggestion
from bandeja.inbox.tests.browser import Browser, told
from tests.cast import Cast

LINE = "May be the same person as"


def suggested(cast: Cast, one: Conversation, other: Conversation) -> MergeSuggestion:
    suggest_merges([Double(cast.workspace.pk, one.contact_id, other.contact_id, "x")])
    return MergeSuggestion.objects.latest("pk")


def own(conversation: Conversation, cast: Cast) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(owner=cast.ana)


def test_each_names_the_other_and_leads_to_it(cast: Cast, ana: Browser) -> None:
    lia, double = cast.write("Lía"), cast.write("Lía R.")
    suggested(cast, lia, double)
    for this, other, name in ((lia, double, "Lía R."), (double, lia, "Lía")):
        html = ana.get(f"/inbox/{this.pk}").content.decode()
        assert f'{LINE} <a href="/inbox/{other.pk}">{name}</a>' in html


def test_a_contact_without_a_suggestion_has_no_such_line(cast: Cast, ana: Browser) -> None:
    assert LINE not in ana.see(f"/inbox/{cast.write('Lía').pk}")


def test_it_leads_to_their_latest_conversation_that_the_person_may_see(
    cast: Cast, bruno: Browser, another_account: object
) -> None:
    lia, seen = cast.write("Lía"), cast.write("Lía R.")
    assert callable(another_account)
    hidden = cast.write("otra", account=another_account("Otra"))
    Conversation.objects.filter(pk=hidden.pk).update(contact=seen.contact, owner=cast.ana)
    suggested(cast, lia, seen)
    html = bruno.get(f"/inbox/{lia.pk}").content.decode()
    assert f'href="/inbox/{seen.pk}"' in html
    assert f'href="/inbox/{hidden.pk}"' not in html


def test_who_may_not_see_the_other_is_told_nothing_of_them(cast: Cast, bruno: Browser, ana: Browser) -> None:
    lia, hidden = cast.write("Lía"), cast.write("Secreta")
    own(hidden, cast)
    suggestion = suggested(cast, lia, hidden)
    html = bruno.get(f"/inbox/{lia.pk}").content.decode()
    assert LINE not in html
    assert "Secreta" not in html
    assert bruno.delete(f"/inbox/{lia.pk}/doubles/{suggestion.pk}").status_code == 404
    assert bruno.delete(f"/inbox/{hidden.pk}/doubles/{suggestion.pk}").status_code == 404
    assert LINE in ana.see(f"/inbox/{lia.pk}")


def test_what_is_dismissed_is_gone_on_both_sides_and_not_suggested_again(cast: Cast, ana: Browser) -> None:
    lia, double = cast.write("Lía"), cast.write("Lía R.")
    suggestion = suggested(cast, lia, double)
    answer = ana.delete(f"/inbox/{double.pk}/doubles/{suggestion.pk}")
    assert (answer.status_code, told(answer)) == (204, "Noted: they are two people.")
    suggested(cast, lia, double)
    for each in (lia, double):
        assert LINE not in ana.see(f"/inbox/{each.pk}")
    assert ana.delete(f"/inbox/{double.pk}/doubles/{suggestion.pk}").status_code == 404


def test_a_suggestion_about_others_is_not_found_here(cast: Cast, carla: Cast, ana: Browser) -> None:
    lia, one, other = cast.write("Lía"), cast.write("Uno"), cast.write("Otro")
    theirs = suggested(carla, carla.write("Uno"), carla.write("Otro"))
    for suggestion in (suggested(cast, one, other), theirs):
        assert ana.delete(f"/inbox/{lia.pk}/doubles/{suggestion.pk}").status_code == 404
        suggestion.refresh_from_db()
        assert suggestion.settled_at is None
