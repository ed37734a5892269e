"""Where files are kept: a folder of this machine, or a bucket, of which only a likeness is here to be asked.

The bucket's likeness stands for boto3's resource: what Bandeja asks of it is proven, not what Amazon or another
answers, nor that large uploads go in parts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from bandeja import environment
from bandeja.environment import BadSettingError
from bandeja.media.bucket import Bucket
from bandeja.media.folder import Folder
from bandeja.media.place import storage_settings
from bandeja.media.storage import Storage, new_key

HOME = Path("/home/of/bandeja")


def test_without_an_address_files_are_kept_at_home() -> None:
    entry = storage_settings("", HOME)
    assert entry == {"BACKEND": "bandeja.media.folder.Folder", "OPTIONS": {"location": "/home/of/bandeja/media"}}


def test_an_address_of_a_bucket_says_all_there_is_to_know() -> None:
    url = "s3://KEY:a%2Fb%2Bc@minio.example.com:9000/files?region=eu-west-1&style=path"
    assert storage_settings(url, HOME)["OPTIONS"] == {
        "access_key": "KEY", "secret_key": "a/b+c", "bucket_name": "files",
        "endpoint_url": "https://minio.example.com:9000", "region_name": "eu-west-1", "style": "path",
    }  # fmt: skip


def test_one_of_amazons_own_needs_no_host_and_no_key() -> None:
    options = storage_settings("s3:///files?region=us-east-1", HOME)["OPTIONS"]
    assert (options["access_key"], options["endpoint_url"], options["bucket_name"]) == (None, None, "files")


def test_an_endpoint_may_be_named_whole() -> None:
    options = storage_settings("s3://k:s@x/files?endpoint=http://minio:9000", HOME)["OPTIONS"]
    assert options["endpoint_url"] == "http://minio:9000"


@pytest.mark.parametrize("url", ["https://s3.example.com/files", "s3://host", "s3://host/", "s3://host/a/b", "files"])
def test_an_address_that_names_no_bucket_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(BadSettingError, match=r"BANDEJA_MEDIA_URL must be .*, not what it was given"):
        environment.MEDIA_URL.value({"BANDEJA_MEDIA_URL": url})


def test_trusted_hosts_are_hosts() -> None:
    given = {"BANDEJA_MEDIA_HOSTS": "Files.internal, 10.0.0.5:9000"}
    assert environment.MEDIA_HOSTS.value(given) == {"files.internal", "10.0.0.5:9000"}
    with pytest.raises(BadSettingError):
        environment.MEDIA_HOSTS.value({"BANDEJA_MEDIA_HOSTS": "http://files.internal/"})


class Object:
    """One object of the likeness."""

    def __init__(self, held: dict[str, bytes], key: str) -> None:
        self._held, self._key = held, key

    def upload_fileobj(self, file: Any, **_: Any) -> None:
        self._held[self._key] = file.read()

    def get(self, **given: str) -> dict[str, Any]:
        first, _, last = given["Range"].removeprefix("bytes=").partition("-")
        self._require()
        return {"Body": BytesIO(self._held[self._key][int(first) : int(last) + 1])}

    def load(self) -> None:
        self._require()

    @property
    def content_length(self) -> int:
        self._require()
        return len(self._held[self._key])

    def delete(self) -> None:
        self._held.pop(self._key, None)

    def _require(self) -> None:
        if self._key not in self._held:
            told: Any = {"Error": {"Code": "NoSuchKey"}, "ResponseMetadata": {"HTTPStatusCode": 404}}
            raise ClientError(told, "GetObject")


class Held:
    """The likeness of a bucket."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def Object(self, key: str) -> Object:
        return Object(self.objects, key)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    held = Held()
    monkeypatch.setattr(Bucket, "bucket", property(lambda _: held))
    return held


@pytest.fixture(params=["folder", "bucket"])
def either(request: pytest.FixtureRequest, tmp_path: Path, held: Held) -> Storage:
    if request.param == "folder":
        return Folder(location=str(tmp_path / "files"))
    options = storage_settings("s3://k:s@minio.example.com/files?region=x", HOME)["OPTIONS"]
    bucket: Storage = Bucket(**options)
    return bucket


def test_what_is_kept_is_there(either: Storage) -> None:
    either.keep("1/2030/01/01/abc", BytesIO(b"0123456789"))
    assert either.size("1/2030/01/01/abc") == 10
    assert b"".join(either.stream("1/2030/01/01/abc", 0, 9)) == b"0123456789"
    assert b"".join(either.stream("1/2030/01/01/abc", 3, 5)) == b"345"


def test_what_is_kept_again_takes_the_place_of_what_was_there(either: Storage) -> None:
    for content in (b"first and longer", b"second"):
        file = BytesIO(content)
        file.read()  # wherever it was read to
        either.keep("1/a", file)
    assert b"".join(either.stream("1/a", 0, 5)) == b"second"
    assert either.size("1/a") == 6


def test_what_is_not_there_is_told_at_once(either: Storage) -> None:
    for ask in (lambda: either.stream("1/none", 0, 1), lambda: either.size("1/none")):
        with pytest.raises(FileNotFoundError):
            ask()


def test_what_is_deleted_is_gone_and_may_be_deleted_again(either: Storage) -> None:
    either.keep("1/a", BytesIO(b"x"))
    either.delete("1/a")
    either.delete("1/a")
    with pytest.raises(FileNotFoundError):
        either.stream("1/a", 0, 0)
    either.clear()


def test_a_bucket_that_does_not_answer_is_like_a_full_disk(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://minio.example.com")

    monkeypatch.setattr(Object, "upload_fileobj", unreachable)
    bucket = Bucket(**storage_settings("s3://k:s@minio.example.com/files", HOME)["OPTIONS"])
    with pytest.raises(OSError, match="did not take the file"):
        bucket.keep("1/a", BytesIO(b"x"))


def test_a_bucket_speaks_to_what_it_was_told_and_makes_nothing_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    options = storage_settings("s3://KEY:secret@minio.example.com/files?region=eu-west-1&style=path", HOME)["OPTIONS"]
    bucket = Bucket(**options)
    client = bucket.connection.meta.client
    assert (client.meta.endpoint_url, client.meta.region_name) == ("https://minio.example.com", "eu-west-1")
    assert client.meta.config.s3["addressing_style"] == "path"
    assert "ACL" not in bucket.get_object_parameters("1/a")
    client.close()


def test_keys_are_of_a_workspace_and_a_day_and_never_the_same() -> None:
    at = datetime(2030, 1, 2, tzinfo=UTC)
    first, second = new_key(7, at), new_key(7, at)
    assert first.startswith("7/2030/01/02/")
    assert first != second
