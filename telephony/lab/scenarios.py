"""SIPp scenarios, put together from the few messages that a debtor's telephone says.

Each thing that happens is logged as ``event CALL-ID MILLISECONDS NAME [DETAIL]``: ``started``, ``answered``,
``caller`` or ``callee`` (who hung up), ``refused`` (with the SIP status), ``abandoned`` and ``media`` (the port that
sound is to be sent to).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

HIDDEN = "anonymous"
"""The caller whose number is withheld."""

REFUSALS = (403, 404, 408, 410, 480, 484, 486, 487, 488, 500, 502, 503, 504, 600, 603, 604)


class Answer(StrEnum):
    """What a rung debtor does."""

    PICK_UP = "pick up"
    MACHINE = "machine"
    REJECT = "reject"
    BUSY = "busy"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """What one debtor does: is rung for ``ring_seconds``, then does ``how``; who answers talks for ``seconds`` (None:
    until the other side hangs up). ``NO_ANSWER`` lets it ring until the caller gives up. Somebody else sounds for him
    from ``media``, an address and a port."""

    how: Answer = Answer.PICK_UP
    seconds: float | None = None
    ring_seconds: float = 1.0
    media: tuple[str, int] | None = None


REFUSING = {Answer.REJECT: "603 Decline", Answer.BUSY: "486 Busy Here"}
OPTIONAL = 'optional="true"'
THERE = "sip:[service]@[remote_ip]:[remote_port]"
PEER = "[peer_tag_param]"
TAG = "tag=[pid]d[call_number]"

SDP = """v=0
o=debtor 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=ptime:20
a=sendrecv"""


#: Remembers the last four digits of the number rung, as a number.
_CHOSEN = (
    '<ereg regexp="([0-9][0-9][0-9][0-9])@" search_in="hdr" header="To:" assign_to="Number,Sound"/>'
    '<todouble assign_to="Which" variable="Sound"/>'
)


def ringing(
    caller: str, seconds: float | None, abandon_after: float | None, media: tuple[str, int] | None = None
) -> str:
    """A debtor who rings in from ``caller`` and talks for ``seconds``, or gives up after ``abandon_after`` seconds
    without an answer. Somebody else sounds for him from ``media``, an address and a port; else he is a tone.
    """
    sdp = SDP if media is None else _sounding(media)
    patience = _patience(abandon_after, "abandon")
    refused = (
        _recv(f'response="{code}"', OPTIONAL, patience, note=f"refused {code}", then="refused") for code in REFUSALS
    )
    return _scenario(
        _note("started"),
        _send(f"INVITE {THERE} SIP/2.0", *_from(caller), *_sequence("INVITE", 1), sdp=sdp, resend=True),
        *_progress(patience),
        *refused,
        _recv('response="200"', patience, note="answered", port=media is not None),
        _send(f"ACK {THERE} SIP/2.0", *_from(caller, PEER), *_sequence("ACK", 1, "ack")),
        _play(loop=-1) if media is None else '<Reference variables="media"/>',
        _recv('request="BYE"', _patience(seconds, "hang-up"), note="callee"),
        _reply("200 OK"),
        _jump("end"),
        _label("hang-up"),
        _send(f"BYE {THERE} SIP/2.0", *_from(caller, PEER), *_sequence("BYE", 2, "bye"), resend=True),
        _recv('request="BYE"', OPTIONAL, then="both"),
        _recv('response="200"', note="caller"),
        _jump("end"),
        _label("both"),
        _reply("200 OK"),
        _recv('response="481"', OPTIONAL, note="caller", then="end"),
        _recv('response="200"', note="caller"),
        _jump("end"),
        *_gives_up(caller),
        _label("refused"),
        _send(f"ACK {THERE} SIP/2.0", *_from(caller, PEER), *_sequence("ACK", 1)),
        _label("end"),
    )


def _progress(patience: str = "") -> Iterator[str]:
    return (_recv(f'response="{code}"', OPTIONAL, patience) for code in (100, 180, 181, 183))


def _gives_up(caller: str) -> tuple[str, ...]:
    """Cancels the call. News of its progress may cross that, and so may an answer, which he then hangs up on: a
    CANCEL that comes too late is answered with 481 or 200."""
    answered = '<ereg regexp="INVITE" search_in="hdr" header="CSeq:" assign_to="late"/>'
    return (
        _label("abandon"),
        _send(f"CANCEL {THERE} SIP/2.0", *_from(caller), *_sequence("CANCEL", 1), resend=True),
        *_progress(),
        f'<recv response="200" next="late" test="late"><action>{answered}</action></recv>',
        *_progress(),
        _recv('response="487"', note="abandoned"),
        _jump("refused"),
        _label("late"),
        _send(f"ACK {THERE} SIP/2.0", *_from(caller, PEER), *_sequence("ACK", 1, "ack")),
        _recv('response="481"', OPTIONAL, note="answered", then="hang-up"),
        _recv('response="200"', note="answered"),
        _jump("hang-up"),
    )


def _sounding(media: tuple[str, int]) -> str:
    """What is offered when somebody else sounds, from an address and a port."""
    return SDP.replace("[media_ip]", media[0]).replace("[rtpstream_audio_port]", str(media[1]))


def answering(way: Way, sounds: Sequence[int] = ()) -> str:
    """A debtor who is rung. With ``sounds`` the one is heard that bears the last four digits of the number rung."""
    headers = ("From", "To", "CSeq")
    invited = _recv(
        'request="INVITE"', 'rrs="true"', note="started", keep=headers, choose=bool(sounds), port=way.media is not None
    )
    return _scenario(
        invited,
        _reply("100 Trying"),
        _reply("180 Ringing"),
        *_decides(way, sounds),
        _label("end"),
        f'<Reference variables="From,To,CSeq{",Number,Sound,Which,Hit" if sounds else ""}"/>',
        '<Reference variables="media"/>' if way.media is not None else "",
    )


def crowd(ways: Mapping[str, Way]) -> str:
    """Debtors who are rung, each by how his number ends: of ``ways`` the first whose key it ends with is his. One of
    them must be everybody's."""
    found = {f"way{n}": key for n, key in enumerate(ways)}
    steps = ((_label(name), *_decides(ways[key], (), name), _jump("end")) for name, key in found.items())
    return _scenario(
        _recv('request="INVITE"', 'rrs="true"', note="started", keep=("From", "To", "CSeq"), ends=found),
        _reply("100 Trying"),
        _reply("180 Ringing"),
        *(f'<nop next="{name}" test="{name}"/>' for name in found),
        *(step for way in steps for step in way),
        _label("end"),
        f'<Reference variables="From,To,CSeq,{",".join(found)}"/>',
    )


