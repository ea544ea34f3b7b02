"""What configures a judge: which model it is, and what it is asked to look at."""

from typing import ClassVar

from pydantic import Field

from core.domain.strict_params import SomeText, StrictParams

SCORE_KIND = "llm_judge"
PAIRWISE_KIND = "pairwise_judge"

RUBRIC = """\
5: right, complete and to the point; could be sent to a user as it is.
4: good; a small flaw that a user would hardly mind.
3: usable after editing: something is missing, unclear or partly wrong.
2: poor: mostly wrong, off the point or unsuitable in tone.
1: useless or harmful: wrong, empty, or must not be sent."""
CRITERION = (
    "Which response serves the user better: right, complete, to the point, safe to send, and in a fitting tone? "
    "Length by itself is no merit."
)


class JudgeParams(StrictParams):
    """A temperature or a seed of None is not sent: some models take neither."""

    owner: ClassVar[str] = "a judge"

    provider: SomeText = ""
    model: SomeText = ""
    base_url: SomeText | None = None
    api_key_env: SomeText | None = None
    temperature: float | None = Field(0.0, ge=0, le=2)
    max_tokens: int = Field(600, ge=1, le=100_000)
    seed: int | None = Field(0, ge=0, le=2**31 - 1)
    may_judge_own_family: bool = False
    rubric: SomeText = RUBRIC


class PairwiseJudgeParams(JudgeParams):
    """The same for a judge of pairs, whose rubric says what makes one response the better one."""

    rubric: SomeText = CRITERION
