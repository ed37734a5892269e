"""Long texts are cut where a reader would cut them, within the limit, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandeja.channels.meta.splitting import is_between, octets, split, units, width_of

FAMILY = "👨‍👩‍👧‍👦"
WAVE = "👋🏽"
FLAG = "🇲🇽"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
KEYCAP = "1️⃣"
CLUSTERS = [FAMILY, WAVE, FLAG, SCOTLAND, KEYCAP, "é", "क्षि", "각", "กำ", "❤️", "\r\n", "a"]


def test_a_short_text_is_one_part() -> None:
    assert split("Hola, ¿cómo estás?", 100, units) == ["Hola, ¿cómo estás?"]


@pytest.mark.parametrize("text", ["", "  ", "\n\n"])
def test_a_blank_text_is_no_part(text: str) -> None:
    assert split(text, 100, units) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Uno dos tres.\n\nCuatro.\nCinco", ["Uno dos tres.", "Cuatro.\nCinco"]),
        ("Uno dos tres.\nCuatro. Cinco", ["Uno dos tres.", "Cuatro. Cinco"]),
        ("Uno dos tres. Cuatro cinco", ["Uno dos tres.", "Cuatro cinco"]),
        ("Uno «dos tres.» Cuatro cinco", ["Uno «dos tres.»", "Cuatro cinco"]),
        ("unodostres cuatro cinco", ["unodostres cuatro", "cinco"]),
        ("12345678901234567890 12345", ["12345678901234567890", "12345"]),
        ("123456789012345678901234567890", ["12345678901234567890", "1234567890"]),
        ("a. 12345678901234567 890", ["a. 12345678901234567", "890"]),
    ],
)
def test_the_best_place_is_taken(text: str, parts: list[str]) -> None:
    """Paragraph, line, sentence, word, character; but not so early that little is left before it."""
    assert split(text, 20, units) == parts


def test_bytes_are_counted_where_the_channel_counts_bytes() -> None:
    parts = split("ñ" * 1_000, 1_000, octets)
    assert [len(part) for part in parts] == [500, 500]
    assert split("ñ" * 500, 1_000, octets) == ["ñ" * 500]


def test_an_emoji_counts_as_the_strictest_counting_has_it() -> None:
    assert [len(part) for part in split("😀" * 3_000, 4_096, units)] == [2_048, 952]


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_no_cut_falls_within_what_people_see_as_one_character(cluster: str) -> None:
    text = "ab" + cluster * 3 + "yz"
    starts = {0, 1, 2, *(2 + len(cluster) * n for n in range(4)), len(text) - 1, len(text)}
    assert {place for place in range(len(text) + 1) if is_between(text, place)} <= starts
    assert all(is_between(text, 2 + len(cluster) * n) for n in range(4))
    for limit in range(len(cluster.encode()), 40):
        for part in split(cluster * 20, limit, octets):
            assert not part.replace(cluster, "").strip()


def test_a_character_larger_than_the_limit_ends_all_the_same() -> None:
    assert "".join(split("a" + "\u0301" * 5_000, 100, octets)) == "a" + "\u0301" * 5_000


words = st.text(st.sampled_from([*"abñ .!?\n\t", "\u0301", "\u200d", *FAMILY, *FLAG, "각"]), max_size=120)


@given(words, st.integers(4, 60), st.sampled_from([units, octets]))
def test_nothing_but_blanks_is_lost_and_every_part_fits(text: str, limit: int, width: object) -> None:
    assert width in (units, octets)
    measure = units if width is units else octets
    parts = split(text, limit, measure)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(part.strip() == part and 0 < width_of(part, measure) <= limit for part in parts)
