"""The private Asterisk on real parts: SIPp rings in and is rung, baresip answers, files tell what was said."""

import asyncio
import json
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from websockets import Subprotocol
from websockets.asyncio.client import connect

from callcenter.app.tls import local_certificate
from telephony.lab import Lab, LabError, LabOptions, commands, sipp
from telephony.lab.scenarios import Answer
from tests.phones import Baresip, desk_phone
from tests.plugins.asterisk import PHONES, cdr_rows, cel_rows, eventually, length, started, tone_share

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]
ROOT = Path(__file__).resolve().parents[3]


@asynccontextmanager
async def phone(lab: Lab, index: int, **settings: object) -> AsyncIterator[Baresip]:
    async with desk_phone(lab.required().pbx.sip, PHONES[index], **settings) as registered:  # type: ignore[arg-type]
        yield registered


@asynccontextmanager
async def ringing(lab: Lab, order: sipp.Ring) -> AsyncIterator[sipp.Sipp]:
    pbx = lab.required().pbx
    with sipp.ring(pbx.sip, pbx.trunk.host, order) as process:
        yield process


async def outcome(process: sipp.Sipp) -> sipp.Rung:
    await asyncio.to_thread(process.wait, 30)
    return sipp.outcome(process.events())


async def order(lab: Lab, **headers: str | list[str]) -> None:
    """One order over the manager interface, and its success."""
    await orders(lab, headers)


async def orders(lab: Lab, *actions: Mapping[str, str | list[str]]) -> None:
    """Orders one right after the other, and their success."""
    pbx = lab.required().pbx
    reader, writer = await asyncio.open_connection(pbx.ami.host, pbx.ami.port)
    login: dict[str, str | list[str]] = {
        "Action": "Login",
        "Username": pbx.ami_user,
        "Secret": pbx.ami_secret,
        "Events": "off",
    }
    for action in (login, *actions):
        for key, value in action.items():
            for line in [value] if isinstance(value, str) else value:
                writer.write(f"{key}: {line}\r\n".encode())
        writer.write(b"\r\n")
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert "Response: Success" in answer, answer
    writer.close()
    await writer.wait_closed()


async def dial_out(lab: Lab, index: int, number: str, call_id: int) -> None:
    await order(
        lab,
        Action="Originate",
        Channel=f"PJSIP/{PHONES[index].desk}",
        Context="callcenter-outbound",
        Exten=number,
        Priority="1",
        Async="true",
        ChannelId=f"cc-{call_id}-a",
        Variable=[f"__CALLCENTER_CALL={call_id}", "CALLCENTER_SHOW=5550100"],
    )


def channel_in(lab: Lab, endpoint: str, application: str) -> str:
    """The endpoint's channel that is in this application now, if there is one."""
    for line in lab.rx("core show channels concise").splitlines():
        channel, _, _, _, _, running, *_ = line.split("!")
        if channel.startswith(f"{endpoint}-") and running == application:
            return channel
    return ""


def recordings(lab: Lab, linkedid: str = "") -> list[Path]:
    """The customer's side of finished recordings that hold a talk."""
    found = lab.spool_dir.glob(f"done/{linkedid}*-r.wav")
    return sorted((file for file in found if length(file) > 0), key=lambda file: file.stat().st_mtime_ns)


def records_of(lab: Lab, caller: str) -> list[dict[str, str]]:
    return [row for row in cdr_rows(lab) if row["src"] == caller or row["dst"] == caller]


async def test_call_through_the_queue_is_recorded_on_both_sides(asterisk_lab: Lab) -> None:
    caller = "+79000000101"
    async with (
        phone(asterisk_lab, 0, hertz=700) as collector,
        ringing(asterisk_lab, sipp.Ring(caller=caller, number="5550100", seconds=4, hertz=440)) as debtor,
    ):
        await collector.answer()
        rung = await outcome(debtor)
        await collector.until("CALL_CLOSED")
    assert rung.ended_by == "caller"
    assert rung.talked == pytest.approx(4000, abs=150)

    record = next(iter(await eventually(lambda: records_of(asterisk_lab, caller))))
    assert (record["disposition"], record["direction"], record["dialled"]) == ("ANSWERED", "inbound", "5550100")
    assert float(record["end"]) - float(record["answer"]) == pytest.approx(4, abs=0.4)

    heard = (await eventually(lambda: recordings(asterisk_lab, record["uniqueid"])))[0]
    said = heard.with_name(heard.name.replace("-r.wav", "-t.wav"))
    assert length(heard) == length(said) == pytest.approx(4, abs=0.4)
    assert tone_share(heard, 440) > 0.95
    assert tone_share(said, 700) > 0.95
    assert not list((asterisk_lab.spool_dir / "monitor").iterdir())

    events = [row["event"] for row in cel_rows(asterisk_lab) if row["linkedid"] == record["linkedid"]]
    assert events.count("CHAN_START") == events.count("CHAN_END") == 2
    assert events.count("BRIDGE_ENTER") == 2
    assert events[-1] == "LINKEDID_END"


