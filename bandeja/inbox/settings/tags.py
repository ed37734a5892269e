"""The tags of a workspace: their names and colours, for whoever may manage them."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from bandeja.conversations import tags as verbs
from bandeja.conversations.models import Colour, Tag
from bandeja.people.access import for_agents
from bandeja.people.models import Agent, Permission
from bandeja.web.asking import Question, answered, ask


class Swatches(forms.RadioSelect):
    """Colours to choose one of, each shown as it is."""

    template_name = "settings/colours.html"


class TagForm(forms.Form):
    """What a tag is called, and its colour."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=verbs.NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    colour = forms.ChoiceField(label=gettext_lazy("Colour"), choices=Colour.choices, widget=Swatches)


@require_GET
@for_agents(Permission.MANAGE_TAGS)
def tags(request: HttpRequest, agent: Agent) -> HttpResponse:
    """All of them, by name."""
    return render(request, "settings/tags.html", {"tags": _tags(agent)})


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_TAGS)
def new(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET asks for a name and a colour; POST makes the tag."""
    form = TagForm(request.POST if request.method == "POST" else None, initial={"colour": Colour.GREY})
    if form.is_valid() and _made(agent, form):
        return answered(request, _back(), _("“%(tag)s” is there now.") % {"tag": form.cleaned_data["name"]})
    return ask(request, Question(_("New tag"), _("Make the tag"), _back(), form=form))


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_TAGS)
def tag(request: HttpRequest, agent: Agent, tag_id: int) -> HttpResponse:
    """GET shows its name and colour; POST changes them, wherever it is."""
    mine = get_object_or_404(_tags(agent), pk=tag_id)
    initial = {"name": mine.name, "colour": mine.colour}
    form = TagForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid() and _changed(mine, form):
        return answered(request, _back(), _("“%(tag)s” was changed.") % {"tag": form.cleaned_data["name"]})
    return ask(
        request, Question(_("Change the tag “%(tag)s”") % {"tag": initial["name"]}, _("Save"), _back(), form=form)
    )


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_TAGS)
def deletion(request: HttpRequest, agent: Agent, tag_id: int) -> HttpResponse:
    """GET asks whether it is meant; POST takes it off everything."""
    mine = get_object_or_404(_tags(agent), pk=tag_id)
    if request.method == "POST":
        verbs.delete(mine)
        return answered(request, _back(), _("“%(tag)s” was deleted.") % {"tag": mine.name})
    text = _("It comes off every conversation. The conversations stay as they are.")
    title = _("Delete the tag “%(tag)s”?") % {"tag": mine.name}
    return ask(request, Question(title, _("Delete the tag"), _back(), text=text, danger=True))


def _made(agent: Agent, form: TagForm) -> bool:
    try:
        verbs.make(agent.workspace_id, form.cleaned_data["name"], form.cleaned_data["colour"])
    except verbs.TooMany:
        form.add_error("name", _("There are %(most)s tags already. Delete one first.") % {"most": verbs.MOST})
    except (verbs.NameTaken, verbs.BlankName) as error:
        form.add_error("name", _sentence(error))
    return form.is_valid()


def _changed(mine: Tag, form: TagForm) -> bool:
    try:
        verbs.change(mine, form.cleaned_data["name"], form.cleaned_data["colour"])
    except (verbs.NameTaken, verbs.BlankName) as error:
        form.add_error("name", _sentence(error))
    return form.is_valid()


def _sentence(error: Exception) -> str:
    if isinstance(error, verbs.NameTaken):
        return _("Another tag has this name.")
    return _("A tag needs a name one can see.")


def _tags(agent: Agent) -> QuerySet[Tag]:
    return Tag.objects.filter(workspace_id=agent.workspace_id).order_by("name")


def _back() -> str:
    return reverse("settings_tags")
