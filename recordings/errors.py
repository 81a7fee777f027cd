"""What can go wrong with recordings."""


class RecordingFault(Exception):
    """Something about the file or a tool, for the log and the recording's row; never shown to a user as it is."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnreadableAudio(RecordingFault):
    """The file is not the mono 16-bit WAV that Asterisk writes."""


class EncoderFailed(RecordingFault):
    """The encoder is missing, ended badly or took too long."""


class UnsafeName(RecordingFault):
    """A file name or storage key that is not made of ids only."""


class MissingObject(RecordingFault):
    """The storage holds nothing under that key."""


class UnsupportedStorage(RecordingFault):
    """``RECORDINGS_URL`` names a storage this program has no driver for."""
