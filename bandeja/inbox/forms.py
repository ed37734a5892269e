"""What people send from the inbox, checked before a verb is called."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bandeja.bulk.asking import Chosen
from bandeja.channels import registry
from bandeja.channels.reading import is_visible
from bandeja.closing.models import REASON_LENGTH
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Closure, Tag
from bandeja.inbox import teams
from bandeja.inbox.filters import LARGEST, whole
from bandeja.people.models import Agent, State, Team
from bandeja.people.presence import with_state

MOST_CHOSEN = 5_000
RECENT = 300
"""How many of the latest closings the suggested reasons are taken from."""
LONGEST_NOTE = 64 * 1024
LONGEST_QUERY = 2_000
MOST_FILES = 10
"""How many files go with one sending."""


class Ids(forms.CharField):
    """Ids separated by commas, none twice, each one that can exist."""

    widget = forms.HiddenInput
    default_error_messages = {"invalid": _("Choose the conversations again.")}

    def clean(self, value: Any) -> list[int]:
        text = str(super().clean(value))
        words = text.split(",")[: MOST_CHOSEN + 1] if text else []
        ids = [whole(word.strip()) for word in words]
        if len(ids) > MOST_CHOSEN or None in ids:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return sorted({key for key in ids if key is not None})


class Tokens(forms.Field):
    """What stands for files that were handed over: a field said several times, each a token."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        tokens = [str(token) for token in value or ()]
        if len(tokens) > MOST_FILES:
            raise forms.ValidationError(_("Up to %(most)s files go at once."), params={"most": MOST_FILES})
        return tokens


class OwnerField(forms.ChoiceField):
    """Whom conversations are given to, as a `To`; blank is None: nobody, or nothing to change.

    `12` is an active member, `team-3` a team, `contact` the contact's owner.
    """

    def __init__(self, *, empty_label: str | Promise, **options: Any) -> None:
        super().__init__(required=False, **options)
        self._empty_label = empty_label

    def offer(self, agent: Agent) -> None:
        """Offers the active members and the teams of `agent`'s workspace."""
        members = with_state(Agent.objects.filter(workspace_id=agent.workspace_id, is_active=True))
        own_teams = Team.objects.filter(workspace_id=agent.workspace_id).order_by("name")
        self.choices = [
            ("", self._empty_label),
            ("contact", _("The contact's owner")),
            (_("People"), [(str(member.pk), _named(member)) for member in members.order_by("name", "email")]),
            *([(_("Teams"), [(f"team-{team.pk}", team.name) for team in own_teams])] if own_teams else []),
        ]

    def clean(self, value: Any) -> lifecycle.To | None:
        chosen = str(super().clean(value))
        if chosen == "contact":
            return lifecycle.To(contacts_owner=True)
        if team := teams.spelled(chosen):
            return lifecycle.To(team_id=team)
        return lifecycle.To(int(chosen)) if chosen else None


def _named(member: Any) -> str:
    """Their name, and their state unless they are there (`with_state`)."""
    if member.state == State.ONLINE:
        return str(member)
    return f"{member} · {State(member.state).label}"


class HolderField(forms.CharField):
    """Who had a conversation, as `Holder` spells it; None when it is not said."""

    widget = forms.HiddenInput
    default_error_messages = {"invalid": _("Choose the conversations again.")}

    def __init__(self) -> None:
        super().__init__(required=False)

    def clean(self, value: Any) -> lifecycle.Holder | None:
        text = str(super().clean(value) or "")
        if not text:
            return None
        owner, found, team = text.partition("/")
        ids = [whole(part) for part in (owner, team)]
        if not found or any(part and key is None for part, key in zip((owner, team), ids, strict=True)):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return lifecycle.Holder(*ids)


class CloseForm(forms.Form):
    """Why a conversation closes, and who has it afterwards.

    `seen` is the last message the person had on screen, `holder` who had the conversation there.
    """

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH,
        help_text=_("It stays in the conversation. The contact does not see it."),
        widget=forms.TextInput(attrs={"list": "reasons", "autofocus": True, "autocomplete": "off"}),
        error_messages={"required": _("A closing needs a reason.")},
    )
    owner = OwnerField(label=_("Transfer to"), empty_label=_("Nobody else: keep the owner"))
    seen = forms.IntegerField(required=False, min_value=0, max_value=LARGEST, widget=forms.HiddenInput)
    holder = HolderField()

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].offer(agent)  # type: ignore[attr-defined]  # a field of owners

    def clean_reason(self) -> str:
        reason = str(self.cleaned_data["reason"])
        if not is_visible(reason):
            raise forms.ValidationError(self.fields["reason"].error_messages["required"], code="required")
        return reason


