"""Figures of a dataset with two versions equal ones computed anew from what the command line exports of both."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from core.domain.votes import Outcome
from core.services.deciding import settings
from core.services.studies import studies
from core.storage.engine import writing
from core.storage.tables import Dataset, Person, Prompt, Vote
from tests.decided import CATEGORIES
from tests.evaluated import Evaluated
from tests.services.deciding.recomputed_verdicts import compared, levels
from tests.services.deciding.recomputed_versions import as_votes, carried, read, sides
from tests.services.deciding.test_recomputed_verdicts import CHAMPION, held_to_settle, held_to_the_facts
from tests.services.quality.exported import all_facts, printed, same, told
from tests.services.quality.recomputed import Facts, figures
from tests.workspace import NOW

LATER = NOW + timedelta(days=7)
FIRST, SECOND = range(50), range(10, 70)
CHANGED = {"p48", "p49"}
"""Other texts under the same names in the second version."""
NOT_KNOWN = {"attempts", "humanly_acceptable.by_weights"}
"""Of answers without attempts, and of imported votes."""
SHARES = {"A": 0.8, "B": 0.85, "C": 0.4}


@pytest.fixture
def made(workspace: Engine) -> None:
    """C answered the first version alone. In the second one A says what it said, B says so to half of the prompts."""
    rng = np.random.default_rng(4)
    with writing(workspace) as session:
        settings.save(session, {"rater_hour_usd": 30.0}, latency_limit_ms={}, answers_a_month={})
        made = Evaluated(session)
        for name in SHARES:
            made.candidate(name, is_champion=name == CHAMPION)
        made.evaluator("checked", "contains")
        version(made, FIRST, tuple(SHARES), NOW, rng)
        rate(made, ("A", "B"), NOW + timedelta(minutes=1), 40, rng)
        made.dataset = Dataset(name="Support", version=2, content_hash="2", created_at=LATER)
        made._add(made.dataset)
        version(made, SECOND, ("A", "B"), LATER, rng)
        rate(made, ("B", "A"), LATER + timedelta(minutes=1), 24, rng)


def version(made: Evaluated, numbers: range, names: tuple[str, ...], at: datetime, rng: np.random.Generator) -> None:
    """Prompts, and one run in which all of ``names`` answer them."""
    made.prompts.clear()
    made.gate("checked")
    run = made.run()
    for number in numbers:
        made.prompt(f"p{number}", CATEGORIES[number % 2])
        if at == LATER and f"p{number}" in CHANGED:
            made.session.get_one(Prompt, made.prompts[f"p{number}"]).content_hash = f"p{number} anew"
        for name in names:
            is_same = at == NOW or name == "A" or number % 4 < 2
            text = f"{name} on p{number}" + ("" if is_same else ", otherwise")
            good = float(rng.random() < SHARES[name])
            fields = {"created_at": at, "cost_usd": float(rng.lognormal(-5, 0.4)), "latency_ms": 900.0 + number}
            fields |= {"ttft_ms": 200.0, "input_tokens": 10, "output_tokens": 20}
            made.response(run, name, f"p{number}", text, scores={"checked": good}, **fields)


def rate(made: Evaluated, pair: tuple[str, str], at: datetime, prompts: int, rng: np.random.Generator) -> None:
    """Seven raters on the last prompts of the version."""
    study = studies.ensure_default(made.session, now=NOW)
    questions = {one.key: one.id for one in studies.questions(made.session, study.id)}
    people = [Person(name=f"rater {number} of {at}", created_at=NOW) for number in range(7)]
    made.session.add_all(people)
    made.session.flush()
    asked = [(prompt, key) for prompt in list(made.prompts.values())[-prompts:] for key in ("send", "safety")]
    rows = [
        {
            "study_id": study.id, "question_id": questions[key], "prompt_id": prompt, "rater_id": people[n // 2 % 7].id,
            "left_candidate_id": made.candidates[pair[0]], "right_candidate_id": made.candidates[pair[1]],
            "length_bin": 0, "outcome": int(rng.choice(list(Outcome), p=[0.2, 0.25, 0.4, 0.15])), "created_at": at,
        }
        for n, (prompt, key) in enumerate(asked)
    ]  # fmt: skip
    made.session.execute(sa.insert(Vote), rows)


def exported(what: str) -> pd.DataFrame:
    """With the moments as such, and the content of prompts."""
    table = pd.DataFrame(printed("export", what))
    anew = (table.version == 2) & table.prompt_id.isin(CHANGED)
    return table.assign(content=table.prompt_id + np.where(anew, " anew", ""))


def responses_and_votes() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Responses with whether they are good, and what each side of a vote says of which."""
    responses, scores, votes = exported("responses"), exported("scores"), exported("votes")
    key = ["run", "prompt_id", "candidate", "repetition"]
    good = scores[scores.evaluator == "checked"].set_index(key)["value"]
    responses = responses.assign(
        good=good.loc[pd.MultiIndex.from_frame(responses[key])].to_numpy(),
        text=responses.turns.map(" ".join), created_at=pd.to_datetime(responses.created_at),
    )  # fmt: skip
    votes = votes.assign(created_at=pd.to_datetime(votes.created_at))
    return responses, read(votes, responses)


