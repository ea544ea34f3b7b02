"""The responses in scope with the verdict on each: which requirement or gate it passes, fails or leaves open."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain import answering
from core.domain.acceptability import Check
from core.services.quality import gathering
from core.services.quality.awaited import INCOMPLETE, REFUSAL
from core.services.quality.cells import Cells, cells
from core.services.quality.criteria import GateInUse, Judgement, ToJudge, criteria, judgement
from core.services.quality.gathering import Floats, Ids, PromptFacts, ResponseColumns
from core.services.quality.scope import RunRef, Scope, runs
from core.storage.tables import GOING

__all__ = ["INCOMPLETE", "REFUSAL", "GateInUse", "Judged", "judged"]


@dataclass(frozen=True)
class Judged(Judgement):
    """Everything in scope. Arrays have one entry a response;

    ``prompt`` and ``category`` are places in ``prompts`` and ``categories``.
    """

    scope: Scope
    listed: list[RunRef]
    cells: Cells
    prompts: PromptFacts
    categories: list[str]
    category_of_prompt: Ids
    responses: ResponseColumns
    prompt: Ids
    category: Ids

    @cached_property
    def never_shown(self) -> NDArray[np.bool_]:
        """[responses] empty or cut short by its finish reason: raters are not asked about it, see studies.pool."""
        return np.asarray((self.responses.words == 0) | self.responses.endings.among(*answering.INCOMPLETE))

    @cached_property
    def signals(self) -> Floats:
        """[responses] what the verdict tells of what experts would say: 1, 0, or nan where it tells nothing.

        A response that passes unchecked tells as little as one without a verdict.
        """
        passed = self.verdict == Check.PASSED
        tells = (self.verdict == Check.FAILED) | (passed & self.checked)
        return np.where(tells, passed.astype(float), np.nan)


def judged(session: Session, scope: Scope) -> Judged:
    """Read what is in scope and judge every response."""
    listed = runs(session, scope.dataset_id, scope.up_to)
    prompts = gathering.prompts(session, scope.dataset_id)
    counting = cells(session, listed, prompts.id, scope)
    responses = gathering.responses(session, counting)
    by = criteria(session, scope.dataset_id)
    said = gathering.scores(session, counting, by.ids, responses)
    categories = sorted(set(prompts.category))
    of_prompt = np.searchsorted(categories, prompts.category).astype(np.int64)
    prompt = np.searchsorted(prompts.id, responses.prompt)
    category = of_prompt[prompt] if len(prompt) else prompt
    found = judgement(
        by,
        said,
        ToJudge(
            endings=responses.endings,
            is_empty=responses.words == 0,
            expects_refusal=prompts.expects_refusal[prompt] if len(prompt) else np.zeros(0, dtype=bool),
            category=category,
            categories=categories,
            goes_on=np.isin(responses.run, [run.id for run in listed if run.state in GOING]),
        ),
    )
    return Judged(
        **vars(found),
        scope=scope,
        listed=listed,
        cells=counting,
        prompts=prompts,
        categories=categories,
        category_of_prompt=of_prompt,
        responses=responses,
        prompt=prompt,
        category=category,
    )
