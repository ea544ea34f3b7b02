"""Hard cases of the evaluators that look at an answer's form: json_valid, json_schema, word_limit, character_limit."""

from tests.domain.scoring.case import NOT_APPLICABLE, UNSCORED, Case

MEGABYTE = 1_000_000
ASKED = {"json": True}
BARE = {"json": "strict"}
DELIVERY = {
    "json_schema": {
        "type": "object",
        "properties": {"delivery_date": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}},
        "required": ["delivery_date"],
        "additionalProperties": False,
    }
}
ITEMS = {
    "json_schema": {
        "type": "object",
        "properties": {"items": {"type": "array", "items": {"properties": {"price": {"type": "number"}}}}},
    }
}


def schema(**keywords: object) -> dict[str, object]:
    """The constraint of a prompt with this schema."""
    return {"json_schema": {name.replace("dollar_", "$"): value for name, value in keywords.items()}}


def wrapped(constraint: dict[str, dict[str, object]], kind: str = "") -> dict[str, object]:
    """The constraint, its schema in what OpenAI's API takes."""
    named = {"name": "answer", "strict": True, "schema": constraint["json_schema"]}
    return {"json_schema": {"type": kind, kind: named} if kind else named}


COUNT: dict[str, dict[str, object]] = {"json_schema": {"properties": {"n": {"type": "integer"}}, "required": ["n"]}}

JSON_VALID = [
    Case("an object", '{"a": 1}', 1, constraints=ASKED),
    Case("fenced", '```json\n{"a": 1}\n```', 1, "in a code fence", constraints=ASKED),
    Case("fenced, without a label", "```\n[1, 2]\n```", 1, constraints=ASKED),
    Case("fenced with tildes", "~~~JSON\n[1]\n~~~", 1, constraints=ASKED),
    Case("fenced, words around", 'Here it is:\n\n```json\n{"a": 1}\n```\nAnything else?', 1, constraints=ASKED),
    Case("a fence that was never closed", '```json\n{"a": 1}', 1, constraints=ASKED),
    Case("words around", 'Here it is: {"a": [1, {"b": "}"}]} I hope it helps!', 1, "other words", constraints=ASKED),
    Case("words around, strictly", 'Here it is: {"a": 1}', 0, constraints=BARE),
    Case("fenced, strictly", '```json\n{"a": 1}\n```', 0, constraints=BARE),
    Case("strict by parameter", '```json\n{"a": 1}\n```', 0, params={"strict": True, "always": True}),
    Case("a note in brackets is no answer", "See [1] and {braces}.", 0, "no JSON", constraints=ASKED),
    Case("the code of another language", '```python\nprint({"a"})\n```', 0, "no JSON", constraints=ASKED),
    Case("cut off", '{"a": [1, 2', 0, "not valid JSON", constraints=ASKED),
    Case("cut off in a fence", '```json\n{"a": "b\n```', 0, "not valid JSON", constraints=ASKED),
    Case("a trailing comma", '{"a": 1,}', 0, "line 1", constraints=ASKED),
    Case("single quotes", "{'a': 1}", 0, constraints=ASKED),
    Case("a comment", '{"a": 1 // one\n}', 0, constraints=ASKED),
    Case("NaN", '{"a": NaN}', 0, "NaN is not JSON", constraints=ASKED),
    Case("Infinity", "[-Infinity]", 0, "Infinity", constraints=ASKED),
    Case("two values", '{"a": 1}{"b": 2}', 0, constraints=BARE),
    Case("a key twice", '{"a": 1, "a": 2}', 1, "'a' stands twice", constraints=ASKED),
    Case("a number, which is JSON too", "42", 1, constraints=ASKED),
    Case("null", "null", 1, constraints=ASKED),
    Case("a word", "yes", 0, constraints=ASKED),
    Case("Unicode", '{"größe": "大", "🙂": "\\ud83d\\ude00"}', 1, constraints=ASKED),
    Case("half of a surrogate pair", '["\\ud800"]', 1, constraints=ASKED),
    Case("a no-break space before it", '\u00a0{"a": 1}', 0, constraints=BARE),
    Case("more digits than Python reads", "1" * 5000, 1, constraints=ASKED),
    Case("a number beyond floats", "1e999", 1, constraints=ASKED),
    Case("a control character in a string", '["a\x01"]', 0, constraints=ASKED),
    Case("a NUL", "\x00", 0, constraints=ASKED),
    Case("nested without end", "[" * MEGABYTE, 0, "nested too deeply", constraints=ASKED),
    Case("1 MB", "[" + "1," * 499_998 + "1]", 1, constraints=ASKED),
    Case("many fences", "```\n" * 100_000, 0, constraints=ASKED),
    Case("1 MB of braces", "{" * MEGABYTE, 0, constraints=ASKED),
    Case("an array among words", 'I would take ["a", "b"] for it.', 1, "other words", constraints=ASKED),
    Case("numbers that were announced", "The sizes are [3, 4].", 1, constraints=ASKED),
    Case("numbers that were not", "Many do so [3, 4], as I said.", 0, "no JSON", constraints=ASKED),
    Case("a fence of commands before it", '```\nls -l\n```\nso: {"a": 1}', 1, constraints=ASKED),
    Case("a fence of words", '```text\n{"a": 1}\n```', 1, "in a code fence", constraints=ASKED),
    Case("a broken draft before it", '```json\n{"a":\n```\nI mean {"a": 1}', 1, "other words", constraints=ASKED),
    Case("very many openings", '[0, {"' * 150_000, 0, constraints=ASKED),
    Case("lists that never close", "[0," * 900 + "1," * 400_000, 0, constraints=ASKED),
    Case("an empty answer", "", 0, "empty", constraints=ASKED),
    Case("blank", " \n", 0, "empty", constraints=ASKED),
    Case("asked for by a schema", "[]", 1, constraints=schema(type="object")),
    Case("everywhere, by parameter", "no", 0, params={"always": True}),
    Case("the prompt says it is not JSON", "no", NOT_APPLICABLE, constraints={"json": False}, params={"always": True}),
    Case("not asked for", "no", NOT_APPLICABLE, "does not ask"),
]

