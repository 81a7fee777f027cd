"""Who stands in the queues of a manager port: told as Asterisk tells it, whatever it was ordered."""

from collections.abc import Iterator, Mapping

Headers = Mapping[str, str]
_PAUSED = {"true": "1", "false": "0"}


class QueueMembers:
    """Takes the orders about queues and answers with the events that follow from them."""

    def __init__(self) -> None:
        self._members: dict[tuple[str, str], dict[str, str]] = {}

    def listed(self, action_id: str) -> str:
        """What ``QueueStatus`` tells of them."""
        return "".join(_event("QueueMember", {**one, "ActionID": action_id}) for one in self._members.values())

    def ordered(self, action: Headers) -> str:
        """The events of one order; nothing when it is about something else."""
        return "".join(_event(name, member) for name, member in self._became(action))

    def _became(self, action: Headers) -> Iterator[tuple[str, Headers]]:
        queue, interface = action.get("Queue", ""), action.get("Interface", "")
        match action["Action"]:
            case "QueueAdd":
                member = {"Queue": queue, "Interface": interface, "Membership": "dynamic"}
                member |= {"Penalty": action["Penalty"], "Paused": _PAUSED[action["Paused"]]}
                self._members[queue, interface] = member
                yield "QueueMemberAdded", member
            case "QueueRemove":
                if member := self._members.pop((queue, interface), {}):
                    yield "QueueMemberRemoved", member
            case "QueuePause":
                for member in self._at(queue, interface):
                    member["Paused"] = _PAUSED[action["Paused"]]
                    yield "QueueMemberPause", member
            case "QueuePenalty":
                for member in self._at(queue, interface):
                    member["Penalty"] = action["Penalty"]
                    yield "QueueMemberPenalty", member

    def _at(self, queue: str, interface: str) -> list[dict[str, str]]:
        """The members at a phone, in one queue or in all."""
        return [one for key, one in self._members.items() if key[1] == interface and queue in ("", key[0])]


def _event(name: str, headers: Headers) -> str:
    return "".join(f"{key}: {value}\r\n" for key, value in {"Event": name, **headers}.items()) + "\r\n"
