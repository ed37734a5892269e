"""How accounts assign by themselves, how far that has come, and whom an absent agent has answered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from bandeja.channels.models import Account
from bandeja.conversations.models import Contact
from bandeja.people.models import Agent, BandejaNow, Team


class Way(models.TextChoices):
    """To whom a conversation goes that its contact opens and nobody has."""

    FIXED = "fixed", _("Always to the same")
    ROUND_ROBIN = "round_robin", _("In turn")
    LEAST_BUSY = "least_busy", _("To whoever has the fewest open")


class AutoAssignment(models.Model):
    """How an account assigns; one without a row does not.

    Fixed names an `agent` or a `team`. The others go among the members of `team`, or everybody when it is null, and
    `last_agent_id` had the latest turn. Openings published up to `after_number` are not its concern.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="+")
    way = models.CharField(max_length=20, choices=Way.choices)
    # With its person or team it goes: in turn among nobody in particular is not what was asked for.
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, null=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="+")
    after_number = models.BigIntegerField(db_default=0, default=0)
    last_agent_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "auto_assignment"


class Cursor(models.Model):
    """The number of the last opening that was looked at; one row, and whoever assigns holds it."""

    number = models.BigIntegerField(db_default=0, default=0)

    class Meta:
        db_table = "auto_assignment_cursor"


class AwayReply(models.Model):
    """When an absent agent last answered a contact by itself: once in an absence."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=BandejaNow())

    class Meta:
        db_table = "away_reply"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "contact"], name="away_reply_of_agent_to_contact"),
        ]
