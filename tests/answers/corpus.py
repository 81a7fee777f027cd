"""The recordings: people and machines of every kind, in every language, each with its own voice, line and noise."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from telephony.lab import tone
from tests.answers import sounds, words
from tests.answers.sounds import Voice, beep, loud, noise, over, say, silence
from tests.answers.take import Sound, Take, Who

#: Who hears nothing says his word again after so many seconds, and stays so long in all.
_AGAIN, _STAYS = 2.6, 9.0


class Setting:
    """What is drawn for one recording: the same for the same name."""

    def __init__(self, name: str, language: str) -> None:
        self.rng = np.random.default_rng(crc32(name.encode()))
        self.language = language
        self.voice = self.another()

    def another(self) -> Voice:
        return Voice(
            language=self.language,
            variant=str(self.rng.choice(sounds.VARIANTS)),
            speed=int(self.rng.integers(130, 200)),
            pitch=int(self.rng.integers(25, 75)),
        )

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def text(self, of: words.Words) -> str:
        return str(self.rng.choice(of[self.language]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What is heard, and when the greeting of a person or the beep of a machine was over."""

    sound: Sound
    greeted: float | None = None
    beeped: float | None = None


def _line(s: Setting, scene: Scene, hiss: float | None = None) -> Scene:
    """As it comes over the line: louder or fainter, with a hiss of ``hiss`` dB of full scale."""
    level = s.between(-27, -15)
    floor = s.between(-70, -50) if hiss is None else hiss
    heard = scene.sound * 10 ** ((level + 20) / 20)
    return replace(scene, sound=over(heard, loud(noise(s.rng, 5, s.between(0, 1)), floor)))


def _person(s: Setting, said: Sound, before: float | None = None) -> Scene:
    """Somebody who answers and says his word again as long as nobody talks to him."""
    before = s.between(0.2, 0.9) if before is None else before
    greeted = before + len(said) / tone.RATE
    pieces = [silence(before), said]
    again = say(s.voice, words.SHORT[s.language][0])
    while sum(map(len, pieces)) < _STAYS * tone.RATE:
        pieces += [silence(_AGAIN), again]
    return Scene(sound=np.concatenate(pieces), greeted=greeted)


def _short(s: Setting) -> Scene:
    return _line(s, _person(s, say(s.voice, s.text(words.SHORT))))


def _named(s: Setting) -> Scene:
    return _line(s, _person(s, say(s.voice, s.text(words.NAMED))))


def _question(s: Setting) -> Scene:
    return _line(s, _person(s, say(s.voice, s.text(words.QUESTION))))


def _twice(s: Setting) -> Scene:
    word = say(s.voice, words.SHORT[s.language][0])
    return _line(s, _person(s, np.concatenate([word, silence(s.between(0.3, 0.7)), word])))


def _in_noise(s: Setting) -> Scene:
    return _line(s, _person(s, say(s.voice, s.text(words.SHORT))), hiss=s.between(-40, -32))


def _beside_television(s: Setting) -> Scene:
    scene = _person(s, say(s.voice, s.text(words.SHORT)))
    television = sounds.talk([s.another()], words.GREETING[s.language], _STAYS) + loud(sounds.music(s.rng, _STAYS), -28)
    return _line(s, Scene(sound=over(scene.sound, loud(television, s.between(-44, -36))), greeted=scene.greeted))


def _slow(s: Setting) -> Scene:
    return _line(s, _person(s, say(s.voice, s.text(words.SHORT)), before=s.between(1.2, 2.0)))


def _says_nothing(s: Setting) -> Scene:
    return _line(s, Scene(sound=silence(_STAYS)))


def _talks_on(s: Setting) -> Scene:
    return _line(s, _person(s, say(s.voice, s.text(words.LONG))))


