"""A private Asterisk for the demo and the tests, and the debtors who ring it and are rung."""

from telephony.lab.errors import AsteriskMissing, LabError, LabNotRunning
from telephony.lab.instance import Lab, LabOptions, Running

__all__ = ["AsteriskMissing", "Lab", "LabError", "LabNotRunning", "LabOptions", "Running"]
