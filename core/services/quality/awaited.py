"""Which responses are still being scored: their verdict waits, whatever is known of them by now.

What fails is told by the first score that says so, what passes by the last one. Taken as they come, failures would be
known before passes, and whoever is still being scored would look worse than it is.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain.judging import REFUSAL_KIND
from core.services.quality.gathering import UNSCORED, Floats
from core.services.scoring.evaluators import JUDGES
from core.storage.tables import Evaluator

REFUSAL, INCOMPLETE = "refusal", "incomplete"
Flags = NDArray[np.bool_]


def awaited(
    evaluators: Sequence[Evaluator], scores: Floats, gates: Sequence[tuple[int, Flags]], goes_on: Flags
) -> Flags:
    """[n] whether somebody on whom the verdict rests has not looked yet and will.

    ``scores``: [n, evaluators] as ``gathering.scores`` gives them; ``gates``: of each its evaluator, and [n] where it
    applies; ``goes_on``: [n] whether the run is not over. Who asks no model looks at every response sooner or later. A
    judge is asked while the run goes on; what it has not said by then (it was out of money) it will not say.
    """
    kinds = [evaluator.kind for evaluator in evaluators]
    classifiers = [number for number, kind in enumerate(kinds) if kind == REFUSAL]
    everywhere = np.ones(len(scores), dtype=bool)
    of_form = {REFUSAL: everywhere, INCOMPLETE: everywhere}
    of_form[REFUSAL_KIND] = (scores[:, classifiers] == UNSCORED).any(axis=1)
    found = ~everywhere
    for number, evaluator in enumerate(evaluators):
        rests = [of_form.get(evaluator.kind, ~everywhere), *(here for of, here in gates if of == evaluator.id)]
        comes = goes_on if evaluator.kind in JUDGES else everywhere
        found |= np.any(rests, axis=0) & comes & np.isnan(scores[:, number])
    return found
