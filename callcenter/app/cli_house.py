"""``callcenter serve · migrate · demo · users add · tokens add · import · check · backup · restore · audit verify``"""

import argparse
import getpass
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop
from sqlalchemy import select

from callcenter.app import backup as backups
from callcenter.app import settings, wiring
from callcenter.app.check import check
from callcenter.app.command import Command
from callcenter.app.demo.install import install_demo
from callcenter.app.presets import install
from callcenter.app.schema import migrate
from callcenter.app.serve import ROLES, serve
from callcenter.app.shipping import ship
from core.audit.queries import verify
from core.importing.command import ImportSummary, import_file, read_mapping
from core.importing.model import OnExisting
from core.importing.registry.kind import RegistryKind
from core.importing.service import Imports
from core.kernel import logs
from core.kernel.access import PROGRAM
from core.kernel.db import Database
from core.kernel.errors import DomainError, Invalid, NotFound
from core.kernel.i18n import mark, msg, translator
from core.payments.incoming.fields import DOOR as PAYMENTS
from core.payments.queries.accounts import account_numbered
from core.payments.statements.detect import Format
from core.people.model import User
from core.people.service.users import UserData


class AuditBroken(DomainError):
    """Somebody changed the trail behind the program's back."""

    code = "audit_broken"
    text = mark("The audit trail does not hold from entry {place} on.")


@asynccontextmanager
async def _ground() -> AsyncIterator[wiring.Ground]:
    """The lowest storey over a database of this version."""
    chosen = settings.load()
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(chosen.database)
    try:
        await migrate(database)
        yield wiring.ground(chosen, database)
    finally:
        await database.close()


def _run(main: Callable[[argparse.Namespace], Awaitable[None]]) -> Callable[[argparse.Namespace], None]:
    def run(arguments: argparse.Namespace) -> None:
        uvloop.run(_as_coroutine(main, arguments))

    return run


async def _as_coroutine(main: Callable[[argparse.Namespace], Awaitable[None]], arguments: argparse.Namespace) -> None:
    await main(arguments)


async def _serve(arguments: argparse.Namespace) -> None:
    chosen = settings.load()
    logs.configure(as_json=chosen.log_format == "json")
    await serve(chosen, frozenset(arguments.role or ROLES))


async def _migrate(_arguments: argparse.Namespace) -> None:
    async with _ground() as base:
        async with base.uow.write() as work:
            await ship(work, at=base.clock.now())
        print("the database has the schema of this version")


async def _demo(arguments: argparse.Namespace) -> None:
    for line in await install_demo(settings.load(), reset=arguments.reset):
        print(line)


async def _add_user(arguments: argparse.Namespace) -> None:
    password = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else getpass.getpass()
    async with _ground() as base:
        async with base.uow.write() as work:
            roles = await install(work, translator("en"))
            await ship(work, at=base.clock.now())
        if arguments.role not in roles:
            raise Invalid({"role": msg("Choose one of: {roles}.", roles=", ".join(roles))})
        data = UserData(login=arguments.login, role_id=roles[arguments.role], extension=arguments.extension)
        await wiring.people(base).users.add(PROGRAM, data, password, must_change=False)
    print(f"added {arguments.login} ({arguments.role})")


async def _add_token(arguments: argparse.Namespace) -> None:
    async with _ground() as base:
        async with base.uow.read() as session:
            user_id = await session.scalar(select(User.id).where(User.login == arguments.user.lower()))
        if user_id is None:
            raise NotFound
        token = await wiring.people(base).keys.issue(PROGRAM, user_id, arguments.name, arguments.scope)
    print(token)


async def _import_cases(arguments: argparse.Namespace) -> None:
    async with _ground() as base:
        kind = RegistryKind()
        imports = Imports(base.uow, base.clock, base.settings.data_dir / "imports", (kind,))
        summary = await import_file(
            imports,
            base.uow,
            PROGRAM,
            arguments.file.resolve(),
            creditor_name=arguments.creditor,
            mapping=read_mapping(arguments.mapping, kind.targets) if arguments.mapping else None,
            dry_run=arguments.dry_run,
        )
    _tell(summary, as_json=arguments.json)


