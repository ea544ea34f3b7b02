"""Whether a mention is denied where it stands: "the capital is not Paris", "Paris is not the answer".

A look at the words right before and after a mention, not a parse. Words between the denial and the mention must be
small ones; a comma, a full stop or any other word ends its reach, so that "do not wait, call 112" mentions 112.
"""

import re

_REACH = 80
_AHEAD = 60
_SMALL = (
    r"a|an|the|in|at|on|of|to|for|be|been|is|it|it's|that|this|named|called|really|actually|necessarily|exactly|simply"
    r"|any|your|my|our|think|believe|say|said|mean|means|answer|capital|city|correct|call|use|choose|pick|located|situated|based|born|held"
    r"|need(?: to (?:see|call|ring|visit|consult|ask|go to))?"
    r"|ein|eine|einen|einem|der|die|das|den|dem|im|am|um|wirklich|unbedingt"
    r"|le|la|les|un|une|de|du|des|à|l'|d'|el|los|las|una|en|es|il|lo|di|o|os|um|uma|het|een"
)
_DENIALS = (
    r"not|never|cannot|isn't|wasn't|aren't|weren't|don't|doesn't|didn't|won't|wouldn't|can't|shouldn't|couldn't|ain't"
    r"|no longer|neither|nor|rather than|instead of|other than|except|anything but"
    r"|nicht|kein|keine|keinen|keinem|niemals|weder|statt|anstatt"
    r"|n'est pas|n'est plus|n'était pas|ne sont pas|pas|jamais|non"
    r"|no es|no está|no son|nunca|jamás|non è|não é|não|niet|geen|nooit|не|нет|ليس|ليست|لا"
)
_BEFORE = re.compile(
    rf"(?<!\bwhy )(?<!\bor )(?<!warum )(?<!pourquoi )(?:(?<![\w'])(?:{_DENIALS})"
    rf"(?:[\s*_\"'(]+(?:(?:{_SMALL})(?![\w]))?){{0,5}}[\s*_\"'($€£]*"
    r"|(?:不是|并不是|並不是|并非|不在|不会是|绝不是|决不是|而非|没有|沒有|不)[\s\"'「『《“]*)$"
)
_PAST = re.compile(
    r"[\s*_\"')»]*(?:(?:is|was|are|were|would be)(?: not|n't)|isn't|wasn't|aren't|ist nicht|war nicht|n'est pas|no es"
    r"|non è|não é)\s+(?:the |a |an |die |der |das |la |le |l'|el |il |o |a )?"
    r"(?:correct|right|answer|true|capital|case|valid|richtig|richtige|korrekt|antwort|hauptstadt|correcte?|bonne"
    r"|réponse|capitale|correcto|correcta|respuesta)\b"
    r"|[\s*_\"')»]*(?:is|was|ist|est|es|è|é)\s+(?:wrong|incorrect|false|falsch|fausse?|faux|incorrecte?|incorrecto|falso)\b"
    r"|[\"'」』》”]*(?:不是|并不是|並不是|并非|ではありません|ではない|じゃない)"
    r"|\s*(?:이|가|은|는)?\s*아(?:닙니다|니다|니에요|니라)"
)


def is_denied(text: str, start: int, end: int) -> bool:
    """Whether the mention ``text[start:end]`` is denied; ``text`` in the spelling of ``wording.plain``."""
    before = text[max(0, start - _REACH) : start]
    return bool(_BEFORE.search(before)) or bool(_PAST.match(text[end : end + _AHEAD]))
