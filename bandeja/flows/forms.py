"""What is typed into a flow: its name, its start, its steps, and the conversation it is tried out on."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.flows import checking
from bandeja.flows.fields import FIELDS
from bandeja.flows.known import Known
from bandeja.flows.models import NAME_LENGTH
from bandeja.flows.registry import Start, Step
from bandeja.people.models import Agent

OFFERED = 50


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH, widget=forms.TextInput({"autocomplete": "off"}))


class ToldForm(forms.Form):
    """What is told of one kind of start or step; what is wrong is said beside its field.

    `revision` is that of the draft it was opened with.
    """

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        kind: type[Start | Step],
        known: Known,
        revision: int,
        told: Start | Step | None = None,
    ) -> None:
        super().__init__(data, initial={"revision": revision, **vars(told or kind())})
        self._kind, self._known = kind, known
        self._names = [field.name for field in fields(kind)]
        for name in self._names:
            self.fields[name] = FIELDS[name].field(known)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            for name, wrong in checking.of(self.made, self._known).items():
                self.add_error(name or None, wrong)
        return cleaned

    @property
    def made(self) -> Any:
        """The start or step as typed."""
        said = {name: self.cleaned_data[name] for name in self._names}
        return self._kind(**{name: tuple(each) if isinstance(each, list) else each for name, each in said.items()})


class ConversationField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for mypy alone
    """Conversations by their contact and account."""

    def label_from_instance(self, obj: Conversation) -> str:
        return f"{obj.contact} · {obj.account.name}"


class TrialForm(forms.Form):
    """On which conversation, and whether its contact would answer where the flow waits for that."""

    conversation = ConversationField(Conversation.objects.none(), label=_("Conversation"))
    answers = forms.BooleanField(label=_("The contact answers where the flow waits for it"), required=False)

    def __init__(self, data: QueryDict | None = None, *, agent: Agent) -> None:
        super().__init__(data)
        theirs = Scope.of(agent).filter(
            Conversation.objects.select_related("contact", "account", "workspace", "owner")
        )
        latest = list(theirs.order_by("-last_message_at", "-pk").values_list("pk", flat=True)[:OFFERED])
        field = self.fields["conversation"]
        assert isinstance(field, ConversationField)  # noqa: S101  for the types
        field.queryset = theirs.filter(pk__in=latest).order_by("-last_message_at", "-pk")
