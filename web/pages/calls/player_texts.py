"""What the player of recordings says in the browser."""

from collections.abc import Mapping

from core.kernel.i18n import Message, msg

PLAYER_TEXTS: Mapping[str, Message] = {
    "player": msg("Recording"),
    "player_debtor": msg("Debtor"),
    "player_collector": msg("Collector"),
    "player_position": msg("Position in the recording"),
    "player_marks": msg("Bookmarks and comments"),
    "player_play": msg("Play"),
    "player_pause": msg("Pause"),
    "player_back": msg("Back 5 seconds"),
    "player_forward": msg("Forward 5 seconds"),
    "player_speed": msg("Speed"),
    "player_slower": msg("Slower"),
    "player_faster": msg("Faster"),
    "player_skip_silence": msg("Skip silence"),
    "player_download": msg("Download"),
    "player_mark_placeholder": msg("Note at this second"),
    "player_add_bookmark": msg("Bookmark"),
    "player_add_comment": msg("Comment"),
    "player_marked": msg("Saved at {at}."),
    "player_paused": msg("Not recorded: the collector had paused the recording"),
    "player_failed": msg("The recording cannot be played. Try again, or tell your administrator."),
}
