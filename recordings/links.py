"""Links to a recording that expire: signed, bound to one recording and one user."""

import base64
import hashlib
import hmac
import struct
from datetime import UTC, datetime

from callcenter.calls.recorded import LinkGrant
from core.kernel.errors import NotFound

_FIELDS = struct.Struct(">QQQ")
_PURPOSE = b"recording-link-v1"


class LinkSigner:
    """Makes and checks links with a key of its own, derived from the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)

    def sign(self, grant: LinkGrant, expires_at: datetime) -> str:
        """The link's word, good until ``expires_at`` (aware; whole seconds count)."""
        fields = _FIELDS.pack(grant.recording_id, grant.user_id, int(expires_at.timestamp()))
        return base64.urlsafe_b64encode(fields + self._mac(fields)).decode().rstrip("=")

    def open(self, word: str, now: datetime) -> LinkGrant:
        """What ``word`` grants at ``now``; ``NotFound`` when it was not made here, was changed or has expired."""
        try:
            data = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise NotFound from None
        fields, mac = data[: _FIELDS.size], data[_FIELDS.size :]
        if not hmac.compare_digest(mac, self._mac(fields)):
            raise NotFound
        recording_id, user_id, expires = _FIELDS.unpack(fields)
        if now.astimezone(UTC).timestamp() >= expires:
            raise NotFound
        return LinkGrant(recording_id=recording_id, user_id=user_id)

    def _mac(self, fields: bytes) -> bytes:
        return hmac.digest(self._key, fields, hashlib.sha256)
