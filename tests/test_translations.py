"""Everything that is said is said in Spanish and in Portuguese, and in English it is what the code says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import allauth
import django
import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.test import Client
from django.utils.translation import gettext, ngettext, override, pgettext

from tests import messages

# What stands for something else (%(name)s, %d, {time}) or is markup; both must come through a translation whole.
PLACES = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}|</?\w[^>]*>|&\w+;")
ENDS = ".:…?!"

# "Usted" and its imperatives where a sentence begins; "si el contacto escriba" within one is about somebody else.
FORMAL = re.compile(
    r"\b(?:usted|ustedes|sírvase|por favor)\b"
    r"|(?:^|[.:;¿¡(] ?)(?:haga|elija|escoja|escriba|ingrese|introduzca|intente|revise|seleccione|utilice|use|vuelva"
    r"|espere|asegúrese|compruebe|pegue|conecte|guarde|pida)\b",
    re.IGNORECASE,
)
# One word per idea: what each catalogue calls a closing, and quotes as that language writes them.
UNSAID = {
    "es": re.compile(r"[\"“”']|\.\.\.|\b(?:ticket|inbox de|operador|plataforma|clic|vos)\b", re.IGNORECASE),
    "pt_BR": re.compile(
        r"[\"«»']|\.\.\.|\b(?:ticket|fechamento|a gente|clique|utilizador|ficheiro)\b", re.IGNORECASE
    ),
}


@pytest.mark.parametrize("locale", messages.TRANSLATED)
def test_a_catalogue_holds_what_is_said_and_nothing_else(locale: str) -> None:
    said, kept = messages.said(), messages.keys(messages.catalogue(locale))
    borrowed = messages.keys(messages.catalogue("en"))
    missing = [f"{key[1]!r}, said in {', '.join(files)}" for key, files in said.items() if key not in kept]
    unused = [repr(key[1]) for key in kept - said.keys() - borrowed]
    assert not missing, _list("run bin/messages and translate", missing)
    assert not unused, _list("nothing says this any more; run bin/messages", unused)
    assert borrowed <= kept
    assert borrowed.isdisjoint(said), "what we say ourselves is written once, in the code"


@pytest.mark.parametrize("locale", [*messages.TRANSLATED, "en"])
def test_every_message_is_translated(locale: str) -> None:
    assert not _wrong(locale, lambda _, string: not string.strip())
    assert not [message.id for message in messages.catalogue(locale) if message.fuzzy and message.id]


@pytest.mark.parametrize("locale", messages.TRANSLATED)
def test_what_stands_for_something_comes_through(locale: str) -> None:
    borrowed = messages.keys(messages.catalogue("en"))
    ours = [message for message in _kept(locale) if messages.key(message) not in borrowed]
    theirs = [message for message in _kept(locale) if messages.key(message) in borrowed]
    assert not _those(ours, lambda text, string: _places(text) != _places(string))
    assert not _those(theirs, lambda text, string: not set(_places(string)) <= set(_places(text)))


@pytest.mark.parametrize("locale", messages.TRANSLATED)
def test_a_translation_begins_and_ends_as_its_text_does(locale: str) -> None:
    def differs(text: str, string: str) -> bool:
        return string != string.strip() or (text[-1] in ENDS) != (string[-1] in ENDS)

    assert not _wrong(locale, differs)


@pytest.mark.parametrize("locale", messages.TRANSLATED)
def test_each_language_keeps_to_its_own_words_and_marks(locale: str) -> None:
    assert not _wrong(locale, lambda _, string: UNSAID[locale].search(PLACES.sub("", string)))


def test_spanish_says_tu() -> None:
    assert not _wrong("es", lambda _, string: FORMAL.search(string))


def test_spanish_opens_what_it_asks_and_exclaims() -> None:
    assert not _wrong("es", lambda _, string: string[-1] in "?!" and not set("¿¡") & set(string))


def test_what_is_borrowed_is_still_said_by_django_or_allauth() -> None:
    theirs = [Path(django.__file__).parent / "conf", Path(django.__file__).parent / "contrib" / "auth"]
    lent: set[object] = set()
    for place in [*theirs, Path(allauth.__file__).parent]:
        with (place / "locale" / "es" / "LC_MESSAGES" / "django.po").open("rb") as file:
            lent |= {message.id for message in read_po(file)}
    assert not [message.id for message in _kept("en") if message.id not in lent]


def test_english_is_what_the_code_says(settings: Any) -> None:
    settings.LANGUAGE_CODE = "es"
    with override("en"):
        for context, text in messages.said():
            if isinstance(text, tuple):
                assert [ngettext(text[0], text[1], n) for n in (1, 2)] == list(text)
            else:
                assert (pgettext(context, text) if context else gettext(text)) == text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "given", "words"),
    [
        ("en-GB,en;q=0.9", "en", "With the e-mail you were invited with."),
        ("pt-BR,pt;q=0.9", "pt-br", "Com o e-mail em que você foi convidado."),
        ("es-MX", "es", "Con el correo con el que te invitaron."),
        ("fr", "es", "Con el correo con el que te invitaron."),
    ],
)
def test_a_browser_is_answered_in_its_language(asked: str, given: str, words: str) -> None:
    page = Client(headers={"accept-language": asked}).get("/accounts/login/")
    assert page["content-language"] == given
    assert words in page.content.decode()


def test_the_markings_are_found() -> None:
    source = "_('a' 'b'); ngettext('one', 'many', n); pgettext('c', 'd'); _(each['reason']); print('e')"
    assert set(messages.in_python(source)) == {(None, "ab"), (None, ("one", "many")), ("c", "d")}
    template = (
        "{% load i18n %}<p>  {% translate 'a' %} {% translate 'd' context 'c' %} {{ x|default:_('b') }}\n"
        "{% blocktranslate count n=n with w=w %}one {{ w }}{% plural %}many {{ w }}{% endblocktranslate %}it's"
    )
    many = ("one %(w)s", "many %(w)s")
    assert set(messages.in_template(template)) == {(None, "a"), ("c", "d"), (None, "b"), (None, many)}


def _kept(locale: str) -> list[Message]:
    return [message for message in messages.catalogue(locale) if message.id]


def _wrong(locale: str, is_wrong: Any) -> list[str]:
    return _those(_kept(locale), is_wrong)


def _those(kept: Iterable[Message], is_wrong: Any) -> list[str]:
    """The translations of which that is so, each beside the text it is of."""
    pairs = [
        (text, string)
        for message in kept
        for text, string in zip(messages.forms(message.id), messages.forms(message.string), strict=True)
    ]
    return [f"{text!r}: {string!r}" for text, string in pairs if is_wrong(text, string)]


def _places(text: str) -> list[str]:
    return sorted(PLACES.findall(text))


def _list(advice: str, found: list[str]) -> str:
    return "\n".join([advice, *sorted(found)])
