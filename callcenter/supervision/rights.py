"""The rights of who watches over the floor."""

from core.kernel.access import Right
from core.kernel.i18n import msg

BOARD = "supervision.board"
WALL = "supervision.wall"
LISTEN = "supervision.listen"
WHISPER = "supervision.whisper"
BARGE = "supervision.barge"
TAKE_OVER = "supervision.take_over"
MESSAGE = "supervision.message"
COACH = "supervision.coach"

RIGHTS = (
    Right(BOARD, msg("See the live board")),
    Right(WALL, msg("Show the wall display")),
    Right(LISTEN, msg("Listen to calls that go on")),
    Right(WHISPER, msg("Speak to a collector in his call, unheard by the debtor")),
    Right(BARGE, msg("Join a collector's call")),
    Right(TAKE_OVER, msg("Take a collector's call over")),
    Right(MESSAGE, msg("Write messages to collectors' screens")),
    Right(COACH, msg("Give advice in a call that goes on")),
)
