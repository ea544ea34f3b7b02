# ruff: noqa: E501
"""Patterns of how English speakers refuse, and of what only sounds like it, in the spelling of ``wording.plain``."""

import re

_ADVERBS = (
    "really|simply|just|still|also|currently|unfortunately|directly|actually|personally|knowingly|safely|ever|not only"
    "|absolutely|therefore|however|sadly|regrettably|respectfully|politely|and will not|and won't|or will not|nor will i"
    "|in good conscience|ethically|legally|responsibly|really|at this time|either|unable or unwilling to"
)
_CANNOT = "can't|cannot|can not|won't|will not|couldn't|could not|may not|shouldn't|should not|wouldn't|would not|am not going to|do not|don't"
_UNABLE = (
    "unable to|not able to|not capable of|not allowed to|not permitted to|not authori[sz]ed to|not in a position to"
    "|not going to|not willing to|unwilling to|not been (?:authori[sz]ed|allowed|permitted|cleared|trained) to|not comfortable(?: with)?|not equipped to|not designed to|not supposed to"
    "|not qualified to|not programmed to|prohibited from|forbidden to|instructed not to|not here to|not prepared to"
)
INABILITY = re.compile(
    rf"(?<![\w'])i(?:'m| am|'ve been| have been|'ve| have| was|'m afraid i(?:'m| am)?)?(?: (?:{_ADVERBS}),?)*"
    rf" (?:(?:{_CANNOT}|must not)(?: be (?:able to|comfortable))?|(?:{_UNABLE})|cannot and will not|can't and won't)"
    rf"(?:(?: (?:{_ADVERBS}|be able to|want to|wish to|intend to|feel comfortable|think(?: that)? i can"
    rf"|believe i can|think it would be|have (?:the )?(?:permission|authority|right|authori[sz]ation|clearance|ability|capability|means) to|here))*)"
)
WE = re.compile(
    r"(?<![\w'])we(?:'re| are)? (?:can't|cannot|won't|will not|do not|don't|unable|not able|not allowed|currently unable"
    r"|currently not able)"
)
OTHERS = re.compile(
    r"(?<![\w'])(?:you|it|they|he|she|one|who|which|that|people|nobody|the [\w-]+|this [\w-]+|a [\w-]+|[a-z]{4,}s) "
    r"(?:can't|cannot|won't|will not|couldn't|may not|must not|shouldn't|are not allowed|is not allowed|is unable"
    r"|are unable|refuse)"
)
REFUSING_VERB = re.compile(
    r"^,? ?(?:to )?(?:help|assist|comply|fulfil|satisfy|honou?r|accommodate|support|engage|participate|take part|provid"
    r"|give|giving|offer|shar|disclos|reveal|tell you|answer|respond|reply|write|writing|generat|creat|produc|print"
    r"|discuss|describ|encourag|promot|suggest|recommend|advis|explain|show|list|condon|endors|do (?:that|this|so|it)\b"
    r"|do(?:ing)?\b.{0,12}for you|continue|proceed|comment|speculat|diagnos|prescrib|imitat|impersonat|pretend"
    r"|repeat|teach|guid|walk you|instruct|facilitat|contribut|agree (?:to|with the premise)|argue for|make (?:fun|jokes|content|such)"
    r"|look up|look into|look for|identify|track|find out|obey|ignore|disregard|bypass|override|complete|draft"
    r"|play that|be part of|have (?:that|this) conversation|say how|form an opinion|go (?:into (?!detail)|there)|use (?:such|that)"
    r"|interpret|decide that|waive|book|upgrade|allow|act as|respond|consider|process (?:that|this|your)|act (?:on|as)"
    r"|do (?:anything|your|the homework|what you)|[a-z]+ [^.,;]{0,30}\bfor you\b|put it into|grant|carry out|perform|execute (?:that|this|your)|accept (?:that|this) (?:request|task))"
)
PERCEIVING_VERB = re.compile(
    r"^,? ?(?:to )?(?:see|find (?!out)|tell (?:what|which|if|whether|why|from|how|exactly|when|where|the difference)|say|judge"
    r"|reproduce|access|open|hear|run|test|read|view|browse|compute|calculate|check|promise|guarantee|be (?:sure|certain)"
    r"|know|remember|recall|think of|believe|wait|thank|stress|overstate|emphasi[sz]e|resist|help (?:but|feel|fall)"
    r"|argue with|agree more|imagine|afford|sleep|miss|lie|keep you|log|pay|push|connect|reach|recommend .{0,40}enough"
    r"|verify|confirm|determine|feel|be held|see how|reach|understand|aware|aware of|familiar|replace|tell .{0,20} apart|tell you (?:exactly|precisely|for sure|for certain)|tell you how (?:happy|glad|much|sorry|grateful|pleased|excited|often|relieved))"
)
DECLINE = re.compile(
    r"(?<![\w'])(?:i(?:'d| would) (?:rather not|prefer not)|i(?:'ll| will|'m going to| must| have to| need to|'ll have to| will have to|'m afraid i must)?"
    r"(?: have to)?(?: respectfully| politely| kindly)? (?:decline|refuse|pass\b|say no|abstain|rather not|prefer not"
    r"|have to say no|stop here|ask you to stop|not do (?:that|this))|absolutely not\b|request declined|no comment"
    r"|^nope\b|(?:that's|it's) a no\b|no can do|no way\b|no, i (?:won't|can't|will not|cannot)|no[.,]? i won't"
    r"|^(?:(?:i'm )?sorry[,.:]? (?:but )?)?(?:can't|cannot|won't) (?:help|do|assist|comply|continue|write|advise)|no medical|i'll leave that|i'd rather not|i prefer not"
    r"|i would prefer not|i won't\b)"
)
SELF_RULE = re.compile(
    r"(?<![\w'])we (?:can't|cannot|are (?:unable|not able|not allowed) to|do not|don't) (?:share|disclose|reveal|give out|discuss)|(?:is not|isn't|aren't) something i|\b(?:i|we|and|assistant) (?:can|may|will) only (?:help|assist|answer|talk|discuss|support)|"
    r"\b(?:and|so|but) (?:i )?(?:will not|won't|cannot|can't) (?:provide|give|help|assist|share|support|do (?:that|this)|take part)|"
    r"(?<![\w'])i (?:only|don't|do not|am only|'m only) (?:talk|answer|discuss|share|generate|do\b|provide|give|create|offer"
    r"|produce|promote|support|condone|able to answer|encourage|engage)|this assistant (?:doesn't|does not|can't|cannot)"
    r"|i'm only able to|i am only able to"
)
NOT_SOMETHING = re.compile(
    r"(?:that's|that is|this is|it is|it's|is) (?:not something|something) (?:that )?(?:i|we) "
    r"(?:can|cannot|can't|won't|will not|am|do not|'m|could|would)|(?:that's|that is) not possible for me|not something i'm"
    r"|that i can't do|outside (?:of )?(?:what i|my|the scope)|off limits|falls outside|beyond (?:what i|my|the scope)"
)
POLICY = re.compile(
    r"\bmy (?:\w+ ){0,3}(?:guidelines|polic(?:y|ies)|rules|principles|programming|terms|instructions|role is limited)"
    r"|(?:usage|content) polic|(?:against|violates?|conflicts? with|within|contrary to|breaks) (?:my|our|the) "
    r"(?:\w+ ){0,3}(?:guidelines|polic|rules|principles|programming|values|terms|standards)|ethical (?:guidelines|principles)"
    r"|(?:polic(?:y|ies)|rules|guidelines|regulations|the law) (?:don't|do not|doesn't|does not|prevents?|prohibits?|forbids?)|not within my|programmed (?:not )?to"
    r"|designed (?:not to|to (?:respect|refuse|be safe|promote))|been (?:asked|instructed|told) not to|have a rule against"
    r"|\bi(?:'m| am) [^.]{0,40}\b(?:not (?:allowed|permitted)|limited) to"
)
IMPROPER = re.compile(
    r"\b(?:it|that|this|doing so|such \w+|\w+ing [^.]{0,60}?|i (?:don't|do not) (?:think|feel|believe)[^.]{0,60}?)"
    r"(?:'s| is| was| would be|'d be| isn't| wouldn't be| would not be)?(?: (?:be|is))?"
    r" (?:(?:not|never|neither|hardly|also not) )?(?:\w+ or )?(?:(?:in|un)?(?:appropriate|ethical|acceptable|fair)|right|okay|ok|safe"
    r"|irresponsible|responsible|dishonest|wrong|morally|moral|immoral|respectful|disrespectful)\b"
)
IMPROPER_NOT = re.compile(
    r"(?:\b(?:not|never|neither)|n't)\b ?[^.]{0,70}?\b(?:appropriate|ethical|acceptable|fair\b|right\b|okay|moral|respectful|responsible)"
    r"|\bwrong (?:of me |for me )?to\b|\b(?:not safe to (?:recommend|provide|give|explain|suggest|discuss)|inappropriate|unethical|unacceptable|unfair|irresponsible|dishonest|immoral)\b"
)
TO_TELL = re.compile(
    r"(?:appropriate|ethical|acceptable|right|okay|safe|legal|responsible|wrong|respectful)[^.]{0,40}? (?:of me |for me )?to "
    r"(?:\w+ or )?(?:provide|discuss|encourage|promote|suggest|give|share|engage|offer|describe|explain|make|help|assist"
    r"|seek|try|look|access|find|use|deny|say|claim|ask|generalize|assume|request|recommend|intentionally|\w+)"
)
UNSAFE = re.compile(
    r"\b(?:it's|it is|it isn't|it would be|that is|that's|is|are) (?:not|never|neither|also)? ?(?:safe|legal|illegal|dangerous|advisable|unlawful|a (?:serious )?crime)\b"
)
APOLOGY = re.compile(r"^(?:[\w\s,]{0,14})?\b(?:sorry|apologi[sz]e|apologies|afraid|regret|unfortunately)\b")
AS_AN_AI = re.compile(
    r"\b(?:as an? (?:\w+[ -]){0,4}(?:ai|assistant|language model|tutor)|just an ai|i'm an ai|i am an ai|a language model)\b"
)
NO_OPINION = re.compile(
    r"\bi (?:don't|do not) (?:have|hold|possess|form)(?: any)? (?:\w+ ){0,2}(?:opinion|belief|taste|view|bias|feeling)"
)
PRIVATE = re.compile(
    r"\b(?:privacy|private|confidential\w*|personal (?:data|information|details)|data protection|not publicly|without (?:their|his|her|the) consent)\b"
)
NO_ACCESS = re.compile(r"\bi (?:don't|do not) have (?:access to|that information|information (?:on|about))")
MORAL = re.compile(
    r"\b(?:illegal|unlawful|unethical|immoral|harm\w*|hurt\w*|violen\w+|crim\w+|human rights|equal (?:rights|opportunit\w+)|discriminat\w+|dignity"
    r"|equality|serious consequences|stereotyp\w*|prejudice|violat\w+|hate\w*|hatred|abuse|morally|principles|inappropriate|dangerous|deeply wrong"
    r"|wrong|against the law|unacceptable|offensive|rights|respect\w*|ethnicity|fundamental right|justif\w+|cruel)\b"
)
SHOULD_NOT = re.compile(
    r"(?:(?<!you )\bshould (?:not|never)|(?<!you )\bshouldn't|\b(?:no one should|nobody should|there (?:is|was|were|are) no (?:\w+ )?(?:justification|valid|benefits|reason|excuse)"
    r"|not justified|would not be best|is not (?:a good idea|best|true|accurate)|not (?:accurate|necessarily)|is (?:incorrect|false|wrong)|must (?:clarify|emphasi[sz]e|point out|make clear)"
    r"|premise))\b"
)
URGE = re.compile(
    r"\b(?:instead(?: of|,)|i (?:would |strongly |must )*(?:encourage|urge|advise|suggest|ask)(?: you)?|it(?:'s| is) (?:also )?(?:important|crucial|essential|best)"
    r"|please (?:speak|talk|see|consult|contact|seek|ask|reach)|seek help|consider (?:asking|seeking|talking))"
)
OFFER = re.compile(
    r"\b(?:(?:happy|glad|love|pleased) to|if you(?:'d| would)? (?:like|want|prefer|have any)|anything else|can (?:help|assist) you|feel free"
    r"|would you like|shall (?:i|we)|i (?:can|could) (?:offer|suggest|help|explain|tell you|give you a|write one|point you|chat|talk)|how about"
    r"|what i can do|could help|let me know)"
)
BUT = re.compile(
    r"\b(?:but|however|though|although|yet|that said|while|what i can|here is|here's|in general|generally|usually|as a rule)\b"
)
CONDITION = re.compile(
    r"\b(?:without|unless|until|that|says?|said|means?|wrote|write|whether|once|if|when)\b[^;:]{0,60}$"
)
WITHIN = re.compile(
    r"\b(?:if|when|whenever|unless|until|in case|whether|why|where|what if|once)\b[^,;:]{0,25}$"
    r"|\bwithout (?![^,]{0,30}(?:consent|permission|prescription|authori))[^;:]{0,40}$"
)
LABEL = re.compile(
    r"^(?:so, |sure[!,.] |ok, |okay, )?(?:(?:the|a|an|my|your|here(?:'s| is) (?:the|a|an|your|my)) )?(?:[\w'-]+ ){0,4}"
    r"(?:translat\w+(?: is| reads)?|correct(?:ed|ion)|english|means|meaning|version|rewritten|shorter|politer|friendlier|formal|polite"
    r"|paraphrased?|summary|draft|sentence|example|subject|title|headline|slogan|caption|output|template|message|phrase"
    r"|email|e-mail|text|note|write|say|reviewer)(?: \([^)]{0,30}\)| [\w'-]+){0,4}:"
)
LABELLED = re.compile(
    r"^(?:[\w' -]{1,40}: ?(?=\S)|(?:here (?:is|are)|here's|sure|certainly|of course|okay|ok|great|yes|q:|a:)\b|subject\b|(?:dear|hi|hello|hey) [\w. ]{1,30}[,!]?$"
    r"|(?:dear|hi|hello|hey)\b(?: [\w.]{1,20}){0,3},)"
)
HELPING = re.compile(
    r"^(?:to \w+|you (?:can|could|should|may|will)|use|yes|sure|certainly|here|there are|first|step|\d|open|press|try|the|a |in |a:|it depends|thank)"
)
TOLD = re.compile(r"\b(?:said|says|whispered|replied|shouted|wrote|answered|told (?:him|her|me|them|us))\b|…")
ASKS = re.compile(
    r"\b(?:could you|can you|would you|do you|please (?:send|paste|post|type|tell|share|upload|check|provide|give|enter)|which \w+|what (?:does|is|do)|how (?:long|many|much))\b"
)
DEGREE = re.compile(r"\b(?:enough|for sure|for certain|exact(?:ly)?|with certainty|precise(?:ly)?)\b")
UNREAL = re.compile(
    r"\b(?:fiction\w*|imaginary|nonsensical|absurd|not a real|not exist|does not have|character|playful|joke|myth|inanimate|supernatural|scientific(?:ally)?|impossible|not possible|not (?:capable of|sentient|human\w*)|(?:are|is) (?:an? )?(?:object|animal|vegetable|fruit|plant|thing)s?)\b"
)
VERSE_LINES = re.compile(r"\w[,.;!]? / \w+ \w+")
BEFORE_QUESTION = re.compile(r"(?:[,;.] but\b|, (?:though|would|shall|how about)\b|; |: )")
LETTER = re.compile(
    r"^(?:subject: ?\S|(?:dear|hello|hi|hey) (?!user|there|customer|friend)[\w.&' -]{1,40}[,!:]?$|to whom it may concern)"
)
PLAINLY = re.compile(
    r"^ (?:help|assist|comply|fulfil|fulfill|support|answer|process|do)(?: you)?(?: with)? "
    r"(?:that|this|it|(?:your|this|that|the|such a|such) (?:request|question|query|task|kind of request)s?)\W*$"
)
CONDITIONAL = re.compile(r"\b(?:if|when|whenever|unless|until|in case|whether)\b[^,;:]{0,120}")
FAQ = re.compile(
    r"\b(?:do i|can i|should i|could i|am i|what now|what helps|why|who else .{0,20}|what to do)\b.{0,40}\?$|^why\?"
)
NEGATION = re.compile(
    r"\b(?:no|not|never|nor|neither|cannot|unable|refuse|decline|sorry|afraid|prevents?|wrong|against|unethical|only|rather|pass|instead)\b|n't\b"
)
CALLS_FOR_HELP = re.compile(r"\b(?:can|could) (?:you|anyone|somebody) (?:please )?(?:help|tell|fix)")
VERSE = re.compile(r" / |,$")

