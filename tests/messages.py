"""What code and templates say, and the catalogues that say it in each language.

`bin/messages` brings the catalogues up to date: it adds what is new, drops what nothing says any more, and tells
what lacks a translation. Spanish and Portuguese hold everything; English holds only what Django and allauth say and
we say in other words, and so names what the other two borrow.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent / "bandeja"
LOCALES = PACKAGE / "locale"
TRANSLATED = ("es", "pt_BR")

# What each function is given: a context (c), a text for one (1), a text for many (2).
MARKS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), "1"),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), "12"),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), "c1"),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), "c12"),
}

# What programs need to read a catalogue; who changed it and when is for git to tell.
HEADER = """msgid ""
msgstr ""
"Language: {locale}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

"""

# As a catalogue knows a message: its context, and its text or both of them.
Key = tuple[str | None, str | tuple[str, ...]]


def said() -> dict[Key, list[str]]:
    """Every message, and the files that say it, in the order of the files."""
    found: dict[Key, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*")):
        if {"tests", "migrations", "locale"}.isdisjoint(path.relative_to(PACKAGE).parts):
            for key in _in_file(path):
                files = found.setdefault(key, [])
                files.extend({path.relative_to(PACKAGE.parent).as_posix()} - set(files))
    return found


def _in_file(path: Path) -> Iterator[Key]:
    if path.suffix == ".py":
        yield from in_python(path.read_text(encoding="utf-8"))
    elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
        yield from in_template(path.read_text(encoding="utf-8"))


def in_python(text: str) -> Iterator[Key]:
    """The messages marked in a module, where they are written out; `_(reason)` marks nothing."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            texts = [
                part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
            if name in MARKS and len(texts) >= len(MARKS[name]):
                yield _key(MARKS[name], texts)


def in_template(text: str) -> Iterator[Key]:
    """The messages marked in a template."""
    from django.utils.translation.template import templatize

    # Babel reads Python: within parentheses what surrounds the calls need not be indented as Python is.
    source = BytesIO(f"({templatize(text)})".encode())
    found: Iterable[Any] = extract_python(source, dict.fromkeys(MARKS), [], {"encoding": "utf-8"})
    for _line, name, texts, _comments in found:
        yield _key(MARKS[name], [texts] if isinstance(texts, str) else [each for each in texts if each])


def _key(mark: str, texts: list[str]) -> Key:
    parts = dict(zip(mark, texts, strict=False))
    return parts.get("c"), (parts["1"], parts["2"]) if "2" in parts else parts["1"]


def catalogue(locale: str) -> Catalog:
    """The catalogue as it is kept."""
    with _path(locale).open("rb") as file:
        return read_po(file, locale=locale)


def keys(kept: Catalog) -> set[Key]:
    return {key(message) for message in kept if message.id}


def key(message: Message) -> Key:
    return message.context, message.id if isinstance(message.id, str) else tuple(message.id)


def update(locale: str, messages: dict[Key, list[str]]) -> list[Key]:
    """Writes the catalogue with these messages and no other; answers those that lack a translation."""
    kept, fresh = catalogue(locale), Catalog(locale=locale)
    for (context, text), files in messages.items():
        old = kept.get(text, context)
        string = old.string if old and old.id == text else ""
        fresh.add(text, string, locations=[(file, 0) for file in files], context=context)
    with _path(locale).open("wb") as file:
        file.write(HEADER.format(locale=locale, plurals=fresh.plural_forms).encode())
        write_po(file, fresh, width=0, omit_header=True, include_lineno=False)
    return [key(message) for message in fresh if message.id and not all(forms(message.string))]


def forms(string: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """A translation's texts: one, or one for each plural form."""
    return [string or ""] if isinstance(string, str | None) else list(string)


def _path(locale: str) -> Path:
    return LOCALES / locale / "LC_MESSAGES" / "django.po"


def main() -> int:
    """Brings every catalogue up to date; answers 0 when nothing lacks a translation."""
    borrowed: dict[Key, list[str]] = {key: [] for key in sorted(keys(catalogue("en")), key=str)}
    missing = 0
    for locale in TRANSLATED:
        for context, text in update(locale, said() | borrowed):
            print(f"{locale}: {context or ''} {text!r}")
            missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
