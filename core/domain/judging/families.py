"""Which family a model is of, told by its name: a judge does not judge its own."""

import re
from functools import lru_cache

from core.domain.model_names import NAMES

_OTHERS = "Others"
_MORE_FORMS = {
    "OpenAI": (r"^(?:ft:)?o\d+(?![a-z\d])", r"text-embedding", r"codex"),
    "Meta": (r"\w*llama",),
    "Alibaba": (r"\w*qwen\w*",),
    "Mistral AI": (r"pixtral", r"devstral", r"voxtral", r"open-mi[sx]tral"),
    "Microsoft": (r"mai",),
    "Moonshot": (r"moonlight",),
    "Hugging Face": (r"smol\w*",),
}
_NOT_LLAMA = re.compile(r"ollama", re.IGNORECASE)


def families(model: str, provider: str | None = None) -> frozenset[str]:
    """The vendors whose models these are, "deepseek-r1-distill-llama-70b" having two; empty: not known.

    The last part of a path counts first ("together/meta-llama/Llama-3" is Meta's), then the whole name, then the
    provider's.
    """
    for name in (model.rsplit("/", 1)[-1], model, provider or ""):
        if found := _named(_NOT_LLAMA.sub("", name).casefold()):
            return found
    return frozenset()


def is_own_family(
    judge_model: str, judge_provider: str, *, model: str, provider: str | None, answered_by: str | None = None
) -> bool:
    """Whether the judge would judge itself or a relative: ``model`` as configured, or as it answered.

    Of a model of no known family only the same name is the same.
    """
    judge = families(judge_model, judge_provider)
    theirs = families(model, provider) | families(answered_by or "")
    names = {name.rsplit("/", 1)[-1].casefold() for name in (model, answered_by) if name}
    return bool(judge & theirs) or judge_model.rsplit("/", 1)[-1].casefold() in names


@lru_cache(maxsize=4096)
def _named(name: str) -> frozenset[str]:
    return frozenset(family for family, pattern in _patterns().items() if pattern.search(name))


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    forms = {vendor: names for vendor, names in NAMES.items() if vendor != _OTHERS}
    forms |= {name: (name,) for name in NAMES[_OTHERS]}
    return {
        family: re.compile(rf"(?<![a-z])(?:{'|'.join((*names, *_MORE_FORMS.get(family, ())))})(?![a-z])", re.IGNORECASE)
        for family, names in forms.items()
    }
