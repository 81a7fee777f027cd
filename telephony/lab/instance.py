"""One private Asterisk: its folders, ports, start, stop, and what it tells about itself."""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from telephony.lab import ports, tree
from telephony.lab.errors import LabError, LabNotRunning
from telephony.provisioning import RELOADS, Address, Paths, Pbx, Phone, SecureAddress, render, without_ruled, write

TRUNK_HOST = "127.0.0.2"
FOLDERS = ("etc", "lib/keys", "log/cdr-custom", "log/cel-custom", "spool/monitor", "spool/done", "spool/tmp")
UNUSED = ("acl.conf", "amd.conf", "ccss.conf", "pjproject.conf", "queuerules.conf", "udptl.conf")
"""Files that Asterisk complains about when they are not there; an agency's own PBX has its own."""
START_SECONDS = 40.0
STOP_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LabOptions:
    """What a lab is started with. ``host`` is where phones reach it; anything but the loopback needs a certificate.
    ``numbers`` are the agency's own."""

    host: str = "127.0.0.1"
    language: str = "en"
    numbers: tuple[str, ...] = ("5550100",)
    recording_notice: str | None = "beep"
    ring_seconds: int = 15
    queue_seconds: int = 300
    silence_seconds: int = 10
    lost_seconds: int = 120
    certificate: Path | None = None
    private_key: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A started lab as its state file remembers it."""

    pid: int
    started: str
    link: str
    command: tuple[str, ...]
    version: str
    pbx: Pbx


class Lab:
    """The private Asterisk that belongs to one data folder.

    Everything lies in ``<data_dir>/lab``; Asterisk sees it through a short link without spaces, because its
    sockets and commands bear neither long paths nor spaces. All calls block: an event loop calls them in a
    thread."""

    def __init__(self, data_dir: Path, tools: Path = tree.TOOLS) -> None:
        self.home = data_dir.resolve() / "lab"
        self.config_dir = self.home / "etc"
        self.spool_dir = self.home / "spool"
        self.log_dir = self.home / "log"
        self.cdr_file = self.log_dir / "cdr-custom" / "callcenter-cdr.csv"
        self.cel_file = self.log_dir / "cel-custom" / "callcenter-cel.csv"
        self.queue_log = self.log_dir / "queue_log"
        self._state = self.home / "state.json"
        self._phones = self.home / "phones.json"
        self._last = self.home / "last.json"
        self._tools = tools

    def up(self, phones: Sequence[Phone] | None = None, options: LabOptions | None = None) -> bool:
        """Start unless it runs; True when this call started it. Returns when Asterisk takes calls.

        Without ``phones`` it has those of the last time. Raises ``LabError``.
        """
        with self._alone():
            if self.running() is not None:
                return False
            self._forget()
            self._start(self.phones() if phones is None else phones, options or LabOptions())
            return True

    def phones(self) -> tuple[Phone, ...]:
        """The phones it was last given."""
        if not self._phones.exists():
            return ()
        return msgspec.json.decode(self._phones.read_bytes(), type=tuple[Phone, ...])

    def down(self) -> bool:
        """Stop what ``up`` started and nothing else; False when nothing ran."""
        with self._alone():
            running = self.running()
            if running is not None:
                _end(running.pid)
            self._forget()
            return running is not None

    def running(self) -> Running | None:
        """The running instance, or None; a state file whose process is gone counts for nothing."""
        running = self._remembered()
        return running if running is not None and _started(running.pid) == running.started else None

    def _remembered(self) -> Running | None:
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=Running)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _forget(self) -> None:
        """Remove what is left of an instance that has ended."""
        if (gone := self._remembered()) is not None:
            shutil.rmtree(gone.link, ignore_errors=True)
        self._state.unlink(missing_ok=True)

    def required(self) -> Running:
        """The running instance; raises ``LabNotRunning``."""
        running = self.running()
        if running is None:
            raise LabNotRunning("the lab is not running; start it with: callcenter lab up")
        return running

    def status(self) -> dict[str, Any]:
        """What ``lab status --json`` prints."""
        running = self.running()
        if running is None:
            return {"running": False}
        pbx = running.pbx
        return {
            "running": True,
            "version": running.version,
            "numbers": [*pbx.numbers, *(phone.extension for phone in self.phones())],
            "sip": _address(pbx.sip),
            "trunk": _address(pbx.trunk),
            "ami": _address(pbx.ami),
            "http": _address(pbx.http),
            "https": _address(pbx.https) if pbx.https else None,
            "rtp": list(pbx.rtp),
            "config_dir": str(self.config_dir),
            "spool_dir": str(self.spool_dir),
            "cdr_file": str(self.cdr_file),
            "cel_file": str(self.cel_file),
            "queue_log": str(self.queue_log),
        }

    def reprovision(self, phones: Sequence[Phone]) -> None:
        """Give the running instance these phones, and no others, without touching calls that go on."""
        running = self.required()
        changed = self._configure(running.pbx, phones)
        for name in sorted(changed & RELOADS.keys()):
            self.rx(RELOADS[name])

    def rx(self, command: str) -> str:
        """Run a console command in the running instance and return what it printed."""
        running = self.required()
        return _console(running.command, command)

    def kill(self) -> None:
        """End Asterisk as a power cut would, to test recovery; the next ``up`` starts it again."""
        _end(self.required().pid, signal.SIGKILL)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self, phones: Sequence[Phone], options: LabOptions) -> None:
        binary = tree.find(self._tools)
        link = self._lay_out(binary)
        command = (*_through(binary, link), "-C", f"{link}/etc/asterisk.conf")
        lock, rtp = ports.claim_rtp()
        try:
            pbx = _pbx(link, rtp, options, self._before())
            self._configure(pbx, phones)
            pid = self._launch(command, lock)
        finally:
            os.close(lock)
        version = self._wait_until_booted(pid, command)
        running = Running(
            pid=pid, started=_started(pid) or "", link=str(link), command=command, version=version, pbx=pbx
        )
        _keep(self._state, running)
        _keep(self._last, pbx)

    def _before(self) -> Pbx | None:
        """The PBX of the last time: who knew its ports and its account finds them again."""
        try:
            return msgspec.json.decode(self._last.read_bytes(), type=Pbx)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _configure(self, pbx: Pbx, phones: Sequence[Phone]) -> set[str]:
        """Write the configuration and remember the phones; the names of the files that changed."""
        files = without_ruled({**dict.fromkeys(UNUSED, ""), **render(pbx, phones)}, self.config_dir)
        changed = write(files, self.config_dir)
        _keep(self._phones, phones)
        return changed

    def _lay_out(self, binary: tree.Binary) -> Path:
        """The folders, and a short path to them in the temporary folder that only this user can enter."""
        for folder in (
            "etc",
            "lib/keys",
            "log/cdr-custom",
            "log/cel-custom",
            "spool/monitor",
            "spool/done",
            "spool/tmp",
        ):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        link = Path(tempfile.mkdtemp(prefix="cc-lab-"))
        for name, target in (
            ("etc", self.config_dir), ("lib", self.home / "lib"),
            ("log", self.log_dir), ("spool", self.spool_dir),
            ("modules", binary.modules), ("data", binary.data), ("tree", binary.root or Path("/")),
        ):  # fmt: skip
            (link / name).symlink_to(target)
        (link / "run").mkdir()
        return link

    def _launch(self, command: tuple[str, ...], lock: int) -> int:
        """Start Asterisk in its own session; it keeps ``lock`` open and so its share of the ports."""
        os.set_inheritable(lock, True)
        console = str(self.log_dir / "console")
        write_anew = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        actions = (
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, console, write_anew, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        )
        return os.posix_spawn(command[0], [*command, "-f"], os.environ, file_actions=actions, setsid=True)

    def _wait_until_booted(self, pid: int, command: Sequence[str]) -> str:
        """Block until every module is loaded; its version. Raises ``LabError`` when it ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if _started(pid) is None:
                raise LabError(f"Asterisk ended at once; see {self.log_dir}/messages and {self.log_dir}/console")
            try:
                _console(command, "core waitfullybooted")
                return _console(command, "core show version").split(" built by")[0].removeprefix("Asterisk ")
            except LabError:
                time.sleep(0.05)
        _end(pid)
        raise LabError(f"Asterisk was not ready after {START_SECONDS:.0f} s; see {self.log_dir}/messages")


