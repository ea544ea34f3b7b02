"""The share of refusals that a limit is set on is of answers that were wanted, not of those to be refused."""

import pytest
from sqlalchemy import Engine

from core.services.routing import find, what_if
from core.storage.engine import reading, writing
from tests.evaluated import Evaluated

pytestmark = pytest.mark.one_database


def test_prompts_that_ought_to_be_refused_do_not_dilute_the_share_of_refusals(engine: Engine) -> None:
    """A refuses three of four that want an answer, and all of eight that ought to be refused."""
    with writing(engine) as session:
        made = Evaluated(session)
        made.candidate("A", is_champion=True)
        made.evaluator("refusal", "refusal")
        run = made.run()
        for number in range(12):
            unwanted = {"constraints": {"expects_refusal": True}} if number >= 4 else {}
            made.prompt(f"p{number}", "safety" if number >= 8 else "support", **unwanted)
            made.response(run, "A", f"p{number}", scores={"refusal": float(number == 0)}, cost_usd=0.01)
    with reading(engine) as session:
        found = find(session, "Support")
    assert found is not None
    known = {category: of[made.candidates["A"]].refusals for category, of in found.compiled.options.items()}
    assert known["support"] is not None
    assert (known["support"].value, known["support"].n) == (0.75, 4)
    assert known["safety"] is None, "no answer was wanted there"
    assert what_if(found).in_force.refusals == 0.75, "a category in which none was wanted says nothing of it"
