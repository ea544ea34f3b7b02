"""What a person may do here: three roles, each of which may do all that the one before it may."""

from enum import IntEnum

from core.errors import BadInput


class Role(IntEnum):
    """Raters rate; analysts also see who wrote what and how it ranks; admins also set everything up."""

    RATER = 1
    ANALYST = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The role as stored and shown: rater, analyst or admin."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Role":
        """The role called ``word``; BadInput when there is none."""
        for role in cls:
            if role.word == word.strip().lower():
                return role
        raise BadInput(f"There is no role '{word}'. Use rater, analyst or admin.")
