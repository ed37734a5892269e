"""Pages are sent compressed; what is no page is sent as it is."""

from __future__ import annotations

import gzip

import pytest
from django.http import FileResponse, HttpResponse, JsonResponse
from django.test import Client, RequestFactory

from bandeja.web.smaller import SmallerPagesMiddleware
from tests.cast import Cast


def test_a_page_is_a_fraction_of_its_size(cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.ana)
    for number in range(40):
        cast.write(f"lia {number}")
    answer = browser.get("/inbox", headers={"accept-encoding": "gzip"})
    assert answer["content-encoding"] == "gzip"
    assert len(gzip.decompress(answer.content)) > 4 * len(answer.content)
    assert len(answer.content) < 60_000


@pytest.mark.parametrize("kind", ["json", "file", "asked without"])
def test_what_is_no_page_is_sent_as_it_is(kind: str) -> None:
    answers = {
        "json": JsonResponse({"a": "x" * 1_000}),
        "file": FileResponse(iter([b"<p>" * 1_000]), content_type="text/html"),
        "asked without": HttpResponse("<p>" * 1_000),
    }
    asked = RequestFactory().get("/", headers={} if kind == "asked without" else {"accept-encoding": "gzip"})
    answer = SmallerPagesMiddleware(lambda _request: HttpResponse()).process_response(asked, answers[kind])
    assert not answer.has_header("content-encoding")
