"""What must hold for every set of votes, and what must hold where there are hardly any."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.ranking import (
    Band,
    Board,
    Cells,
    RankingOptions,
    cells_from_votes,
    clusters_from_votes,
    rank,
    rater_weight,
    settled,
)
from core.domain.ranking.intervals import peek_factor
from core.domain.votes import Outcome
from core.errors import BadInput, NotEnoughData

CANDIDATES = 5
MODES = (
    RankingOptions(plain=True),
    RankingOptions(side=False, length=False),
    RankingOptions(),
    RankingOptions(band=Band.FIXED),
)
PLAIN, BARE, WHOLE, FIXED = MODES
Votes = list[tuple[int, int, int, int, int]]  # left, right, outcome, length bin, rater


@st.composite
def votes(draw: st.DrawFn, at_least: int = 1) -> Votes:
    vote = st.tuples(
        st.integers(0, CANDIDATES - 1),
        st.integers(1, CANDIDATES - 1),
        st.integers(0, 3),
        st.integers(-2, 2),
        st.integers(0, 4),
    )
    rows = draw(st.lists(vote, min_size=at_least, max_size=60))
    return [(left, (left + step) % CANDIDATES, outcome, bins, rater) for left, step, outcome, bins, rater in rows]


def ranked(rows: Votes, options: RankingOptions, times: int = 1) -> Board:
    left, right, outcome, bins, rater = (np.array(column) for column in zip(*(rows * times), strict=True))
    cells, cell_of_vote = cells_from_votes(left, right, outcome, bins, candidates=CANDIDATES)
    return rank(cells, [clusters_from_votes(cell_of_vote, outcome, None, rater)], options)


def by_candidate(board: Board, field: str) -> np.ndarray:
    column = np.full(len(board.component), np.nan)
    for entry in board.entries:
        column[entry.candidate] = getattr(entry, field)
    return column


def close(ours: np.ndarray, theirs: np.ndarray) -> bool:
    return bool(np.allclose(ours, theirs, rtol=1e-5, atol=1e-4, equal_nan=True))


@pytest.mark.parametrize("options", MODES)
@given(rows=votes())
@settings(max_examples=40, deadline=None)
def test_every_number_is_finite_and_every_interval_contains_its_rating(options: RankingOptions, rows: Votes) -> None:
    board = ranked(rows, options)
    assert {e.candidate for e in board.entries} == {code for row in rows for code in row[:2]}
    for e in board.entries:
        assert np.isfinite([e.rating, e.lower, e.upper, e.se]).all()
        assert e.lower <= e.rating <= e.upper
        assert 1 <= e.rank_lower <= e.rank <= e.rank_upper
    for c in range(board.components):
        assert np.mean([e.rating for e in board.entries if e.component == c]) == pytest.approx(1000)
        assert board.leader_probability[board.component == c].sum() == pytest.approx(1)
    assert np.linalg.eigvalsh(board.covariance).min() > -1e-6 * max(1.0, np.abs(board.covariance).max())


@pytest.mark.parametrize("options", MODES)
@given(rows=votes(), order=st.permutations(range(CANDIDATES)))
@settings(max_examples=30, deadline=None)
def test_relabelling_the_candidates_relabels_the_board(options: RankingOptions, rows: Votes, order: list[int]) -> None:
    board = ranked(rows, options)
    relabelled = ranked([(order[a], order[b], *rest) for a, b, *rest in rows], options)
    for field in ("rating", "se"):
        assert close(by_candidate(relabelled, field)[order], by_candidate(board, field))


@pytest.mark.parametrize("options", MODES)
@given(rows=votes())
@settings(max_examples=30, deadline=None)
def test_exchanging_the_sides_of_every_vote_changes_only_the_sign_of_the_side_effect(
    options: RankingOptions, rows: Votes
) -> None:
    board = ranked(rows, options)
    mirrored = ranked([(b, a, Outcome(o).mirrored, -length, r) for a, b, o, length, r in rows], options)
    for field in ("rating", "lower", "upper"):
        assert close(by_candidate(mirrored, field), by_candidate(board, field))
    if board.side_effect is not None and mirrored.side_effect is not None:
        assert mirrored.side_effect == pytest.approx(-board.side_effect, abs=1e-6)
        assert close(mirrored.length_effects, board.length_effects)


@given(rows=votes(at_least=10))
@settings(max_examples=40, deadline=None)
def test_doubling_every_vote_keeps_the_ratings_and_narrows_naive_errors_by_the_root_of_two(rows: Votes) -> None:
    circle = [(c, (c + 1) % CANDIDATES, o, 0, 0) for c in range(CANDIDATES) for o in (0, 1)]
    once, twice = ranked(rows + circle, PLAIN), ranked(rows + circle, PLAIN, times=2)
    assert close(by_candidate(twice, "rating"), by_candidate(once, "rating"))
    assert close(by_candidate(twice, "se") * np.sqrt(2), by_candidate(once, "se"))


@pytest.mark.parametrize("options", [BARE, PLAIN])
@given(rows=votes(), pair=st.tuples(st.integers(0, 4), st.integers(1, 4)))
@settings(max_examples=40, deadline=None)
def test_another_win_never_lowers_a_rating_against_the_loser(
    options: RankingOptions, rows: Votes, pair: tuple[int, int]
) -> None:
    winner, loser = pair[0], (pair[0] + pair[1]) % CANDIDATES
    rows = [*rows, (winner, loser, 2, 0, 0)]
    circle = [(c, (c + 1) % CANDIDATES, o, 0, 0) for c in range(CANDIDATES) for o in (0, 1)]
    before = by_candidate(ranked(rows + circle, options), "rating")
    after = by_candidate(ranked([*rows, *circle, (winner, loser, 0, 0, 0)], options), "rating")
    assert after[winner] - after[loser] >= before[winner] - before[loser] - 1e-6


@given(rows=votes(), options=st.sampled_from(MODES))
@settings(max_examples=30, deadline=None)
def test_cells_split_in_any_way_give_the_same_board(rows: Votes, options: RankingOptions) -> None:
    left, right, outcome, bins, _ = (np.array(column) for column in zip(*rows, strict=True))
    cells, _ = cells_from_votes(left, right, outcome, bins, candidates=CANDIDATES)
    each = np.zeros((len(rows), 4))
    each[np.arange(len(rows)), outcome] = 1
    one_row_a_vote = Cells(CANDIDATES, left, right, bins, each, each)
    together, apart = rank(cells, (), options), rank(one_row_a_vote, (), options)
    for field in ("rating", "lower", "upper"):
        assert close(by_candidate(together, field), by_candidate(apart, field))


def test_no_votes_make_an_empty_board() -> None:
    board = rank(cells_from_votes([], [], [], candidates=3)[0])
    assert board.entries == ()
    assert board.notes == ("There are no votes yet.",)
    with pytest.raises(NotEnoughData):
        settled(cells_from_votes([], [], [], candidates=3)[0], None, board)


@pytest.mark.parametrize("options", MODES)
def test_one_vote_decides_nothing(options: RankingOptions) -> None:
    board = ranked([(0, 1, 0, 0, 0)], options)
    first, second = board.entries
    assert (first.candidate, second.candidate) == (0, 1)
    assert first.lower < second.upper
    assert not board.clearly_better.any()
    assert "no votes yet" in " ".join(board.notes)


@pytest.mark.parametrize("options", MODES)
def test_who_won_everything_has_a_finite_rating_a_wide_interval_and_a_note(options: RankingOptions) -> None:
    rows = [(a, b, o, 0, a) for a in range(1, 5) for b in range(1, 5) if a != b for o in (0, 1)] * 4
    board = ranked([*rows, *[(0, c, 0, 0, c) for c in range(1, 5)]], options)
    winner, *others = board.entries
    assert winner.candidate == 0
    assert winner.upper - winner.lower > 3 * max(e.upper - e.lower for e in others)
    assert "only the prior" in " ".join(board.notes)


def test_three_equal_votes_are_not_taken_for_certainty() -> None:
    board = ranked([(0, 1, 2, 0, 0), (1, 0, 2, 0, 1), (0, 1, 3, 0, 2)], FIXED)
    assert all(entry.rating == pytest.approx(1000) and entry.upper > 1050 for entry in board.entries)


def test_candidates_that_always_tie_are_as_likely_to_lead() -> None:
    board = ranked([(0, 1, 2, 0, 0), (1, 0, 2, 0, 1), (0, 1, 3, 0, 2)], PLAIN)
    assert board.leader_probability[:2].tolist() == [0.5, 0.5]
    assert not board.clearly_better.any()


def test_groups_that_never_met_are_ranked_apart() -> None:
    rows = [(0, 1, 0, 0, 0), (0, 1, 1, 0, 1), (0, 1, 0, 0, 2), (2, 3, 1, 0, 0), (2, 3, 0, 0, 1)]
    board = ranked(rows * 100, WHOLE)
    assert board.components == 2
    assert sorted(board.component.tolist()) == [-1, 0, 0, 1, 1]
    assert [e.rank for e in board.entries] == [1, 2, 1, 2]
    assert not board.clearly_better[np.ix_([0, 1], [2, 3])].any()
    assert "2 groups are ranked apart" in " ".join(board.notes)


def test_votes_of_a_single_rater_get_an_interval_and_a_note() -> None:
    rows = [(a, b, o, 0, 0) for a in range(5) for b in range(5) if a != b for o in (0, 1)] * 5
    board = ranked(rows, WHOLE)
    assert min(e.se for e in board.entries) > 0
    assert "one rater" in " ".join(board.notes)


def test_raters_who_agree_with_themselves_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    taste = rng.normal(0, 2, (5, CANDIDATES))
    rows = []
    for _ in range(600):
        rater, (a, b) = int(rng.integers(5)), rng.permutation(CANDIDATES)[:2]
        rows.append((int(a), int(b), int(taste[rater, a] < taste[rater, b]), 0, rater))
    left, right, outcome, bins, _ = (np.array(column) for column in zip(*rows, strict=True))
    alone = rank(cells_from_votes(left, right, outcome, bins)[0], (), FIXED)
    assert np.mean(by_candidate(ranked(rows, FIXED), "se")) > 2 * np.mean(by_candidate(alone, "se"))


def test_a_known_side_effect_and_length_effect_are_found() -> None:
    rng = np.random.default_rng(1)
    n = 200_000
    left = rng.integers(0, 5, n)
    right = (left + rng.integers(1, 5, n)) % 5
    bins = rng.integers(-2, 3, n)
    log_odds = 0.3 * (left - right) + 0.2 + np.array([-0.5, -0.25, 0, 0.25, 0.5])[bins + 2]
    outcome = np.where(rng.random(n) < 1 / (1 + np.exp(-log_odds)), 0, 1)
    board = rank(cells_from_votes(left, right, outcome, bins)[0])
    assert board.side_effect == pytest.approx(0.2, abs=0.03)
    assert board.length_effects == pytest.approx([0.25, 0.5], abs=0.04)


def test_sixty_candidates_are_ranked_in_their_true_order_where_votes_are_many() -> None:
    rng = np.random.default_rng(2)
    left = rng.integers(0, 60, 600_000)
    right = (left + rng.integers(1, 60, 600_000)) % 60
    outcome = np.where(rng.random(600_000) < 1 / (1 + np.exp(-0.2 * (left - right))), 0, 1)
    cells, _ = cells_from_votes(left, right, outcome)
    board = rank(cells)
    assert [e.candidate for e in board.entries] == list(range(59, -1, -1))
    assert board.clearly_better[59, 0] and not board.clearly_better[0, 59]
    assert settled(cells, None, board).leader == 59


def test_the_fixed_band_is_narrower_than_the_one_that_is_safe_to_peek_at() -> None:
    rows = [(a, b, o, 0, r) for a in range(5) for b in range(5) if a != b for o in (0, 0, 1) for r in range(5)]
    assert (by_candidate(ranked(rows, FIXED), "upper") < by_candidate(ranked(rows, WHOLE), "upper")).all()
    assert close(by_candidate(ranked(rows, FIXED), "rating"), by_candidate(ranked(rows, WHOLE), "rating"))


def test_the_peeking_factor_is_the_printed_formula_and_smallest_in_half_width_terms_at_its_target() -> None:
    x = (-2 * np.log(0.05) + np.log(1 - 2 * np.log(0.05))) * 20**2 / 25**2
    assert peek_factor(np.array([25.0]), 0.05, 20.0)[0] == pytest.approx(
        np.sqrt((x + 1) / x * (np.log(x + 1) - 2 * np.log(0.05)))
    )
    factors = [float(peek_factor(np.array([20.0]), 0.05, target)[0]) for target in (14.0, 20.0, 28.0)]
    assert factors[1] == min(factors)


def test_a_rater_weighs_less_the_more_they_vote() -> None:
    assert rater_weight([1, 51]).tolist() == [1.0, 0.5]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([0], [0], [0]), "itself"),
        (([0, 1], [1], [0]), "right has 1 votes"),
        (([0], [1], [4]), "outcome"),
        (([0], [1], [0], [3]), "length bin"),
        (([0], [1], [0], [0], [float("nan")]), "weight"),
        (([0], [1], [0], [0], [1.0], 1), "code"),
    ],
)
def test_votes_that_cannot_be_are_refused(columns: tuple[object, ...], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        cells_from_votes(*columns)  # type: ignore[arg-type]


def lead(times: int, raters: int = 10) -> tuple[Cells, np.ndarray, np.ndarray]:
    """Candidate 0 wins two of three against 1 and 2, in every rater's votes alike."""
    rows = [(0, 1, 0), (0, 1, 0), (1, 0, 0), (2, 0, 1), (2, 0, 1), (0, 2, 1), (1, 2, 0), (2, 1, 0)]
    left, right, outcome = (np.tile(column, times * raters) for column in zip(*rows, strict=True))
    rater = np.repeat(np.arange(raters), times * len(rows))
    cells, cell_of_vote = cells_from_votes(left, right, outcome)
    return cells, cell_of_vote, np.stack((outcome, rater))


