"""Menus without faults, whatever they are, and sounds for them."""

import wave
from io import BytesIO

from hypothesis import strategies as st

from callcenter.ivr.checking import KEYS
from callcenter.ivr.flow import (
    AnyStep,
    Balance,
    CallMe,
    Flow,
    HangUp,
    Hours,
    Language,
    Menu,
    Pledge,
    Prompt,
    Say,
    ToQueue,
    Voicemail,
)
from core.kernel.i18n import LANGUAGES

SPOKEN = Prompt(texts=dict.fromkeys(LANGUAGES, "words"))


@st.composite
def sound_flows(draw: st.DrawFn) -> Flow:
    """Menus in which ways without a key lead only forwards; those with a key lead anywhere."""
    count = draw(st.integers(1, 6))
    anywhere = st.sampled_from([f"s{number}" for number in range(count + 1)])
    steps: dict[str, AnyStep] = {}
    for number in range(count):
        on = st.sampled_from([f"s{later}" for later in range(number + 1, count + 1)])
        pressed = st.dictionaries(st.sampled_from(list(KEYS)), anywhere, min_size=1, max_size=4)
        kinds: list[st.SearchStrategy[AnyStep]] = [
            st.builds(Say, prompt=st.just(SPOKEN), next=on),
            st.builds(Menu, prompt=st.just(SPOKEN), choices=pressed, tries=st.integers(1, 3), otherwise=on),
            st.builds(Hours, calendar_id=st.none(), open=on, closed=on),
            st.builds(Language, prompt=st.just(SPOKEN), choices=st.just({"1": "ru", "2": "pl"}), next=on),
            st.builds(Balance, next=on, otherwise=on),
            st.builds(Pledge, next=anywhere, otherwise=on),
            st.builds(CallMe, next=anywhere, otherwise=on),
        ]
        steps[f"s{number}"] = draw(st.one_of(kinds))
    ends: list[AnyStep] = [Voicemail(), ToQueue(queue="legal"), HangUp(prompt=SPOKEN)]
    steps[f"s{count}"] = draw(st.sampled_from(ends))
    return Flow(entry="s0", language="en", steps=steps)


def tone(seconds: float = 1.0, rate: int = 44_100) -> bytes:
    """A WAV file with a tone."""
    out = BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes(b"\x00\x20\x00\xe0" * int(seconds * rate / 2))
    return out.getvalue()
