"""Which language a text is in: measured ones, others, and texts that have none."""

import pytest

from core.domain.scoring.base import Subject
from core.domain.scoring.language import ENGLISH, UNKNOWN, is_english, language_of
from core.services.scoring.registry import kind_named

TOLD = {
    "en": "I'm sorry that the parcel came late.",
    "de": "Das Paket kam leider zu spät an.",
    "fr": "Le colis est arrivé trop tard.",
    "es": "El paquete llegó demasiado tarde.",
    "it": "Il pacco è arrivato troppo tardi.",
    "pt": "A encomenda chegou tarde, não sei porquê.",
    "nl": "Het pakket is te laat aangekomen.",
    "pl": "Paczka przyszła za późno i nie wiem dlaczego.",
    "tr": "Paket çok geç geldi ama nedenini bilmiyorum.",
    "ru": "Посылка пришла слишком поздно, и я не знаю почему.",
    "uk": "Посилка прийшла запізно, і я не знаю чому.",
    "bg": "Пратката пристигна твърде късно и не знам защо.",
    "zh": "包裹来得太晚了。",
    "ja": "荷物が遅れて届きました。",
    "ko": "소포가 늦게 도착했습니다.",
    "ar": "وصل الطرد متأخرًا جدًا في المساء.",
    "fa": "بسته خیلی دیر رسید و من نمی‌دانم چرا.",
    "hi": "पार्सल बहुत देर से आया है।",
    "sv": "Paketet kom för sent och jag vet inte varför.",
    "da": "Pakken kom for sent, og jeg ved ikke hvorfor.",
    "fi": "Paketti saapui liian myöhään, enkä tiedä miksi.",
    "cs": "Balík přišel příliš pozdě a nevím proč.",
    "hu": "A csomag túl későn érkezett, és nem tudom, miért.",
    "ro": "Coletul a ajuns prea târziu și nu știu de ce.",
    "vi": "Gói hàng đến quá muộn và tôi không biết tại sao.",
    "id": "Paket itu datang terlambat dan saya tidak tahu mengapa.",
    "el": "Το δέμα ήρθε πολύ αργά.",
    "he": "החבילה הגיעה מאוחר מדי.",
    "th": "พัสดุมาถึงช้าเกินไป",
}


@pytest.mark.parametrize(("language", "text"), TOLD.items())
def test_a_sentence_has_its_language(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes.",
        "42",
        "OK",
        "KitchenAid 5KSM175",
        '{"a": "b"}',
        "Dvořák",
        "Crème brûlée",
        "E | A | B7 | E",
        "x = [1]\n",
        "`rm -rf`",
    ],
)
def test_a_text_without_a_language_counts_as_english(text: str) -> None:
    assert language_of(text) == ENGLISH


def test_prose_of_no_known_language_is_unknown() -> None:
    assert language_of("blurgh vondalik prestuna mervolo gandrik solvante predombi kastulo") == UNKNOWN


@pytest.mark.parametrize("unit", ["a", "ä ", "の", "я не ", "मैं ", "\ud800", "x_(", "a@"])
def test_a_megabyte_has_some_language(unit: str) -> None:
    assert language_of(unit * (1_000_000 // len(unit)))


@pytest.mark.parametrize("text", ["", " \n", "42", "…", "Das ist gelogen.", "Je ne sais pas.", *TOLD.values()])
def test_what_says_nothing_or_says_it_in_another_language_is_not_english(text: str) -> None:
    assert is_english(text) is (text == TOLD["en"])


@pytest.mark.parametrize("key", ["tone_negative", "profanity"])
def test_the_flags_of_tone_read_a_short_sentence_in_english_and_leave_one_in_german_out(key: str) -> None:
    kind = kind_named(key)
    said = [kind.score(Subject([text]), kind.params()) for text in ("What a fine day.", "Das ist gelogen.")]
    assert [one.applies for one in said] == [True, False]
