"""What a board says, in sentences: the verdict, whether it is settled, and how it was computed. Markdown out."""

import math
from collections.abc import Sequence

from scipy.special import expit

from core.domain.ranking import Band, Board
from core.domain.votes import SEND
from core.domain.words import PER_CENT, n
from core.services.leaderboards.boards import Leaderboard, Standing
from core.services.leaderboards.settling import FEWEST_TO_RANK, LeadVerdict, Settling
from core.ui.shared.charts import cut
from core.ui.shared.frame import as_typed

A_VOTE = (
    "A vote is what one rater answered to one question on one pair of responses. The board counts those on its "
    "question and all pairs; a verdict on *Decisions* rests on the *Send* votes on its two candidates alone."
)
_MOST_NAMED = 3
_LONGEST_NAME = 34
_FAR_MORE = 100
_ONE_PERCENT = 100
_YES, _NO, _OPEN = ":green[:material/check_circle:]", ":orange[:material/warning:]", ":gray[:material/hourglass_top:]"


def listing(names: Sequence[str], *, most: int = _MOST_NAMED) -> str:
    """Names as a sentence lists them: "A, B and C", or "A, B, C and 12 others"."""
    shown = [called(name) for name in names[:most]]
    if len(names) > most:
        rest = len(names) - most
        return f"{', '.join(shown)} and {n(rest, 'other')}"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def too_few(board: Leaderboard) -> str:
    """Why nobody is put in order yet."""
    return f"Too few votes to rank: {board.votes:,} of the {FEWEST_TO_RANK} it takes at least."


def called(name: str) -> str:
    """A candidate's name within a sentence: a long one is cut in the middle."""
    return as_typed(cut(name, _LONGEST_NAME))


def headline(verdict: LeadVerdict) -> str:
    """Who leads, ahead of whom, and from whom it cannot be told apart yet."""
    leader = called(verdict.leader.candidate)
    ahead = [other.candidate for other in verdict.ahead_of]
    level = [other.candidate for other in verdict.level_with]
    others = len(ahead) + len(level)
    if verdict.all_level:
        return f"{listing([verdict.leader.candidate, *level])} are level so far."
    if not ahead:
        rivals = listing(level) if others <= _MOST_NAMED else f"any of the other {others:,}"
        return f"{leader} has the highest rating, but is not clearly ahead of {rivals} yet."
    if not level:
        everybody = listing(ahead) if others <= _MOST_NAMED else f"all {others:,} other candidates"
        return f"{leader} leads, clearly ahead of {everybody}."
    some = listing(ahead) if len(ahead) <= _MOST_NAMED else f"{len(ahead):,} of the other {others:,}"
    return f"{leader} leads, clearly ahead of {some}; not yet proven ahead of {listing(level)}."


def runner_up(verdict: LeadVerdict) -> str:
    """Where the leader stands, and how far the second is behind."""
    leader, second = verdict.leader, min((*verdict.ahead_of, *verdict.level_with), key=lambda other: other.rank)
    points = round(leader.rating - second.rating)
    wins = round(100 / (1 + 10 ** ((second.rating - leader.rating) / 400)))
    return (
        f"Its rating is **{span(leader)}**. {called(second.candidate)} comes second, {points:,} "
        f"{'point' if points == 1 else 'points'} behind: of 100 comparisons of the two, raters would prefer "
        f"{called(leader.candidate)} in about {wins}."
    )


def span(standing: Standing) -> str:
    """A rating with its interval."""
    return f"{elo(standing.rating)} ({elo(standing.lower)} to {elo(standing.upper)})"


def elo(rating: float) -> str:
    """A rating as it is written everywhere."""
    return f"{rating:,.0f}".replace("-", "\u2212")


def ranks(standing: Standing) -> str:
    """The ranks the votes allow."""
    if standing.rank_lower == standing.rank_upper:
        return f"{standing.rank_lower}"
    return f"{standing.rank_lower}–{standing.rank_upper}"


def rests_on(board: Leaderboard) -> str:
    """How many votes, by how many raters, on what."""
    raters = f" by {n(board.raters, 'rater')}" if board.raters else ""
    scope = as_typed(board.filters.category) if board.filters.category else "all categories"
    return f"{n(board.votes, 'vote')}{raters} on *{as_typed(board.question.title)}* · {scope}"


def beside_verdicts(board: Leaderboard) -> str:
    """Why a verdict may name another candidate than the board does."""
    if board.question.key != SEND:
        title = as_typed(board.question.title)
        return f"This board is about *{title}* alone; verdicts rest on which response raters would send."
    return (
        "The board knows neither prices nor traffic. *Overview* and *Decisions* weigh in what an answer costs and how "
        "many answers a month each category has, so they may recommend another candidate."
    )


def settled_lines(found: Settling, votes: int) -> list[str]:
    """The conclusion, and what it would take to overturn it: a line each."""
    return [_lead(found, votes), _without_rater(found), _without_votes(found, votes)]