def test_a_lead_in_every_raters_votes_survives_the_loss_of_any() -> None:
    cells, cell_of_vote, (outcome, rater) = lead(times=20)
    raters = clusters_from_votes(cell_of_vote, outcome, None, rater)
    result = settled(cells, raters, rank(cells, [raters], FIXED))
    assert result.leader == 0
    assert result.clearly_best and result.votes_needed is None
    assert result.survives_any_rater and result.deciding_rater is None
    assert result.survives_worst_percent
    assert result.probability_best > 0.99


def test_a_lead_owed_to_one_rater_names_that_rater() -> None:
    fair = [(0, 1, o, r) for r in range(6) for o in (0, 1) for _ in range(10)]
    fan = [(0, 1, 0, 6)] * 10
    left, right, outcome, rater = (np.array(column) for column in zip(*fair, *fan, (0, 1, 1, 3), strict=True))
    cells, cell_of_vote = cells_from_votes(left, right, outcome)
    raters = clusters_from_votes(cell_of_vote, outcome, None, rater)
    result = settled(cells, raters, rank(cells, [raters], RankingOptions(side=False, length=False)))
    assert result.leader == 0
    assert result.survives_any_rater is False and result.deciding_rater == 6


def test_a_narrow_lead_falls_with_the_worst_per_cent_of_votes() -> None:
    outcome = np.array([0] * 505 + [1] * 495)
    cells, _ = cells_from_votes(np.zeros(1000, int), np.ones(1000, int), outcome)
    result = settled(cells, None, rank(cells, (), RankingOptions(side=False)))
    assert result.survives_worst_percent is False
    assert result.survives_any_rater is None


@pytest.mark.parametrize("options", [PLAIN, BARE, replace(BARE, band=Band.FIXED)])
def test_with_the_votes_said_to_be_needed_the_leader_is_clearly_best(options: RankingOptions) -> None:
    few, _, _ = lead(times=1, raters=2)
    needed = settled(few, None, rank(few, (), options)).votes_needed
    assert needed is not None and needed > 0
    times = 1 + needed / float(few.total.sum())

    def with_votes(factor: float) -> Cells:
        return replace(few, weight=few.weight * factor, weight_squared=few.weight_squared * factor)

    more, less = with_votes(1.2 * times), with_votes(0.8 * times)
    assert settled(more, None, rank(more, (), options)).clearly_best
    assert not settled(less, None, rank(less, (), options)).clearly_best
