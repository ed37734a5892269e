"""The API, version 1. Its description is at `openapi.json`; no page of docs, which would need foreign scripts."""

from datetime import datetime

from ninja import NinjaAPI
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder

from bandeja.api.access import Token
from bandeja.api.conversations import router
from bandeja.api.problems import tell_problems


class ExactEncoder(NinjaJSONEncoder):
    """Writes instants whole: cut to milliseconds, a `confirmed_at` copied from here would lie before its message."""

    def default(self, o: object) -> object:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class ExactRenderer(JSONRenderer):
    encoder_class = ExactEncoder


api = NinjaAPI(title="Bandeja", version="1", auth=Token(), docs_url=None, renderer=ExactRenderer())
api.add_router("/conversations", router)
tell_problems(api)