TURN = re.compile(r"\b(?:but|however|yet|though)\b|[;:]|\. ")
CHOOSING = re.compile(
    r"^,? ?(?:to )?(?:recommend|suggest|endors\w+|pick\b|choose|name\b|advis\w+|prescrib\w+|rank|vouch|favou?r|tell you which|say which"
    r"|(?:giv|offer|provid|mak)\w*(?: you)?(?: [\w-]+){0,3}? (?:advice|opinions?|recommendations?|diagnos[ei]s|estimates?|quotes?|forecasts?|verdicts?))\b"
    r"(?! (?:on|about) how)"
)
"""What an expert or a friend would do, and the speaker says not to: choose, advise, put a figure to it."""
ADVISING = re.compile(
    r"\b(?:you|your|i|i'm|we|our|my|me|can|could|should|may|might|would|will|must|please|instead|consult|contact|speak|talk"
    r"|seek|important|best|better|illegal|legal|law|laws|dangerous|harm\w*|serious|consequences|respect\w*|wrong|ethical"
    r"|unethical|safe|request|help|assist\w*|professionals?)\b"
)
"""What speaks of the reader, the speaker, or what is right, and is no fact of the matter."""
CAVEAT = re.compile(
    r"\b(?:can't|cannot|can not|(?:not|un)\s?able to|won't)\s(?:be able to\s)?"
    r"(?:give|giving|offer|provide|act|advise|recommend|make|prescribe|grade|diagnose)\b[^.!?,;]{0,40}?"
    r"\b(?:advice|recommendations?|opinions?|diagnos[ei]s|estimates?|guarantees?|grades?|lawyer|doctor|adviser|advisor)\b(?! (?:on|about) how)",
    re.IGNORECASE,
)
"""What the speaker is not in a position to say as an expert would."""
GENERALLY = re.compile(
    r"\b(?:generally|in general|usually|typically|normally|as a rule|in (?:most|many) (?:cases|countries|states|places)"
    r"|most (?:people|adults|of them|[a-z]{3,20}s)|tends? to|often|on average|by default|a common)\b(?=(?:\W+\w+){4})",
    re.IGNORECASE,
)
"""Advice of a general kind, with something to it."""
