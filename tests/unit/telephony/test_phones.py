"""Which phones are there, by what the exchange says of registrations and devices."""

from datetime import UTC, datetime

from callcenter.calls.presence import PhoneUse
from telephony.ami.events import ContactChanged, DeviceChanged
from telephony.phones import Phones

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


def device(state: str) -> DeviceChanged:
    return DeviceChanged(at=NOON, device="PJSIP/101", state=state)


def contact(*, reachable: bool) -> ContactChanged:
    return ContactChanged(at=NOON, endpoint="101", uri="sip:101@192.0.2.1", reachable=reachable)


def test_a_phone_that_registered_before_the_link_is_known_by_its_device() -> None:
    phones = Phones("lab")
    for state, there in {"NOT_INUSE": True, "INUSE": True, "UNAVAILABLE": False, "INVALID": False}.items():
        phones.apply(device(state))
        assert phones.states()["101"].reachable is there


def test_what_is_heard_of_a_registration_counts_more_than_the_device() -> None:
    """A device is in use as long as its call goes on, whether the phone is still there or not."""
    phones = Phones("lab")
    phones.apply(device("NOT_INUSE"))
    phones.apply(contact(reachable=True))
    phones.apply(device("INUSE"))
    phones.apply(contact(reachable=False))
    assert not phones.states()["101"].reachable
    phones.apply(device("ONHOLD"))
    assert not phones.states()["101"].reachable
    assert phones.states()["101"].use is PhoneUse.HELD


def test_after_a_broken_link_the_device_is_asked_again() -> None:
    phones = Phones("lab")
    phones.apply(contact(reachable=True))
    phones.start_over(NOON)
    assert not phones.states()["101"].reachable
    phones.apply(device("NOT_INUSE"))
    assert phones.states()["101"].reachable
