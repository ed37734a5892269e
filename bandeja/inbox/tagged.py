"""What a person says about the tags of a conversation: what they changed, and not what they merely left."""

from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bandeja.channels.reading import is_visible, line
from bandeja.conversations import tags
from bandeja.conversations.models import Colour, Conversation, Tag
from bandeja.inbox.filters import whole


class TagsForm(forms.Form):
    """The tags chosen, and those it `had` when the form was opened: only the difference is acted on.

    So two people who choose at once each get what they chose. `name` is a tag to put on too, made where it is new.
    """

    name = forms.CharField(
        label=_("New tag"),
        max_length=tags.NAME_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict | None, *, conversation: Conversation) -> None:
        super().__init__(data)
        self._workspace_id = conversation.workspace_id
        self.offered = list(Tag.objects.filter(workspace_id=conversation.workspace_id).order_by("name"))
        if data is None:
            self.had = self.chosen = {tag.pk for tag in tags.tags_of([conversation.pk]).get(conversation.pk, ())}
        else:
            self.had, self.chosen = _ids(data, "had"), _ids(data, "tags")

    @property
    def taken_off(self) -> list[int]:
        return sorted(self.had - self.chosen)

    def put_on(self) -> list[int]:
        """What was chosen and was not there, and the new one; ask only a valid form."""
        new = self.cleaned_data["name"]
        return sorted((self.chosen - self.had) | ({new.pk} if new else set()))

    def clean_name(self) -> Tag | None:
        """The tag of that name, which is made if there is none; None when nothing was typed."""
        name = line(self.cleaned_data["name"], tags.NAME_LENGTH)
        if not is_visible(name):
            return None
        try:
            return tags.called(self._workspace_id, name) or tags.make(self._workspace_id, name, self._next_colour())
        except tags.NameTaken:  # somebody made it at this very moment
            return tags.called(self._workspace_id, name)
        except tags.TooMany:
            raise forms.ValidationError(
                _("There are %(most)s tags already. Choose one of them, or delete one first."),
                params={"most": tags.MOST},
            ) from None

    def _next_colour(self) -> str:
        colours = [*Colour.values[1:], Colour.values[0]]
        return colours[len(self.offered) % len(colours)]


def _ids(data: QueryDict, name: str) -> set[int]:
    return {pk for pk in (whole(text) for text in data.getlist(name)[: tags.MOST]) if pk is not None}
