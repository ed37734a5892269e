"""A question with a form: a dialog where there is htmx, and a page of its own otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect


@dataclass(frozen=True, slots=True)
class Question:
    """A title, perhaps a sentence and fields, and the verb of its button. `back` is the page it is asked from."""

    title: str
    verb: str
    back: str
    text: str = ""
    form: forms.Form | None = None
    danger: bool = False


def ask(request: HttpRequest, question: Question) -> HttpResponse:
    """Ask it; once more with what is wrong when its form was filled in."""
    template = "web/ask.html" if _by_htmx(request) else "web/ask_page.html"
    status = 422 if question.form is not None and question.form.is_bound else 200
    return render(request, template, {"question": question, "form": question.form}, status=status)


def answered(request: HttpRequest, back: str, told: str) -> HttpResponse:
    """Go back to the page it was asked from, which says what was done, if there is anything to say."""
    if told:
        messages.success(request, told)
    return HttpResponseClientRedirect(back) if _by_htmx(request) else redirect(back)


def _by_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))
