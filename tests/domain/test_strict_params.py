"""What parameters may hold is declared once: checks, messages and the form's fields follow."""

from typing import Literal

import pytest
from pydantic import Field, field_validator

from core.domain.strict_params import SomeText, StrictParams, Wordings
from core.errors import BadInput


class Params(StrictParams):
    words: Wordings | None = None
    which: Literal["any", "all"] = "any"
    share: float = Field(0.5, ge=0, le=1)
    most: int | None = Field(None, ge=1)
    loud: bool = False
    title: SomeText = "a title"

    @field_validator("words")
    @classmethod
    def _no_oath(cls, words: str | list[str] | None) -> str | list[str] | None:
        if words == "oath":
            raise BadInput("'words' is an oath.")
        return words


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"loud": "yes"}, "'loud' must be true or false, not 'yes'."),
        ({"share": 2}, "'share' must be a number from 0 to 1, not 2."),
        ({"share": True}, "'share' must be a number from 0 to 1, not True."),
        ({"share": float("inf")}, "'share' must be a number from 0 to 1, not inf."),
        ({"most": 0}, "'most' must be a whole number of at least 1, not 0."),
        ({"most": 1.5}, "'most' must be a whole number of at least 1, not 1.5."),
        ({"which": "some"}, "'which' must be one of any, all, not 'some'."),
        ({"words": [1]}, "'words' must be a text or a list of texts, not [1]."),
        ({"words": ["a", " "]}, "'words' holds an empty text, which every response would match. Leave it out."),
        ({"words": "oath"}, "'words' is an oath."),
        ({"title": " "}, "'title' is missing: give it a text."),
        (
            {"colour": 1},
            "'colour' is not a parameter of this evaluator. It has: loud, most, share, title, which, words.",
        ),
        ({"loud": "y" * 200}, f"'loud' must be true or false, not '{'y' * 59}…."),
    ],
)
def test_what_makes_no_sense_is_said_by_name_and_in_words(given: dict[str, object], says: str):
    with pytest.raises(BadInput) as caught:
        Params.check(given)
    assert str(caught.value) == says


def test_what_makes_sense_passes_and_what_was_stored_before_a_field_was_there_has_its_default():
    Params.check({})
    Params.check({"share": 1, "most": None, "words": "a", "loud": True})
    stored = Params.of({"share": 0.25, "gone": 1})
    assert (stored.share, stored.which, stored.words) == (0.25, "any", None)


def test_a_form_learns_what_each_field_may_hold():
    assert Params.described("which")[0]["enum"] == ["any", "all"]
    assert [each["type"] for each in Params.described("words")] == ["string", "array"]
    assert Params.described("most")[0]["type"] == "integer"
