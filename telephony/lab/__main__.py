"""``python -m telephony.lab``: make sure that there is an Asterisk to start, unpacking one if need be."""

import sys

from telephony.lab import LabError, tree

try:
    tree.find()
except LabError as error:
    sys.exit(str(error))
