"""Sealing of secrets that must be read again: telephone passwords, second factors, login tickets."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken


class Vault:
    """Seals with keys derived from the secret key of the installation; each purpose has its own."""

    def __init__(self, secret_key: str) -> None:
        if len(secret_key) < 32:
            raise ValueError("the secret key must have at least 32 characters")
        self._root = hashlib.sha256(secret_key.encode()).digest()

    def seal(self, purpose: str, text: str, at: datetime) -> str:
        return self._fernet(purpose).encrypt_at_time(text.encode(), int(at.timestamp())).decode()

    def open(self, purpose: str, sealed: str) -> str:
        """The text; raises ``ValueError`` when it was sealed with another key or purpose."""
        try:
            return self._fernet(purpose).decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise ValueError(f"not sealed here for {purpose}") from error

    def open_fresh(self, purpose: str, sealed: str, at: datetime, longest: timedelta) -> str | None:
        """The text if it was sealed at most ``longest`` before ``at``, else None."""
        try:
            ttl = int(longest.total_seconds())
            return self._fernet(purpose).decrypt_at_time(sealed.encode(), ttl, int(at.timestamp())).decode()
        except InvalidToken:
            return None

    def sign(self, purpose: str, text: str) -> str:
        """A MAC of ``text`` as hex digits."""
        return hmac.new(self._key(purpose), text.encode(), hashlib.sha256).hexdigest()

    def _fernet(self, purpose: str) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._key(purpose)))

    def _key(self, purpose: str) -> bytes:
        return hmac.new(self._root, purpose.encode(), hashlib.sha256).digest()