def _pbx(link: Path, rtp: tuple[int, int], options: LabOptions, last: Pbx | None) -> Pbx:
    loopback = "127.0.0.1"
    near = loopback if options.host == "0.0.0.0" else options.host  # noqa: S104
    return Pbx(
        server="lab",
        bind=options.host,
        sip=Address(host=near, port=ports.free_udp(options.host, last.sip.port if last else None)),
        # Debtors listen there, not Asterisk: those who answered the last time may still do.
        trunk=last.trunk if last else Address(host=TRUNK_HOST, port=ports.free_udp(TRUNK_HOST)),
        ami=Address(host=loopback, port=ports.free_tcp(loopback, last.ami.port if last else None)),
        http=Address(host=loopback, port=ports.free_tcp(loopback, last.http.port if last else None)),
        https=_secure(options, near, last.https if last else None),
        rtp=rtp,
        ami_secret=last.ami_secret if last else secrets.token_urlsafe(24),
        language=options.language,
        numbers=options.numbers,
        recording_notice=options.recording_notice,
        ring_seconds=options.ring_seconds,
        queue_seconds=options.queue_seconds,
        silence_seconds=options.silence_seconds,
        lost_seconds=options.lost_seconds,
        paths=Paths(
            config=f"{link}/etc", modules=f"{link}/modules", library=f"{link}/lib", data=f"{link}/data",
            spool=f"{link}/spool", run=f"{link}/run", log=f"{link}/log",
        ),
    )  # fmt: skip


