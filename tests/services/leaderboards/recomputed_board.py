"""A board anew from exported votes and preferences, vote by vote, by what ``docs/numbers.md`` says, in plain numpy.

Nothing of the project computes here: no counts, no cells, the votes as rows, every cluster left out in turn.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import optimize, stats

PRIOR, TERM_PRIOR, SLOPE, TOO_FAST, FEW_RATERS, MOST_CLUSTERS = 0.02, 1.0, 0.02, 0.2, 8.0, 64
ELO, SE_TARGET, LEVEL = 400 / math.log(10), 20.0, 0.05
WIN = {"left": 1.0, "right": 0.0, "tie": 0.5, "both_bad": 0.5}
BOTH = ["left", "right"]


@dataclass(frozen=True)
class Rows:
    """Votes as rows: X of ratings, side and length, what was said, the weight."""

    x: np.ndarray
    said: np.ndarray
    weight: np.ndarray
    penalty: np.ndarray
    names: list[str]


@dataclass
class Fitted:
    """Bradley-Terry's parameters with their covariance, both in logits."""

    theta: np.ndarray
    p: np.ndarray
    bread: np.ndarray
    covariance: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    degrees: float = 1.0


def rows_of(votes: pd.DataFrame) -> Rows:
    """``votes`` as exported, of one question; a rater's n votes weigh 1/(1 + 0.02 (n − 1)), too fast ones a fifth."""
    names = sorted(set(votes.left) | set(votes.right))
    ratings = np.array([[float(left == name) - float(right == name) for name in names]
                        for left, right in votes[BOTH].itertuples(index=False)])  # fmt: skip
    longer, much = (np.sign(votes.length_bin) * (votes.length_bin.abs() == size) for size in (1, 2))
    n = votes.groupby("rater")["said"].transform("size")
    weight = np.where(votes.too_fast, TOO_FAST, 1.0) / (1 + SLOPE * (n - 1))
    x = np.column_stack([ratings, np.ones(len(votes)), longer, much])
    penalty = np.array([PRIOR] * len(names) + [TERM_PRIOR] * 3)
    return Rows(x, votes.said.to_numpy(), weight.to_numpy(), penalty, names)


def fitted(rows: Rows, shift: np.ndarray | None = None) -> Fitted:
    """The maximum of the penalised likelihood; ``shift`` of every vote's win."""
    wins = rows.weight * rows.said + (0.0 if shift is None else shift)

    def loss(theta: np.ndarray) -> float:
        eta = rows.x @ theta
        return float(rows.weight @ np.logaddexp(0, eta) - wins @ eta + rows.penalty @ theta**2 / 2)

    def slope(theta: np.ndarray) -> np.ndarray:
        return rows.x.T @ (rows.weight / (1 + np.exp(-rows.x @ theta)) - wins) + rows.penalty * theta

    def curve(theta: np.ndarray) -> np.ndarray:
        p = 1 / (1 + np.exp(-rows.x @ theta))
        return rows.x.T @ ((rows.weight * p * (1 - p))[:, None] * rows.x) + np.diag(rows.penalty)

    start = np.zeros(rows.x.shape[1])
    found = optimize.minimize(loss, start, jac=slope, hess=curve, method="trust-exact", options={"gtol": 1e-11})
    theta = found.x - np.linalg.solve(curve(found.x), slope(found.x))
    p = 1 / (1 + np.exp(-rows.x @ theta))
    return Fitted(theta, p, np.linalg.inv(curve(theta)))


def places(prompts: "pd.Series[str]", there: list[str]) -> "pd.Series[int]":
    """The cluster of each prompt: more than 64 of them share 64 in turn, as they stand in the dataset."""
    order = {prompt: place for place, prompt in enumerate(there)}
    return prompts.map(order) % (MOST_CLUSTERS if len(there) > MOST_CLUSTERS else len(there))


def board(votes: pd.DataFrame, prompts: list[str], *, peek: bool) -> pd.DataFrame:
    """Candidate → rating, lower, upper of the votes alone, and se; ``prompts``: all of the dataset, in its order."""
    votes = votes.assign(said=votes.winner.map(WIN), cluster=places(votes.prompt_id, prompts))
    rows = rows_of(votes)
    found = fitted(rows)
    with_errors(rows, found, votes, Nothing())
    return shown(rows, found, peek=peek)


class Nothing:
    """No judge."""

    clusters: frozenset[object] = frozenset()
    """On which there are preferences on pairs without votes."""

    def score(self, rows: Rows, without: "pd.Series[bool]", prompt: object = None) -> np.ndarray:
        """Nothing is lost with a cluster."""
        return np.zeros(rows.x.shape[1])

    def foretold(self, rows: Rows) -> np.ndarray:
        """Nothing is foretold of a vote."""
        return np.zeros(len(rows.said))


