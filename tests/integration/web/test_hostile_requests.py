"""Values no browser sends, at every door: refused in words, never a crash."""

import importlib
import inspect
import secrets
from collections.abc import Iterator, Mapping
from types import ModuleType

import httpx
import pytest
from starlette.datastructures import FormData

from core.kernel.errors import Invalid
from tests.integration.web.test_policies import DOORS, Door, rooms
from tests.integration.web.world import World, world
from tests.plugins.web import SignIn
from tests.policies import POLICIES, Entry
from web.forms import Form, storable, typed
from web.lists import ListSpec
from web.pages.listing import CURSORS
from web.printing import Printer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

__all__ = ["world"]

#: In queries and forms. Some are too long for a number, a column or a name.
HOSTILE = (
    "a\x00b",
    "9" * 19,
    "9" * 5000,
    "1e309",
    "9999-12-31T23:59",
    "0001-01-01",
    "\u202egnp.exe\r\nSet-Cookie: a=b",
    "x" * 5000,
)
HUGE_IDS = (2**63 - 1, 10**30)
_COMMON = ("q", "sort", "col", "saved", "next", "language", "outcome", "only", "limit", "page", "day", "from", "to")


def _module(door: Door) -> ModuleType:
    return importlib.import_module(inspect.unwrap(door.route.endpoint).__module__)


def _forms(door: Door) -> list[type[Form]]:
    """The forms the door reads; all its module has when it leaves that to others."""
    forms = {
        name: kind
        for name, kind in vars(_module(door)).items()
        if isinstance(kind, type) and issubclass(kind, Form) and not inspect.isabstract(kind)
    }
    read = forms.keys() & set(inspect.unwrap(door.route.endpoint).__code__.co_names)
    return [forms[name] for name in sorted(read or forms)]


def _is_refused(kind: type[Form], name: str, fields: Mapping[str, str]) -> bool:
    """Whether the form itself refuses the field called ``name``, whatever the house would say."""
    try:
        typed(storable(FormData(fields)), kind)
    except Invalid as error:
        return name in error.fields
    return False


def _bad_answers(door: Door, good: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Each field of the door's forms with each hostile value that the forms let pass, and one that they refuse.

    All values go through the forms; what is refused there ends in the same words, whichever value it was.
    """
    forms = _forms(door)
    for name in sorted({name for kind in forms for name in kind.model_fields}):
        filled = [{**good, name: value} for value in HOSTILE]
        readers = [kind for kind in forms if name in kind.model_fields]
        refused = [all(_is_refused(kind, name, fields) for kind in readers) for fields in filled]
        first = refused.index(True) if True in refused else None
        yield from (fields for n, fields in enumerate(filled) if n == first or not refused[n])


def _names(door: Door) -> Iterator[str]:
    """The names of the query's parameters."""
    yield from _COMMON
    for spec in vars(_module(door)).values():
        if isinstance(spec, ListSpec):
            yield from (name for item in spec.filters for name in item.names)


def _turns_pages(door: Door) -> bool:
    """Whether the door's module asks where a page begins, by itself or through a list."""
    module = _module(door)
    return any(isinstance(one, ListSpec) for one in vars(module).values()) or '"after"' in inspect.getsource(module)


async def _params(door: Door, world: World, entry: Entry) -> dict[str, object]:
    if not entry.target:
        return {}
    targets = await world.targets(entry.target, "admin")
    return dict(next(iter(targets.values())))


def _sound(answer: httpx.Response) -> None:
    asked = answer.request
    assert answer.status_code != 500, (asked.method, str(asked.url)[:200], asked.content[:200], answer.text[-300:])
    assert "a=b" not in answer.headers.get("set-cookie", "")


QUESTIONS = [door for door in DOORS if door.method == "GET"]
CHANGES = [door for door in DOORS if door.method == "POST" and not door.route.path.startswith("/api/")]


NUMBERED = [door for door in DOORS if door.method != "WS" and door.route.param_convertors]


async def test_ids_beyond_every_column(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    for door in NUMBERED:
        for huge in HUGE_IDS:
            params: dict[str, object] = dict.fromkeys(door.route.param_convertors, huge)
            headers = {"Idempotency-Key": secrets.token_hex(8)}
            _sound(await admin.request(door.method, door.address(params), headers=headers))


@pytest.fixture
def printed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of the same letters is laid out once: each printing is a process of its own."""
    pdf = Printer.pdf
    known: dict[str, bytes] = {}

    async def remembered(printer: Printer, page: str) -> bytes:
        if page not in known:
            known[page] = await pdf(printer, page)
        return known[page]

    monkeypatch.setattr(Printer, "pdf", remembered)


@pytest.mark.usefixtures("printed_once")
@pytest.mark.parametrize("doors", rooms(QUESTIONS).values(), ids=rooms(QUESTIONS))
async def test_questions(doors: list[Door], sign_in: SignIn, world: World) -> None:
    admin = await sign_in("admin")
    for door in doors:
        params, turned = await _params(door, world, POLICIES[door.key]), _turns_pages(door)
        for value in HOSTILE:
            _sound(await admin.get(door.address(params), params=dict.fromkeys(_names(door), value[:300])))
            for cursor in CURSORS if turned else ():
                _sound(await admin.get(door.address(params), params={cursor: value}))


@pytest.mark.parametrize("doors", rooms(CHANGES).values(), ids=rooms(CHANGES))
async def test_changes(doors: list[Door], sign_in: SignIn, world: World) -> None:
    admin = await sign_in("admin")
    aims = [await _params(door, world, POLICIES[door.key]) for door in doors]  # before anything is changed
    for door, params in zip(doors, aims, strict=True):
        entry = POLICIES[door.key]
        good = {name: value.format(**params) for name, value in entry.form.items()}
        for answers in _bad_answers(door, good):
            _sound(await admin.post(door.address(params), data=answers))
            if admin.cookies.get("callcenter_session") is None:
                admin = await sign_in("admin")


@pytest.mark.parametrize(
    "body",
    [b"[" * 200_000, b'{"text":"\\ud800"}', b'{"id":1e999}', b"\xff\xfe", b"null", b'{"id":' + b"9" * 5000 + b"}"],
    ids=["deep", "surrogate", "infinite", "no utf-8", "null", "long number"],
)
async def test_json_that_is_none(body: bytes, sign_in: SignIn, world: World) -> None:
    admin = await sign_in("admin")
    for door in DOORS:
        if door.method == "POST":
            params: dict[str, object] = dict.fromkeys(door.route.param_convertors, 1)
            headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
            _sound(await admin.post(door.address(params), content=body, headers=headers))
            if door.route.path in ("/logout", "/login"):
                admin = await sign_in("admin")
