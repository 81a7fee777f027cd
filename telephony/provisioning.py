"""An Asterisk configuration from what the program knows: addresses, queue, numbers and the collectors'
phones.

The templates of ``asterisk_conf/`` serve the private Asterisk of the demo and an agency's own PBX alike.
Everything a person typed passes ``Phone``, which refuses what could add a line or a section to a
configuration file."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from callcenter.queues.ports import QueueSpec
from telephony.detection import Detection
from telephony.recorders import KEY

QUEUES_FILE = "callcenter-queues.conf"
RULED = "; The server's: it writes this file anew whenever a queue changes."
OWN = "; The exchange's own queue, until the server gives it others."
"""The first line of the file of queues says whose it is."""
TEMPLATES = Path(__file__).resolve().parents[1] / "asterisk_conf"

CDR_COLUMNS: Mapping[str, str] = {
    "uniqueid": "CDR(uniqueid)",
    "linkedid": "CDR(linkedid)",
    "start": "CDR(start,u)",
    "answer": "CDR(answer,u)",
    "end": "CDR(end,u)",
    "src": "CDR(src)",
    "dst": "CDR(dst)",
    "dcontext": "CDR(dcontext)",
    "channel": "CDR(channel)",
    "dstchannel": "CDR(dstchannel)",
    "lastapp": "CDR(lastapp)",
    "lastdata": "CDR(lastdata)",
    "duration": "CDR(duration,f)",
    "billsec": "CDR(billsec,f)",
    "disposition": "CDR(disposition)",
    "sequence": "CDR(sequence)",
    "call": "CDR(call)",
    "direction": "CDR(direction)",
    "dialled": "CDR(dialled)",
}
"""Columns of ``callcenter-cdr.csv`` in order, with the Asterisk expression of each. ``start``, ``answer``
and ``end`` are seconds.microseconds of UTC since 1970; ``call`` is the own call id of an ordered call, else
empty.
"""

CEL_COLUMNS: Mapping[str, str] = {
    "event": "eventtype",
    "time": "eventtime",
    "uniqueid": "CHANNEL(uniqueid)",
    "linkedid": "CHANNEL(linkedid)",
    "channel": "CHANNEL(channame)",
    "peer": "CHANNEL(peer)",
    "number": "CALLERID(num)",
    "exten": "CHANNEL(exten)",
    "context": "CHANNEL(context)",
    "app": "CHANNEL(appname)",
    "appdata": "CHANNEL(appdata)",
    "extra": "eventextra",
}
"""Columns of ``callcenter-cel.csv`` in order; ``time`` as in the CDR, ``extra`` is the JSON of the event."""

_EXTENSION = re.compile(r"[0-9]{2,10}")
_WORD = re.compile(r"[A-Za-z0-9_.-]{8,80}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MEANS_SOMETHING = str.maketrans("", "", '"<>;\\[]{}$`')


class ValueRefused(ValueError):
    """A value that must not reach a configuration file: it could change more than its own line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Phone:
    """A collector's two phones: the browser's endpoint ``extension`` and the desk phone's ``desk``, one
    password for both.

    Raises ``ValueRefused`` for an extension that is not 2 to 10 digits, a password outside
    ``[A-Za-z0-9_.-]{8,80}`` or a name with control characters; characters that mean something to Asterisk
    are left out of the name it shows."""

    extension: str
    password: str = field(repr=False)
    name: str

    def __post_init__(self) -> None:
        if not _EXTENSION.fullmatch(self.extension):
            raise ValueRefused(f"not an extension: {self.extension!r}")
        if not _WORD.fullmatch(self.password):
            raise ValueRefused(f"the password of {self.extension} is too short or has forbidden characters")
        if _UNPRINTABLE.search(self.name):
            raise ValueRefused(f"the name of {self.extension} has control characters")

    @property
    def desk(self) -> str:
        return f"{self.extension}d"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A host and a port somebody listens on."""

    host: str
    port: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SecureAddress(Address):
    """An address with TLS; both files are PEM."""

    certificate: str
    private_key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Paths:
    """Asterisk's own folders, as Asterisk sees them; none may contain a space."""

    config: str = "/etc/asterisk"
    modules: str = "/usr/lib/asterisk/modules"
    library: str = "/var/lib/asterisk"
    data: str = "/usr/share/asterisk"
    spool: str = "/var/spool/asterisk"
    run: str = "/run/asterisk"
    log: str = "/var/log/asterisk"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pbx:
    """Everything about one Asterisk except the phones. Times are seconds.

    ``bind`` is the address it listens on; ``numbers`` ring the queue ``queue``. ``answer_first`` picks up
    before the queue, where a carrier cuts off long early media; else a customer's call counts as answered
    when a collector answers. ``recording_notice`` names a sound file; the server has ``decide_seconds``
    to say where a caller goes, ``step_seconds`` for each step of a menu, and ``untold_seconds`` to say that a collector
    who has hung up is free, else he is taken to be. After a recorded message a debtor has ``key_seconds`` to press a
    key."""

    server: str
    sip: Address
    trunk: Address
    ami: Address
    http: Address
    rtp: tuple[int, int]
    ami_secret: str = field(repr=False)
    bind: str = "127.0.0.1"
    https: SecureAddress | None = None
    paths: Paths = Paths()
    ami_user: str = "callcenter"
    ami_permit: str = "127.0.0.0/255.0.0.0"
    language: str = "en"
    numbers: tuple[str, ...] = ("5550100",)
    queue: str = "main"
    recording_notice: str | None = "beep"
    answer_first: bool = False
    decide_seconds: float = 0.5
    step_seconds: float = 3.0
    untold_seconds: int = 3
    key_seconds: int = 5
    voicemail_seconds: int = 120
    ring_seconds: int = 15
    direct_seconds: int = 30
    outbound_seconds: int = 60
    queue_seconds: int = 300
    silence_seconds: int = 10
    lost_seconds: int = 120
    hold_seconds: int = 1800
    detection: Detection = field(default_factory=Detection)


