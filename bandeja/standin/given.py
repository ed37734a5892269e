"""Files as the control API is given them: a sample's name, or the bytes in base64."""

from __future__ import annotations

import base64

from bandeja.standin import files
from bandeja.standin.world import Json


def file(body: Json, kind: str) -> tuple[str, str, bytes]:
    """MIME type, name and bytes; a sample of this kind when no `data` is given."""
    if "data" in body:
        return body["mime"], body.get("name", ""), base64.b64decode(body["data"], validate=True)
    mime, name, make = files.SAMPLES[body.get("sample", kind)]
    return body.get("mime", mime), body.get("name", name), make()
