"""The exchanges this installation talks to: the private one of the lab, the agency's own, or none."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from callcenter.app.cli_lab import lab_of, options_of
from callcenter.app.settings import AmiAddress, Settings
from telephony.ami.client import AmiAccount
from telephony.bridge import Exchange
from telephony.lab import Lab, LabError
from telephony.provisioning import Phone
from telephony.tracking.endpoints import Endpoints

_log = structlog.get_logger(__name__)
_TRUNKS = frozenset({"trunk"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One exchange with what stands around it: where its recordings appear, where it reads its configuration, and
    where browsers register."""

    exchange: Exchange
    spool: Path | None
    configuration: Path | None
    websocket: str | None
    domain: str


@asynccontextmanager
async def opened(settings: Settings, phones: Sequence[Phone]) -> AsyncIterator[tuple[Site, ...]]:
    """The sites; a lab that was not running is started, and ended again."""
    if settings.asterisk == "lab":
        async with _lab(settings, phones) as sites:
            yield sites
    else:
        yield tuple(_own(settings, address) for address in settings.exchanges)


@asynccontextmanager
async def _lab(settings: Settings, phones: Sequence[Phone]) -> AsyncIterator[tuple[Site, ...]]:
    lab = lab_of(settings)
    try:
        started = await asyncio.to_thread(lab.up, phones, options_of(settings))
    except LabError as error:
        _log.warning("telephony is off: no Asterisk could be started", reason=str(error))
        yield ()
        return
    try:
        if not started:
            await asyncio.to_thread(lab.reprovision, phones)
        yield (_lab_site(lab, settings),)
    finally:
        if started:
            await asyncio.to_thread(lab.down)


def _lab_site(lab: Lab, settings: Settings) -> Site:
    pbx = lab.required().pbx
    web = pbx.https or pbx.http
    scheme = "wss" if pbx.https else "ws"
    return Site(
        exchange=Exchange(
            server=pbx.server,
            account=AmiAccount(host=pbx.ami.host, port=pbx.ami.port, username=pbx.ami_user, secret=pbx.ami_secret),
            endpoints=Endpoints(trunks=_TRUNKS),
            cel=lab.cel_file,
            watermark=settings.watermarks / pbx.server,
        ),
        spool=lab.spool_dir,
        configuration=lab.config_dir,
        websocket=f"{scheme}://{{host}}:{web.port}/ws",
        domain=pbx.sip.host,
    )


def _own(settings: Settings, address: AmiAddress) -> Site:
    server = f"{address.host}:{address.port}"
    return Site(
        exchange=Exchange(
            server=server,
            account=AmiAccount(host=address.host, port=address.port, username=address.user, secret=address.secret),
            endpoints=Endpoints(trunks=_TRUNKS),
            cel=settings.cel_file,
            watermark=settings.watermarks / server.replace(":", "-"),
        ),
        spool=settings.spool_dir,
        configuration=settings.asterisk_dir,
        websocket=settings.phone_websocket or f"wss://{address.host}:8089/ws",
        domain=address.host,
    )