def _decides(way: Way, sounds: Sequence[int], name: str = "") -> Iterator[str]:
    patience = None if way.how is Answer.NO_ANSWER else way.ring_seconds
    yield _recv('request="CANCEL"', _patience(patience, f"decide{name}"), note="abandoned")
    yield _reply("200 OK")
    yield _reply("487 Request Terminated", sequence="[$CSeq]")
    yield _recv('request="ACK"')
    yield _jump("end")
    yield _label(f"decide{name}")
    yield from _refuse(REFUSING[way.how]) if way.how in REFUSING else _pick_up(way, sounds, name)


def _pick_up(way: Way, sounds: Sequence[int], name: str) -> tuple[str, ...]:
    machine = way.how is Answer.MACHINE
    heard = _one_of(sounds) if sounds else _answered("machine" if machine else "tone", loop=1 if machine else -1)
    if way.media is not None:
        heard = (_reply("200 OK", sdp=_sounding(way.media)), _recv('request="ACK"', note="answered"))
    return (
        *heard,
        _label(f"heard{name}"),
        _recv('request="BYE"', _patience(way.seconds, f"hang-up{name}"), note="caller"),
        _reply("200 OK"),
        _jump("end"),
        _label(f"hang-up{name}"),
        _send(
            "BYE [next_url] SIP/2.0",
            f"From:[$To];{TAG}",
            "To:[$From]",
            *_sequence("BYE", 1, "bye"),
            resend=True,
        ),
        _recv('response="200"', note="callee"),
    )


def _answered(sound: str, *, loop: int) -> tuple[str, ...]:
    return (
        _reply("200 OK", sdp=SDP),
        _recv('request="ACK"', note="answered"),
        _play(sound, loop=loop),
    )


