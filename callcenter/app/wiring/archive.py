"""Recordings: taken in, kept, heard."""

from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.app.adapters.recordings import BridgedChannels
from callcenter.app.adapters.voicemail import Voicemail
from callcenter.app.exchanges import Site
from callcenter.app.wiring.floor import Floor
from callcenter.app.wiring.ground import Ground
from callcenter.calls.events import CallEnded, CallMerged
from callcenter.calls.recorded import RecordingReady
from recordings.audio import OpusEncoder
from recordings.calllog import CallLog
from recordings.intake import Intake
from recordings.links import LinkSigner
from recordings.pausing import Pausing
from recordings.service import RecordingsDesk
from recordings.spool import Spool
from recordings.storage import LocalStorage, open_storage
from recordings.watch import Watcher


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Recordings."""

    storage: LocalStorage
    desk: RecordingsDesk
    pausing: Pausing
    watchers: tuple[Watcher, ...]
    voicemail: Voicemail


def build_archive(base: Ground, floor: Floor, sites: Sequence[Site]) -> Archive:
    """The recordings of the exchanges at ``sites``."""
    uow, clock, lookup = base.uow, base.clock, CallLog()
    storage = open_storage(base.settings.recordings)
    pausing = Pausing(uow=uow, clock=clock, recorder=floor.telephony, calls=lookup)
    intake = Intake(
        uow=uow,
        clock=clock,
        storage=storage,
        calls=lookup,
        encoder=OpusEncoder(),
        scratch=base.settings.scratch,
    )
    base.bus.subscribe(CallMerged, intake.on_merged)
    voicemail = Voicemail(uow, clock, floor.callbacks)
    base.bus.subscribe(CallEnded, voicemail.on_ended)
    base.bus.subscribe(RecordingReady, voicemail.on_recorded)
    return Archive(
        storage=storage,
        desk=RecordingsDesk(
            uow=uow,
            clock=clock,
            storage=storage,
            calls=lookup,
            looks=base.looks,
            links=LinkSigner(base.settings.key.decode()),
            pausing=pausing,
        ),
        pausing=pausing,
        voicemail=voicemail,
        watchers=_watchers(base, intake, BridgedChannels(floor.bridges), sites),
    )


def _watchers(base: Ground, intake: Intake, channels: BridgedChannels, sites: Sequence[Site]) -> tuple[Watcher, ...]:
    """One for the spool of each exchange that has one."""
    return tuple(
        Watcher(
            spool=Spool(site.exchange.server, site.spool),
            intake=intake,
            channels=channels,
            lock_file=base.settings.watermarks / f"{site.exchange.server}.lock",
        )
        for site in sites
        if site.spool is not None
    )