def _secure(options: LabOptions, near: str, last: Address | None) -> SecureAddress | None:
    if options.certificate is None or options.private_key is None:
        return None
    return SecureAddress(
        host=near, port=ports.free_tcp(options.host, last.port if last else None),
        certificate=str(options.certificate), private_key=str(options.private_key),
    )  # fmt: skip


def _through(binary: tree.Binary, link: Path) -> tuple[str, ...]:
    """The command with every path of the tree behind the short link."""
    if binary.root is None:
        return binary.command
    return tuple(word.replace(str(binary.root), f"{link}/tree", 1) for word in binary.command)


def _console(command: Sequence[str], line: str) -> str:
    done = subprocess.run(
        [*command, "-rx", line], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise LabError(f"Asterisk did not take the command: {line}")
    return done.stdout


def _keep(file: Path, value: object) -> None:
    write({file.name: msgspec.json.encode(value).decode()}, file.parent)


def _started(pid: int) -> str | None:
    """When the process began, in the kernel's ticks; None when it is gone. A reused id is so not taken for ours."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def _end(pid: int, *farewells: signal.Signals) -> None:
    """Ask the process to end, then make it, and wait until it is gone."""
    began = _started(pid)
    for farewell in farewells or (signal.SIGTERM, signal.SIGKILL):
        if began is None or _started(pid) != began:
            break
        os.kill(pid, farewell)
        deadline = time.monotonic() + STOP_SECONDS
        while not _gone(pid, began) and time.monotonic() < deadline:
            time.sleep(0.02)


def _gone(pid: int, began: str) -> bool:
    """Whether the process has ended and given its ports back; a child of ours is a zombie before it has."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return _started(pid) != began


def _address(address: Address) -> dict[str, Any]:
    return {"host": address.host, "port": address.port}
