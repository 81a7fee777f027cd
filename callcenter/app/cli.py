"""The command line: a table of commands, one way to report success and failure.

Every command exits 0 only when it did what was asked; an error is one line on standard error, never a traceback.
"""

import argparse
import sys
from collections.abc import Sequence

from callcenter.app import cli_house, cli_lab
from callcenter.app.command import Command
from core.kernel.errors import DomainError
from telephony.lab import LabError

COMMANDS: tuple[Command, ...] = (*cli_house.COMMANDS, *cli_lab.COMMANDS)
"""All commands by their words; a new one is a line here or in the table of its own module."""

GROUPS = {**cli_house.GROUPS, "lab": "a private Asterisk, and the debtors who ring it and are rung"}


def parser(commands: Sequence[Command] = COMMANDS) -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="callcenter", description="The call centre that debt collectors work in.")
    tree = top.add_subparsers(metavar="COMMAND", required=True)
    groups: dict[str, argparse._SubParsersAction[argparse.ArgumentParser]] = {}
    for command in commands:
        *group, word = command.name.split()
        if group and group[0] not in groups:
            branch = tree.add_parser(group[0], help=GROUPS[group[0]])
            groups[group[0]] = branch.add_subparsers(metavar="COMMAND", required=True)
        leaf = (groups[group[0]] if group else tree).add_parser(word, help=command.help, description=command.help)
        command.arguments(leaf)
        leaf.set_defaults(run=command.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    chosen = parser().parse_args(arguments)
    try:
        chosen.run(chosen)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:  # noqa: BLE001 - people at a terminal get a line, whatever went wrong
        return _failed(_reason(error))
    return 0


def _reason(error: Exception) -> str:
    """What happened, without the groups that tasks wrap their failures in."""
    if isinstance(error, ExceptionGroup):
        return "; ".join(map(_reason, error.exceptions))
    return str(error) if isinstance(error, DomainError | LabError) else f"{type(error).__name__}: {error}"


def _failed(reason: str) -> int:
    print(f"callcenter: {' '.join(reason.split())}", file=sys.stderr)
    return 1
