"""Settings: environment variables with the prefix ``CALLCENTER_`` or a ``.env`` file, checked when they are read."""

import contextlib
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.kernel.errors import DomainError
from core.kernel.i18n import mark
from core.mail.smtp import Relay

_DATABASES = ("sqlite+aiosqlite:///", "postgresql+asyncpg://")
_ROOT = Path(__file__).resolve().parents[2]
_KEY_BYTES = 32
_KEY_MINIMUM = 32


class BadSettings(DomainError):
    """A setting is missing or wrong; ``problems`` names each one and how to mend it."""

    code = "bad_settings"
    text = mark("The settings are not right: {problems}")


class AmiAddress:
    """Where an exchange's manager interface listens, with the account to use. The secret never shows in ``repr``."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "ami" or not (parts.username and parts.password and parts.hostname):
            raise ValueError("write it as ami://user:secret@host:port")
        self.user = unquote(parts.username)
        self.secret = unquote(parts.password)
        self.host = parts.hostname
        self.port = parts.port or 5038

    def __repr__(self) -> str:
        return f"ami://{self.user}@{self.host}:{self.port}"


class Settings(BaseSettings):
    """Everything that differs between two installations.

    ``PORT`` 0 takes a free one. Data lie beside the program, wherever a command is typed.
    """

    model_config = SettingsConfigDict(env_prefix="CALLCENTER_", env_file=_ROOT / ".env", extra="ignore", frozen=True)

    data_dir: Path = _ROOT / "var"
    database_url: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    asterisk: str = "lab"
    bus_url: Literal["memory://"] = "memory://"
    recordings_url: str = ""
    secret_key: str = ""
    spool_dir: Path | None = Field(None, description="where an own Asterisk's recordings appear on this machine")
    cel_file: Path | None = Field(None, description="an own Asterisk's CEL file as this machine sees it")
    asterisk_dir: Path | None = Field(
        None, description="an own Asterisk's configuration folder as this machine sees it, to write its queues into"
    )
    phone_websocket: str = Field("", description="where browser phones register at an own Asterisk, wss://…/ws")
    log_format: Literal["text", "json"] = "text"
    smtp_host: str = Field("", description="the mail server that takes our mail; empty: none is sent")
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = Field("", description="the address our mail is sent from")
    region: str = Field("RU", pattern="^[A-Z]{2}$", description="reads telephone numbers without a country code")

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(_DATABASES):
            raise ValueError(f"begin it with {' or '.join(_DATABASES)}")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < _KEY_MINIMUM:
            raise ValueError(f"at least {_KEY_MINIMUM} characters, for example from: openssl rand -hex 32")
        return value

    @model_validator(mode="after")
    def _known_exchanges(self) -> Self:
        if self.asterisk not in {"lab", "none"}:
            _ = self.exchanges
        return self

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if self.smtp_host and "@" not in self.smtp_from:
            raise ValueError("CALLCENTER_SMTP_HOST needs CALLCENTER_SMTP_FROM, an address")
        return self

    @cached_property
    def exchanges(self) -> tuple[AmiAddress, ...]:
        """The agency's own exchanges; empty for ``lab`` and ``none``."""
        if self.asterisk in {"lab", "none"}:
            return ()
        return tuple(AmiAddress(url.strip()) for url in self.asterisk.split(","))

    @property
    def database(self) -> str:
        """The database's address; by default a SQLite file in the data folder."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'callcenter.db'}"

    @property
    def relay(self) -> Relay:
        """The mail server."""
        return Relay(
            host=self.smtp_host,
            port=self.smtp_port,
            security=self.smtp_security,
            user=self.smtp_user,
            password=self.smtp_password.get_secret_value(),
            sender=self.smtp_from,
        )

    @property
    def scratch(self) -> Path:
        """Where files are made before they are whole."""
        return self.data_dir / "scratch"

    @property
    def watermarks(self) -> Path:
        """Where each exchange's bridge notes up to when it has reported everything."""
        return self.data_dir / "watermarks"

    @property
    def recordings(self) -> str:
        """Where audio is kept; by default a folder in the data folder."""
        return self.recordings_url or (self.data_dir / "recordings").as_uri()

    @cached_property
    def key(self) -> bytes:
        """The secret key; drawn once and kept in the data folder when none is set."""
        return self.secret_key.encode() if self.secret_key else _kept_key(self.data_dir / "secret.key")


def _kept_key(path: Path) -> bytes:
    """Read the key, drawing it first if nobody has: linked into place whole, so that two processes agree on one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(_KEY_BYTES))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_bytes()


def load() -> Settings:
    """The settings of this process; raises ``BadSettings`` naming every wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"CALLCENTER_{'_'.join(map(str, item['loc'])).upper() or 'ASTERISK'}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        )
        raise BadSettings(problems=problems) from None
