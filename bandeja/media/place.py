"""Where files are kept, in Django's terms: a folder of this machine, or a bucket that speaks S3.

Imports nothing of Django: the settings read it.
"""

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit


def storage_settings(url: str, home: Path) -> dict[str, Any]:
    """Django's STORAGES entry for `url` (BANDEJA_MEDIA_URL), or for a folder below `home` when it is empty."""
    if not url:
        return {"BACKEND": "bandeja.media.folder.Folder", "OPTIONS": {"location": str(home / "media")}}
    return {"BACKEND": "bandeja.media.bucket.Bucket", "OPTIONS": _bucket(urlsplit(url))}


def _bucket(parts: SplitResult) -> dict[str, Any]:
    """`s3://key:secret@host:port/bucket?region=…&endpoint=…&style=path`; without a host it is Amazon's own.

    Without a key, what the machine itself may do counts. `endpoint` is for one that is not https.
    """
    more = dict(parse_qsl(parts.query))
    server = parts.netloc.rpartition("@")[2]
    return {
        "access_key": unquote(parts.username or "") or None,
        "secret_key": unquote(parts.password or "") or None,
        "bucket_name": parts.path.strip("/"),
        "endpoint_url": more.get("endpoint") or (f"https://{server}" if server else None),
        "region_name": more.get("region"),
        "style": more.get("style", "auto"),
    }