def _one_of(sounds: Sequence[int]) -> tuple[str, ...]:
    """The one whose number was rung, chosen before the answer: what follows it must be heard at once."""
    asked = (
        f'<nop next="sound{n}" test="Hit"><action>'
        f'<test assign_to="Hit" variable="Which" compare="equal" value="{n}"/></action></nop>'
        for n in sounds
    )
    told = (step for n in sounds for step in (_label(f"sound{n}"), *_answered(f"sound{n}", loop=1), _jump("heard")))
    return (*asked, _jump(f"sound{sounds[0]}"), *told)


def _refuse(status: str) -> tuple[str, ...]:
    return (_reply(status), _recv('request="ACK"', note=f"refused {status[:3]}"))


def _from(caller: str, tag_of_peer: str = "") -> tuple[str, str]:
    shown = '"Anonymous" <sip:anonymous@anonymous.invalid>' if caller == HIDDEN else f"<sip:{caller}@[local_ip]>"
    return (f"From: {shown};{TAG}", f"To: <{THERE}>{tag_of_peer}")


def _sequence(method: str, number: int, branch: str = "invite") -> tuple[str, ...]:
    """The Via of the transaction ``branch`` and the headers every request has; an INVITE, its CANCEL and the
    ACK of its refusal are one transaction.
    """
    return (
        f"Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-{branch}",
        "Call-ID: [call_id]",
        f"CSeq: {number} {method}",
        "Contact: <sip:debtor@[local_ip]:[local_port]>",
        "Max-Forwards: 70",
    )


def _reply(status: str, *, sequence: str = "", sdp: str = "") -> str:
    tagged = "[last_To:]" if status.startswith("100") else f"[last_To:];{TAG}"
    cseq = f"CSeq:{sequence}" if sequence else "[last_CSeq:]"
    contact = "Contact: <sip:debtor@[local_ip]:[local_port]>"
    head = (f"SIP/2.0 {status}", "[last_Via:]", "[last_From:]", tagged, "[last_Call-ID:]", cseq, contact)
    return _send(*head, sdp=sdp, resend=bool(sdp))


def _send(*lines: str, sdp: str = "", resend: bool = False) -> str:
    body = ("Content-Type: application/sdp", "Content-Length: [len]", "", sdp) if sdp else ("Content-Length: 0", "", "")
    text = "\n".join((*lines, *body))
    again = ' retrans="500"' if resend else ""
    return f"<send{again}><![CDATA[\n{text}\n]]></send>"


def _recv(
    *attributes: str,
    note: str = "",
    then: str = "",
    keep: tuple[str, ...] = (),
    choose: bool = False,
    ends: Mapping[str, str] | None = None,
    port: bool = False,
) -> str:
    """Wait for a message; ``note`` logs it, ``then`` goes on at a label, ``keep`` remembers headers, ``choose`` the
    last digits of the number rung, ``ends`` sets variables whose digits end it, ``port`` logs where sound is to be sent
    to."""
    saved = "".join(f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{header}"/>' for header in keep)
    saved += _CHOSEN if choose else ""
    for name, digits in (ends or {}).items():
        saved += f'<ereg regexp="{digits}@" search_in="hdr" header="To:" assign_to="{name}"/>'
    logged = _log(note) if note else ""
    if port:
        saved += '<ereg regexp="m=audio ([0-9]+)" search_in="body" assign_to="media,port"/>'
        logged += _log("media [$port]")
    following = f'next="{then}"' if then else ""
    opening = " ".join(filter(None, ("<recv", *attributes, following)))
    return f"{opening}><action>{saved}{logged}</action></recv>" if saved or logged else f"{opening}/>"


def _patience(seconds: float | None, label: str) -> str:
    return "" if seconds is None else f'timeout="{round(seconds * 1000)}" ontimeout="{label}"'


def _note(name: str) -> str:
    return f"<nop><action>{_log(name)}</action></nop>"


def _log(name: str) -> str:
    return f'<log message="event [call_id] [clock_tick] {name}"/>'


def _play(sound: str = "tone", *, loop: int) -> str:
    return f'<nop><action><exec rtp_stream="{sound}.ulaw,{loop},0,PCMU/8000"/></action></nop>'


def _jump(label: str) -> str:
    return f'<nop next="{label}"/>'


def _label(name: str) -> str:
    return f'<label id="{name}"/>'


def _scenario(*steps: str) -> str:
    return "\n".join(('<?xml version="1.0" encoding="UTF-8"?>', '<scenario name="debtor">', *steps, "</scenario>", ""))
