"""Hard cases of the evaluators that compare with a reference: bleu, chrf, rouge, embedding_similarity."""

from tests.domain.scoring.case import NOT_APPLICABLE, UNSCORED, Case

MEGABYTE = 1_000_000
CAT = ("The cat sat on the mat.",)
CHINESE = ("北京是中国的首都，也是一座古老的城市。",)
JAPANESE = ("東京は日本の首都です。",)
THAI = ("กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย",)

BLEU = [
    Case("the same", CAT[0], 1, "BLEU 100.0", reference=CAT),
    Case("nothing in common", "Quarterly revenues fell", (0, 0.05), reference=CAT),
    Case("in part", "The cat lay on the mat.", (0.2, 0.6), reference=CAT),
    Case("too short a part", "The cat", (0, 0.3), reference=CAT),
    Case("the best of several", CAT[0], 1, reference=("Something else entirely.", *CAT)),
    Case("the same Chinese", CHINESE[0], 1, "char tokens", reference=CHINESE),
    Case("Chinese in part", "北京是中国的首都。", (0.2, 0.9), reference=CHINESE),
    Case("the same Japanese", JAPANESE[0], 1, "char", reference=JAPANESE),
    Case("the same Thai", THAI[0], 1, "char", reference=THAI),
    Case("case matters", CAT[0].upper(), (0, 0.2), reference=CAT),
    Case("case does not, when asked", CAT[0].upper(), 1, reference=CAT, params={"ignore_case": True}),
    Case("one word", "Paris", 1, reference=("Paris",)),
    Case("the parameter", CAT[0], 1, params={"reference": CAT[0]}),
    Case("an empty answer", "", 0, reference=CAT),
    Case("blank", " \n", 0, reference=CAT),
    Case("an empty reference", CAT[0], NOT_APPLICABLE, reference=("",)),
    Case("no reference", CAT[0], NOT_APPLICABLE, "no reference"),
    Case("NUL and emoji", "\x00 🙂 \u0301", (0, 0.1), reference=CAT),
    Case("1 MB", "the cat " * (MEGABYTE // 8), UNSCORED, "longer than", reference=CAT),
]

CHRF = [
    Case("the same", CAT[0], 1, "chrF 100.0", reference=CAT),
    Case("nothing in common", "ΩΩΩ", 0, reference=CAT),
    Case("in part", "The cat lay on the mat.", (0.5, 0.95), reference=CAT),
    Case("blanks do not count", "Thecatsatonthemat.", 1, reference=CAT),
    Case("the best of several", CAT[0], 1, reference=("Something else.", *CAT)),
    Case("the same Chinese", CHINESE[0], 1, reference=CHINESE),
    Case("the same Thai", THAI[0], 1, reference=THAI),
    Case("a German ending", "Reparaturen", (0.6, 0.99), reference=("Reparatur",)),
    Case("with words too", "The cat lay on the mat.", (0.4, 0.9), reference=CAT, params={"word_order": 2}),
    Case("case does not matter, when asked", CAT[0].upper(), 1, reference=CAT, params={"ignore_case": True}),
    Case("an empty answer", "", 0, reference=CAT),
    Case("no reference", CAT[0], NOT_APPLICABLE, "no reference"),
    Case("NUL", "\x00", 0, reference=CAT),
    Case("1 MB", "x" * MEGABYTE, UNSCORED, "longer than", reference=CAT),
]

ROUGE = [
    Case("the same", CAT[0], 1, "ROUGE-L 1.00", reference=CAT),
    Case("nothing in common", "Quarterly revenues fell", 0, reference=CAT),
    Case("in part", "The cat sat.", (0.6, 0.7), "precision 1.00, recall 0.50", reference=CAT),
    Case("other marks and case", "the CAT sat, on the mat", 1, reference=CAT),
    Case("the same Chinese", CHINESE[0], 1, reference=CHINESE),
    Case("half of the Chinese", "北京是中国的首都", (0.6, 0.7), reference=CHINESE),
    Case("other Chinese", "我喜欢喝茶", 0, reference=JAPANESE),
    Case("the same Japanese", JAPANESE[0], 1, reference=JAPANESE),
    Case("the same Thai", THAI[0], 1, reference=THAI),
    Case("the same Korean", "서울은 한국의 수도입니다", 1, reference=("서울은 한국의 수도입니다",)),
    Case("the same Arabic", "العاصمة هي باريس", 1, reference=("العاصمة هي باريس",)),
    Case("the same Hindi", "दिल्ली भारत की राजधानी है", 1, reference=("दिल्ली भारत की राजधानी है",)),
    Case("umlauts are letters", "grün", 0, reference=("gr n",)),
    Case("é composed and decomposed", "Ame\u0301lie", 1, reference=("Amélie",)),
    Case("order matters", "mat the on sat cat the", 0.5, reference=CAT),
    Case("order does not, for single words", "mat the on sat cat the", 1, reference=CAT, params={"variant": "rouge1"}),
    Case("pairs of words", "the cat sat", (0.5, 0.6), reference=CAT, params={"variant": "rouge2"}),
    Case("the best of several", CAT[0], 1, reference=("Something else.", *CAT)),
    Case("an empty answer", "", 0, reference=CAT),
    Case("a reference of marks", "x", UNSCORED, "no word", reference=("...",)),
    Case("no reference", CAT[0], NOT_APPLICABLE, "no reference"),
    Case("NUL", "\x00", 0, reference=CAT),
    Case("too many pairs of words", "a b " * 2000, UNSCORED, "too long", reference=("a b " * 2000,)),
    Case("1 MB", "a " * (MEGABYTE // 2), UNSCORED, "longer than", reference=CAT),
]

EMBEDDING_SIMILARITY = [
    Case("the same", CAT[0], (0.999, 1), reference=CAT),
    Case("the same in other words", "A cat was sitting on the rug.", (0.6, 0.95), reference=CAT),
    Case("something else", "Quarterly revenues fell by four per cent.", (0, 0.25), reference=CAT),
    Case("yes is near to no", "The answer is yes", (0.6, 0.95), reference=("The answer is no",)),
    Case("the best of several", CAT[0], (0.999, 1), reference=("Quarterly revenues fell.", *CAT)),
    Case("the last turn", "", (0.999, 1), reference=CAT, turns=("Hello", CAT[0])),
    Case("blanks around it", f"  {CAT[0]}\n", (0.999, 1), reference=CAT),
    Case("an empty answer", " ", 0, "empty", reference=CAT),
    Case("a script that it does not read", "北京是中国的首都", NOT_APPLICABLE, "script", reference=CHINESE),
    Case("a reference that it does not read", CAT[0], NOT_APPLICABLE, "script", reference=CHINESE),
    Case("no reference", CAT[0], NOT_APPLICABLE, "no reference"),
    Case("the parameter", CAT[0], (0.999, 1), params={"reference": list(CAT)}),
    Case("NUL and emoji", "\x00🙂", (0, 0.6), reference=CAT),
    Case("1 MB: its beginning is read", "The cat sat on the mat. " * (MEGABYTE // 24), (0.4, 1), reference=CAT),
]
