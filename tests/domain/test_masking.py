"""What an answer says about its own maker is taken out; what it says about others stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.masking import MASK, mask_self_identification

NAMING_ITSELF = [
    ("As an AI developed by OpenAI, I cannot.", "As an AI developed by [masked], I cannot."),
    ("I'm Claude", "I'm [masked]"),
    ("i'm claude, made by anthropic", "i'm [masked], made by [masked]"),
    ("I AM CLAUDE AND I WAS MADE BY ANTHROPIC", "I AM [masked] AND I WAS MADE BY [masked]"),
    ("I’m **Claude**. How can I help?", "I’m **[masked]**. How can I help?"),
    (
        "I am ChatGPT, a large language model trained by OpenAI, based on the GPT-4 architecture.",
        "I am [masked], a large language model trained by [masked], based on the [masked] architecture.",
    ),
    ("My name is Gemini and I was built by Google DeepMind.", "My name is [masked] and I was built by [masked]."),
    (
        "As a language model trained by Google, I do not.",
        "As a language model trained by [masked], I do not.",
    ),
    ("I am an AI made to help doctors, created by Anthropic.", "I am an AI made to help doctors, created by [masked]."),
    ("As ChatGPT, I have no opinion.", "As [masked], I have no opinion."),
    ("I am an OpenAI language model.", "I am an [masked] language model."),
    ("I'm not ChatGPT; I'm Qwen2.5-72B-Instruct.", "I'm not [masked]; I'm [masked]."),
    ("I am Llama 2 Chat 70B, by Meta AI", "I am [masked], by [masked]"),
    ("I'm Command R+ from Cohere", "I'm [masked] from [masked]"),
    ("I'm Mixtral 8x7B.", "I'm [masked]."),
    ("I'm Grok, built by xAI!", "I'm [masked], built by [masked]!"),
    ("I am Open Assistant, a chatbot by LAION.", "I am [masked], a chatbot by [masked]."),
    ("I'm SmolLM2, trained by Hugging Face.", "I'm [masked], trained by [masked]."),
    ("I am Vicuna, trained by researchers from LMSYS.", "I am [masked], trained by researchers from [masked]."),
    ("OpenAI created me in 2022.", "[masked] created me in 2022."),
    ("Hello, ChatGPT here!", "Hello, [masked] here!"),
    ("I cannot, since it violates OpenAI's content policy.", "I cannot, since it violates [masked]'s content policy."),
    ("According to OpenAI's usage guidelines, I can't.", "According to [masked]'s usage guidelines, I can't."),
    ("Ich bin ein von OpenAI entwickeltes Sprachmodell.", "Ich bin ein von [masked] entwickeltes Sprachmodell."),
    ("Als KI-Modell, entwickelt von Google, kann ich", "Als KI-Modell, entwickelt von [masked], kann ich"),
    ("Je suis Claude, un assistant IA d'Anthropic.", "Je suis [masked], un assistant IA d'[masked]."),
    ("En tant qu'IA développée par OpenAI, je", "En tant qu'IA développée par [masked], je"),
    ("Soy un modelo de lenguaje creado por OpenAI.", "Soy un modelo de lenguaje creado por [masked]."),
    ("Sono un assistente sviluppato da Mistral AI.", "Sono un assistente sviluppato da [masked]."),
    ("Sou o Gemini, um modelo de linguagem do Google.", "Sou o [masked], um modelo de linguagem do [masked]."),
    ("我是通义千问，由阿里云开发的大型语言模型。", "我是[masked]，由[masked]开发的大型语言模型。"),
    ("作为一个由OpenAI训练的人工智能语言模型，我不能", "作为一个由[masked]训练的人工智能语言模型，我不能"),
    ("私はOpenAIによって開発されたChatGPTです。", "私は[masked]によって開発された[masked]です。"),
    ("저는 OpenAI에서 개발한 ChatGPT입니다.", "저는 [masked]에서 개발한 [masked]입니다."),
    ("Я — языковая модель, созданная компанией OpenAI.", "Я — языковая модель, созданная компанией [masked]."),
]

NAMING_OTHERS = [
    "Claude Monet painted water lilies.",
    "I am Claude Monet, and I paint.",
    "I'm sorry, but Claude Shannon was not a painter.",
    "I asked Claude about it.",
    "I'm a big fan of ChatGPT.",
    "I love Apple Pi, and I am 3.14 times π.",
    "A llama in the Andes. I am a llama in the Andes.",
    "I am a Gemini, born in June.",
    "GPT-4 was trained by OpenAI.",
    "As an AI language model, I can tell you that ChatGPT was developed by OpenAI.",
    "I am happy to explain how OpenAI works.",
    "As a Google engineer, I can say that.",
    "As for Google, it was founded in 1998.",
    "Google's privacy policy is long; I read Google's privacy policy.",
    "I am the walrus. Google it.",
    "You are in command; the falcon is in the air; a bard sings; she is at Meta.",
    "Je suis sûr que Google est grand.",
    "我在谷歌工作。",
    "import openai\nclient = openai.OpenAI()  # I am a comment",
]  # fmt: skip


@pytest.mark.parametrize(("text", "masked"), NAMING_ITSELF)
def test_a_model_that_names_itself_or_its_maker_is_masked(text, masked):
    assert mask_self_identification(text, topic="Who wrote this?") == (masked, True)


@pytest.mark.parametrize("text", NAMING_OTHERS)
def test_names_that_are_not_the_speakers_stay(text):
    assert mask_self_identification(text, topic="") == (text, False)


def test_what_the_prompt_is_about_stays_and_the_rest_is_still_masked():
    text = "I'm ChatGPT, made by OpenAI."
    assert mask_self_identification(text, topic="Is CHATGPT made by OpenAI?") == (text, False)
    assert mask_self_identification(text, topic="what is openai")[0] == "I'm [masked], made by OpenAI."
    assert mask_self_identification("I am Chat GPT-4.", topic="Is this ChatGPT?") == ("I am Chat GPT-4.", False)


def test_a_topic_is_a_whole_word():
    assert mask_self_identification("I'm Claude.", topic="Claudette asks: who are you?") == ("I'm [masked].", True)


@given(text=st.text(max_size=300), topic=st.text(max_size=50))
def test_no_text_breaks_it_and_text_without_names_is_returned_as_it_is(text, topic):
    masked, was = mask_self_identification(text, topic=topic)
    assert was == (masked != text)


words = st.sampled_from([
    "I", "am", "I'm", "as", "an", "AI", "Claude", "OpenAI", "GPT-4", "by", "made", "trained",
    "developed", ",", ".", "!", "the", "a", "我是", "由", "Claude's", "Monet", "\n\n", "is", "und", "von",
    "because", "model", "language", "you", "tell", "İ", "ß", "🦙", "zero\u200bwidth", "'", "’", "-",
    "[masked]",
])  # fmt: skip


@given(st.lists(words, max_size=40).map(" ".join))
def test_only_names_are_taken_out_and_masking_again_changes_nothing(text):
    masked, _ = mask_self_identification(text, topic="")
    kept = [piece for piece in masked.split(MASK) if piece.strip()]
    at = 0
    for piece in kept:
        at = text.index(piece, at) + len(piece)
    assert mask_self_identification(masked, topic="")[0] == masked


@pytest.mark.parametrize(
    "phrase",
    [
        "I am Claude made by OpenAI ", "I'm a large language model ", "OpenAI ", "gpt-", "claude 3 sonnet ", "你好我是",
        "developed, created, ", "open-ai-4.4.4", "OpenAI's use use ", "\n", " ", "I", "trained and trained by ",
    ],
)  # fmt: skip
def test_long_text_is_read_to_its_end(phrase):
    text = (phrase * (100_000 // len(phrase))) + ". I'm Qwen."
    assert mask_self_identification(text, topic="")[0].endswith(". I'm [masked].")
