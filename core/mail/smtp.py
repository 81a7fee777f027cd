"""Handing messages to a mail server (SMTP, RFC 5321), one at a time, so that it is known of each what became of it."""

import asyncio
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

from core.mail.errors import MailNotSet, MailRefused, MailUncertain, MailUnreachable

Security = Literal["starttls", "tls", "none"]
#: How long each step of the conversation may take.
_SECONDS = 30.0
_READY, _TAKEN, _PERMANENT = 354, 250, 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Relay:
    """The server that takes our mail. ``sender`` is the address it is sent from; without a ``host`` nothing is."""

    host: str = ""
    port: int = 587
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""


class Smtp:
    """Sends through a relay; every message has a conversation of its own, in a thread."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    @property
    def sender(self) -> str:
        """The address that mail is sent from; empty when no server is set up."""
        return self._relay.sender if self._relay.host else ""

    async def send(self, message: EmailMessage) -> None:
        """Hand the message over, once. Raises ``MailNotSet``, ``MailUnreachable``, ``MailRefused`` (then it certainly
        was not taken) or ``MailUncertain``."""
        if not self.sender:
            raise MailNotSet
        await asyncio.to_thread(self._hand_over, message)

    def _hand_over(self, message: EmailMessage) -> None:
        try:
            server = self._connected()
            try:
                for code, _ in (server.mail(self._relay.sender), server.rcpt(str(message["To"]))):
                    _check(code)
                _check(_give(server, bytes(message)))
            finally:
                _take_leave(server)
        except smtplib.SMTPResponseException as error:
            _check(error.smtp_code)
            raise MailUnreachable from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnreachable from error

    def _connected(self) -> smtplib.SMTP:
        relay, context = self._relay, ssl.create_default_context()
        if relay.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(relay.host, relay.port, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(relay.host, relay.port, timeout=_SECONDS)
        try:
            if relay.security == "starttls":
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            if relay.user:
                server.login(relay.user, relay.password)
        except BaseException:
            server.close()
            raise
        return server


def _take_leave(server: smtplib.SMTP) -> None:
    """However the goodbye is answered, it changes nothing about the message."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _check(code: int) -> None:
    if code >= _PERMANENT:
        raise MailRefused
    if code >= 400:
        raise MailUnreachable


def _give(server: smtplib.SMTP, message: bytes) -> int:
    """The server's answer to the message. From here on a broken connection leaves open what became of it."""
    try:
        code, _ = server.data(message)
    except smtplib.SMTPDataError as error:  # it did not want to hear it
        return int(error.smtp_code)
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise MailUncertain from error
    return code
