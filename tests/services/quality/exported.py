"""What the command line tells and exports, in this process, held against figures computed anew."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.cli import app
from tests.services.quality.recomputed import KEY, Facts, figures


def printed(*words: str) -> list[dict[str, Any]]:
    """The objects that ``evenhand WORDS`` prints, a line each."""
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def facts(gates: tuple[str, ...], judges: tuple[str, ...] = ()) -> Facts:
    """All that is exported of the newest dataset and of the study Experts."""
    names = ("responses", "attempts", "scores", "judge-calls")
    tables = [pd.DataFrame(printed("export", name)) for name in names]
    columns = {"cost_usd": np.nan, "cost_basis": None, "error_kind": None, "input_tokens": np.nan, "value": np.nan}
    tables = [table.assign(**{name: table.get(name, empty) for name, empty in columns.items()}) for table in tables]
    votes = pd.DataFrame(printed("export", "votes", "--study", "Experts"))
    categories = dict(zip(tables[1].prompt_id, tables[1].category, strict=True))
    calls = tables.pop() if len(tables[-1]) else None
    return Facts(*tables[:3], votes, categories, "Champion", gates, judges, calls).in_scope()


def all_facts(champion: str, gates: tuple[str, ...]) -> Facts:
    """What is exported of all runs of the newest dataset, without votes; imported responses have no attempts."""
    responses, attempts, scores = (pd.DataFrame(printed("export", of)) for of in ("responses", "attempts", "scores"))
    if attempts.empty:
        attempts = responses[KEY].iloc[:0].assign(is_last=False)
    columns = {"cost_basis": None, "cost_usd": np.nan, "error_kind": None, "latency_ms": np.nan}
    attempts = attempts.assign(**{name: attempts.get(name, empty) for name, empty in columns.items()})
    told = scores if "category" not in attempts else pd.concat([scores, attempts])
    categories = dict(zip(told.prompt_id, told.category, strict=True))
    return Facts(responses, attempts, scores, pd.DataFrame(), categories, champion, gates)


def held_against(report: dict[str, Any], exported: Facts) -> dict[tuple[str, str | None], dict[str, Any]]:
    """The report's lines by candidate and category, after each was found to equal what is computed anew."""
    lines = {(line["candidate"], line["category"]): line for line in report["candidates"]}
    for place, line in lines.items():
        for name, expected in figures(exported.of(*place)).items():
            try:
                same(told(line, name), expected)
            except AssertionError as error:
                raise AssertionError(f"{place} {name}: {told(line, name)} instead of {expected}") from error
    return lines


def told(line: dict[str, Any], name: str) -> Any:
    """A figure by its dotted name."""
    for step in name.split("."):
        line = line[step]
    return line


def same(found: Any, expected: Any) -> None:
    """Whether both are equal, numbers to nine digits."""
    if isinstance(expected, dict):
        assert found.keys() >= expected.keys()
        for key in expected:
            same(found[key], expected[key])
    elif isinstance(expected, float | np.floating):
        assert found == pytest.approx(expected, rel=1e-9)
    else:
        assert found == expected
