"""What can go wrong with the private Asterisk, each in one line that says how to mend it."""


class LabError(Exception):
    """The lab cannot do what was asked; the message is for people."""


class AsteriskMissing(LabError):
    """No Asterisk on this machine, and none can be unpacked."""


class LabNotRunning(LabError):
    """The command needs a running lab."""
