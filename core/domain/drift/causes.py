"""What a change is put down to, from evidence that is exact where it can be."""

from enum import StrEnum


class Cause(StrEnum):
    """PROVIDER: other answers to the same prompts and settings, under the same name. UNKNOWN: nothing known fits."""

    PROVIDER = "provider"
    MODEL_VERSION = "model version"
    PRICES = "prices"
    TRAFFIC = "traffic"
    GATES = "gates"
    EVALUATORS = "evaluators"
    JUDGE = "judge"
    UNKNOWN = "not known"


CAUSE_WORDS: dict[Cause, str] = {
    Cause.PROVIDER: "the provider: other answers to the same prompts and settings",
    Cause.MODEL_VERSION: "a new model version",
    Cause.PRICES: "other prices",
    Cause.TRAFFIC: "the traffic: another mix of prompts",
    Cause.GATES: "our own gates",
    Cause.EVALUATORS: "our own evaluators",
    Cause.JUDGE: "the judge, who scores the same answers otherwise",
    Cause.UNKNOWN: "not known",
}