async def test_unanswered_member_is_passed_over_for_the_next(asterisk_lab: Lab) -> None:
    async with (
        phone(asterisk_lab, 0) as first,
        phone(asterisk_lab, 1) as second,
        ringing(asterisk_lab, sipp.Ring(caller="+79000000102", number="5550100", seconds=1)) as debtor,
    ):
        rings = {phone: asyncio.create_task(phone.until("CALL_INCOMING")) for phone in (first, second)}
        await asyncio.wait(rings.values(), return_when=asyncio.FIRST_COMPLETED)
        ignoring, answering = (first, second) if rings[first].done() else (second, first)
        await ignoring.until("CALL_CLOSED")
        await rings[answering]
        await answering.order("accept")
        rung = await outcome(debtor)
    assert rung.answered_after is not None
    assert rung.answered_after > 3000


async def test_caller_without_collector_waits_and_leaves_a_message(asterisk_lab: Lab) -> None:
    """There is no server to say where else he may go."""
    async with ringing(asterisk_lab, sipp.Ring(caller="+79000000103", number="5550100", seconds=1)) as debtor:
        rung = await outcome(debtor)
    assert rung.answered_after is not None
    assert rung.refused is None


async def test_caller_who_gives_up_leaves_no_answer(asterisk_lab: Lab) -> None:
    caller = "+79000000104"
    async with ringing(asterisk_lab, sipp.Ring(caller=caller, number="5550100", abandon_after=1)) as debtor:
        assert (await outcome(debtor)).abandoned
    record = next(iter(await eventually(lambda: records_of(asterisk_lab, caller))))
    assert record["disposition"] == "NO ANSWER"


async def test_hidden_caller_reaches_the_queue(asterisk_lab: Lab) -> None:
    async with (
        phone(asterisk_lab, 0) as collector,
        ringing(asterisk_lab, sipp.Ring(caller="anonymous", number="5550100", seconds=1)) as debtor,
    ):
        await collector.answer()
        assert (await outcome(debtor)).ended_by == "caller"


async def test_collectors_farewell_ends_the_call_at_once(asterisk_lab: Lab) -> None:
    async with (
        phone(asterisk_lab, 2) as collector,
        ringing(asterisk_lab, sipp.Ring(caller="+79000000105", number="203")) as debtor,
    ):
        await collector.answer()
        await collector.hang_up()
        rung = await outcome(debtor)
    assert rung.ended_by == "callee"
    assert rung.talked < 800


@pytest.mark.parametrize("outbound", [False, True], ids=["rung", "dialled"])
async def test_customer_of_a_vanished_collector_is_held_and_rung_back(asterisk_lab: Lab, outbound: bool) -> None:
    pbx = asterisk_lab.required().pbx
    async with phone(asterisk_lab, 4, hertz=900, auto_answer=True) as rescuer, AsyncExitStack() as seat:
        collector = await seat.enter_async_context(phone(asterisk_lab, 3, auto_answer=True))
        with (
            sipp.answer(pbx.trunk, calls=1)
            if outbound
            else sipp.ring(pbx.sip, pbx.trunk.host, sipp.Ring(caller="+79000000106", number="204"))
        ) as debtor:
            if outbound:
                await dial_out(asterisk_lab, 3, "+79000000106", 4711)
            await collector.until("CALL_ESTABLISHED")
            await eventually(lambda: "answered" in {event.name for event in debtor.events()})
            await seat.aclose()
            channel = await eventually(lambda: channel_in(asterisk_lab, "PJSIP/trunk", "MusicOnHold"))
            await order(
                asterisk_lab,
                Action="Redirect",
                Channel=channel,
                Context="callcenter-ringback",
                Exten=PHONES[4].desk,
                Priority="1",
            )
            await rescuer.until("CALL_ESTABLISHED")
            await rescuer.hang_up()
            await asyncio.to_thread(debtor.wait, 20)
            assert "caller" in {event.name for event in debtor.events()} if outbound else True


