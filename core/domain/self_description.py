"""The phrases in which language models speak of themselves.

Entries are pieces of regular expressions, matched without regard to case; a blank stands for any run of
blanks. *Unspaced* are those of languages that put no blanks between words.
"""

OPENERS = (
    # English
    "i am", "i['’]m", "im", "i was", "i['’]ve been", "i have been", "i,", "i run on", "i come from", "i work for",
    "i belong to", "my name is", "my name['’]s", "my name", "call me", "speaking as", "i go by", "i identify as",
    "my (?:creators?|developers?|makers?|designers?|trainers?|parent company|owners?|engineers|provider)",
    "my (?:training|architecture|(?:underlying |base |language )?model(?: name)?|model version)",
    "(?:created|developed|trained|built|designed|made) me(?: is| was|,)",
    r"you(?:['’]re| are) (?:currently |now )?(?:talking|chatting|speaking|interacting) (?:to|with)",
    "this (?:ai|assistant|chatbot|language model|model)", "yours sincerely", "best regards", "kind regards",
    # German, Dutch, Scandinavian
    "ich bin", "ich heiße", "ich heisse", "mein name ist", "mein name", "ich wurde", "man nennt mich",
    "ik ben", "ik heet", "mijn naam is", "jeg er", "jag är", "mit navn er", "jag heter", "jeg heter",
    # French
    "je suis", "je m['’]appelle", "mon nom est", "moi, c['’]est", "moi c['’]est", "j['’]ai été", "je fus",
    # Spanish, Portuguese, Italian, Catalan, Romanian
    "soy", "me llamo", "mi nombre es", "fui", "he sido", "sou", "me chamo", "chamo-me", "meu nome é", "sono",
    "mi chiamo", "il mio nome è", "sono stato", "sono stata", "sóc", "em dic", "sunt", "mă numesc",
    # Polish, Czech, Turkish, Indonesian, Vietnamese
    "jestem", "nazywam się", "mam na imię", "jsem", "jmenuji se", "ben", "benim adım", "saya adalah", "saya",
    "nama saya", "tôi là", "tên tôi là",
    # Russian, Ukrainian, Arabic, Hindi
    "я", "меня зовут", "мое имя", "моё имя", "мене звати", "أنا", "اسمي", "मैं", "मेरा नाम",
)  # fmt: skip
ROLE_OPENERS = (
    "as an?", "being an?", "as the", "as", "als", "en tant qu['’]", "en tant que", "comme", "como", "come", "como um",
    "как", "як", "jako", "sebagai",
)  # fmt: skip
OPENERS_UNSPACED = (
    "我是", "我叫", "我的名字是", "我的名字叫", "我的开发者是", "我的开发商是", "你可以叫我", "我由", "我被", "作为由",
    "作为", "身為", "作為", "我的名字", "私は", "わたしは", "僕は", "私の名前は", "저는", "나는", "제 이름은", "제가",
)  # fmt: skip

KINDS = (
    r"a\.?i\.?", "llm", "(?:large |big )?language models?", "models?", "assistants?", "chat ?bots?", "bots?",
    "artificial intelligence", "agent", "language", "digital assistant", "companion", "program", "system",
    "architecture", "series", "family",
    "ki", "ki-\\w+", "sprachmodells?", "assistent(?:in)?", "künstliche intelligenz", "taalmodel",
    "ia", "mod[eèé]le?l?o?", "modèle", "assistante?", "asistente", "assistente", "intelligence artificielle",
    "inteligencia artificial", "inteligência artificial", "intelligenza artificiale", "modello",
    "ии", r"модель\w*", r"языков\w+", r"ассистент\w*", r"помощник\w*", "нейросеть", "sztuczna inteligencja",
    "yapay zeka", "kecerdasan buatan",
)  # fmt: skip
ARTICLES = (
    "an?", "the", "ein", "eine", "einer", "eines", "das", "der", "die", "une?", "le", "la", "un", "una", "el",
    "uno", "il", "lo", "um", "uma", "een", "de", "het",
)  # fmt: skip

_MADE = (
    "developed", "created", "trained", "made", "built", "designed", "produced", "engineered", "programmed",
    "released", "provided", "owned", "operated", "powered", "hosted", "maintained", "fine-tuned", "finetuned",
    "pre-?trained", "published", "offered", "launched", "introduced", "brought to you", "backed",
)  # fmt: skip
MAKINGS = (
    rf"(?:{'|'.join(_MADE)})(?:,? (?:and )?(?:{'|'.join(_MADE)})){{0,3}} (?:by|at|from)",
    "(?:entwickelt|trainiert|erstellt|geschaffen|programmiert|erschaffen|gebaut)e?[nrs]?",
    "(?:ontwikkeld|gemaakt|getraind|gebouwd) door",
    "(?:développée?|créée?|entra[iî]née?|conçue?|formée?) (?:et \\w+ )?par", "von", "door",
    "(?:desarrollad|cread|entrenad|diseñad)[oa] (?:y \\w+ )?por",
    "(?:desenvolvid|criad|treinad)[oa] (?:e \\w+ )?(?:pel[oa]|por)",
    "(?:sviluppat|creat|addestrat|progettat)[oa] (?:e \\w+ )?da(?:l|lla|gli)?",
    r"(?:разработан|создан|обучен)\w*", r"(?:stworzon|opracowan|wytrenowan)\w+ przez",
    "(?:tarafından|dikembangkan oleh|dibuat oleh|dilatih oleh)",
)  # fmt: skip