JSON_SCHEMA = [
    Case("it fits", '{"delivery_date": "2026-11-02"}', 1, constraints=DELIVERY),
    Case("fenced", '```json\n{"delivery_date": "2026-11-02"}\n```', 1, constraints=DELIVERY),
    Case("missing", "{}", 0, "'delivery_date' is a required property", constraints=DELIVERY),
    Case("another type", '{"delivery_date": 5}', 0, "delivery_date: 5 is not of type 'string'", constraints=DELIVERY),
    Case("too small", '{"delivery_date": "", "quantity": 0}', 0, "quantity: 0 is less", constraints=DELIVERY),
    Case("one too many", '{"delivery_date": "", "x": 1}', 0, "'x' was unexpected", constraints=DELIVERY),
    Case("deep inside", '{"items": [{"price": 1}, {"price": "2"}]}', 0, "items[1].price:", constraints=ITEMS),
    Case("true is no number", '{"items": [{"price": true}]}', 0, "True", constraints=ITEMS),
    Case("an array for an object", "[]", 0, "is not of type 'object'", constraints=DELIVERY),
    Case("no JSON", "I am sorry.", 0, "no JSON", constraints=DELIVERY),
    Case("cut off", '{"delivery_date": "2026', 0, "not valid JSON", constraints=DELIVERY),
    Case("words around, strictly", 'So: {"delivery_date": ""}', 0, constraints=DELIVERY, params={"strict": True}),
    Case("1.0 is an integer", '{"delivery_date": "", "quantity": 1.0}', 1, constraints=DELIVERY),
    Case(
        "an old draft",
        "[1, 2]",
        0,
        constraints=schema(dollar_schema="http://json-schema.org/draft-04/schema#", maxItems=1),
    ),
    Case(
        "a reference inside",
        "5",
        0,
        constraints={"json_schema": {"$ref": "#/$defs/t", "$defs": {"t": {"type": "string"}}}},
    ),
    Case(
        "a reference elsewhere is not fetched",
        "5",
        UNSCORED,
        "refers",
        constraints=schema(dollar_ref="http://127.0.0.1:9/x"),
    ),
    Case("a reference to a file", "5", UNSCORED, "refers", constraints=schema(dollar_ref="file:///etc/passwd")),
    Case("a reference to nothing", "5", UNSCORED, "refers", constraints=schema(dollar_ref="#/$defs/none")),
    Case("a reference to itself", "5", UNSCORED, "without end", constraints=schema(dollar_ref="#")),
    Case("a broken schema", "{}", UNSCORED, "not a JSON schema", constraints=schema(type="objekt")),
    Case("a schema that is a text", "{}", UNSCORED, "must be an object", constraints={"json_schema": "object"}),
    Case("a broken pattern", '"a"', UNSCORED, "schema", constraints=schema(pattern="(")),
    Case("the last draft counts", 'First {"n": "1", "note": "long"}. No: {"n": 1}', 1, constraints=COUNT),
    Case("and not the first", 'First {"n": 1}. No: {"n": "1"}', 0, constraints=COUNT),
    Case("of fences, too", '```json\n{"n": "1"}\n```\nNo:\n```json\n{"n": 1}\n```', 1, constraints=COUNT),
    Case("an aside is no draft", '{"n": 1}, as in [2]; {} would be nothing.', 1, constraints=COUNT),
    Case("an array of objects among words", 'Here: [{"n": 1}, {"n": 2}]', 1, constraints=schema(type="array")),
    Case("nought point one times seven", "0.7", 1, constraints=schema(multipleOf=0.1)),
    Case("cents", "1234.57", 1, constraints=schema(multipleOf=0.01)),
    Case("half a cent", "1234.575", 0, "not a multiple", constraints=schema(multipleOf=0.01)),
    Case("wrapped as for OpenAI's chat", '{"n": "1"}', 0, "n:", constraints=wrapped(COUNT, "json_schema")),
    Case("wrapped by name", '{"n": "1"}', 0, "n:", constraints=wrapped(COUNT)),
    Case("wrapped, and it fits", '{"n": 1}', 1, constraints=wrapped(COUNT, "json_schema")),
    Case("any object, in OpenAI's words", "[]", 0, "object", constraints=schema(type="json_object")),
    Case("a schema with a property of that name", '{"schema": 1}', 1, constraints=schema(required=["schema"])),
    Case("a pattern that matches", '"LK-1"', 1, constraints=schema(pattern=r"^LK-\d$")),
    Case("a pattern that does not", '"LK-x"', 0, "does not match", constraints=schema(pattern=r"^LK-\d$")),
    Case("a pattern without end", '"' + "x" * 5000 + '"', UNSCORED, "pattern", constraints=schema(pattern="(x+x+)+y")),
    Case("names by pattern", '{"n_1": "x"}', 0, constraints=schema(patternProperties={"^n_": {"type": "number"}})),
    Case("twins", '[{"a": 1}, {"a": 1.0}]', 0, "twice", constraints=schema(uniqueItems=True)),
    Case("no twins", "[1, true, [1], [true]]", 1, constraints=schema(uniqueItems=True)),
    Case(
        "a long value does not hide the fault",
        '"' + "a" * 500 + '"',
        0,
        "type 'array'",
        constraints=schema(type="array"),
    ),
    Case("Unicode", '{"größe": "大"}', 1, constraints=schema(required=["größe"])),
    Case("the parameter", "[]", 0, params={"json_schema": {"type": "object"}}),
    Case(
        "the prompt's schema wins",
        "[]",
        1,
        constraints=schema(type="array"),
        params={"json_schema": {"type": "object"}},
    ),
    Case("an empty schema", "5", 1, constraints=schema()),
    Case("an empty answer", "", 0, "empty", constraints=DELIVERY),
    Case("no schema", "{}", NOT_APPLICABLE, "no JSON schema"),
    Case(
        "a long list of objects",
        "[" + ",".join(f'{{"a":{n}}}' for n in range(9_000)) + "]",
        1,
        constraints=schema(uniqueItems=True),
    ),
    Case("1 MB", "[" + "1," * 499_998 + "1]", UNSCORED, "longer than", constraints=schema(type="array")),
]

