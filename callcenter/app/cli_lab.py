"""``callcenter lab …``: the private Asterisk of this data folder, and its debtors."""

import argparse
import re

from callcenter.app import settings
from callcenter.app.command import Command
from callcenter.app.tls import local_certificate
from telephony.lab import Lab, LabError, LabOptions, commands, sipp
from telephony.lab.scenarios import HIDDEN, Answer

_DECORATION = re.compile(r"[ \u00a0()/-]")
_LOOPBACK = "127.0.0.1"


def lab_of(chosen: settings.Settings) -> Lab:
    return Lab(chosen.data_dir)


def options_of(chosen: settings.Settings) -> LabOptions:
    """On the loopback browsers trust plain websockets; from elsewhere they need a certificate."""
    if chosen.host == _LOOPBACK:
        return LabOptions()
    pair = local_certificate(chosen.data_dir)
    return LabOptions(host=chosen.host, certificate=pair.certificate, private_key=pair.key)


def _up(arguments: argparse.Namespace) -> None:
    chosen = settings.load()
    print(commands.up(lab_of(chosen), options_of(chosen), as_json=arguments.json))


def _down(arguments: argparse.Namespace) -> None:
    print(commands.down(lab_of(settings.load()), as_json=arguments.json))


def _status(arguments: argparse.Namespace) -> None:
    print(commands.status(lab_of(settings.load()), as_json=arguments.json))


def _call(arguments: argparse.Namespace) -> None:
    lab = lab_of(settings.load())
    order = sipp.Ring(
        caller=_plain(arguments.caller),
        number=_plain(arguments.number or lab.required().pbx.numbers[0]),
        seconds=arguments.seconds,
        abandon_after=arguments.abandon,
        hertz=arguments.tone,
    )
    print(commands.call(lab, order, as_json=arguments.json))


def _answer(arguments: argparse.Namespace) -> None:
    lines = commands.answer(
        lab_of(settings.load()),
        arguments.how,
        seconds=arguments.seconds,
        hertz=arguments.tone,
        calls=arguments.calls,
        as_json=arguments.json,
    )
    for line in lines:
        print(line, flush=True)


def _plain(number: str) -> str:
    """A number as people write it, without spaces, brackets and dashes."""
    plain = _DECORATION.sub("", number)
    if not sipp.NUMBER.fullmatch(plain):
        raise LabError(f"not a number that can be rung: {number!r}")
    return plain


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _talk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=_seconds, help="how long the debtor talks; until hung up if not given")
    parser.add_argument("--tone", type=_hertz, default=440, metavar="HZ", help="what the debtor sounds like (440)")
    _json(parser)


def _call_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="caller", required=True, metavar="NUMBER", help=f"who rings; {HIDDEN!r} hides the number"
    )
    parser.add_argument("--to", dest="number", metavar="NUMBER", help="the number rung; the main number if not given")
    parser.add_argument("--abandon", type=_seconds, metavar="SECONDS", help="give up after ringing that long")
    _talk(parser)


def _answer_arguments(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    for flag, choice in (
        ("--reject", Answer.REJECT),
        ("--busy", Answer.BUSY),
        ("--no-answer", Answer.NO_ANSWER),
        ("--machine", Answer.MACHINE),
    ):
        how.add_argument(flag, dest="how", action="store_const", const=choice, default=Answer.PICK_UP)
    parser.add_argument("--calls", type=int, metavar="N", help="end after so many calls; when interrupted if not given")
    _talk(parser)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 24 * 3600:
        raise argparse.ArgumentTypeError("must be more than 0 and at most a day")
    return value


def _hertz(text: str) -> int:
    value = int(text)
    if not 20 <= value <= 3900:
        raise argparse.ArgumentTypeError("a telephone carries 20 to 3900 Hz")
    return value


COMMANDS = (
    Command(name="lab up", help="start the private Asterisk", run=_up, arguments=_json),
    Command(name="lab down", help="stop the private Asterisk", run=_down, arguments=_json),
    Command(name="lab status", help="what runs, and where", run=_status, arguments=_json),
    Command(name="lab call", help="a debtor rings in", run=_call, arguments=_call_arguments),
    Command(name="lab answer", help="how debtors answer when rung", run=_answer, arguments=_answer_arguments),
)
