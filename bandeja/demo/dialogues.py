"""The conversations the demo is made of, and the words that make each of them different."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from random import Random

from bandeja.demo.rhythm import Rhythm

CONTACT, TEAM, NOTE = ">", "<", "#"
PAUSES = {"": timedelta(0), "~": timedelta(hours=3), "~~": timedelta(hours=46)}
ENDINGS = {"cerrada": 70, "silencio": 23, "sin respuesta": 7}
"""How a dialogue may end, and in how many of a hundred it does."""

BLANK = re.compile(r"\{([^{}]*)\}")
DAYS = ("el lunes", "el martes", "el miércoles", "el jueves", "el viernes", "el sábado", "el domingo")
PRICES = {"Ruta 28": "USD 890", "Sabana": "USD 540", "Páramo": "USD 1.240"}
PARTS = {
    "una cadena de 12 velocidades": "USD 38",
    "unas pastillas de freno": "USD 18",
    "unos puños de goma": "USD 14",
    "una cámara de 700": "USD 7",
    "unos pedales de plataforma": "USD 34",
    "unas luces recargables": "USD 26",
}
QUARTERS = (
    "Chapinero",
    "Teusaquillo",
    "La Floresta",
    "Cedritos",
    "Belén",
    "El Poblado",
    "San Isidro",
    "La Candelaria",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One message or note, and the time that passes before it."""

    side: str
    text: str
    pause: timedelta


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One exchange; `reason` is what it is closed with when it is closed by hand."""

    ending: str
    reason: str
    lines: Sequence[Line]


def read() -> list[Dialogue]:
    """Those of dialogues.txt."""
    text = files("bandeja.demo").joinpath("dialogues.txt").read_text(encoding="utf-8")
    return [_dialogue(*part.strip().splitlines()) for part in text.split("\n== ")[1:]]


class Deck:
    """Deals dialogues, each ending as often as ENDINGS says and none twice before all of its ending were dealt."""

    def __init__(self, rng: Random) -> None:
        self._rng, self._every = rng, read()
        self._left: dict[str, list[Dialogue]] = {ending: [] for ending in ENDINGS}

    def deal(self) -> Dialogue:
        (ending,) = self._rng.choices(list(ENDINGS), list(ENDINGS.values()))
        left = self._left[ending]
        if not left:
            left += [dialogue for dialogue in self._every if dialogue.ending == ending]
            self._rng.shuffle(left)
        return left.pop()


def words(contact: str, agent: str, at: datetime, rhythm: Rhythm, rng: Random) -> dict[str, str]:
    """What fills the blanks of a dialogue that begins at `at`, the same in all its lines."""
    first = contact.split(" ", maxsplit=1)[0]
    bicycle = rng.choice(list(PRICES))
    part = rng.choice(list(PARTS))
    day = _day(at, rhythm, rng)
    return {
        "nombre": first,
        ",nombre": f", {first}" if first else "",
        "yo": agent.split(" ", maxsplit=1)[0],
        "bici": bicycle,
        "precio": PRICES[bicycle],
        "talla": rng.choice("SML"),
        "color": rng.choice(["verde", "azul", "rojo", "arena"]),
        "pieza": part,
        "costo": PARTS[part],
        "pedido": f"CA-{rng.randrange(2_100, 9_900)}",
        "barrio": rng.choice(QUARTERS),
        "dia": day,
        "Dia": day[0].upper() + day[1:],
        "hora": rng.choice(["9:30", "10:00", "10:30", "11:15", "15:00", "16:30"]),
    }


def fill(text: str, blanks: Mapping[str, str], at: datetime, rhythm: Rhythm, rng: Random) -> str:
    """`text` with its blanks filled, one of each `{a|b}` chosen, a greeting for the hour, and a capital to begin."""

    def one(blank: re.Match[str]) -> str:
        if blank[1] == "hola":
            return rng.choice(["hola", "hola", "buenas", _greeting(rhythm.local(at).hour)])
        return rng.choice(blank[1].split("|")) if "|" in blank[1] else blanks[blank[1]]

    return _capital(BLANK.sub(one, text))


def _capital(text: str) -> str:
    first = 1 if text[0] in "¡¿" else 0
    return text[:first] + text[first].upper() + text[first + 1 :]


def _greeting(hour: int) -> str:
    return "buenos días" if 5 <= hour < 12 else "buenas tardes" if 12 <= hour < 19 else "buenas noches"


def _day(at: datetime, rhythm: Rhythm, rng: Random) -> str:
    """A working day soon after, as people say it."""
    soon = rhythm.open_from(at + timedelta(days=rng.randrange(1, 4)))
    far = (rhythm.local(soon).date() - rhythm.local(at).date()).days
    return "mañana" if far == 1 else DAYS[rhythm.local(soon).weekday()]


def _dialogue(head: str, *rows: str) -> Dialogue:
    ending, _, reason = head.partition(": ")
    lines, pause = [], ""
    for row in rows:
        if row in PAUSES:
            pause = row
            continue
        lines.append(Line(row[0], row[2:], PAUSES[pause]))
        pause = ""
    return Dialogue(ending, reason, lines)
