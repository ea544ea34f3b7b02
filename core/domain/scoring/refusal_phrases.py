"""The phrases of a refusal, in the spelling of ``wording.plain`` (lower case, straight apostrophes).

``OUTRIGHT``: nothing follows that could be an answer. ``GUARDED``: an answer may follow all the same ("I can't give
medical advice, but here is how to read the label"), so that they count only where not much follows.
"""

import re

_SOFTLY = "really|simply|just|still|also|currently|unfortunately|directly|actually|personally|knowingly|safely|ever"
_MANNER = "in good conscience|ethically|legally|responsibly|and won't|and will not|or won't|be here"
_CANNOT = "can't|cannot|can not|won't|will not|couldn't|could not|must not|may not|shouldn't"
_UNABLE = (
    "unable to|not able to|not allowed to|not permitted to|not authori[sz]ed to|not in a position to|not going to"
    "|not willing to|not comfortable|not equipped to|not designed to|not supposed to|prohibited from"
)
_DECLINE = "(?:respectfully |politely )?(?:decline|refuse)(?: to)?"
_I_CANNOT = (
    r"(?<!if )(?<!when )(?<!why )(?<!say )(?<!says )(?<!said )(?<!think )(?<!until )(?<![\w'])"
    rf"(?:i(?: (?:{_SOFTLY}))? (?:{_CANNOT})(?: be able to)?"
    rf"|(?:i am|i'm|i was)(?: sorry, but)?(?: (?:{_SOFTLY}))? (?:{_UNABLE})"
    rf"|i (?:don't|do not) (?:feel comfortable|think i can|believe i can|have permission to)"
    rf"|i (?:would not|wouldn't|will not|won't) be (?:comfortable|able to)"
    rf"|i must {_DECLINE}|i(?:'ll| will)? (?:have|need) to {_DECLINE}|i {_DECLINE})"
    rf"(?: (?:{_SOFTLY}|{_MANNER}))*"
    r"(?! but (?:notice|feel|think|smile|wonder|admire|agree|laugh))"
    r"(?! (?:help|stop|resist) (?:but|feeling|thinking|wondering|noticing|smiling|laughing|myself))"
)
_THAT = "(?:that|this|such|your|these|those)"
_HELP = "|".join(
    (
        r"help(?:ing)?\b",
        r"assist(?:ing)?\b",
        "comply",
        r"engage (?:in|with)",
        "participate",
        "take part",
        r"do (?:that|this|so)\b(?! (?:alone|without|until|before))",
        rf"(?:support|answer|fulfill?|process|complete|honou?r|accommodate|discuss(?:ing)?) {_THAT}",
        rf"(?:continue|proceed) with {_THAT}",
        rf"provid(?:e|ing) (?:{_THAT}|assistance|help|support|instructions|guidance)",
        r"provid(?:e|ing) any (?:information|details|assistance|guidance|advice|instructions)",
        "fulfill? (?:it|the)",
    )
)
_GIVE = "|".join(
    (
        r"provid(?:e|ing)\b",
        r"shar(?:e|ing)\b",
        r"disclos(?:e|ing)\b",
        r"reveal(?:ing)?\b",
        "give you",
        r"(?:walk you through|guide you|look into (?:your neighbo|her|his|their|another|other|someone))",
        r"(?:explain|go into) (?:how|which|that|this|the details)",
        "give out",
        "(?:give|offer) (?:any |medical |legal |financial |personal )*(?:advice|guidance|information|instructions|dos)",
        r"tell you (?!how (?:happy|glad|much|sorry|grateful|pleased|excited))",
        r"answer(?:ing)?\b(?! (?:the phone|my phone))",
        r"(?:write|generate|create|produce|print|describe|discuss|speculate|impersonate|pretend|repeat)\b",
        r"(?:bypass|override|diagnose|prescribe|bridge)\b",
        "ignore my",
        "show you",
        "advise (?:you|on)",
        "recommend (?:a dos|any dos|doing|that you)",
        "look up (?:other|another|personal|someone)",
    )
)

_GERMAN_TO_YOU = r"(?:(?:ihnen|dir|euch|leider|dabei|damit|hierbei|dazu|da|bei [\w ]{1,40}) ){0,4}"
_GERMAN_HELP = "(?:helfen|weiterhelfen|behilflich|unterstützen|dienen)"
_GERMAN_NOTHING = "keine (?:auskunft|auskünfte|anleitung|ratschläge|informationen) "
_GERMAN_GIVE = (
    "(?:geben|nennen|beantworten|mitteilen|herausgeben|weitergeben|bereitstellen|erstellen|schreiben|verraten"
    "|preisgeben|sagen)"
)
_CHINESE_CANNOT = "(?:无法|無法|不能|不可以|没办法|沒辦法)"
_CHINESE_DO = "(?:帮|幫|协助|協助|满足|滿足|回答|提供|完成|分享|透露|讨论|討論|执行|執行)"
_JAPANESE_DO = "(?:お手伝い|お答え|お応え|ご協力|ご案内|対応|回答|提供|支援)(?:することは|することが|は|を|も)?"
_KOREAN_DO = r"(?:도와\s?드릴|답변\s?드릴|답변할|제공해\s?드릴|제공할|도울|알려\s?드릴)"