def _lead(found: Settling, votes: int) -> str:
    """One conclusion: proven, or how likely it is and what is missing."""
    leader = called(found.leader)
    if found.clearly_best:
        return f"{_YES} **Proven**, however often one looks: {leader} is better than every other. No more votes needed"
    share = found.probability_best
    odds = f"{'more than 99' if share > 0.99 else 'less than 1' if share < 0.01 else f'{100 * share:.0f}'}{PER_CENT}"
    likely = f"{leader} is the best with {odds} probability, if these votes are looked at this once"
    if found.votes_needed is None or found.votes_needed > _FAR_MORE * votes:
        more = f"more than {_FAR_MORE} times the votes so far"
        return f"{_OPEN} **Too close to call**: {likely}; a proof would take {more}"
    more = f"about **{_rounded(found.votes_needed)} more votes**"
    return (
        f"{_OPEN} **Not proven yet**: {likely}. That it leads every other, however often one looks, would take {more} "
        "to prove"
    )


def _rounded(number: int) -> str:
    """To two digits: an estimate says no more than it knows."""
    digits = max(len(str(number)) - 2, 0)
    return f"{round(number, -digits):,}"


def _without_rater(found: Settling) -> str:
    if found.survives_any_rater is None:
        return f"{_OPEN} Only **one rater** voted: others may see it differently"
    if found.survives_any_rater:
        together = f" (left out {found.raters_left_out} at a time)" if found.raters_left_out > 1 else ""
        return f"{_YES} Stays ahead **without any one rater**{together}"
    if found.deciding_rater:
        return f"{_NO} **One rater decides**: without {as_typed(found.deciding_rater)} another candidate leads"
    few = "a group of them" if found.raters_left_out <= 1 else f"a group of {found.raters_left_out}"
    return f"{_NO} **Few raters decide**: without {few} another candidate leads"


def _without_votes(found: Settling, votes: int) -> str:
    if found.survives_worst_percent is None:
        return f"{_OPEN} Too few votes to leave some out"
    single = votes < 2 * _ONE_PERCENT
    few, favour = (f"the 1 vote of {votes:,}", "favours") if single else (f"the 1{PER_CENT} of votes", "favour")
    if found.survives_worst_percent:
        return f"{_YES} Stays ahead **without {few}** that {favour} it most"
    return f"{_NO} **Few votes decide**: without {few} that {favour} it most, another candidate leads"


def method(board: Leaderboard) -> str:
    """How the ratings, intervals and comparisons were computed, in plain words."""
    level = f"{100 * board.options.level:.0f} %"
    peek = board.options.band_used is Band.PEEK
    bands = (
        f"They are safe to peek at: with {level} confidence none was wrong at any moment of the study, however often "
        "somebody looked."
        if peek
        else f"They are fixed-n intervals: right in {level} of cases if the number of votes was decided beforehand."
    )
    paragraphs = [
        "**Ratings** come from a Bradley-Terry model on the counts of votes, on the Elo scale: the mean is 1,000, and "
        "a lead of 100 means being preferred in 64 of 100 comparisons, of 200 in 76. A tie, and a vote that both are "
        "poor, count as half a win to each.",
        f"**Intervals** ({level}) allow for raters with tastes of their own and for prompts that suit one candidate: "
        f"the variance is clustered by rater and by prompt. {bands}",
        "**Raters** who vote much count a little less per vote, so that few cannot decide alone; votes cast faster "
        "than reading allows count a fifth.",
        "**Clearly ahead** holds for all pairs of candidates at once, so it asks for more than two intervals that "
        "do not overlap by chance.",
        *([_NARROWED] if board.judge is not None else []),
        *effects(board.board),
    ]
    return "\n\n".join(paragraphs)


_NARROWED = (
    "**Narrowed by a judge.** Chance decides which pairs are voted on. Where the judge compared those and many others "
    "of the same two candidates, category and runs, its preferences show what that chance did, and so much of it is "
    "taken out of the votes as votes and preferences go together (prediction-powered inference). A judge that agrees "
    "with nobody changes nothing, and a bias of its own falls out, because it is on both kinds of pairs."
)


def effects(board: Board) -> list[str]:
    """What side and length did to votes, in plain words; it is taken out of the ratings."""
    said: list[str] = []
    if board.side_effect is not None and board.side_effect_se is not None:
        share = _share(board.side_effect, board.side_effect_se)
        said.append(f"**Side.** Of two equally good responses, raters chose the one shown as A in {share}.")
    if board.length_effects is not None and board.length_effects_se is not None:
        longer, twice = (
            _share(effect, se) for effect, se in zip(board.length_effects, board.length_effects_se, strict=True)
        )
        said.append(
            f"**Length.** Of two equally good responses, raters chose the longer one in {longer}, and one more than "
            f"twice as long in {twice}."
        )
    if said:
        said.append("Both effects are taken out of the ratings.")
    return said


def _share(effect: float, se: float) -> str:
    low, middle, high = (100 * float(expit(effect + z * se)) for z in (-1.96, 0.0, 1.96))
    if not math.isfinite(se) or high - low > 60:
        return "a share that these votes cannot tell yet"
    return f"{middle:.0f} % of cases ({low:.0f} to {high:.0f} %)"