async def test_order_rings_the_collector_then_the_debtor_and_records_the_debtor(asterisk_lab: Lab) -> None:
    number = "+79000000107"
    trunk = asterisk_lab.required().pbx.trunk
    async with phone(asterisk_lab, 5, hertz=900, auto_answer=True) as collector:
        with sipp.answer(trunk, seconds=3, hertz=500, calls=1, ring_seconds=0.5) as debtor:
            await dial_out(asterisk_lab, 5, number, 815)
            await collector.until("CALL_ESTABLISHED")
            await asyncio.to_thread(debtor.wait, 20)
        await collector.until("CALL_CLOSED")
    record = next(iter(await eventually(lambda: [row for row in cdr_rows(asterisk_lab) if row["call"] == "815"])))
    assert (record["uniqueid"], record["direction"], record["dialled"]) == ("cc-815-a", "outbound", number)
    customer = next(row for row in cel_rows(asterisk_lab) if row["channel"] == record["dstchannel"])["uniqueid"]
    heard = (await eventually(lambda: recordings(asterisk_lab, customer)))[0]
    assert length(heard) == pytest.approx(3, abs=0.4)
    assert tone_share(heard, 500) > 0.95
    assert tone_share(heard.with_name(f"{customer}-t.wav"), 900) > 0.95


@pytest.mark.parametrize(
    ("how", "disposition"), [(Answer.BUSY, "BUSY"), (Answer.REJECT, "NO ANSWER"), (Answer.NO_ANSWER, "NO ANSWER")]
)
async def test_debtor_who_does_not_take_the_call(asterisk_lab: Lab, how: Answer, disposition: str) -> None:
    call_id = 900 + list(Answer).index(how)
    async with phone(asterisk_lab, 5, auto_answer=True) as collector:
        with sipp.answer(asterisk_lab.required().pbx.trunk, how, calls=1, ring_seconds=0.2) as debtor:
            await dial_out(asterisk_lab, 5, "+79000000108", call_id)
            await collector.until("CALL_ESTABLISHED")
            if how is Answer.NO_ANSWER:
                await eventually(lambda: "started" in {event.name for event in debtor.events()})
                await collector.hang_up()
            await asyncio.to_thread(debtor.wait, 20)
        await collector.until("CALL_CLOSED")
    rows = await eventually(lambda: [row for row in cdr_rows(asterisk_lab) if row["call"] == str(call_id)])
    assert rows[0]["disposition"] == disposition


async def test_answering_machine_speaks_and_beeps(asterisk_lab: Lab) -> None:
    async with phone(asterisk_lab, 5, auto_answer=True) as collector:
        with sipp.answer(asterisk_lab.required().pbx.trunk, Answer.MACHINE, seconds=6, calls=1) as debtor:
            await dial_out(asterisk_lab, 5, "+79000000109", 999)
            await collector.until("CALL_ESTABLISHED")
            await asyncio.to_thread(debtor.wait, 20)
    heard = (await eventually(lambda: recordings(asterisk_lab)))[-1]
    assert length(heard) == pytest.approx(6, abs=0.4)
    assert 0.04 < tone_share(heard, 1400) < 0.12


async def test_extension_rings_extension(asterisk_lab: Lab) -> None:
    async with phone(asterisk_lab, 0) as caller, phone(asterisk_lab, 1) as callee:
        await caller.dial("202")
        await callee.answer()
        await callee.hang_up()
        await caller.until("CALL_CLOSED")


async def test_new_phones_are_taken_up_and_old_ones_dropped(tmp_path: Path) -> None:
    with started(tmp_path) as lab:
        await asyncio.to_thread(lab.reprovision, PHONES[1:2])
        assert lab.status()["numbers"] == ["5550100", "202"]
        assert "PJSIP/202d" in lab.rx("queue show main")
        assert "PJSIP/201d" not in lab.rx("queue show main")
        assert "201d" not in lab.rx("pjsip show endpoints")


def test_two_labs_live_side_by_side_in_folders_with_spaces(tmp_path: Path) -> None:
    with started(tmp_path / "one lab") as one, started(tmp_path / "the other") as other:
        first, second = one.status(), other.status()
        assert first["running"]
        assert second["running"]
        assert not {json.dumps(first[key]) for key in ("sip", "trunk", "ami", "http", "rtp")} & {
            json.dumps(second[key]) for key in ("sip", "trunk", "ami", "http", "rtp")
        }
        assert one.down()
        assert other.status()["running"]


