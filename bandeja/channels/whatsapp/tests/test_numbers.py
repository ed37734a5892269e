"""The other forms of a number, for finding who is known already (meta.md E6)."""

import pytest

from bandeja.channels.whatsapp.numbers import variants


@pytest.mark.parametrize(
    ("number", "others"),
    [
        ("5511987654321", ("551187654321",)),
        ("551187654321", ("5511987654321",)),
        ("551167654321", ("5511967654321",)),
        ("551132654321", ()),
        ("5511932654321", ()),
        ("5511887654321", ()),
        ("55119876543210", ()),
        ("55119", ()),
        ("5215512345678", ("525512345678",)),
        ("525512345678", ("5215512345678",)),
        ("5225512345678", ()),
        ("5491123456789", ("541123456789",)),
        ("541123456789", ("5491123456789",)),
        ("5411234567890", ()),
        ("573001234567", ()),
        ("16505551234", ()),
        ("55", ()),
        ("", ()),
    ],
)
def test_only_brazil_mexico_and_argentina_write_a_number_in_two_ways(number: str, others: tuple[str, ...]) -> None:
    assert variants(number) == others


@pytest.mark.parametrize("number", ["5511987654321", "5215512345678", "5491123456789", "551187654321"])
def test_the_other_form_of_the_other_form_is_the_number(number: str) -> None:
    (other,) = variants(number)
    assert variants(other) == (number,)