def test_verdicts_pool_versions_and_the_report_is_of_the_newest_one(made: None) -> None:
    (decided,), (report,) = printed("decide", "--json"), printed("report", "--json")
    responses, read_ = responses_and_votes()
    said = carried(read_, responses, responses.index)
    assert len(responses) == 3 * 50 + 2 * 60
    assert decided["judgements_by_raters"] == len(said) == 2 * 2 * (40 + 24)
    for verdict in decided["verdicts"]:
        category = verdict["category"]
        inside = responses[responses.content.map(category_of).isin([category] if category else CATEGORIES)]
        there = sides(inside, said, SHARES)
        known = compared(there[CHAMPION], {name: there[name] for name in ("B", "C")}, category)
        level = levels(known, 0.05 / 2 if category is None else 0.05 / 2 / len(CATEGORIES))
        held_to_the_facts(verdict, None, known, level)
        held_to_settle({"verdicts": [verdict]}, {category: (there, known, level)})
        held_to_rest(verdict, inside, said)
    held_to_report(report, responses, read_)


def category_of(content: str) -> str:
    return CATEGORIES[int(content.split(maxsplit=1)[0][1:]) % 2]


def held_to_rest(verdict: Mapping, inside: pd.DataFrame, said: pd.DataFrame) -> None:
    """On the votes on either response of the pair, each once."""
    pair = {verdict["champion"], verdict["challenger"]}
    mine = said[said.candidate.isin(pair) & said.answer.isin(inside.index) & (said.question == "send")]
    assert verdict["rests_on"] == {
        "votes": mine.vote.nunique(),
        "raters": mine.rater.nunique(),
        "responses": int(inside.candidate.isin(pair).sum()),
    }


def held_to_report(report: Mapping, responses: pd.DataFrame, read_: pd.DataFrame) -> None:
    """It is of the newest version, with the votes on answers that stayed word for word what they were."""
    newest = responses[responses.version == 2]
    said = carried(read_, responses, newest.index)
    facts = of_newest(all_facts(CHAMPION, ("checked",)))
    facts = replace(facts, votes=as_votes(said, responses)).in_scope()
    assert {line["candidate"] for line in report["candidates"]} == {"A", "B"}
    for line in report["candidates"]:
        for name, expected in figures(facts.of(line["candidate"], line["category"])).items():
            if name not in NOT_KNOWN:
                same(told(line, name), expected)
    votes = {
        line["candidate"]: line["humanly_acceptable"]["votes"] for line in report["candidates"] if not line["category"]
    }
    assert votes == {"A": 38 + 24, "B": 18 + 24}


def of_newest(facts: Facts) -> Facts:
    """What is of the newest version."""
    tables = {name: getattr(facts, name) for name in ("responses", "scores")}
    tables = {name: each[each.version == each.version.max()] for name, each in tables.items()}
    prompts = set(tables["responses"].prompt_id)
    return replace(facts, **tables, categories={of: name for of, name in facts.categories.items() if of in prompts})