class ChosenForm(forms.Form):
    """Conversations chosen in the list, or `every` one that matches `query`, as the person saw them at `seen_at`."""

    ids = Ids(required=False)
    every = forms.BooleanField(required=False, widget=forms.HiddenInput)
    query = forms.CharField(required=False, max_length=LONGEST_QUERY, widget=forms.HiddenInput)
    seen_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("ids") or cleaned.get("every")):
            raise forms.ValidationError(Ids.default_error_messages["invalid"], code="required")
        return cleaned

    def chosen(self) -> Chosen:
        """The same, as a bulk action takes it."""
        cleaned = self.cleaned_data
        if cleaned["every"]:
            return Chosen(query=cleaned["query"], seen_at=cleaned["seen_at"])
        return Chosen(cleaned["ids"], seen_at=cleaned["seen_at"])


class BulkCloseForm(ChosenForm, CloseForm):
    """Why many conversations close, and who has them afterwards."""

    seen = None  # type: ignore[assignment]  # this dialog has no such field
    holder = None  # type: ignore[assignment]  # this dialog has no such field
    field_order = ("reason", "owner")


class OwnerForm(forms.Form):
    """Who has conversations from now on; blank is nobody.

    `seen` is who had the one on screen, `back` who is to have it again.
    """

    owner = OwnerField(label=_("Transfer to"), empty_label=_("Without owner"))
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=LONGEST_NOTE,
        help_text=_("Only your team reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    unread = forms.BooleanField(label=_("Mark as unread"), required=False)
    seen = HolderField()
    back = HolderField()

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].offer(agent)  # type: ignore[attr-defined]  # a field of owners

    @property
    def to(self) -> lifecycle.To:
        """Whom they are given to; ask only a valid form."""
        back = self.cleaned_data["back"]
        return lifecycle.To.back(back) if back else self.cleaned_data["owner"] or lifecycle.To()


class BulkOwnerForm(ChosenForm, OwnerForm):
    """The same for many."""


class BulkTagsForm(ChosenForm):
    """Which tags are put on many conversations, or taken off."""

    tags = forms.ModelMultipleChoiceField(
        Tag.objects.none(), label=_("Tags"), error_messages={"required": _("Choose at least one tag.")}
    )

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = self.fields["tags"]
        offered.queryset = Tag.objects.filter(workspace_id=agent.workspace_id).order_by("name")  # type: ignore[attr-defined]  # a field of rows


class MessageForm(forms.Form):
    """A reply or a note: a text as long as its channel sends, files, or both.

    `client_id` makes a repeated sending a no-op; `reply_to` is the message it answers, `uploads` the tokens of files
    that were handed over.
    """

    text = forms.CharField(strip=True, required=False)
    note = forms.BooleanField(required=False)
    client_id = forms.UUIDField(required=False)
    reply_to = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)
    uploads = Tokens(required=False)

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # An account may be older than its channel's arrival here, such as those of the demo.
        spoken = registry.CHANNELS.get(channel)
        self.limit = spoken.text_limit if spoken else LONGEST_NOTE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("text") or cleaned.get("uploads")):
            raise forms.ValidationError(_("Write something first."), code="required")
        limit = LONGEST_NOTE if cleaned.get("note") else self.limit
        if len(cleaned.get("text", "")) > limit:
            raise forms.ValidationError(
                _("This channel takes up to %(limit)s characters; this is %(length)s. Send it in parts."),
                params={"limit": limit, "length": len(cleaned["text"])},
            )
        return cleaned


def reasons(workspace_id: int) -> list[str]:
    """The reasons used lately in a workspace, the latest first, each once."""
    latest = Closure.objects.filter(workspace_id=workspace_id).order_by("-closed_at")[:RECENT]
    return list(dict.fromkeys(latest.values_list("reason", flat=True)))[:20]
