"""Short ways of handing over a file of contacts, for tests."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bandeja.imports.models import Import
from bandeja.people.models import Agent

PAGE = "/settings/import"


def as_(agent: Agent) -> Client:
    Agent.objects.filter(pk=agent.pk).update(language="en")
    browser = Client()
    browser.force_login(agent)
    return browser


def hand_over(browser: Client, content: str | bytes, name: str = "contactos.csv") -> Any:
    """What the page answers to a file."""
    sent = content.encode() if isinstance(content, str) else content
    return browser.post(PAGE, {"file": SimpleUploadedFile(name, sent, content_type="text/csv")})


def columns_of(browser: Client, found: Import, **changed: str) -> dict[str, str]:
    """What the form of the columns says, as it was guessed."""
    form = browser.get(f"{PAGE}/{found.pk}/columns").context["form"]
    said = {each.name: each.value() or "" for each in form if each.name != "keeps"}
    return {**said, **changed}


def look(browser: Client, content: str | bytes, **changed: str) -> Import:
    """Hand a file over and have it read, as far as the preview. What is `changed` replaces what was guessed."""
    address = hand_over(browser, content)["location"]
    found = Import.objects.get(pk=int(re.findall(r"\d+", address)[0]))
    answer = browser.post(address, columns_of(browser, found, **{"calling": "57", **changed}))
    assert answer.status_code == 302, answer.context["form"].errors
    return Import.objects.get(pk=found.pk)


def bring(browser: Client, content: str | bytes, **changed: str) -> Import:
    """Hand a file over and have it written."""
    found = look(browser, content, **changed)
    browser.post(f"{PAGE}/{found.pk}/writing")
    return Import.objects.get(pk=found.pk)


def counts(found: Import) -> tuple[int, int, int, int]:
    """New, updated, unchanged, refused."""
    return found.added, found.changed, found.same, found.refused


def refused(browser: Client, found: Import) -> list[list[str]]:
    """The file of refused rows, without its headers."""
    text = browser.get(f"{PAGE}/{found.pk}/refused.csv").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]
