"""Names of vendors and of model families that an answer could give away: one table.

Entries are pieces of regular expressions, matched without regard to case.
"""

NAMES: dict[str, tuple[str, ...]] = {
    "OpenAI": (r"open[ -]?ai", r"chat[ -]?gpt", r"gpt", r"o[134](?=-mini|-preview|-pro)", r"davinci"),
    "Anthropic": (r"anthropic", r"claude"),
    "Google": (
        r"google(?: research| brain)?",
        r"deep[ -]?mind",
        r"gemini",
        r"gemma",
        r"bard",
        r"palm(?= ?2)",
        r"lamda",
        "谷歌",
    ),
    "Meta": (r"meta(?: ai)?", r"facebook(?: ai)?", r"llama"),
    "Mistral AI": (r"mistral(?: ai)?", r"mixtral", r"ministral", r"codestral", r"magistral", r"le chat"),
    "DeepSeek": (r"deep[ -]?seek", "深度求索"),
    "Alibaba": (r"alibaba(?: cloud)?", r"qwen", r"qwq", r"tongyi(?: qianwen)?", "阿里巴巴", "阿里云", "通义(?:千问)?"),
    "Cohere": (r"cohere", r"command(?=[ -]?(?:R\b|R\+|A\b|XL))", r"command", r"aya"),
    "xAI": (r"x\.?ai", r"grok"),
    "Microsoft": (r"microsoft(?: research)?", r"copilot", r"bing(?: chat)?", r"phi", r"orca", r"wizard[ -]?lm", "微软"),
    "Moonshot": (r"moonshot(?: ai)?", r"kimi", "月之暗面"),
    "01.AI": (r"01\.ai", r"yi", "零一万物"),
    "Zhipu": (r"zhipu(?: ai)?", r"z\.ai", r"chat[ -]?glm", r"glm", "智谱", "智谱清言"),
    "AI21": (r"ai21(?: labs)?", r"jurassic", r"jamba"),
    "Inflection": (r"inflection(?: ai)?", r"pi"),
    "Perplexity": (r"perplexity(?: ai)?", r"sonar"),
    "Amazon": (r"amazon(?: web services)?", r"aws", r"nova", r"titan", r"alexa", r"bedrock"),
    "Hugging Face": (r"hugging[ -]?face", r"smol[ -]?lm", r"zephyr", r"starcoder", r"bloom", r"hugging[ -]?chat"),
    "LMSYS": (r"lmsys", r"vicuna", r"large model systems organization"),
    "Stanford, Berkeley": (r"alpaca", r"koala"),
    "TII": (r"technology innovation institute", r"falcon"),
    "LAION": (r"laion", r"open[ -]?assistant", r"oasst"),
    "Databricks": (r"databricks", r"mosaic[ -]?ml", r"dolly", r"dbrx", r"mpt"),
    "Stability AI": (r"stability(?: ai)", r"stable[ -]?lm"),
    "Baidu": (r"baidu", r"ernie(?: bot)?", "百度", "文心一言"),
    "ByteDance": (r"bytedance", r"doubao", "字节跳动", "豆包"),
    "Tencent": (r"tencent", r"hunyuan", "腾讯", "混元"),
    "MiniMax": (r"minimax", r"abab"),
    "Baichuan": (r"baichuan", "百川"),
    "Shanghai AI Laboratory": (r"shanghai ai lab(?:oratory)?", r"intern[ -]?lm", r"intern[ -]?vl", "书生"),
    "NVIDIA": (r"nvidia", r"nemotron"),
    "IBM": (r"ibm", r"watsonx?", r"granite"),
    "Apple": (r"apple(?: intelligence)?", r"siri"),
    "Others": (
        r"nous(?: research)?", r"hermes", r"together(?: ai)", r"eleuther(?:ai)?", r"reka(?: ai)?", r"upstage",
        r"yandex(?:gpt)?", r"giga[ -]?chat", r"sber", r"guanaco", r"wizard[ -]?vicuna", r"mythomax", r"airoboros",
        r"character\.ai", r"replika", r"olmo", r"tulu", r"t[üu]lu", r"allen institute for ai", r"ai2",
        r"яндекс", r"сбер", r"samsung", r"xiaomi", r"lg ai research", r"exaone", r"naver", r"hyperclova",
    ),
}  # fmt: skip

COMMON_NOUNS = frozenset({
    "alpaca", "apple", "aya", "bard", "bedrock", "bing", "bloom", "command", "copilot", "dolly", "falcon",
    "gemini", "granite", "hermes", "inflection", "jurassic", "koala", "llama", "meta", "mistral", "nous",
    "nova", "orca", "palm", "perplexity", "phi", "pi", "sber", "siri", "sonar", "stability", "titan",
    "together", "upstage", "vicuna", "yi", "zephyr",
})  # fmt: skip
GIVEN_NAMES = frozenset({
    "alexa", "apple", "bard", "claude", "dolly", "ernie", "gemini", "hermes", "nova", "phi", "pi", "titan",
    "watson", "yi",
})  # fmt: skip
NO_SURNAMES = frozenset({
    "a", "ai", "an", "and", "as", "assistant", "at", "based", "built", "but", "by", "created", "designed",
    "developed", "for", "from", "here", "how", "i", "in", "is", "language", "large", "made", "model", "my",
    "of", "on", "or", "powered", "so", "that", "the", "trained", "what", "who", "with", "your",
})  # fmt: skip
EDITIONS = (
    "sonnet", "opus", "haiku", "instant", "turbo", "pro", "ultra", "flash", "nano", "mini", "plus", "max",
    "large", "medium", "small", "instruct", "chat", "coder", "coding", "preview", "lite", "advanced",
    "nightly", "scout", "maverick", "hf", "neo", "neox", "vl", "math", "reasoner", "thinking",
)  # fmt: skip
