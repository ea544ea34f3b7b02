"""The verdict over all weighted by answers a month, anew from exported files as ``docs/numbers.md`` says.

Nothing of the project computes here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from tests.services.deciding.recomputed_verdicts import Compared, Side, compared
from tests.services.quality.recomputed_human import Human


@dataclass(frozen=True)
class Traffic:
    """Candidates by category, and the part of the answers a month that each category has."""

    sides: Mapping[str, Mapping[str, Side]]
    part: Mapping[str, float]

    def weigh(self, prompts: pd.Index) -> "pd.Series[float]":
        """A category's part in equal pieces to those of its prompts that are there; 1 together."""
        category = prompts.map(self.category)
        pieces = pd.Series(category.map(self.part) / category.map(category.value_counts()), index=prompts)
        return pieces / pieces.sum()

    @property
    def category(self) -> dict[str, str]:
        """Of each prompt that anybody was asked."""
        return {
            prompt: name
            for name, there in self.sides.items()
            for one in there.values()
            for prompt in one.by_prompt.index
        }

    def human(self, name: str, farthest: float) -> Human | None:
        """The sum of the categories' shares by their parts.

        An unrated one's is automatic and may lie off by ``farthest``, all at the category's first prompt.
        """
        there = {category: self.sides[category][name] for category in self.part}
        unrated = {category: one for category, one in there.items() if one.human is None}
        if len(unrated) == len(there) or any(one.by_prompt.empty for one in unrated.values()):
            return None
        value, tables = 0.0, []
        for category, one in there.items():
            part = self.part[category]
            value += part * one.shown_share
            first = min(one.place[prompt] for prompt, its in self.category.items() if its == category)
            table = pd.DataFrame({"prompt": [first], "rater": [None], "by": [farthest], "w": [0.0]})
            table = table if one.human is None else one.human.influences
            tables.append(table.assign(by=table.by * part, w=table.w * part, category=category, part=part))
        share = {"value": value, "lower": None, "upper": None}
        return Human(share, None, None, None, pd.concat(tables))

    def automatic_share(self, name: str) -> float:
        """Of the categories that the candidate was asked in, by their parts."""
        there = {category: one for category, its in self.sides.items() if len((one := its[name]).by_prompt)}
        whole = sum(self.part[category] for category in there)
        return sum(self.part[category] * one.automatic_share for category, one in there.items()) / whole


def seen(whole: Mapping[str, Side], traffic: Traffic, champion: str) -> dict[str, Side]:
    """The candidates on all prompts with their weighted shares. ``whole``: with unweighted ones."""
    return {
        name: replace(
            one,
            human=traffic.human(name, 0.5 if name == champion else -0.5),
            automatic_share=traffic.automatic_share(name),
        )
        for name, one in whole.items()
    }


def weighted(there: Mapping[str, Side], traffic: Traffic, champion: str) -> dict[str, Compared]:
    """Every challenger against the champion over all. ``there``: as seen."""
    challengers = {name: one for name, one in there.items() if name != champion}
    return compared(there[champion], challengers, None, weigh=traffic.weigh)
