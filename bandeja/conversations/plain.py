"""Texts as people type when they search, without accents and capitals, and the index that finds contacts by them.

The database makes a text plain by `bandeja_plain`, and what is looked for is made plain here, in the same way.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from django.db import DatabaseError
from django.db.models import Func, TextField

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

INDEX = "contact_words"
EXTENSIONS = ("pg_trgm", "btree_gin")
MEND = " ".join(
    [
        "As a superuser of PostgreSQL, in Bandeja's database:",
        *(f"CREATE EXTENSION IF NOT EXISTS {extension};" for extension in EXTENSIONS),
    ]
)
"""What to do where the owner of the database may not add them."""
MARKS = re.compile("[\u0300-\u036f]")

FUNCTIONS = r"""
create or replace function bandeja_plain(said text) returns text
language sql immutable strict parallel safe
return lower(regexp_replace(normalize(said, nfd), '[\u0300-\u036f]', '', 'g'));

create or replace function bandeja_words(name text, email text, phone text) returns text
language sql immutable strict parallel safe
return lower(regexp_replace(normalize(name || ' ' || email, nfd), '[\u0300-\u036f]', '', 'g'))
       || ' ' || regexp_replace(phone, '[^0-9]', '', 'g');
"""
"""The bodies are kept parsed: a dump is restored, and an index rebuilt, whatever the search path."""

BUILD = f"""
create index concurrently {INDEX} on contact
using gin (workspace_id, bandeja_words(name, email, phone) gin_trgm_ops)
"""
STANDS = "select indisvalid from pg_index where indexrelid = to_regclass(%s)"


class Plain(Func):
    """A text without its accents and capitals."""

    function = "bandeja_plain"
    output_field = TextField()


class Words(Func):
    """What a contact is found by, over name, e-mail and phone: plain, the digits of the phone last."""

    function = "bandeja_words"
    output_field = TextField()


class Digits(Func):
    """The digits of a number, however it was typed."""

    function = "regexp_replace"
    template = "%(function)s(%(expressions)s, '[^0-9]', '', 'g')"
    output_field = TextField()


def plain(text: str) -> str:
    """The same of a text in hand."""
    return MARKS.sub("", unicodedata.normalize("NFD", text)).lower()


def is_indexed(connection: BaseDatabaseWrapper) -> bool:
    """Whether contacts are found by the index; without it they are looked for one by one, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(STANDS, [INDEX])
        row: tuple[bool] | None = cursor.fetchone()
        return row == (True,)


def index(connection: BaseDatabaseWrapper) -> str:
    """Build the index where it does not stand, beside whoever is writing; answers what hindered it, or nothing.

    A server may not have the extensions, or not let the owner of a database add them: everything else works without.
    """
    if is_indexed(connection):
        return ""
    with connection.cursor() as cursor:
        try:
            for extension in EXTENSIONS:
                cursor.execute(f"create extension if not exists {extension}")
        except DatabaseError as error:
            return str(error).strip().splitlines()[0]
        # An attempt that was cut off leaves an index that serves nobody and has the name.
        cursor.execute(f"drop index concurrently if exists {INDEX}")
        cursor.execute(BUILD)
    return ""
