"""Where Asterisk comes from: the machine's own, else one unpacked beside the system from the Debian archive.

The unpacked tree is started by its own loader, so that it needs neither chroot nor root to run, and sees
the same files as everybody else."""

import fcntl
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from telephony.lab.errors import AsteriskMissing, LabError

TOOLS = Path(__file__).resolve().parents[2] / ".tools"
SETTINGS = Path("/etc/asterisk/asterisk.conf")
SUITE = "forky"
PACKAGES = (
    "asterisk",
    "asterisk-modules",
    "asterisk-core-sounds-en-gsm",
    "asterisk-core-sounds-ru-gsm",
    "asterisk-moh-opsound-gsm",
)
_DIRECTORY = re.compile(r"^\s*(ast\w+dir)\s*=>?\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Binary:
    """A runnable Asterisk: what to execute, its modules, and its sounds and music; ``root`` is the unpacked tree, if
    any.
    """

    command: tuple[str, ...]
    modules: Path
    data: Path
    root: Path | None = None


def find(tools: Path = TOOLS) -> Binary:
    """The machine's own Asterisk, else the unpacked one, unpacking it first. Raises ``AsteriskMissing``."""
    return _own() or unpacked(tools)


def _own() -> Binary | None:
    program = shutil.which("asterisk")
    if program is None:
        return None
    folders = dict(_DIRECTORY.findall(SETTINGS.read_text())) if os.access(SETTINGS, os.R_OK) else {}
    modules = folders.get("astmoddir") or next(iter(sorted(Path("/usr/lib").glob("**/asterisk/modules"))), None)
    data = folders.get("astdatadir", "/usr/share/asterisk")
    if modules is None:
        raise AsteriskMissing(f"{program} has no modules; install them with: sudo apt-get install asterisk-modules")
    return Binary((program,), Path(modules), Path(data))


def unpacked(tools: Path) -> Binary:
    """The tree below ``tools``; two processes that need it at once unpack it once."""
    root = tools / "asterisk"
    if not root.is_dir():
        tools.mkdir(parents=True, exist_ok=True)
        with (tools / "asterisk.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not root.is_dir():
                _unpack(root)
    return _in_tree(root)


def _in_tree(root: Path) -> Binary:
    try:
        modules = next(root.glob("usr/lib/*/asterisk/modules"))
        loader = next(root.glob("usr/lib/*/ld-linux*.so*"))
    except StopIteration:
        raise LabError(f"{root} is not a whole Asterisk; remove the folder and start again") from None
    command = (str(loader), "--library-path", str(modules.parents[1]), str(root / "usr/sbin/asterisk"))
    return Binary(command, modules, root / "usr/share/asterisk", root)


def _unpack(root: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        raise AsteriskMissing(
            "no Asterisk here: install asterisk, or mmdebstrap and run once as root: python -m telephony.lab"
        )
    aside = root.with_name(f"asterisk.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    command = [
        "mmdebstrap", "--quiet", "--variant=extract", "--aptopt=Acquire::Check-Valid-Until \"false\"",
        f"--include={','.join(PACKAGES)}", SUITE, str(aside), _mirror(),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise AsteriskMissing(f"Asterisk could not be unpacked: {reason}")
        _name_the_voices(aside / "usr/share/asterisk/sounds")
        aside.rename(root)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _mirror() -> str:
    """The archive that this machine's own apt uses; security and update suites do not hold other releases."""
    form = "$(CODENAME)|$(REPO_URI)"
    lines = subprocess.run(
        ["apt-get", "indextargets", "--format", form], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    found = [line.split("|", 1) for line in lines if "|" in line]
    for codename, uri in found:
        if "-" not in codename and "security" not in uri:
            return uri
    raise AsteriskMissing("apt names no Debian archive to take Asterisk from; install asterisk by hand")


def _name_the_voices(sounds: Path) -> None:
    """The archive leaves it to the installed system to choose a voice for each language."""
    for language in ("en", "ru"):
        voices = sorted(sounds.glob(f"{language}_*"))
        if voices and not (sounds / language).exists():
            (sounds / language).symlink_to(voices[0].name)