WORD_LIMIT = [
    Case("within", "one two three", 1, "3 words", constraints={"max_words": 3}),
    Case("beyond", "w " * 132, 0, "132 words, at most 120 wanted", constraints={"max_words": 120}),
    Case("too few", "one", 0, "1 word, at least 2 wanted", constraints={"min_words": 2}),
    Case("between", "one two", 1, constraints={"min_words": 2, "max_words": 2}),
    Case("Chinese: two signs a word", "北京是中国的首都", 1, "4 words", constraints={"max_words": 4}),
    Case("Chinese, one too many", "北京是中国的首都吗", 0, "5 words", constraints={"max_words": 4}),
    Case("all kinds of blanks", "a\u00a0b\u2003c\nd\te", 1, "5 words", constraints={"min_words": 5}),
    Case("hyphens and apostrophes join", "state-of-the-art isn't", 1, "2 words", constraints={"max_words": 2}),
    Case("the prompt wins over the parameter", "a b", 1, constraints={"max_words": 2}, params={"max_words": 1}),
    Case("the parameter", "a b", 0, params={"max_words": 1}),
    Case("the last turn alone", "", 1, constraints={"max_words": 1}, turns=("a b c", "a")),
    Case("an empty answer is short", "", 1, "0 words", constraints={"max_words": 5}),
    Case("an empty answer is too short", "", 0, "0 words", constraints={"min_words": 1}),
    Case("a limit that is none", "a", UNSCORED, "max_words", constraints={"max_words": "many"}),
    Case("a limit of nought", "a", 0, constraints={"max_words": 0}),
    Case("no limit", "a", NOT_APPLICABLE, "no limit"),
    Case("1 MB", "a " * (MEGABYTE // 2), 0, "500,000 words", constraints={"max_words": 120}),
    Case("1 MB of one word", "a" * MEGABYTE, 1, "1 word", constraints={"max_words": 1}),
]

CHARACTER_LIMIT = [
    Case("within", "x" * 160, 1, "160 characters", constraints={"max_characters": 160}),
    Case("beyond", "x" * 161, 0, "161 characters, at most 160 wanted", constraints={"max_characters": 160}),
    Case("blanks at the ends do not count", " abc \n", 1, "3 characters", constraints={"max_characters": 3}),
    Case("blanks inside do", "a  b", 0, "4 characters", constraints={"max_characters": 3}),
    Case("too few", "ab", 0, "at least 3", constraints={"min_characters": 3}),
    Case("é is one, however stored", "e\u0301", 1, "1 character", constraints={"max_characters": 1}),
    Case("an emoji is one", "🙂", 1, constraints={"max_characters": 1}),
    Case("Chinese", "北京", 1, "2 characters", constraints={"max_characters": 2}),
    Case("the parameter", "abc", 0, params={"max_characters": 2}),
    Case("an empty answer", "", 1, "0 characters", constraints={"max_characters": 2}),
    Case("true is no limit", "abc", UNSCORED, "max_characters", constraints={"max_characters": True}),
    Case("no limit", "abc", NOT_APPLICABLE, "no limit", constraints={"max_words": 5}),
    Case("1 MB", "x" * MEGABYTE, 0, "1,000,000 characters", constraints={"max_characters": 160}),
]
