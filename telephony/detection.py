"""How the exchange tells answering machines from people: parameters of Asterisk's ``AMD()`` and ``WaitForSilence()``.

They were found on one half of made recordings and measured on the other; decision 0019 has the figures.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Detection:
    """Milliseconds, but for ``words`` and ``threshold`` (the mean amplitude of 20 ms below which they are silent, of
    32,767) and ``longest_greeting`` (seconds).

    Who is silent for ``initial_silence`` is not judged. A person's greeting ends with ``after_greeting`` of silence;
    more than ``greeting`` of voice, or more than ``words`` (each ``shortest_word`` of voice after ``between_words`` of
    silence), or one word of ``longest_word`` is a machine. Nothing is judged after ``total``. A message is left when a
    machine has been silent for ``beep_silence``, if that comes within ``longest_greeting``.
    """

    initial_silence: int = 2500
    greeting: int = 1500
    after_greeting: int = 800
    total: int = 6000
    shortest_word: int = 100
    between_words: int = 60
    words: int = 99
    threshold: int = 800
    longest_word: int = 5000
    beep_silence: int = 1500
    longest_greeting: int = 60

    @property
    def arguments(self) -> str:
        """What ``AMD()`` is given, in its order."""
        return ",".join(
            str(value)
            for value in (
                self.initial_silence,
                self.greeting,
                self.after_greeting,
                self.total,
                self.shortest_word,
                self.between_words,
                self.words,
                self.threshold,
                self.longest_word,
            )
        )