def test_dead_lab_is_seen_as_stopped_and_starts_again_where_it_was(tmp_path: Path) -> None:
    with started(tmp_path) as lab:
        before = lab.status()
        assert not lab.up(PHONES)
        lab.kill()
        assert lab.status() == {"running": False}
        assert lab.up()
        assert {key: lab.status()[key] for key in before.keys() - {"rtp"}} == {
            key: before[key] for key in before.keys() - {"rtp"}
        }


def test_command_line_tells_success_from_failure(tmp_path: Path) -> None:
    def callcenter(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "CALLCENTER_DATA_DIR": str(tmp_path / "da ta")}
        command = [sys.executable, "-m", "callcenter", *words]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert json.loads(callcenter("lab", "status", "--json").stdout) == {"running": False}
    nobody = callcenter("lab", "call", "--from", "+79000000110")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert nobody.stderr.startswith("callcenter: the lab is not running")
    try:
        assert callcenter("lab", "up").returncode == 0
        assert json.loads(callcenter("lab", "status", "--json").stdout)["numbers"] == ["5550100"]
        given_up = callcenter("lab", "call", "--from", "+7 (900) 000-01-10", "--abandon", "1", "--json")
        assert given_up.returncode == 0
        assert json.loads(given_up.stdout)["abandoned"] is True
        refused = callcenter("lab", "call", "--from", "+79000000110", "--to", "999", "--seconds", "1")
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
        assert callcenter("lab", "call", "--from", "1\r\n2").returncode == 1
    finally:
        assert callcenter("lab", "down").returncode == 0


def test_answerers_do_not_get_in_each_others_way(asterisk_lab: Lab) -> None:
    trunk = asterisk_lab.required().pbx.trunk
    with sipp.answer(trunk, Answer.BUSY), pytest.raises(LabError, match="already"), sipp.answer(trunk):
        pass


async def test_phone_of_another_computer_reaches_it_over_tls(tmp_path: Path) -> None:
    pair = local_certificate(tmp_path)
    options = LabOptions(host="0.0.0.0", certificate=pair.certificate, private_key=pair.key)
    with started(tmp_path, options) as lab:
        secure = lab.required().pbx.https
        assert secure is not None
        trusting = ssl.create_default_context(cafile=pair.certificate)
        async with connect(
            f"wss://localhost:{secure.port}/ws", ssl=trusting, subprotocols=[Subprotocol("sip")], proxy=None
        ) as socket:
            assert socket.subprotocol == "sip"


def test_number_that_could_be_more_than_a_number_is_refused() -> None:
    for number in ("1;2", "1\n2", "", "a b", "<x>", "1" * 41):
        with pytest.raises(LabError):
            sipp.Ring(caller=number, number="5550100")


def test_answering_needs_a_running_lab(tmp_path: Path) -> None:
    with pytest.raises(LabError):
        next(commands.answer(Lab(tmp_path), Answer.PICK_UP))


@pytest.mark.parametrize("attended", [False, True], ids=["blind", "attended"])
async def test_transferred_customer_talks_on_and_stays_recorded(asterisk_lab: Lab, attended: bool) -> None:
    caller = f"+7900000012{attended:d}"
    async with (
        phone(asterisk_lab, 0, hertz=700) as first,
        phone(asterisk_lab, 1, hertz=900) as second,
        ringing(asterisk_lab, sipp.Ring(caller=caller, number="201", hertz=440)) as debtor,
    ):
        await first.answer()
        agent = await eventually(lambda: channel_in(asterisk_lab, "PJSIP/201d", "AppDial"))
        transfer = "Atxfer" if attended else "BlindTransfer"
        await order(asterisk_lab, Action=transfer, Channel=agent, Context="callcenter-transfer", Exten="202")
        await second.answer()
        if attended:
            await first.hang_up()
        await first.until("CALL_CLOSED")
        await asyncio.sleep(2)
        await second.hang_up()
        rung = await outcome(debtor)
    assert rung.ended_by == "callee"
    customer = next(row["uniqueid"] for row in cel_rows(asterisk_lab) if row["number"] == caller)
    heard = (await eventually(lambda: recordings(asterisk_lab, customer)))[0]
    assert tone_share(heard, 440) * length(heard) == pytest.approx(rung.talked / 1000, abs=0.6)
    assert tone_share(heard.with_name(f"{customer}-t.wav"), 900) * length(heard) == pytest.approx(2, abs=0.5)