async def _import_payments(arguments: argparse.Namespace) -> None:
    async with _ground() as base:
        house = wiring.build(base, wiring.people(base), ())
        options = {"format": arguments.format}
        if arguments.account:
            async with base.uow.read() as session:
                options["account"] = str(await account_numbered(session, arguments.account))
        summary = await import_file(
            house.imports,
            base.uow,
            PROGRAM,
            arguments.file.resolve(),
            door=PAYMENTS,
            options=options,
            dry_run=arguments.dry_run,
            on_existing=OnExisting.SKIP,
        )
    _tell(summary, as_json=arguments.json)


def _tell(summary: ImportSummary, *, as_json: bool) -> None:
    """Print what came of an import. Ends the program with 1 when something was wrong with it."""
    if as_json:
        print(json.dumps(summary.as_json(), ensure_ascii=False))
    else:
        counted = ", ".join(f"{count} {outcome}" for outcome, count in summary.counts.items())
        print(f"{summary.state}: {counted}; {summary.applied} applied")
        for row, field, message in summary.faults:
            print(f"  row {row}, {field}: {message}")
    if not summary.clean:
        raise SystemExit(1)


async def _check(arguments: argparse.Namespace) -> None:
    findings = await check(settings.load())
    if arguments.json:
        print(json.dumps([finding.as_dict() for finding in findings]))
    else:
        for finding in findings:
            print(finding)
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)


async def _backup(arguments: argparse.Namespace) -> None:
    size = await backups.backup(settings.load(), arguments.file.resolve())
    print(f"{arguments.file}: {size} bytes")


async def _restore(arguments: argparse.Namespace) -> None:
    await backups.restore(settings.load(), arguments.file.resolve(), replace=arguments.replace)
    print("restored; restart the server if it runs")


async def _verify(_arguments: argparse.Namespace) -> None:
    async with _ground() as base:
        verdict = await verify(base.uow)
    if not verdict.whole:
        raise AuditBroken(place=verdict.broken_seq)
    print(f"the audit trail is whole: {verdict.length} entries")


def _nothing(_parser: argparse.ArgumentParser) -> None:
    """A command without arguments."""


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--role", type=_roles, help=f"which parts to run, by comma: {', '.join(ROLES)} (all)")


def _roles(text: str) -> list[str]:
    chosen = [word.strip() for word in text.split(",")]
    if not set(chosen) <= set(ROLES):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(ROLES)}")
    return chosen


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reset", action="store_true", help="throw everything away first")


def _user_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("login")
    parser.add_argument("--role", required=True)
    parser.add_argument("--extension", help="the telephone extension, if there shall be one")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def _token_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", required=True, metavar="LOGIN")
    parser.add_argument("--scope", action="append", required=True, help="a right the token may use; repeat for more")
    parser.add_argument("--name", default="command line")


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.xlsx")
    parser.add_argument("--creditor", required=True, metavar="NAME")
    parser.add_argument(
        "--mapping", type=Path, metavar="FILE.json", help="headings to fields, where they are not found"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _payments_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=("auto", *Format), default="auto", help="what it is, if not by its content")
    parser.add_argument("--account", metavar="NUMBER", help="our account, for tables that do not name it")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _file_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.tar")


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    _file_argument(parser)
    parser.add_argument("--replace", action="store_true", help="put it in the place of what is there")


COMMANDS = (
    Command(name="serve", help="run the server", run=_run(_serve), arguments=_serve_arguments),
    Command(name="migrate", help="bring the database to this version", run=_run(_migrate), arguments=_nothing),
    Command(name="demo", help="install invented data to try it with", run=_run(_demo), arguments=_demo_arguments),
    Command(name="users add", help="add a user", run=_run(_add_user), arguments=_user_arguments),
    Command(name="tokens add", help="make an API token, shown once", run=_run(_add_token), arguments=_token_arguments),
    Command(
        name="check", help="say what is wrong with this installation", run=_run(_check), arguments=_check_arguments
    ),
    Command(
        name="import-cases", help="bring in a registry of cases", run=_run(_import_cases), arguments=_import_arguments
    ),
    Command(
        name="import-payments",
        help="bring in a bank statement or a table of payments",
        run=_run(_import_payments),
        arguments=_payments_arguments,
    ),
    Command(name="backup", help="write everything into one file", run=_run(_backup), arguments=_file_argument),
    Command(name="restore", help="bring a backup back", run=_run(_restore), arguments=_restore_arguments),
    Command(name="audit verify", help="prove the audit trail is whole", run=_run(_verify), arguments=_nothing),
)
GROUPS = {"users": "users", "tokens": "API tokens", "audit": "the audit trail"}
