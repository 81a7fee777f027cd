"""The long proof that pacing keeps the ceiling: ``python -m bench.pacing_days FILE --days 1000``.

Runs troubled days in blocks of twenty, each begun by a pacer that knows nothing, the teams in turn; ``FILE`` gets a
line of JSON per block, and what it holds is not run again, so that the run may be ended and taken up at any time. What
all blocks so far came to is printed after each. ``--teams 8:2.0 10:1.5`` runs other teams (agents and per cent),
``20:3:final`` one whose attempts are never withdrawn.
"""

import argparse
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench.bench_pacing import SEED, TEAMS, pacer, setting
from callcenter.campaigns.simulation.hours import Worst
from callcenter.campaigns.simulation.trial import Outcome, trial

_BLOCK = 20


def _known(file: Path) -> dict[tuple[str, int], Outcome]:
    """The blocks that were run, by team and number."""
    known = {}
    for line in file.read_text().splitlines() if file.exists() else ():
        row = json.loads(line)
        worst = Worst(**row["outcome"].pop("worst"))
        known[row["team"], row["block"]] = Outcome(**row["outcome"], worst=worst)
    return known


def _block(team: str, number: int) -> Outcome:
    agents, percent, *final = team.split(":")
    ceiling, seed = float(percent) / 100, SEED + 1_000_000 + number * _BLOCK
    dialler = partial(pacer, ceiling, not final)
    return trial(setting(int(agents), troubled=True), dialler, ceiling=ceiling, days=_BLOCK, seed=seed)


def _line(team: str, sum_of_all: Outcome) -> str:
    return (
        f"{team:>14}  {sum_of_all.days:5} days  busy {sum_of_all.busy:.4f}  withdrawn {sum_of_all.recalled:.2%}"
        f"  abandoned {sum_of_all.abandoned:.3%}"
        f" of {sum_of_all.answered:,}  worst hour {sum_of_all.worst.share:.3%} of {sum_of_all.worst.calls}"
        f"  days with an hour above: {sum_of_all.broken_days}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.pacing_days")
    parser.add_argument("file", type=Path)
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--teams", nargs="*", default=[f"{agents}:{100 * ceiling:g}" for agents, ceiling, _ in TEAMS])
    options = parser.parse_args()
    known = _known(options.file)
    sums = {team: Outcome() for team in options.teams}
    for number in range(-(-options.days // _BLOCK)):
        for team in options.teams:
            if (team, number) not in known:
                known[team, number] = _block(team, number)
                row = {"team": team, "block": number, "outcome": asdict(known[team, number])}
                with options.file.open("a") as lines:
                    lines.write(json.dumps(row) + "\n")
            sums[team] += known[team, number]
            print(_line(team, sums[team]), flush=True)


if __name__ == "__main__":
    main()