def with_errors(rows: Rows, found: Fitted, votes: pd.DataFrame, judge: Nothing) -> None:
    """V_rater + V_prompt − V_vote, each cluster left out by one Newton step, and the least that so few votes leave."""
    k, g = len(rows.names), rows.weight * found.p * (1 - found.p)
    left = rows.weight * (rows.said - found.p)
    residual = left - rows.weight * judge.foretold(rows)
    own = found.bread @ (rows.x.T @ ((residual**2)[:, None] * rows.x)) @ found.bread
    met = rows.x[:, :k] != 0
    total = np.array([rows.weight[met[:, c]].sum() for c in range(k)])
    share = rows.weight / (met @ total)
    least = (rows.x.T @ ((share * found.p * (1 - found.p))[:, None] * rows.x)) + np.diag(rows.penalty)
    least = found.bread @ least @ found.bread
    whole, information = -own + least, np.linalg.inv(found.bread)
    for by in ("rater", "cluster"):
        steps = []
        for name in sorted({*votes[by], *(judge.clusters if by == "cluster" else ())}):
            mine = (votes[by] == name).to_numpy()
            score = rows.x[mine].T @ left[mine] + judge.score(rows, mine, name if by == "cluster" else None)
            rest = information - rows.x[mine].T @ (g[mine][:, None] * rows.x[mine])
            steps.append(np.linalg.solve(rest, score))
        count = votes[by].nunique()
        whole = whole + (count - 1) / count * np.array(steps).T @ np.array(steps)
    for by in ("rater", "cluster"):
        few = np.array([effective(votes[met[:, c]], rows.weight[met[:, c]], by) < FEW_RATERS for c in range(k)])
        lack = np.maximum(np.diag(own + least)[:k] - np.diag(whole)[:k], 0.0)
        whole[:k, :k] += np.diag(np.where(few, lack, 0.0))
    found.covariance, found.degrees = whole, min(votes.rater.nunique(), votes.cluster.nunique()) - 1


def effective(votes: pd.DataFrame, weight: np.ndarray, by: str) -> float:
    """(Σ n)² / Σ n² over clusters."""
    n = pd.Series(weight, index=votes.index).groupby(votes[by]).sum()
    return float(n.sum() ** 2 / (n**2).sum())


def shown(rows: Rows, found: Fitted, *, peek: bool) -> pd.DataFrame:
    """Elo, the mean of all at 1000, with the band."""
    k = len(rows.names)
    centring = np.eye(k) - 1 / k
    rating = 1000 + ELO * (centring @ found.theta[:k])
    se = ELO * np.sqrt(np.diag(centring @ found.covariance[:k, :k] @ centring))
    student = stats.t.ppf(1 - LEVEL / 2, found.degrees)
    factor = np.full(k, student)
    if peek:
        rho = (-2 * math.log(LEVEL) + math.log(1 - 2 * math.log(LEVEL))) * SE_TARGET**2
        x = rho / se**2
        factor = np.sqrt((x + 1) / x * (np.log(x + 1) - 2 * math.log(LEVEL))) * student / stats.norm.ppf(1 - LEVEL / 2)
    table = {"rating": rating, "lower": rating - factor * se, "upper": rating + factor * se, "se": se}
    covariance = ELO**2 * centring @ found.covariance[:k, :k] @ centring
    places = [ranks(rating, covariance, found.degrees, peek=peek, wider=wider) for wider in (0.97, 1.03)]
    table |= {"best_least": places[0][0], "best_most": places[1][0]}
    table |= {"worst_least": places[0][1], "worst_most": places[1][1]}
    return pd.DataFrame(table, index=rows.names)


def ranks(
    rating: np.ndarray, covariance: np.ndarray, degrees: float, *, peek: bool, wider: float
) -> tuple[np.ndarray, np.ndarray]:
    """The best and the worst rank of each: how many are clearly better, and how many it clearly beats.

    The critical value of all differences together comes from draws, so it is tried a little smaller and larger.
    """
    k = len(rating)
    variance = np.diag(covariance)
    se = np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * covariance, 0.0)) + np.eye(k)
    drawn = np.random.default_rng(1).multivariate_normal(np.zeros(k), covariance, 20_000, method="eigh")
    largest = np.abs((drawn[:, :, None] - drawn[:, None, :]) / se).max(axis=(1, 2))
    critical = max(np.quantile(largest, 1 - LEVEL), stats.norm.ppf(1 - LEVEL / 2)) * wider
    alpha = 2 * stats.norm.sf(critical)
    factor = stats.t.ppf(1 - alpha / 2, degrees)
    if peek:
        rho = (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) * 2 * SE_TARGET**2
        x = rho / se**2
        factor = np.sqrt((x + 1) / x * (np.log(x + 1) - 2 * math.log(alpha))) * factor / critical
    beats = rating[:, None] - rating[None, :] > factor * se
    return 1 + beats.sum(axis=0), k - beats.sum(axis=1)
