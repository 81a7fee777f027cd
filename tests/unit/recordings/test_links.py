from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.recorded import LinkGrant
from core.kernel.errors import NotFound
from recordings.links import LinkSigner

NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
SIGNER = LinkSigner("a secret of this installation only")
GRANT = LinkGrant(recording_id=7, user_id=3)


@given(st.integers(0, 2**63), st.integers(0, 2**63))
def test_a_link_opens_what_it_was_made_for(recording_id: int, user_id: int) -> None:
    grant = LinkGrant(recording_id=recording_id, user_id=user_id)
    word = SIGNER.sign(grant, LATER)
    assert SIGNER.open(word, NOW) == grant
    assert word.replace("-", "").replace("_", "").isalnum()


def test_it_expires_to_the_second() -> None:
    word = SIGNER.sign(GRANT, LATER)
    assert SIGNER.open(word, LATER - timedelta(seconds=1)) == GRANT
    with pytest.raises(NotFound):
        SIGNER.open(word, LATER)


def test_another_installation_does_not_open_it() -> None:
    with pytest.raises(NotFound):
        LinkSigner("another secret").open(SIGNER.sign(GRANT, LATER), NOW)


@given(st.data())
def test_no_changed_letter_opens(data: st.DataObject) -> None:
    word = SIGNER.sign(GRANT, LATER)
    at = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda new: new != word[at]))
    with pytest.raises(NotFound):
        SIGNER.open(word[:at] + letter + word[at + 1 :], NOW)


@given(st.text() | st.binary().map(lambda raw: raw.hex()))
def test_no_made_up_word_opens(word: str) -> None:
    with pytest.raises(NotFound):
        SIGNER.open(word, NOW)
