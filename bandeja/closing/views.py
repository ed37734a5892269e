"""The screen of closing rules, for whoever may manage them. A plain form works; htmx swaps one card instead."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from bandeja.channels.models import Account
from bandeja.closing import changes, pausing
from bandeja.closing import rules as verbs
from bandeja.closing.cards import Card, Picker, new_key
from bandeja.closing.coverage import is_entitled
from bandeja.closing.forms import RuleForm
from bandeja.closing.hindsight import look, suggestible
from bandeja.closing.models import Rule
from bandeja.closing.typed import whole
from bandeja.people.access import for_agents
from bandeja.people.clock import database_now, now_for
from bandeja.people.models import Agent, Permission


@require_GET
@for_agents(Permission.MANAGE_CLOSING)
def settings(request: HttpRequest, agent: Agent) -> HttpResponse:
    """All the rules, and a blank card when `?new` asks for one."""
    picker = Picker(agent.workspace)
    cards = [Card.of(rule, picker) for rule in _rules(agent)]
    if "new" in request.GET:
        cards.append(Card.blank(picker))
    return _page(request, agent, cards)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_CLOSING)
def rules(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET: a blank card. POST: a new rule."""
    if request.method == "POST":
        return _save(request, agent, None)
    return _card(request, Card.blank(Picker(agent.workspace)))


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_CLOSING)
def rule(request: HttpRequest, agent: Agent, rule_id: int) -> HttpResponse:
    """GET: its card as it is saved. POST: the rule as it is typed."""
    mine = _rule(agent, rule_id)
    if request.method == "POST":
        return _save(request, agent, mine)
    return _card(request, Card.of(mine, Picker(agent.workspace)))


@require_POST
@for_agents(Permission.MANAGE_CLOSING)
def deactivation(request: HttpRequest, agent: Agent, rule_id: int) -> HttpResponse:
    """Switch a rule off: with deleting, what is left to do with one while the plan has no closing rules."""
    mine = _rule(agent, rule_id)
    verbs.switch_off(mine.pk, workspace=agent.workspace, by=agent)
    messages.success(request, _("“%(rule)s” is off. It closes nothing.") % {"rule": mine.name})
    return redirect("closing:settings")


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_CLOSING)
def deletion(request: HttpRequest, agent: Agent, rule_id: int) -> HttpResponse:
    """GET: asks whether it is meant, in a dialog or on a page of its own. POST: deletes the rule."""
    if request.method == "GET":
        template = "closing/deletion_dialog.html" if _by_htmx(request) else "closing/deletion.html"
        return render(request, template, {"rule": _rule(agent, rule_id)})
    name = _rule(agent, rule_id).name
    verbs.delete(rule_id, workspace=agent.workspace, by=agent)
    told = _("“%(rule)s” was deleted. It closes nothing any more.") % {"rule": name}
    if not _by_htmx(request):
        messages.success(request, told)
        return redirect("closing:settings")
    answer = render(request, "closing/changes.html", {**_trail(agent), "oob": True})
    return trigger_client_event(_told(answer, told), "done")


