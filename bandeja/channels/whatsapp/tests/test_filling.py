"""A template's variables, filled in and previewed; what is missing is named before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from bandeja.channels.meta import faults
from bandeja.channels.sending import Refused
from bandeja.channels.whatsapp.filling import Variable, fill, missing, preview, variables

POSITIONAL: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "TEXT", "text": "Pedido {{1}}", "example": {"header_text": ["A-1"]}},
    {
        "type": "BODY",
        "text": "Hola {{1}}, tu pedido llega el {{2}}. Gracias, {{1}}.",
        "example": {"body_text": [["Lía", "lunes"]]},
    },
    {"type": "FOOTER", "text": "Tienda {{no es variable}}"},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "Gracias"},
            {"type": "URL", "text": "Seguir", "url": "https://t.example/{{1}}"},
            {"type": "URL", "text": "Tienda", "url": "https://t.example"},
            {"type": "COPY_CODE", "text": "Copiar", "example": "X"},
            {"type": "PHONE_NUMBER", "text": "Llamar", "phone_number": "+52"},
        ],
    },
]
VALUES = {"header.1": "B-7", "body.1": "Lía", "body.2": "martes\n 3", "button.1": "b7", "button.3": "OFERTA"}

NAMED: list[dict[str, Any]] = [
    {
        "type": "BODY",
        "text": "Hola {{nombre}}, son {{total}}.",
        "example": {"body_text_named_params": [{"param_name": "nombre", "example": "Lía"}]},
    }
]


def test_it_tells_what_it_asks_for() -> None:
    assert variables(POSITIONAL) == [
        Variable("header.1", "text", "1", "A-1"),
        Variable("body.1", "text", "1", "Lía"),
        Variable("body.2", "text", "2", "lunes"),
        Variable("button.1", "url", "Seguir"),
        Variable("button.3", "code", "Copiar"),
    ]
    assert variables(NAMED) == [
        Variable("body.nombre", "text", "nombre", "Lía"),
        Variable("body.total", "text", "total"),
    ]


def test_positional_values_go_by_their_place() -> None:
    assert fill(POSITIONAL, VALUES, parameter_format="POSITIONAL") == [
        {"type": "header", "parameters": [{"type": "text", "text": "B-7"}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Lía"}, {"type": "text", "text": "martes 3"}]},
        {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "b7"}]},
        {
            "type": "button",
            "sub_type": "copy_code",
            "index": "3",
            "parameters": [{"type": "coupon_code", "coupon_code": "OFERTA"}],
        },
    ]


def test_positional_values_go_by_number_whatever_their_order_in_the_text() -> None:
    body = [{"type": "BODY", "text": "{{2}} y {{1}} de {{10}}"}]
    values = {"body.1": "a", "body.2": "b", "body.10": "c"}
    assert [each["text"] for each in fill(body, values)[0]["parameters"]] == ["a", "b", "c"]
    assert preview(body, values) == "b y a de c"


def test_named_values_carry_their_names() -> None:
    values = {"body.nombre": "Lía", "body.total": "$ 5"}
    assert fill(NAMED, values, parameter_format="NAMED")[0]["parameters"] == [
        {"type": "text", "text": "Lía", "parameter_name": "nombre"},
        {"type": "text", "text": "$ 5", "parameter_name": "total"},
    ]


@pytest.mark.parametrize(
    ("value", "node"), [("4490", {"id": "4490"}), ("https://x/a.png", {"link": "https://x/a.png"})]
)
@pytest.mark.parametrize("form", ["IMAGE", "VIDEO", "DOCUMENT"])
def test_a_header_may_be_a_file(form: str, value: str, node: dict[str, str]) -> None:
    header: list[dict[str, Any]] = [{"type": "HEADER", "format": form, "example": {"header_handle": ["https://x"]}}]
    assert variables(header) == [Variable("header", form.lower(), form.lower())]
    kind = form.lower()
    assert fill(header, {"header": value}) == [{"type": "header", "parameters": [{"type": kind, kind: node}]}]
    assert preview(header, {"header": value}) == ""


def test_a_header_may_be_a_place() -> None:
    filled = fill([{"type": "HEADER", "format": "LOCATION"}], {"header": "19.4,-99.1,Zócalo,Centro, CDMX"})
    assert filled[0]["parameters"][0]["location"] == {
        "latitude": "19.4",
        "longitude": "-99.1",
        "name": "Zócalo",
        "address": "Centro, CDMX",
    }


def test_a_code_for_signing_in_is_told_to_its_button_too() -> None:
    otp: list[dict[str, Any]] = [
        {"type": "BODY", "text": "*{{1}}* es tu código."},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copiar"}]},
    ]
    assert fill(otp, {"body.1": "123", "button.0": "123"})[1] == {
        "type": "button",
        "sub_type": "url",
        "index": "0",
        "parameters": [{"type": "text", "text": "123"}],
    }


def test_what_is_missing_is_named_and_blank_is_missing() -> None:
    lacking = {**VALUES, "body.2": " \n", "button.1": ""}
    assert missing(POSITIONAL, lacking) == ["body.2", "button.1"]
    with pytest.raises(Refused) as refused:
        fill(POSITIONAL, lacking)
    assert (refused.value.text, refused.value.details) == (faults.VALUES_MISSING, "body.2, button.1")


def test_it_can_be_read_before_it_is_sent_however_much_is_filled_in() -> None:
    assert preview(POSITIONAL, {"body.1": "Lía"}) == (
        "Pedido {{1}}\n\nHola Lía, tu pedido llega el {{2}}. Gracias, Lía.\n\nTienda {{no es variable}}\n\n"
        "[Gracias]\n[Seguir]\n[Tienda]\n[Copiar]\n[Llamar]"
    )


def test_a_value_with_braces_is_not_a_variable_again() -> None:
    assert preview(NAMED, {"body.nombre": "{{total}}", "body.total": "1"}) == "Hola {{total}}, son 1."


@pytest.mark.parametrize(
    "components",
    [
        [],
        [{}],
        [{"type": None}],
        [{"type": "BODY"}],
        [{"type": "BODY", "text": 5}],
        [{"type": "BUTTONS", "buttons": "x"}],
    ],
)
def test_a_template_of_any_shape_asks_for_nothing(components: list[dict[str, Any]]) -> None:
    assert variables(components) == []
    assert fill(components, {}) == []
    assert preview(components, {}) == ""
