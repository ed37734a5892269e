"""What the door says when it does not take a delivery in."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RefusedError(Exception):
    """A delivery not taken in: the status, a word for programs, a sentence for people."""

    status: int
    error: str
    detail: str
    headers: Sequence[tuple[bytes, bytes]] = ()


def no_app() -> RefusedError:
    return RefusedError(404, "no_app", "There is no Meta app at this address.")


def no_account() -> RefusedError:
    return RefusedError(404, "no_account", "There is no connected account at this address.")


def wrong_method() -> RefusedError:
    return RefusedError(405, "wrong_method", "Deliveries are sent with POST.", [(b"allow", b"POST, OPTIONS")])


def no_token() -> RefusedError:
    detail = "Send the token as the header 'Authorization: Bearer <token>'."
    return RefusedError(401, "no_token", detail, [(b"www-authenticate", b"Bearer")])


def bad_token() -> RefusedError:
    return RefusedError(403, "bad_token", "This token does not belong to this account.")


def not_signed() -> RefusedError:
    return RefusedError(401, "not_signed", "A delivery of Meta carries the header X-Hub-Signature-256.")


def bad_signature() -> RefusedError:
    return RefusedError(403, "bad_signature", "This delivery was not signed with the secret of this app.")


def bad_verification() -> RefusedError:
    return RefusedError(403, "bad_verification", "hub.mode is not subscribe, or hub.verify_token is not this app's.")


def wrong_type() -> RefusedError:
    return RefusedError(415, "wrong_type", "Deliveries are JSON: send 'Content-Type: application/json'.")


def too_large(limit: int) -> RefusedError:
    return RefusedError(413, "too_large", f"A delivery to this account may have at most {limit} bytes.")


def too_many(seconds: float) -> RefusedError:
    return RefusedError(429, "too_many", "Too many messages in a short time; wait a little.", _wait(seconds))


def too_busy() -> RefusedError:
    return RefusedError(503, "too_busy", "More is arriving than can be stored; send it again.", _wait(1))


def not_stored() -> RefusedError:
    return RefusedError(500, "not_stored", "The delivery could not be stored; send it again.")


def _wait(seconds: float) -> list[tuple[bytes, bytes]]:
    return [(b"retry-after", str(max(1, round(seconds + 0.5))).encode())]
