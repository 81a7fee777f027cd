"""What can go wrong with recordings: faults of files and tools for the log, errors for people."""

from core.kernel.errors import Conflict, Invalid, Unavailable
from core.kernel.i18n import mark


class RecordingFault(Exception):
    """Something about the file or a tool, for the log and the recording's row; never shown to a user as it is."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnreadableAudio(RecordingFault):
    """The file is not the mono 16-bit WAV that Asterisk writes."""


class NothingRecorded(UnreadableAudio):
    """The files are whole and empty: nobody ever talked, as in a call that was given up."""


class EncoderFailed(RecordingFault):
    """The encoder is missing, ended badly or took too long."""


class UnsafeName(RecordingFault):
    """A file name or storage key that is not made of ids only."""


class MissingObject(RecordingFault):
    """The storage holds nothing under that key."""


class UnsupportedStorage(RecordingFault):
    """``RECORDINGS_URL`` names a storage this program has no driver for."""


class SoundMissing(Unavailable):
    """The row is there and the storage does not have its file."""

    code = "recording_missing"
    text = mark("The sound file of this recording is not in the storage. Tell your administrator.")


class NotReady(Conflict):
    """The recording is still being made, or could not be."""

    code = "recording_not_ready"
    text = mark("This recording cannot be played yet.")


class TooMany(Invalid):
    """More was asked for in one archive than is made at once."""

    code = "too_many_recordings"
    text = mark("Choose at most {limit} recordings for one archive.")


class BadMark(Invalid):
    """A bookmark without words, too long, or outside the recording."""

    code = "bad_mark"
    text = mark("A bookmark needs a text of at most {limit} characters and a place inside the recording.")
