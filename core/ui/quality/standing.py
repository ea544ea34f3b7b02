"""Which figures answer the page's question: those of experts where enough was rated of all, else the automatic ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.acceptability import CostPerAcceptable, HumanShare, Rests, ShareAcceptable
from core.services.quality import Line


@dataclass(frozen=True)
class Standing:
    """Candidates are never compared across the two: one with votes on the experts' figure, another on its gates'."""

    is_human: bool

    def share(self, line: Line) -> ShareAcceptable | HumanShare:
        """The share acceptable."""
        return line.human if self.is_human else line.acceptable

    def cost(self, line: Line) -> CostPerAcceptable:
        """The cost of one acceptable response."""
        return line.human_cost if self.is_human else line.cost_per_acceptable


def standing(lines: Sequence[Line]) -> Standing:
    """That of the experts where the figures of all ``lines`` with responses rest on votes."""
    asked = [line for line in lines if line.responses]
    return Standing(bool(asked) and all(rests_on_votes(line) for line in asked))


def rests_on_votes(line: Line) -> bool:
    """Whether enough of a candidate's responses were rated for a figure of its own."""
    return line.human.rests is Rests.VOTES