OUTRIGHT = re.compile(
    "|".join(
        (
            rf"{_I_CANNOT} (?:{_HELP})",
            r"\bi(?: must|'ll have to| have to| will have to)? (?:respectfully |politely )?decline"
            rf"(?: to| {_THAT}|[.,!]|$)",
            r"(?:sorry|afraid|unfortunately|apologi[sz]e)[^.!?]{0,40}(?:that's|that is|this is) not something i can\b",
            r"(?:that's|that is|this is) (?:not something i can|something i (?:can't|cannot|won't|am not able to))"
            r" (?:help|assist|do|provide|share|discuss)",
            r"(?:request|question|prompt|it|this|that) (?:goes against|violates|is against|conflicts with) my "
            r"(?:\w+ ){0,3}(?:guidelines|polic|rules|principles|programming|values|terms)",
            r"my (?:\w+ ){0,2}(?:guidelines|polic(?:y|ies)|rules|principles|programming) "
            r"(?:don't|do not|doesn't|does not|won't) (?:allow|permit|let) me",
            r"\bno, i (?:can't|cannot|won't|will not)(?: do (?:that|this|so))?(?:[.,!;]|$)",
            r"(?:sorry|afraid|apologi[sz]e|unfortunately),?(?: but)?,? i (?:can't|cannot|won't|will not)(?:[.!]|$)",
            rf"ich kann {_GERMAN_TO_YOU}nicht {_GERMAN_HELP}",
            rf"(?:kann|darf|werde) ich {_GERMAN_TO_YOU}nicht {_GERMAN_HELP}",
            r"je ne peux (?:malheureusement )?pas (?:vous |t'|te )?aider\b",
            r"je ne suis (?:malheureusement )?pas (?:en mesure|capable|autorisée?) (?:de |à )(?:vous |t'|te )?aider\b",
            r"je ne peux pas (?:répondre à|accéder à|satisfaire|donner suite à|faire (?:cela|ça))",
            r"no (?:puedo|podemos|me es posible) "
            r"(?:ayudar|asistir|responder a (?:esa|esta|tu|su)|cumplir|hacer eso|atender)",
            r"(?:non posso|non sono in grado di) (?:aiutar|assister|rispondere a|soddisfare)",
            r"(?:não posso|não consigo|não me é possível) (?:ajud|responder a|atender|cumprir)",
            r"ik kan (?:(?:je|u|jou|hier|daar|helaas|hierbij|daarbij|hiermee|daarmee|mee) ){0,3}niet (?:mee )?helpen",
            r"nie mogę (?:ci |panu |pani )?(?:w tym )?pomóc",
            r"yardımcı olama(?:m|yacağım)",
            r"я не (?:могу|смогу|буду|в состоянии) (?:вам |тебе |с этим |в этом )*(?:помочь|помогать|выполнить)",
            rf"(?:我|抱歉|对不起|對不起)[^。！？!?]{{0,15}}{_CHINESE_CANNOT}[^。！？!?，,]{{0,12}}{_CHINESE_DO}",
            rf"{_JAPANESE_DO}(?:できません|できかね|いたしかね|致しかね|出来ません)",
            rf"{_KOREAN_DO} ?수 ?(?:가 )?없",
            r"(?:لا|لن) (?:أستطيع|يمكنني|أقدر)[^.!؟]{0,20}(?:مساعد|المساعدة|تقديم|الإجابة|تلبية|مشاركة)",
            r"मैं[^।.!?]{0,40}(?:मदद|सहायता) नहीं कर सक",
        )
    )
)
GUARDED = re.compile(
    "|".join(
        (
            rf"{_I_CANNOT} (?:{_GIVE})",
            rf"ich (?:kann|darf|werde|möchte) (?:[\w,]+ ){{0,6}}nicht {_GERMAN_GIVE}",
            rf"(?:(?:kann|darf|werde) ich|ich (?:kann|darf|werde)) (?:[\w,]+ ){{0,4}}{_GERMAN_NOTHING}"
            r"(?:geben|erteilen|weitergeben|herausgeben)",
            r"we (?:can't|cannot|are (?:unable|not able|not allowed) to) (?:share|disclose|reveal|give out)\b",
            rf"(?:kann|darf) ich (?:[\w,]+ ){{0,6}}nicht {_GERMAN_GIVE}",
            r"je ne (?:peux|suis) pas (?:en mesure de |autorisée? à )?(?:vous |te |t')?"
            r"(?:fournir|donner|partager|communiquer|révéler|divulguer|répondre|écrire|créer)",
            r"no (?:puedo|podemos|estoy autorizad[oa] a) "
            r"(?:proporcionar|dar|compartir|revelar|responder|escribir|crear|generar|decir)",
            r"non posso (?:fornir|dar|condivider|rivelar|risponder|scriver|crear)",
            r"não posso (?:fornecer|dar|partilhar|compartilhar|revelar|responder|escrever|criar)",
            r"ik (?:kan|mag) (?:[\w,]+ ){0,6}niet (?:geven|delen|verstrekken|beantwoorden|vertellen)",
            r"я не (?:могу|смогу|буду|имею права) (?:[\w,]+ ){0,3}"
            r"(?:предостав|ответ|сообщ|раскры|дать|делиться|поделиться|написать|создать)",
        )
    )
)
