"""Opaque tokens: what the holder gets, and the only thing that is stored."""

import hashlib
import secrets

API_PREFIX = "cct_"


def fresh(prefix: str = "") -> str:
    """A new random token of 256 bits."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored and looked up. No salt is needed: nobody guesses 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
