"""The rights of who watches over the floor."""

from core.kernel.access import Right
from core.kernel.i18n import msg

BOARD = "supervision.board"
WALL = "supervision.wall"

RIGHTS = (
    Right(BOARD, msg("See the live board")),
    Right(WALL, msg("Show the wall display")),
)
