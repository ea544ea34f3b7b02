"""Whether a mention is denied where it stands: "the capital is not Paris", "Paris is not the answer".

A look at the words right before and after a mention, not a parse. Words between the denial and the mention must be
small ones; a comma, a full stop or any other word ends its reach, so that "do not wait, call 112" mentions 112.
"""

import regex  # type: ignore[import-untyped]

_REACH = 80
_AHEAD = 60
_SMALL = (
    r"a|an|the|in|at|on|of|to|for|be|been|is|it|it's|that|this|named|called|really|actually|necessarily|exactly|simply"
    r"|any|your|my|our|think|believe|say|said|mean|means|answer|capital|city|correct|call|use|choose|pick|located|situated|based|born|held"
    r"|need(?: to (?:see|call|ring|visit|consult|ask|go to))?"
    r"|ein|eine|einen|einem|der|die|das|den|dem|im|am|um|wirklich|unbedingt"
    r"|le|la|les|un|une|de|du|des|à|l'|d'|el|los|las|una|en|es|il|lo|di|o|os|um|uma|het|een"
)
# "à deux pas de Lyon", "le premier pas vers", "n'oubliez pas Lyon": steps, and what must not be forgotten.
_NO_DENIAL = (
    r"\b(?:\d+|un|une|deux|trois|quatre|cinq|dix|cent|mille|quelques|plusieurs|premiers?|petits?|grands?|faux|seul|chaque"
    r"|le|les|ce|ces|son|ses|mes|leurs?|du|au|aux|des|oubli\w{1,5}|rat\w{1,3}|manqu\w{1,4}|pourquoi)(?: surtout)? "
)
_DENIALS = (
    r"not|never|cannot|isn't|wasn't|aren't|weren't|don't|doesn't|didn't|won't|wouldn't|can't|shouldn't|couldn't|ain't"
    r"|no longer|neither|nor|rather than|instead of|other than|except|anything but"
    r"|nicht|kein|keine|keinen|keinem|niemals|weder|statt|anstatt"
    rf"|n'est pas|n'est plus|n'était pas|ne sont pas|(?<!{_NO_DENIAL})pas|jamais|non"
    r"|no es|no está|no son|nunca|jamás|non è|não é|não|niet|geen|nooit|не|нет|ليس|ليست|لا"
)
_FORGET_NOT = r"\b(?:vergiss|vergesst|vergessen sie|verpassen sie|verpass|versäumen sie|warum|wieso) "
_BEFORE = regex.compile(
    rf"(?<!\bwhy )(?<!\bor )(?<!pourquoi )(?<!{_FORGET_NOT})(?:(?<![\w'])(?:{_DENIALS})"
    rf"(?:[\s*_\"'(]+(?:(?:{_SMALL})(?![\w]))?){{0,5}}[\s*_\"'($€£]*"
    r"|(?:(?<![是要])不是|并不是|並不是|绝不是|絕不是|决不是|決不是|而不是|并非|並非|绝非|而非|不在|不会是|不會是|没有|沒有|不)"
    r"[\s*\"'「『《“]*)$"
)
_ASIDE = r"[\s*_\"')»]*"
_JAPANESE = (
    r"(?:都|府|県|市|区|州|国|人|さん|氏)?[\"'」』》”*_)）]*"
    r"(?:(?:が|は)?(?:日本の|その)?(?:首都|正解|答え|正しい答え|正答))?"
    r"(?:(?:では|じゃ|でも)(?:ありませ|ござ?いませ|な)(?!いか|いでしょうか|んか|んでしょうか)|でなく"
    r"|と(?:は|いうのは)?(?:違|異な|言え|いえ)|は(?:違います|違う|間違|誤り|正しく(?:な|あり)|不正解)|以外)"
)
_PAST = regex.compile(
    rf"{_ASIDE}(?:(?:is|was|are|were|would be)(?: not|n't)|isn't|wasn't|aren't|ist nicht|war nicht|n'est pas|no es"
    r"|non è|não é)\s+(?:the |a |an |die |der |das |la |le |l'|el |il |o |a )?"
    r"(?:correct|right|answer|true|capital|case|valid|richtig|richtige|korrekt|antwort|hauptstadt|correcte?|bonne"
    r"|réponse|capitale|correcto|correcta|respuesta)\b"
    rf"|{_ASIDE}(?:is|was|ist|est|es|è|é)\s+(?:wrong|incorrect|false|falsch|fausse?|faux|incorrecte?|incorrecto|falso)\b"
    r"|[\"'」』》”*_)]*(?:并|並)?(?:不是(?!吗|嗎)|并非|並非)"
    rf"|{_JAPANESE}"
    r"|[\"'*_)」』]*\s*(?:이|가|은|는)?\s*(?:(?:수도|정답|답)(?:가|이|은|는)?\s*)?아(?:닙|니|닌|녜|녔|님)"
)


def is_denied(text: str, start: int, end: int) -> bool:
    """Whether the mention ``text[start:end]`` is denied; ``text`` in the spelling of ``wording.plain``."""
    before = text[max(0, start - _REACH) : start]
    return bool(_BEFORE.search(before)) or bool(_PAST.match(text[end : end + _AHEAD]))
