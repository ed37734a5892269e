"""What a flow could not do, as a note in the conversation, in the language of the workspace."""

from __future__ import annotations

from uuid import UUID, uuid5

from django.utils.translation import gettext as _
from django.utils.translation import override

from bandeja.flows import words
from bandeja.flows.actions import write_note
from bandeja.flows.known import Known
from bandeja.flows.moment import Moment
from bandeja.flows.registry import Action, Done


def tell_held(moment: Moment, action: Action, done: Done) -> None:
    """That something was not sent, why, and what it was."""
    with override(moment.workspace.language):
        what = action.says(Known(moment.workspace))
        said = {"flow": moment.run.flow.name, "why": words.why(done.why), "what": what}
        write_note(moment, _("The flow “%(flow)s” did not send this. %(why)s\n\n%(what)s") % said, _key(moment))


def tell_parked(moment: Moment, why: str) -> None:
    """That a run is held back."""
    with override(moment.workspace.language):
        said = {"flow": moment.run.flow.name, "why": words.why(why)}
        write_note(moment, _("The flow “%(flow)s” was held back here. %(why)s") % said, _key(moment))


def _key(moment: Moment) -> UUID:
    """Another than the step's own, which is done once the run goes on."""
    return uuid5(moment.key, "held")
