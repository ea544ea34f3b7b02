"""What gates would say of the responses that are there."""

from sqlalchemy import Engine

from core.services.quality import gate_preview
from core.services.quality.gate_preview import Counts
from core.storage.engine import reading, writing
from tests.evaluated import Evaluated


def test_responses_that_no_gate_applies_to_are_called_unchecked(engine: Engine) -> None:
    with writing(engine) as session:
        made = Evaluated(session)
        made.evaluator("Contains", "contains")
        made.gate("Contains", category="support")
        made.candidate("A")
        run = made.run()
        for prompt, category, said in (("right", "support", 1.0), ("wrong", "support", 0.0), ("free", "chat", "n/a")):
            made.prompt(prompt, category)
            made.response(run, "A", prompt, scores={"Contains": said})
        made.evaluator("Refusal", "refusal")
        made.prompt("nothing to check", "support")
        made.response(run, "A", "nothing to check", scores={"Contains": "n/a"})
    with reading(engine) as session:
        found = gate_preview.preview(session, made.dataset.id or 0)
    assert found.unchecked == 2
    assert found.whole == Counts(open=4)
    assert [counts for _, counts in found.gates] == [Counts(passed=1, failed=1, not_asked=1)]