@require_POST
@for_agents(Permission.MANAGE_CLOSING)
def summary(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The sentence that says what the rule being typed does."""
    return render(request, "closing/summary.html", {"card": _typed(request.POST, agent, None)})


@require_POST
@for_agents(Permission.MANAGE_CLOSING)
def accounts(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The accounts a card may choose from, asked for anew once another card was saved."""
    mine = Rule.objects.filter(workspace=agent.workspace, pk=whole(request.GET.get("rule", ""))).first()
    return render(request, "closing/accounts.html", {"card": _typed(request.POST, agent, mine)})


@require_POST
@for_agents(Permission.MANAGE_CLOSING)
def includable(request: HttpRequest, agent: Agent) -> HttpResponse:
    """How many a save would include, where the card being typed asks for it."""
    mine = Rule.objects.filter(workspace=agent.workspace, pk=whole(request.GET.get("rule", ""))).first()
    return render(request, "closing/how_many.html", {"card": _typed(request.POST, agent, mine)})


@require_POST
@for_agents(Permission.MANAGE_CLOSING)
def preview(request: HttpRequest, agent: Agent) -> HttpResponse:
    """What the rule being typed would have done, on its card. Saves nothing; `?use` types another time first."""
    mine = _rule(agent, whole(request.GET["rule"])) if "rule" in request.GET else None
    data, used = request.POST.copy(), suggestible(request.GET.get("use", ""))
    if used:
        data["amount"], data["unit"] = map(str, used)
    card = _typed(data, agent, mine)
    try:
        card.hindsight = hindsight = look(agent, card.draft)
    except Account.DoesNotExist:
        raise Http404 from None
    if not _by_htmx(request):
        return _among_others(request, agent, card, status=hindsight.status)
    template = "closing/card.html" if used else "closing/hindsight.html"
    return render(request, template, {"card": card, "now": now_for(agent)}, status=hindsight.status)


def _save(request: HttpRequest, agent: Agent, mine: Rule | None) -> HttpResponse:
    card = _typed(request.POST, agent, mine)
    try:
        saved = card.form.save(agent, mine.pk if mine else None)
    except Rule.DoesNotExist:
        raise Http404 from None
    if saved is None:
        return _refused(request, agent, card)
    told = _told_of(saved, card)
    if not _by_htmx(request):
        messages.success(request, told)
        return redirect("closing:settings")
    context = {"card": Card.of(_rule(agent, saved.pk), Picker(agent.workspace)), "arrived": True, "oob": True}
    return _told(render(request, "closing/saved.html", context | _trail(agent)), told)


def _told_of(saved: Rule, card: Card) -> str:
    if card.form.asked:
        said = _("“%(rule)s” was saved. It counts from now on, and what is open without a clock is being included.")
        return said % {"rule": saved.name}
    if saved.active:
        return _("“%(rule)s” was saved. It counts from now on.") % {"rule": saved.name}
    return _("“%(rule)s” was saved. It is off.") % {"rule": saved.name}


def _refused(request: HttpRequest, agent: Agent, refused: Card) -> HttpResponse:
    """The card as it was typed, with what is wrong beside the fields; without htmx among the other cards."""
    if _by_htmx(request):
        return _card(request, refused, status=422)
    return _among_others(request, agent, refused, status=422)


def _among_others(request: HttpRequest, agent: Agent, card: Card, status: int) -> HttpResponse:
    """The whole page, with this card as it was typed."""
    cards = [card if rule == card.rule else Card.of(rule, card.picker) for rule in _rules(agent)]
    if card.rule is None:
        cards.append(card)
    return _page(request, agent, cards, status=status)


def _card(request: HttpRequest, card: Card, status: int = 200) -> HttpResponse:
    context = {"card": card, "arrived": True, "now": database_now()}
    return render(request, "closing/card.html", context, status=status)


def _page(request: HttpRequest, agent: Agent, cards: list[Card], status: int = 200) -> HttpResponse:
    template = "closing/settings.html" if is_entitled(agent.workspace) else "closing/locked.html"
    link = django_settings.BANDEJA_CONTACT_LINK
    context = {"cards": cards, "contact_link": link, **pausing.told(agent), **_trail(agent)}
    return render(request, template, context, status=status)


def _typed(data: QueryDict, agent: Agent, mine: Rule | None) -> Card:
    form = RuleForm(data, key=str(mine.pk) if mine else new_key())
    return Card(form, mine, Picker(agent.workspace))


def _rules(agent: Agent) -> list[Rule]:
    rules = Rule.objects.filter(workspace=agent.workspace)
    return list(rules.order_by("created_at", "pk").prefetch_related("coverage"))


def _rule(agent: Agent, rule_id: int) -> Rule:
    """A rule of the agent's workspace; another's is not there."""
    for rule in Rule.objects.filter(workspace=agent.workspace, pk=rule_id).prefetch_related("coverage"):
        return rule
    raise Http404


def _trail(agent: Agent) -> dict[str, Any]:
    return {"changes": changes.latest(agent.workspace), "now": now_for(agent)}


def _told(answer: HttpResponse, text: str) -> HttpResponse:
    """Adds the toast that tells what was done, and lets the other cards ask for their accounts anew."""
    return trigger_client_event(trigger_client_event(answer, "toast", {"text": text}), "rules-changed")


def _by_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))
