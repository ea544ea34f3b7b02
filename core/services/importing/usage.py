"""Tokens, in every vendor's words: input with what was cached, output with what was thought."""

from collections.abc import Iterable
from itertools import product

from core.domain import fields
from core.domain.fields import LARGEST_COUNT, Cells, Flaw, Row
from core.services.importing.records import Facts

_PLACES = ("usage", "usage_metadata", "usageMetadata", "token_usage", "tokenUsage")
_INPUT = ("prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "promptTokenCount", "prompt_token_count")
_OUTPUT = (
    "completion_tokens", "output_tokens", "completionTokens", "outputTokens", "candidatesTokenCount",
    "candidates_token_count",
)  # fmt: skip
_INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details", "inputTokenDetails")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details", "outputTokenDetails")
_CACHED = (
    "cached_tokens", "cache_read", "cache_read_input_tokens", "cacheReadInputTokens", "prompt_cache_hit_tokens",
    "cachedInputTokens", "cachedContentTokenCount", "cached_content_token_count", "cacheReadTokens",
)  # fmt: skip
_REASONING = (
    "reasoning_tokens", "reasoning", "reasoningTokens", "thoughtsTokenCount", "thoughts_token_count", "thinking_tokens",
)  # fmt: skip
# Anthropic and Bedrock count these beside the input and not within it.
_BESIDE_INPUT = (
    ("cache_read_input_tokens", "cache_creation_input_tokens"),
    ("cacheReadInputTokens", "cacheWriteInputTokens"),
)
_TOTALS = ("total", "total_tokens", "totalTokens")
_NO_BUCKETS = ("total", "unit")


def first_count(row: Row, names: Iterable[str]) -> int | None:
    """The count in the first of these fields that is there and not empty; logs write it as text, too."""
    for name in names:
        if name in row and row[name] not in (None, ""):
            return fields.count(Cells({name: row[name]}) if isinstance(row[name], str) else row, name)
    return None


def usage_in(*places: Row) -> Row:
    """The object that counts tokens in the first of these that has one; else an empty one."""
    for place in places:
        for name in _PLACES:
            found = fields.decoded(place.get(name))
            if isinstance(found, dict) and found:
                return found
    return {}


def tokens(usage: Row) -> Facts:
    """The facts that a vendor's usage object tells."""
    inner = (_details(usage, _INPUT_DETAILS), _details(usage, _OUTPUT_DETAILS))
    cached = _or(first_count(inner[0], _CACHED), first_count(usage, _CACHED))
    reasoning = _or(first_count(inner[1], _REASONING), first_count(usage, _REASONING))
    given, output = first_count(usage, _INPUT), first_count(usage, _OUTPUT)
    is_beside = not inner[0] and not {"input_tokens", "inputTokens"}.isdisjoint(usage) and "prompt_tokens" not in usage
    if given is not None and is_beside:
        given += sum(first_count(usage, (name,)) or 0 for names in _BESIDE_INPUT for name in names)
    if output is not None and not {"candidatesTokenCount", "candidates_token_count"}.isdisjoint(usage):
        output += reasoning or 0
    return _facts(given, output, cached, reasoning)


def buckets(usage: Row) -> Facts:
    """The facts of Langfuse's buckets: those of the input and those of the output, each summed.

    Where a total shows that a plain bucket holds the others already, it alone is the sum.
    """
    counted = {
        name: count
        for name in usage
        if isinstance(name, str)
        and not name.lower().startswith(_NO_BUCKETS)
        and isinstance(usage[name], int | float | str)
        and not isinstance(usage[name], bool)
        and (count := _sound(usage, name)) is not None
    }
    inputs = {name: count for name, count in counted.items() if _is_input(name)}
    outputs = {name: count for name, count in counted.items() if _is_output(name)}
    total = next((_sound(usage, name) for name in _TOTALS if name in usage), None)
    given, output = _summed(inputs, outputs, total)
    cached = [count for name, count in inputs.items() if _tells(name, "cache") and not _tells(name, "creat", "writ")]
    thought = [count for name, count in outputs.items() if _tells(name, "reasoning", "thought", "thinking")]
    return _facts(given, output, sum(cached) if cached else None, sum(thought) if thought else None)


def _summed(inputs: dict[str, int], outputs: dict[str, int], total: int | None) -> tuple[int | None, int | None]:
    ways = [(sum(side.values()), _plain(side)) if side else (None,) for side in (inputs, outputs)]
    if total is not None:
        for given, output in product(*ways):
            if (given or 0) + (output or 0) == total:
                return given, output
    return ways[0][0], ways[1][0]


def _plain(side: dict[str, int]) -> int:
    """The bucket without a qualification, or else all of them."""
    return next((side[name] for name in ("input", "output", *_INPUT, *_OUTPUT) if name in side), sum(side.values()))


def _is_input(name: str) -> bool:
    return not _is_output(name) and _tells(name, "input", "prompt", "cache")


def _is_output(name: str) -> bool:
    return name.lower().startswith(("output", "completion", "candidates", "reasoning", "thought"))


def _tells(name: str, *words: str) -> bool:
    return any(word in name.lower() for word in words)


def _sound(usage: Row, name: str) -> int | None:
    """The count of a bucket; what is no count is none."""
    try:
        return first_count(usage, (name,))
    except Flaw:
        return None


def _details(usage: Row, names: Iterable[str]) -> Row:
    return next((found for name in names if isinstance(found := usage.get(name), dict) and found), {})


def _or(first: int | None, second: int | None) -> int | None:
    return second if first is None else first


def _facts(given: int | None, output: int | None, cached: int | None, reasoning: int | None) -> Facts:
    if max(given or 0, output or 0, cached or 0, reasoning or 0) > LARGEST_COUNT:
        raise Flaw("counts more tokens than can be.", field="usage")
    return {"input_tokens": given, "output_tokens": output, "cached_tokens": cached, "reasoning_tokens": reasoning}
