"""Connecting what Meta has, step by step: a token is asked what it opens before anything is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from bandeja import environment
from bandeja.channels.accounts import ConnectedElsewhere
from bandeja.channels.instagram import connect as instagram
from bandeja.channels.instagram.send import by_page
from bandeja.channels.messenger import connect as messenger
from bandeja.channels.meta import apps, graph, lines
from bandeja.channels.meta.found import Found
from bandeja.channels.models import Account, ChannelKey, MetaApp
from bandeja.channels.secret import Unreadable, seal, unseal
from bandeja.channels.whatsapp import connect as whatsapp
from bandeja.channels.whatsapp import templates
from bandeja.conversations.bell import ring_all
from bandeja.inbox.settings.meta_forms import (
    InstagramForm,
    LineForm,
    MessengerForm,
    NumbersForm,
    TokenForm,
    WhatsAppForm,
)
from bandeja.inbox.settings.refusals import NotAgreed, is_about_the_id, sentence
from bandeja.people.access import for_agents
from bandeja.people.models import Agent, Permission

CHOOSING = "whatsapp_numbers"
"""Where the session keeps what a token opened, and the token itself, sealed, until numbers of it are chosen."""

FORMS: Mapping[str, type[LineForm]] = {
    ChannelKey.WHATSAPP: WhatsAppForm,
    ChannelKey.MESSENGER: MessengerForm,
    ChannelKey.INSTAGRAM: InstagramForm,
}
NO_NUMBERS = gettext_lazy("This WhatsApp business account has no numbers yet. Add one at Meta, then come back.")
NOTHING = gettext_lazy("This token opens no account. Check that it is the one named above.")
ANOTHER = gettext_lazy("This token opens “%(found)s”, which is another account. Nothing was changed.")
TAKEN = gettext_lazy("“%(account)s” is connected to another workspace of this installation.")
FULL = gettext_lazy("“%(account)s” was not connected: the workspace has as many WhatsApp numbers as it may.")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen from between the two steps of WhatsApp."""

    app: MetaApp
    token: str
    found: Sequence[Found]


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_ACCOUNTS)
def line(request: HttpRequest, agent: Agent, channel: str) -> HttpResponse:
    """Ask a token what it opens; a page or profile is then connected, numbers are first chosen from."""
    form = FORMS[channel](request.POST or None, workspace=agent.workspace)
    found = _look(form, channel) if form.is_valid() else []
    done = _next(request, agent, form, found) if found else None
    has_app = MetaApp.objects.filter(workspace=agent.workspace).exists()
    context = {"form": form, "channel": channel, "has_app": has_app, **_room(agent)}
    return done or render(request, "settings/connect.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_ACCOUNTS)
def numbers(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Choose the numbers to connect, of those that the token opened."""
    choice = _chosen_from(request, agent)
    if choice is None:
        return redirect("settings_new_whatsapp")
    form = NumbersForm(request.POST if request.method == "POST" else None, found=choice.found)
    if form.is_valid():
        chosen = replace(choice, found=form.chosen)
        if done := _connect_all(request, agent, chosen, form, "numbers"):
            del request.session[CHOOSING]
            return done
    mine = Account.objects.filter(workspace=agent.workspace, channel=ChannelKey.WHATSAPP, disconnected_at=None)
    connected = set(mine.values_list("external_id", flat=True))
    context = {
        "form": form,
        "found": [(each, each.external_id in connected) for each in choice.found],
        "only": len(choice.found) == 1,
        **_room(agent),
    }
    return render(request, "settings/numbers.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_ACCOUNTS)
def access(request: HttpRequest, agent: Agent, account_id: int) -> HttpResponse:
    """Give an account another token, or connect one again that was disconnected: both need one that opens it."""
    metas = Account.objects.filter(channel__in=list(lines.WAYS), app__isnull=False).select_related("app")
    mine = get_object_or_404(metas, workspace=agent.workspace, pk=account_id)
    form = TokenForm(request.POST or None)
    found = _look_again(form, mine) if form.is_valid() else None
    done = None
    if found and mine.app:
        choice = Choice(mine.app, form.cleaned_data["token"], [found])
        done = _connect_all(request, agent, choice, form, "token")
    context = {"account": mine, "form": form}
    return done or render(request, "settings/access.html", context, status=422 if form.is_bound else 200)


def _look(form: LineForm, channel: str) -> list[Found]:
    """What the typed token opens; empty where it opens nothing, and the form says why."""
    typed = form.cleaned_data
    try:
        found = [each for each in LOOKS[channel](typed) if each.external_id]
        if found and typed.get("login") != "instagram":
            apps.require_own(typed["app"], typed["token"])
    except NotAgreed as error:
        place = "waba" if "waba" in form.fields and is_about_the_id(error) else "token"
        form.add_error(place, sentence(error, typed["token"]))
        return []
    if not found:
        place, why = ("waba", NO_NUMBERS) if channel == ChannelKey.WHATSAPP else ("token", NOTHING)
        form.add_error(place, why)
    return found


def _numbers(typed: Mapping[str, Any]) -> list[Found]:
    return whatsapp.numbers(graph.facebook(typed["token"], typed["app"].graph_url), typed["waba"])


def _page(typed: Mapping[str, Any]) -> list[Found]:
    return [messenger.look(graph.facebook(typed["token"], typed["app"].graph_url))]


def _profile(typed: Mapping[str, Any]) -> list[Found]:
    token, graph_url = typed["token"], typed["app"].graph_url
    if typed["login"] == "page":
        return [instagram.look_by_page(graph.facebook(token, graph_url))]
    return [instagram.look(graph.instagram(token, graph_url))]


LOOKS: Mapping[str, Callable[[Mapping[str, Any]], list[Found]]] = {
    ChannelKey.WHATSAPP: _numbers,
    ChannelKey.MESSENGER: _page,
    ChannelKey.INSTAGRAM: _profile,
}


def _look_again(form: TokenForm, mine: Account) -> Found | None:
    """The account as the new token opens it; None where it does not, and the form says why."""
    token = form.cleaned_data["token"]
    try:
        found = _same_way(mine, token)
        if mine.app and (mine.channel != ChannelKey.INSTAGRAM or by_page(mine.config)):
            apps.require_own(mine.app, token)
    except NotAgreed as error:
        form.add_error("token", sentence(error, token))
        return None
    if found.external_id != mine.external_id:
        form.add_error("token", str(ANOTHER) % {"found": found.name or "?"})
        return None
    return found


def _same_way(mine: Account, token: str) -> Found:
    typed = {"token": token, "app": mine.app, "login": "page" if by_page(mine.config) else "instagram"}
    if mine.channel == ChannelKey.WHATSAPP:
        through = graph.facebook(token, mine.app.graph_url if mine.app else "")
        return whatsapp.look(through, mine.external_id, str(mine.config.get("waba", "")))
    return LOOKS[mine.channel](typed)[0]


def _next(request: HttpRequest, agent: Agent, form: LineForm, found: Sequence[Found]) -> HttpResponse | None:
    """Numbers are chosen from on the next page; a page or profile is connected at once."""
    choice = Choice(form.cleaned_data["app"], form.cleaned_data["token"], found)
    if found[0].channel != ChannelKey.WHATSAPP:
        return _connect_all(request, agent, choice, form, "token")
    told = {"app": choice.app.pk, "token": seal(choice.token), "found": [asdict(each) for each in found]}
    request.session[CHOOSING] = told
    return redirect("settings_numbers")


def _connect_all(request: HttpRequest, agent: Agent, choice: Choice, form: Form, field: str) -> HttpResponse | None:
    """Connect each, and land on its page, or the list where they are several.

    None where none could be: the form says why beside `field`. Where only some could, a toast tells of the others.
    """
    connected, refused = [], []
    for found in choice.found:
        try:
            connected.append(_connect(agent, choice, found))
        except ConnectedElsewhere:
            refused.append(str(TAKEN) % {"account": found.name})
        except lines.TooManyLines:
            refused.append(str(FULL) % {"account": found.name})
    if not connected:
        form.add_error(field, refused)
        return None
    for told in refused:
        messages.error(request, told)
    if choice.found[0].channel == ChannelKey.WHATSAPP:
        _sync(request, choice)
    # Open threads show at once what their clocks are now.
    ring_all(agent.workspace_id)
    if len(connected) == 1:
        messages.success(request, _("“%(account)s” is connected.") % {"account": connected[0]})
        return redirect("settings_account", connected[0].pk)
    told = ngettext("%(n)d account is connected.", "%(n)d accounts are connected.", len(connected))
    messages.success(request, told % {"n": len(connected)})
    return redirect("settings_accounts")


def _connect(agent: Agent, choice: Choice, found: Found) -> Account:
    """An account that was here before keeps the name the team gave it."""
    workspace = agent.workspace
    known = Account.objects.filter(workspace=workspace, channel=found.channel, external_id=found.external_id)
    name = known.values_list("name", flat=True).first() or found.name[:120]
    return lines.connect(workspace, choice.app, replace(found, name=name), choice.token, by=agent)


def _sync(request: HttpRequest, choice: Choice) -> None:
    """The templates of a business account come with its first number; without them it is connected all the same."""
    try:
        templates.sync(choice.app, str(choice.found[0].config.get("waba", "")), choice.token)
    except NotAgreed:
        messages.warning(
            request, _("Its templates could not be fetched yet. Fetch them on the page of its templates.")
        )


def _chosen_from(request: HttpRequest, agent: Agent) -> Choice | None:
    kept = request.session.get(CHOOSING)
    app = MetaApp.objects.filter(workspace=agent.workspace, pk=kept["app"]).first() if kept else None
    if kept is None or app is None:
        return None
    try:
        return Choice(app, unseal(kept["token"]), [Found(**each) for each in kept["found"]])
    except Unreadable:
        return None


def _room(agent: Agent) -> dict[str, int]:
    lines = Account.objects.filter(workspace=agent.workspace, channel=ChannelKey.WHATSAPP, disconnected_at=None)
    return {"used": lines.count(), "most": environment.WHATSAPP_LINES.value()}
