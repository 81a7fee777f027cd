"""A private Asterisk for tests of the bridge: real, small, with phones and a trunk that do what the test says."""

import asyncio
import os
import re
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.calls.facts import CallState
from telephony.ami.client import AmiAccount
from telephony.bridge import Exchange
from telephony.lab import tree
from telephony.provisioning import CEL_COLUMNS
from telephony.tracking.endpoints import Endpoints
from tests.fakes.sip_phone import SipPhone

PHONES = ("100", "101", "102")
TRUNK_HOST = "127.0.0.2"
SECRET = "only-for-tests"  # an account of a private Asterisk on the loopback interface

_MODULES = [
    "app_confbridge",
    "app_dial",
    "app_playback",
    "app_queue",
    "app_stack",
    "bridge_builtin_features",
    "bridge_builtin_interval_features",
    "bridge_holding",
    "bridge_native_rtp",
    "bridge_simple",
    "bridge_softmix",
    "cel_custom",
    "chan_pjsip",
    "codec_gsm",
    "codec_resample",
    "codec_ulaw",
    "format_gsm",
    "format_pcm",
    "format_sln",
    "format_wav",
    "func_callerid",
    "func_channel",
    "func_logic",
    "func_strings",
    "pbx_config",
    "res_cdrel_custom",
    "res_crypto",
    "res_format_attr_opus",
    "res_manager_devicestate",
    "res_musiconhold",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_caller_id",
    "res_pjsip_dtmf_info",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_logger",
    "res_pjsip_nat",
    "res_pjsip_pubsub",
    "res_pjsip_refer",
    "res_pjsip_registrar",
    "res_pjsip_rfc3326",
    "res_pjsip_sdp_rtp",
    "res_pjsip_session",
    "res_rtp_asterisk",
    "res_sorcery_astdb",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_timing_timerfd",
]
_DIALPLAN = """
[callcenter-inbound]
exten => 600,1,Answer()
 same => n,Queue(collectors,tT,,,20)
 same => n,Hangup()
exten => _1XX,1,Dial(PJSIP/${EXTEN},8,tT)
 same => n,Hangup()
[callcenter-transfer]
exten => _1XX,1,Dial(PJSIP/${EXTEN},8,tT)
 same => n,Hangup()
exten => 600,1,Queue(collectors,tT,,,20)
 same => n,Hangup()
exten => 700,1,ConfBridge(room)
[callcenter-outbound]
exten => _[+0-9]!,1,Dial(PJSIP/${EXTEN}@trunk,20,tT)
 same => n,Hangup()
[callcenter-agent]
exten => s,1,Return()
[callcenter-held]
exten => hold,1,MusicOnHold()
 same => n,Hangup()
[callcenter-ringback]
exten => _X!,1,Dial(PJSIP/${EXTEN},10,m)
 same => n,Hangup()
"""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, host: str = "127.0.0.1") -> int:
    with socket.socket(type=kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@dataclass
class PrivateExchange:
    """``phones`` by endpoint name, ``trunk`` is the world outside."""

    folder: Path
    sip: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    ami: int = field(default_factory=free_port)
    phones: dict[str, SipPhone] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def trunk(self) -> SipPhone:
        return self.phones["trunk"]

    @property
    def cel(self) -> Path:
        return self.folder / "log" / "cel-custom" / "callcenter-cel.csv"

    @property
    def server(self) -> tuple[str, int]:
        return "127.0.0.1", self.sip

    def exchange(self, *, port: int | None = None, **more: object) -> Exchange:
        """What a bridge needs to know of it; ``port`` leads through a proxy."""
        account = AmiAccount(host="127.0.0.1", port=port or self.ami, username="bridge", secret=SECRET)
        endpoints = Endpoints(trunks=frozenset({"trunk"}))
        return Exchange(server="test", account=account, endpoints=endpoints, cel=self.cel, **more)  # type: ignore[arg-type]

    async def open(self) -> None:
        for name in PHONES:
            self.phones[name] = await SipPhone.open(name, self.server)
        self.phones["trunk"] = await SipPhone.open("trunk", self.server, TRUNK_HOST)
        self._configure()
        await self.start()

    async def start(self) -> None:
        command = tree.find().command
        with (self.folder / "asterisk.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - forks in a millisecond
                [*command, "-f", "-C", str(self.folder / "etc" / "asterisk.conf")], stdout=log, stderr=log
            )
        async with asyncio.timeout(60):
            while not await self._booted():
                assert self.process.poll() is None, (self.folder / "asterisk.log").read_text()[-2000:]
                await asyncio.sleep(0.1)

    async def _booted(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.ami)
        except OSError:
            return False
        writer.write(f"Action: Login\r\nUsername: bridge\r\nSecret: {SECRET}\r\n\r\n".encode())
        try:
            await asyncio.wait_for(reader.readuntil(b"Fully Booted"), 1)
        except (TimeoutError, asyncio.IncompleteReadError):
            return False
        finally:
            writer.close()
        return True

    def kill(self) -> None:
        """As a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        for phone in self.phones.values():
            phone.close()
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def quiet(self) -> None:
        """Hang every phone up and forget its calls."""
        for phone in self.phones.values():
            for dialog in phone.calls.values():
                if not dialog.ended.is_set():
                    dialog.hang_up()
            phone.calls.clear()
            while not phone.incoming.empty():
                phone.incoming.get_nowait()

    def _configure(self) -> None:
        binary = tree.find()
        etc = self.folder / "etc"
        for name in ("etc", "log/cel-custom", "spool", "run", "lib", "cache", "keys"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name, text in _files(self, binary.modules, binary.data).items():
            (etc / name).write_text(text)
        os.chmod(etc, 0o700)


def _files(pbx: PrivateExchange, modules: Path, data: Path) -> dict[str, str]:
    here = pbx.folder
    rtp = 20000 + pbx.ami % 200 * 100
    members = "".join(f"member => PJSIP/{name}\n" for name in PHONES[:2])
    columns = ",".join(f"${{CSV_QUOTE(${{{expression}}})}}" for expression in CEL_COLUMNS.values())
    return {
        "asterisk.conf": f"""[directories]
astcachedir => {here}/cache
astetcdir => {here}/etc
astmoddir => {modules}
astvarlibdir => {here}/lib
astdbdir => {here}/lib
astkeydir => {here}/keys
astdatadir => {data}
astagidir => {here}/lib
astspooldir => {here}/spool
astrundir => {here}/run
astlogdir => {here}/log
""",
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load = {name}.so\n" for name in _MODULES),
        "manager.conf": f"""[general]
enabled=yes
port={pbx.ami}
bindaddr=127.0.0.1
timestampevents=yes
[bridge]
secret={SECRET}
read=system,call,agent,user,reporting
write=call,agent,originate,reporting
writetimeout=5000
""",
        "pjsip.conf": _pjsip(pbx),
        "queues.conf": f"[collectors]\nstrategy=linear\ntimeout=3\nretry=1\nringinuse=no\n{members}",
        "features.conf": "[general]\ntransferdigittimeout=2\n[featuremap]\natxfer=*2\n",
        "extensions.conf": _DIALPLAN,
        "cel.conf": "[general]\nenable=yes\napps=dial,queue\nevents=ALL\n",
        "cel_custom.conf": f"[mappings]\n{pbx.cel.name} => {columns}\n",
        "rtp.conf": f"[general]\nrtpstart={rtp}\nrtpend={rtp + 98}\n",
        "logger.conf": "[logfiles]\n",
        "confbridge.conf": "[default_bridge]\ntype=bridge\n[default_user]\ntype=user\n",
        "musiconhold.conf": "[default]\nmode=files\ndirectory=moh\n",
    }


def _pjsip(pbx: PrivateExchange) -> str:
    parts = [f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{pbx.sip}\n"]
    for name, phone in pbx.phones.items():
        context = "callcenter-inbound" if name == "trunk" else "callcenter-transfer"
        parts.append(
            f"[{name}]\ntype=endpoint\ncontext={context}\ndisallow=all\nallow=ulaw\ndirect_media=no\naors={name}\n"
            f"[{name}]\ntype=aor\nqualify_frequency=0\ncontact=sip:{name}@{phone.host}:{phone.port}\n"
        )
    parts.append(f"[trunk]\ntype=identify\nendpoint=trunk\nmatch={TRUNK_HOST}\n")
    return "".join(parts)


def last_channel(raw: bytes, prefix: str) -> str:
    """The newest channel of that name in recorded events."""
    names = re.findall(rb"Event: Newchannel\r\n(?:[^\r]+\r\n)*?Channel: (%s-[0-9a-f]+)\r\n" % prefix.encode(), raw)
    return str(names[-1].decode())


class Log:
    """A call log in memory, held to the port: it keeps the last state of each call, as often as it is told."""

    def __init__(self) -> None:
        self.calls: dict[int, CallState] = {}
        self.failing = 0
        self.reports = 0
        self.changed = asyncio.Condition()

    async def report(self, calls: tuple[CallState, ...]) -> None:
        self.reports += 1
        if self.failing:
            self.failing -= 1
            raise OSError("the database is away")
        for call in calls:
            for merged in call.merged_ids:
                self.calls.pop(merged, None)
            self.calls[call.call_id] = call
        async with self.changed:
            self.changed.notify_all()

    async def live_calls(self, server: str) -> tuple[CallState, ...]:
        return tuple(call for call in self.calls.values() if call.ended_at is None and call.server == server)

    async def until(self, condition: Callable[[], bool], timeout: float = 60) -> None:
        """Wait for a report after which the condition holds."""
        async with asyncio.timeout(timeout), self.changed:
            await self.changed.wait_for(condition)
