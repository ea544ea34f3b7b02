"""Providers' words for why an answer ended, and what is known of its tokens."""

import pytest

from core.domain.answering import FinishReason, TokenUsage, finish_reason_of, is_failure, is_unfinished


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("STOP", FinishReason.STOP),
        ("end_turn", FinishReason.STOP),
        ("eosFound", FinishReason.STOP),
        ("FINISH_REASON_STOP", FinishReason.STOP),
        ("FinishReason.MAX_TOKENS", FinishReason.LENGTH),
        ("maxTokens", FinishReason.LENGTH),
        ("max-tokens", FinishReason.LENGTH),
        ("ERROR_LIMIT", FinishReason.LENGTH),
        ("SAFETY", FinishReason.CONTENT_FILTER),
        ("content_filter: hate", FinishReason.CONTENT_FILTER),
        ("guardrail_intervened", FinishReason.CONTENT_FILTER),
        ("toolUse", FinishReason.TOOL_CALLS),
        ("refusal", FinishReason.REFUSAL),
        ("surprise", None),
        ("", None),
        ("x" * 1_000_000, None),
    ],
)
def test_a_providers_word_is_ours_however_it_is_spelt(word: str, reason: FinishReason | None):
    assert finish_reason_of(word) is reason


def test_some_words_say_that_it_has_not_ended_or_that_the_endpoint_failed():
    assert all(is_unfinished(word) for word in ("null", "None", "", "FINISH_REASON_UNSPECIFIED"))
    assert all(is_failure(word) for word in ("ERROR", "abort", "network_error"))
    assert not any(is_unfinished(word) or is_failure(word) for word in ("stop", "length", "eos"))


def test_later_counts_replace_earlier_ones_save_for_zeros_and_silence():
    first = TokenUsage(30, 5, None, None, 1)
    assert first.then(TokenUsage(0, None, 0, 4, 8)) == TokenUsage(30, 5, 0, 4, 8)
    assert TokenUsage().then(TokenUsage(0, 0, 0, 0, 0)) == TokenUsage(0, 0, 0, 0, 0)