def render(pbx: Pbx, phones: Sequence[Phone]) -> dict[str, str]:
    """Every configuration file by name. Phones are taken in the order of their extensions; no two may share one."""
    ordered = sorted(phones, key=lambda phone: phone.extension)
    if len({phone.extension for phone in ordered}) != len(ordered):
        raise ValueRefused("two phones share an extension")
    environment = _environment()
    context = {
        "pbx": pbx,
        "phones": ordered,
        "cdr": CDR_COLUMNS.values(),
        "cel": CEL_COLUMNS.values(),
        "queues": (_own_queue(pbx),),
        "recorder_key": KEY,
        "marker": OWN,
    }
    return {
        name.removesuffix(".j2"): environment.get_template(name).render(context)
        for name in environment.list_templates(extensions=["j2"])
    }


def render_queues(queues: Sequence[QueueSpec]) -> str:
    """``callcenter-queues.conf`` with these queues; their members come by order."""
    return _environment().get_template(f"{QUEUES_FILE}.j2").render(marker=RULED, queues=queues, phones=())


def _own_queue(pbx: Pbx) -> QueueSpec:
    """What an exchange has before the server gave it queues: one, which every phone serves."""
    return QueueSpec(code=pbx.queue, strategy="rrmemory")


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - configuration files, not HTML; what people type passes Phone and QueueSpec
    )
    environment.filters["caller_id"] = _caller_id
    return environment


def _caller_id(phone: Phone) -> str:
    name = phone.name.translate(_MEANS_SOMETHING).strip()
    return f'"{name}" <{phone.extension}>'


def without_ruled(files: Mapping[str, str], folder: Path) -> dict[str, str]:
    """``files`` less the queues, where the server has already given the exchange its own."""
    try:
        ruled = (folder / QUEUES_FILE).read_text(encoding="utf-8").startswith(RULED)
    except FileNotFoundError:
        ruled = False
    return {name: text for name, text in files.items() if not (ruled and name == QUEUES_FILE)}


def write(files: Mapping[str, str], folder: Path) -> set[str]:
    """Put the files into ``folder``, readable by the owner alone; return the names of those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    return {name for name, text in files.items() if _replace(folder / name, text)}


def _replace(file: Path, text: str) -> bool:
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return False
    fresh = file.with_name(f".{file.name}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    fresh.replace(file)
    return True


RELOADS: Mapping[str, str] = {
    "pjsip.conf": "module reload res_pjsip.so",
    "queues.conf": "queue reload all",
    QUEUES_FILE: "queue reload all",
    "extensions.conf": "dialplan reload",
    "features.conf": "module reload features",
    "manager.conf": "manager reload",
}
"""The console command that makes a running Asterisk take up a changed file."""