def _machine(s: Setting, *pieces: Sound, before: float | None = None) -> Scene:
    """Its greeting, its beep, and then it listens."""
    first = silence(s.between(0.2, 1.0) if before is None else before)
    end = (silence(s.between(0.2, 0.9)), beep(s.between(440, 1400), s.between(0.2, 1.0)), silence(8))
    sound = np.concatenate([first, *pieces, *end])
    return Scene(sound=sound, beeped=(len(sound) - len(end[-1])) / tone.RATE)


def _greeting(s: Setting) -> Scene:
    return _line(s, _machine(s, say(s.voice, s.text(words.GREETING))))


def _operator(s: Setting) -> Scene:
    text = say(s.voice, s.text(words.OPERATOR))
    return _line(s, Scene(sound=np.concatenate([silence(s.between(0.1, 0.6)), text, silence(1.5), text, silence(4)])))


def _operator_after_tones(s: Setting) -> Scene:
    text = say(s.voice, s.text(words.OPERATOR))
    return _line(
        s, Scene(sound=np.concatenate([silence(0.2), sounds.information_tones(), silence(0.2), text, silence(4)]))
    )


def _late_greeting(s: Setting) -> Scene:
    return _line(s, _machine(s, say(s.voice, s.text(words.GREETING)), before=s.between(1.0, 2.0)))


def _curt(s: Setting) -> Scene:
    return _line(s, _machine(s, say(s.voice, s.text(words.CURT))))


def _paused(s: Setting) -> Scene:
    """A word of its own, and a breath, before the rest: as a person begins."""
    opening = say(s.voice, s.text(words.OPENING))
    return _line(s, _machine(s, opening, silence(s.between(0.4, 1.2)), say(s.voice, s.text(words.GREETING))))


def _over_music(s: Setting) -> Scene:
    scene = _machine(s, say(s.voice, s.text(words.GREETING)))
    seconds = len(scene.sound) / tone.RATE
    return _line(s, replace(scene, sound=over(scene.sound, loud(sounds.music(s.rng, seconds), s.between(-36, -28)))))


def _after_ringing(s: Setting) -> Scene:
    rest = sounds.ringing(s.between(0.3, 0.9))
    return _line(s, _machine(s, rest, silence(0.3), say(s.voice, s.text(words.GREETING)), before=0.0))


def _greeting_in_noise(s: Setting) -> Scene:
    return _line(s, _machine(s, say(s.voice, s.text(words.GREETING))), hiss=s.between(-40, -32))


#: Kind → how often in each language, and how it is made.
Kinds = dict[str, tuple[int, Callable[[Setting], Scene]]]
PEOPLE: Kinds = {
    "short": (8, _short),
    "named": (4, _named),
    "question": (4, _question),
    "twice": (2, _twice),
    "in noise": (4, _in_noise),
    "television": (2, _beside_television),
    "slow": (2, _slow),
    "says nothing": (2, _says_nothing),
    "talks on": (2, _talks_on),
}
MACHINES: Kinds = {
    "greeting": (8, _greeting),
    "operator": (4, _operator),
    "operator, tones": (2, _operator_after_tones),
    "late greeting": (4, _late_greeting),
    "curt": (2, _curt),
    "paused": (4, _paused),
    "over music": (2, _over_music),
    "after ringing": (2, _after_ringing),
    "in noise": (2, _greeting_in_noise),
}


def corpus(of: Collection[str] = ()) -> Iterator[Take]:
    """All of them, or those of some kinds. Of each kind in each language every other one is for tuning."""
    for who, kinds in ((Who.PERSON, PEOPLE), (Who.MACHINE, MACHINES)):
        for kind, (count, make) in kinds.items():
            if of and kind not in of:
                continue
            for language in words.LANGUAGES:
                for n in range(count):
                    name = f"{who} {kind} {language} {n}"
                    scene = make(Setting(name, language))
                    yield Take(
                        name=name,
                        who=who,
                        kind=kind,
                        language=language,
                        sound=scene.sound,
                        greeted=scene.greeted,
                        beeped=scene.beeped,
                        tuning=n % 2 == 0,
                    )
