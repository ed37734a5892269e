"""What is typed to keep a quick reply."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.channels.reading import is_visible
from bandeja.people.models import Agent
from bandeja.quickreplies import variables
from bandeja.quickreplies.finding import MOST, SHARES, within_reach
from bandeja.quickreplies.models import QuickReply

LONGEST = 4_096
WORD = re.compile(r"[\w.-]+")


class QuickReplyForm(forms.Form):
    """A word, the text it stands for, and whether everybody has it."""

    word = forms.CharField(
        label=gettext_lazy("Word"),
        max_length=40,
        help_text=gettext_lazy("Typed after a slash in a conversation, it brings the text: /hours"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    text = forms.CharField(label=gettext_lazy("Text"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 5}))
    shared = forms.BooleanField(label=gettext_lazy("Everybody in the workspace has it"), required=False, initial=True)

    def __init__(self, data: QueryDict | None = None, *, agent: Agent, reply: QuickReply | None = None) -> None:
        kept = {"word": reply.word, "text": reply.text, "shared": reply.agent_id is None} if reply else None
        super().__init__(data, initial=kept)
        self._agent, self._reply = agent, reply
        if not agent.may(SHARES):
            del self.fields["shared"]

    def clean_word(self) -> str:
        word = str(self.cleaned_data["word"]).removeprefix("/")
        if not WORD.fullmatch(word):
            raise forms.ValidationError(_("One word of letters, digits, dots and hyphens."))
        return word

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        if not is_visible(text):
            raise forms.ValidationError(_("Write something first."))
        if strange := variables.unknown(text):
            told = {"names": ", ".join(f"{{{{{name}}}}}" for name in strange)}
            raise forms.ValidationError(_("Nothing is known by the name of %(names)s.") % told)
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        others = within_reach(self._agent).filter(agent=self.owner, word__iexact=cleaned.get("word", ""))
        if (others.exclude(pk=self._reply.pk) if self._reply else others).exists():
            self.add_error("word", _("There is one with this word already."))
        if not self._reply and within_reach(self._agent).count() >= MOST:
            self.add_error(None, _("There are as many quick replies as one can look through. Remove some first."))
        return cleaned

    @property
    def owner(self) -> Agent | None:
        """Whose it will be; None for everybody's."""
        return None if self.cleaned_data.get("shared") else self._agent
