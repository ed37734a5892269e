"""Files kept in a bucket of whatever speaks S3."""

from __future__ import annotations

from typing import Any, BinaryIO

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from bandeja.media.part import Part

MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


class Bucket(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """A private bucket: nothing in it is ever public, and browsers never hear of it."""

    def __init__(self, *, style: str = "auto", **options: Any) -> None:
        config = Config(
            s3={"addressing_style": style},
            signature_version="s3v4",
            connect_timeout=10,
            read_timeout=60,
            # Amazon's newer checksums are unknown to many that speak S3.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(client_config=config, default_acl=None, file_overwrite=True, **options)

    def keep(self, key: str, file: BinaryIO) -> None:
        """Keep the bytes of `file` under `key`, in place of what was there. Raises OSError when it cannot be."""
        try:
            self.save(key, File(file))
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"The bucket did not take the file: {error}") from error

    def stream(self, key: str, first: int, last: int) -> Part:
        """The bytes from `first` to `last`, both included. Raises FileNotFoundError at once, not while it streams."""
        try:
            found = self.bucket.Object(key).get(Range=f"bytes={first}-{last}")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in MISSING:
                raise FileNotFoundError(key) from error
            raise
        return Part(found["Body"], last - first + 1)

    def clear(self) -> None:
        """Nothing: an upload that was cut off is the bucket's own to forget."""
