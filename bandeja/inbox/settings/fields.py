"""The fields of contacts that a workspace defines, for whoever may manage them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from bandeja.conversations import fields as verbs
from bandeja.conversations.models import ContactField, FieldKind
from bandeja.people.access import for_agents
from bandeja.people.models import Agent, Permission
from bandeja.web.asking import Question, answered, ask


class FieldForm(forms.Form):
    """What a field is called, and what may be written in it; of one that is there already its kind stays."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=verbs.NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What is written in it"), choices=FieldKind.choices)
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        max_length=verbs.MOST_CHOICES * verbs.CHOICE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One on each line; only for a choice."),
    )

    def __init__(self, data: Any = None, *, field: ContactField | None = None) -> None:
        initial = {"name": field.name, "kind": field.kind, "choices": "\n".join(field.choices)} if field else None
        super().__init__(data, initial=initial)
        if field:
            del self.fields["kind"]
        if field and field.kind != FieldKind.CHOICE:
            del self.fields["choices"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        wants = "choices" in self.fields and cleaned.get("kind", FieldKind.CHOICE) == FieldKind.CHOICE
        if wants and not self.lines():
            self.add_error("choices", _("Write what there is to choose from, one on each line."))
        if len(self.lines()) > verbs.MOST_CHOICES:
            said = _("Up to %(most)s choices fit.") % {"most": verbs.MOST_CHOICES}
            self.add_error("choices", said)
        return cleaned

    def lines(self) -> list[str]:
        """What there is to choose from: the lines that say something."""
        return [each for each in self.cleaned_data.get("choices", "").splitlines() if each.strip()]


@require_GET
@for_agents(Permission.MANAGE_TAGS)
def fields(request: HttpRequest, agent: Agent) -> HttpResponse:
    """All of them, in the order they were made."""
    return render(request, "settings/fields.html", {"fields": _fields(agent)})


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_TAGS)
def new(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET asks what it shall be; POST makes the field."""
    form = FieldForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _made(agent, form):
        return answered(request, _back(), _("“%(field)s” is there now.") % {"field": form.cleaned_data["name"]})
    return ask(request, Question(_("New field"), _("Make the field"), _back(), form=form))


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_TAGS)
def field(request: HttpRequest, agent: Agent, field_id: int) -> HttpResponse:
    """GET shows its name and choices; POST changes them. What was written in it stays."""
    mine = get_object_or_404(_fields(agent), pk=field_id)
    title = _("Change the field “%(field)s”") % {"field": mine.name}
    form = FieldForm(request.POST if request.method == "POST" else None, field=mine)
    if form.is_valid() and _changed(mine, form):
        return answered(request, _back(), _("“%(field)s” was changed.") % {"field": mine.name})
    return ask(request, Question(title, _("Save"), _back(), form=form))


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_TAGS)
def deletion(request: HttpRequest, agent: Agent, field_id: int) -> HttpResponse:
    """GET asks whether it is meant; POST forgets the field and what it says of everybody."""
    mine = get_object_or_404(_fields(agent), pk=field_id)
    if request.method == "POST":
        verbs.delete(mine)
        return answered(request, _back(), _("“%(field)s” was deleted.") % {"field": mine.name})
    title = _("Delete the field “%(field)s”?") % {"field": mine.name}
    text = _("What was written in it goes with it, for every contact. That cannot be undone.")
    return ask(request, Question(title, _("Delete the field"), _back(), text=text, danger=True))


def _made(agent: Agent, form: FieldForm) -> bool:
    told = form.cleaned_data
    try:
        verbs.make(agent.workspace_id, told["name"], told["kind"], form.lines())
    except verbs.TooMany:
        form.add_error("name", _("There are %(most)s fields already. Delete one first.") % {"most": verbs.MOST})
    except (verbs.NameTaken, verbs.Unfit) as error:
        form.add_error("name", _sentence(error))
    return form.is_valid()


def _changed(mine: ContactField, form: FieldForm) -> bool:
    try:
        verbs.change(mine, form.cleaned_data["name"], form.lines())
    except (verbs.NameTaken, verbs.Unfit) as error:
        form.add_error("name", _sentence(error))
    return form.is_valid()


def _sentence(error: Exception) -> str:
    if isinstance(error, verbs.NameTaken):
        return _("Another field has this name.")
    return _("A field needs a name one can see.")


def _fields(agent: Agent) -> QuerySet[ContactField]:
    return ContactField.objects.filter(workspace_id=agent.workspace_id).order_by("pk")


def _back() -> str:
    return reverse("settings_fields")
