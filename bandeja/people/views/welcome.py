"""The page behind a one-time link: it makes somebody an agent who can sign in, and lets them in."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bandeja.people import links, members
from bandeja.people.forms import FirstForm, WelcomeForm
from bandeja.people.models import Agent


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """GET: who are you, and which password? POST: in. A link that is not good any more says what to do."""
    invited = links.follow(uid, token)
    if invited is None:
        return _over(request)
    form = _form(request, invited)
    if form.is_valid():
        try:
            agent = members.welcome(uid, token, **form.cleaned_data)
        except ValidationError as weak:
            form.add_error("password", weak)
        else:
            return _in(request, agent) if agent else _over(request)
    context = {"form": form, "agent": invited}
    return render(request, "people/welcome.html", context, status=422 if form.is_bound else 200)


def _form(request: HttpRequest, invited: Agent) -> WelcomeForm:
    kind = FirstForm if invited.email == links.FIRST_EMAIL else WelcomeForm
    return kind(request.POST or None, initial={"name": invited.name})


def _in(request: HttpRequest, agent: Agent) -> HttpResponse:
    """As anybody signs in: a link does not stand in for a second step."""
    answer: HttpResponse = perform_login(request, agent, redirect_url=settings.LOGIN_REDIRECT_URL)
    return answer


def _over(request: HttpRequest) -> HttpResponse:
    return render(request, "people/link_over.html", status=410)
