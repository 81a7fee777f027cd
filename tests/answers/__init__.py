"""Made recordings of what is heard when a call is answered: people and machines in four languages.

Nothing of it is kept: the same words, voices and noises are made anew, bit by bit the same, whenever they are needed.
"""

from tests.answers.corpus import corpus
from tests.answers.take import Take, Who

__all__ = ["Take", "Who", "corpus"]