FILLERS = (
    # English
    "not", "actually", "indeed", "just", "also", "currently", "really", "simply", "only", "in fact", "of course",
    "named?", "called", "known as", "known", "as", "is", "are", "am", "was", "were", "been", "being", "by", "at",
    "from", "of", "on", "and", "or", "with", "which", "that", "who", "based", "upon", "running", "using the",
    "powered", "version", "variant", "instance", "series", "family", "members?", "part", "large", "small",
    "helpful", "harmless", "honest", "friendly", "virtual", "digital", "conversational", "generative", "new",
    "advanced", "powerful", "open[- ]source", "open", "multimodal", "multilingual", "pre-?trained", "deep",
    "transformer", "neural", "network", "machine", "learning", "text", "software", "computer", "intelligent",
    "architecture", "team", "people", "folks", "researchers?", "engineers?", "scientists", "company", "lab",
    "research", "organi[sz]ation", "startup", "inc", "corporation", "labs?", "group", "originally", "initially",
    "recently", "latest", "own", "affiliated", "associated", "personal", "smart", "fine-tuned", "instruction",
    "chat", "code", "trained", "developed", "created", "designed", "made", "built", "free", "here", "hi", "hello",
    # German, Dutch
    "eine?[nms]?", "ein", "großes", "grosses", "groß", "von", "vom", "und", "nicht", "namens", "genannt", "wurde",
    "auf", "basierend", "basiert", "virtuelle[rs]?", "team", "firma", "unternehmen", "dem", "den", "hilfreicher",
    "niet", "door", "van", "groot", "genaamd", "werd",
    # Romance languages
    "de", "du", "des", "langage", "par", "et", "pas", "grand", "appelée?", "nommée?", "[ld]['’]",
    "conversationnel", "virtuel", "entreprise", "société", "no", "non", "não", "lenguaje", "linguagem", "linguaggio",
    "gran", "grande", "por", "pel[oa]", "y", "e", "o", "llamad[oa]", "chamad[oa]", "chiamat[oa]", "del", "da", "di",
    "dall[ae]?", "dell[ae]?", "do", "virtual(?:e)?", "empresa", "artificial", "basad[oa]", "basead[oa]", "en", "em",
    "sido", "fui", "desarrollad[oa]", "cread[oa]", "criad[oa]", "entrenad[oa]", "treinad[oa]",
    # Slavic languages, Turkish, Indonesian
    "не", "это", "большая", r"искусственн\w+", r"интеллект\w*", r"компани\w+", "по имени", "от", "на основе",
    "nie", "przez", "model", "językowy", "duży", "bir", "dil", "modeli", "asistanı", "bahasa", "besar", "oleh",
)  # fmt: skip
FILLERS_UNSPACED = (
    "一个", "一個", "一款", "一种", "由", "来自", "來自", "的", "大型", "大", "大规模", "语言", "語言",
    "模型", "人工智能", "人工智慧", "智能", "助手", "助理", "机器人", "聊天", "对话", "公司", "集团",
    "团队", "研究", "开发", "開發", "训练", "訓練", "研发", "自主", "创建", "创造", "推出", "打造",
    "提供", "所", "而", "基于", "名为", "叫做", "是", "不是", "并", "旗下", "独立", "和", "实验室",
    "によって", "が", "の", "開発", "された", "した", "言語", "という", "大規模", "に", "より", "作成",
    "作られた", "인공지능", "언어", "모델", "대규모", "개발한", "개발된", "훈련한", "훈련된", "만든",
    "에서", "에", "의해", "가", "이", "의",
)  # fmt: skip

BREAKERS = (
    "i", "we", "you", "he", "she", "they", "it", "me", "my", "tell", "say", "explain", "about", "know", "knows",
    "list", "discuss", "describe", "compare", "mention", "ich kann", "je peux", "puedo", "posso",
)  # fmt: skip

MADE_ME = (
    "(?:has |have )?(?:(?:developed|created|trained|made|built|designed|programmed|engineered)(?:,? and |,? )?)+ me",
    "(?:is|was) my (?:creator|developer|maker)", "(?:is|are) (?:my|the) (?:creators|developers)",
    "here[!,.:]",
)  # fmt: skip
POLICIES = ("(?:(?:content|usage|safety|acceptable|use|case|use-case) ){0,3}(?:polic(?:y|ies)|guidelines)",)
