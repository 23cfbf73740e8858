"""IFEval's 25 instruction families: what each accepts and what not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.datasets import DATASETS, needs_datasets

from aa_tui.evals.instructions.ifeval import IFEVAL
from aa_tui.evals.instructions.language import LANGUAGES, is_english, is_in
from aa_tui.evals.instructions.reading import sentences
from aa_tui.evals.instructions.registry import holds

LESS, LEAST = "less than", "at least"

CASES: list[tuple[str, dict[str, Any], str, bool]] = [
    ("keywords:existence", {"keywords": ["moon", "tide"]}, "The Moon moves the tides.", True),
    ("keywords:existence", {"keywords": ["moon", "tide"]}, "The moon is round.", False),
    ("keywords:frequency", {"keyword": "echo", "frequency": 3, "relation": LEAST}, "Echo, ECHO, echoes.", True),
    ("keywords:frequency", {"keyword": " echo ", "frequency": 4, "relation": LEAST}, "Echo, ECHO, echoes.", False),
    ("keywords:frequency", {"keyword": "echo", "frequency": 3, "relation": LESS}, "echo echo", True),
    ("keywords:forbidden_words", {"forbidden_words": ["rock", "HILL"]}, "Rocket up the hillside.", True),
    ("keywords:forbidden_words", {"forbidden_words": ["rock", "HILL"]}, "Up the hill.", False),
    ("keywords:letter_frequency", {"letter": "#", "let_frequency": 2, "let_relation": LEAST}, "#a #b", True),
    ("keywords:letter_frequency", {"letter": "t", "let_frequency": 2, "let_relation": LESS}, "Tat", False),
    ("keywords:letter_frequency", {"letter": "T", "let_frequency": 2, "let_relation": LEAST}, "tat", True),
    ("language:response_language", {"language": "de"}, "Das ist ein sehr schönes Haus mit einem Garten.", True),
    ("language:response_language", {"language": "de"}, "That is a very nice house with a garden.", False),
    ("length_constraints:number_sentences", {"num_sentences": 3, "relation": LEAST}, "Go. Now! Why?", True),
    ("length_constraints:number_sentences", {"num_sentences": 3, "relation": LESS}, "Go. Now! Why?", False),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": LESS},
        "Dr. A. Bell rang at 3.15 p.m.",
        True,
    ),
    ("length_constraints:number_sentences", {"num_sentences": 5, "relation": LESS}, "aa. a,b! aa. x(y)z?", True),
    ("length_constraints:number_sentences", {"num_sentences": 4, "relation": LESS}, "aa,a. aa,a! aa/a. a{a}b?", False),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 3}, "one\n***\ntwo\n***\nthree", True),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "***\none\n***\ntwo\n***", True),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "one\n***\n***\ntwo", False),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "one\n\ntwo", False),
    ("length_constraints:number_words", {"num_words": 4, "relation": LESS}, "one two-three", True),
    ("length_constraints:number_words", {"num_words": 4, "relation": LEAST}, "one two-three, four", True),
    ("length_constraints:number_words", {"num_words": 5, "relation": LEAST}, "one two-three, four", False),
    *[
        (
            "length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": n, "nth_paragraph": k, "first_word": w},
            t,
            ok,
        )
        for n, k, w, t, ok in [
            (3, 2, "I", "So it is.\n\nI know.\n\nYes.", True),
            (3, 2, "i", "So it is.\n\nI know.\n\nYes.", True),
            (3, 3, "Really", 'So.\n\nNo.\n\n"Really?! Yes."', True),
            (3, 2, "I", "So it is.\n\nI know.", False),
            (2, 2, "know", "So it is.\n\nI know.", False),
            (3, 3, "Really", "So.\n\nNo.\n\nRea!lly yes.", False),
            (1, 4, "I", "I", False),
        ]
    ],
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "Dear [name], at [place]", True),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "Dear [name], at [place", False),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye.\n\np. s. one more", True),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye.\n\nPS: one more", False),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "Bye. P.P.S. one more", True),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "Bye. P.S. one more", False),
    ("detectable_format:number_bullet_lists", {"num_bullets": 3}, "List:\n* a\n  - b\n-c\n**bold** d", True),
    ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "a\n***\nb\n* c", True),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "an * inline * star\n* a", False),
    ("detectable_format:constrained_response", {}, "\n My answer is no.\n", True),
    ("detectable_format:constrained_response", {}, "No.", False),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*one* and **two**", True),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*one* and * *", False),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "* one\n* two", False),
    (
        "detectable_format:multiple_sections",
        {"num_sections": 2, "section_spliter": "SECTION"},
        "SECTION 1\na\nSECTION 2\nb",
        True,
    ),
    (
        "detectable_format:multiple_sections",
        {"num_sections": 3, "section_spliter": "SECTION"},
        "SECTION 1\na\nSECTION 2\nb",
        False,
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": [1, 2]}\n```', True),
    ("detectable_format:json_format", {}, '{"a": 1}', True),
    ("detectable_format:json_format", {}, 'Here: {"a": 1}', False),
    ("detectable_format:json_format", {}, "[" * 100_000, False),
    ("detectable_format:title", {}, "<<Ode>>\nLa la", True),
    ("detectable_format:title", {}, "<< >>\nLa la", False),
    ("detectable_format:title", {}, "<<not\na title>>", False),
    ("combination:two_responses", {}, "One.\n******\nTwo.", True),
    ("combination:two_responses", {}, "******\nOne.\n******\nTwo.\n******", True),
    ("combination:two_responses", {}, "One.\n******\nOne.", False),
    ("combination:two_responses", {}, "One.\n******\nTwo.\n******\nThree.", False),
    ("combination:two_responses", {}, "One.\n******\n******\nTwo.", False),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say hello."}, " say Hello. Hello!", True),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say hello."}, "Sure. Say hello. Hello!", False),
    ("startend:end_checker", {"end_phrase": "Any questions?"}, 'So it is. "any questions?"', True),
    ("startend:end_checker", {"end_phrase": "Any questions?"}, "Any questions? No.", False),
    ("startend:quotation", {}, ' "All of it." ', True),
    ("startend:quotation", {}, '"Some" of it.', False),
    ("startend:quotation", {}, '"', False),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 3, "capital_relation": LEAST},
        "THIS is VERY LOUD.",
        True,
    ),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 3, "capital_relation": LESS},
        "THIS is VERY LOUD.",
        False,
    ),
    ("change_case:capital_word_frequency", {"capital_frequency": 2, "capital_relation": LESS}, "FUlly is NOT.", True),
    ("change_case:english_capital", {}, "ALL OF THIS IS LOUD. 1!", True),
    ("change_case:english_capital", {}, "Each Word Is Capitalised.", False),
    ("change_case:english_capital", {}, "DAS IST NICHT DIE SPRACHE DER WAHL.", False),
    ("change_case:english_lowercase", {}, "all of this is quiet.", True),
    ("change_case:english_lowercase", {}, "Not all of this is quiet.", False),
    ("punctuation:no_comma", {}, "No such mark here.", True),
    ("punctuation:no_comma", {}, "Well, no.", False),
]


@pytest.mark.parametrize(("name", "arguments", "answer", "expected"), CASES)
def test_what_an_instruction_accepts(name: str, arguments: dict[str, Any], answer: str, expected: bool) -> None:
    assert holds(name, arguments, answer) is expected


def test_every_family_has_cases_of_both_kinds() -> None:
    for family in IFEVAL:
        assert {expected for name, _, _, expected in CASES if name == family} == {True, False}, family


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "The weather is fine and we are going to the sea."),
        ("en", "Today we visit the Louvre"),
        ("es", "Desayunamos en McDonald's hoy"),
        ("es", "El perro está en la casa y no quiere salir porque llueve."),
        ("de", "Der Hund ist im Haus und will nicht hinaus."),
        ("de", "Es war einmal ein König, der in einem Schloss am Meer lebte und so gern sang."),
        ("it", "Mi piace andare al mare in estate, ma no, oggi piove a dirotto."),
        ("pt", "A escola fica perto da minha casa, mas eu sempre vou a pé com meus amigos."),
        ("fi", "Suomi on maa, jossa on tuhansia järviä ja paljon metsää."),
        ("sw", "Leo asubuhi nilienda sokoni kununua matunda na mboga kwa ajili ya familia yangu."),
        ("fr", "Le chien est dans la maison et ne veut pas sortir."),
        ("pt", "O cachorro não quer sair de casa porque está chovendo muito."),
        ("it", "Il cane è in casa e non vuole uscire perché piove."),
        ("nl", "De hond is in het huis en wil niet naar buiten."),
        ("fi", "Koira on talossa ja se ei halua mennä ulos, koska sataa."),
        ("sw", "Mbwa yuko ndani ya nyumba na hataki kutoka nje kwa sababu ya mvua."),
        ("vi", "Con chó ở trong nhà và không muốn ra ngoài vì trời mưa."),
        ("ru", "Собака в доме и не хочет выходить, потому что идёт дождь."),
        ("bg", "Кучето е в къщата и не иска да излезе, защото вали дъжд."),
        ("uk", "Собака у домі і не хоче виходити, бо йде дощ."),
        ("hi", "कुत्ता घर में है और बाहर नहीं जाना चाहता क्योंकि बारिश हो रही है।"),
        ("mr", "कुत्रा घरात आहे आणि त्याला बाहेर जायचे नाही कारण पाऊस पडत आहे."),
        ("ne", "कुकुर घरमा छ र पानी परेकोले बाहिर जान चाहँदैन। यो राम्रो हो।"),
        ("ar", "الكلب في المنزل ولا يريد الخروج لأن المطر ينزل."),
        ("fa", "سگ در خانه است و نمی‌خواهد بیرون برود چون باران می‌بارد."),
        ("ur", "کتا گھر میں ہے اور باہر نہیں جانا چاہتا کیونکہ بارش ہو رہی ہے۔"),
        ("bn", "কুকুরটি ঘরে আছে এবং বাইরে যেতে চায় না।"),
        ("pa", "ਕੁੱਤਾ ਘਰ ਵਿੱਚ ਹੈ ਅਤੇ ਬਾਹਰ ਨਹੀਂ ਜਾਣਾ ਚਾਹੁੰਦਾ।"),
        ("gu", "કૂતરો ઘરમાં છે અને બહાર જવા માંગતો નથી."),
        ("ta", "நாய் வீட்டில் இருக்கிறது, வெளியே செல்ல விரும்பவில்லை."),
        ("te", "కుక్క ఇంట్లో ఉంది మరియు బయటకు వెళ్లాలనుకోవడం లేదు."),
        ("kn", "ನಾಯಿ ಮನೆಯಲ್ಲಿದೆ ಮತ್ತು ಹೊರಗೆ ಹೋಗಲು ಬಯಸುವುದಿಲ್ಲ."),
        ("th", "สุนัขอยู่ในบ้านและไม่อยากออกไปข้างนอก"),
        ("ko", "개는 집에 있고 밖에 나가고 싶어하지 않습니다."),
        ("ja", "犬は家の中にいて、外に出たくない。"),
        ("zh", "狗在家里，不想出去，因为下雨了。"),
        ("el", "Ο σκύλος είναι στο σπίτι."),
        ("fi", "Totta kai, tässä on vastaus."),
        ("pt", "Claro, aqui está a resposta."),
        ("it", "Certamente, ecco la risposta."),
        ("sw", "Hakika, hili ndilo jibu."),
        ("de", "Vielen Dank."),
        ("bg", "Разбира се, ето отговора."),
        ("ru", "Конечно, вот ответ."),
        ("ro", "Desigur, iată răspunsul."),
        ("pl", "Oczywiście, oto odpowiedź."),
        ("vi", "Tất nhiên, đây là câu trả lời."),
        ("ar", "بالطبع، هذا هو الجواب."),
        ("mr", "नक्कीच, हे उत्तर आहे."),
        ("ne", "अवश्य, यो उत्तर हो।"),
        ("en", "Sure, here is the answer."),
    ],
)
def test_languages(code: str, text: str) -> None:
    """Short texts too; and never that of another family."""
    assert is_in(text, code) is True
    assert is_in(text, "ka") is False
    assert is_english(text) is (code == "en")


@pytest.mark.parametrize("text", ["", "12345 !!!", "Wu", "ok 7"])
def test_a_text_that_is_too_short_is_not_guessed(text: str) -> None:
    assert {is_in(text, code) for code in ("de", "fr", "sv")} == {None}


def test_a_text_in_another_language_is_no_english() -> None:
    """In whatever case, and one English word may do where the model cannot tell."""
    assert is_english("bem, hoje vamos falar de árvores.") is False
    assert is_english("IL CANE NON È NELLA CASA") is False
    assert is_english("Собака") is False
    assert is_english("YES") is True
    assert is_english("hello world") is True
    assert holds("change_case:english_lowercase", {}, "koira on talossa eikä halua ulos.") is False
    assert len(LANGUAGES) == len(set(LANGUAGES))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("One", 1),
        ("One. Two", 2),
        ('He said "Stop!" Then he left.', 2),
        ("Wait... what? No!", 2),
        ("Mr. and Mrs. Poe met J. R. Hartley, e.g. at 3.5 km.", 1),
        ("It was 5 p.m. Then it rained.", 2),
        ("1. First thing.\n2. Second thing.", 2),
        ("**Bold.** Then more.", 2),
        ("See example.com for v1.2.3 now.", 1),
        ("今天很好。明天呢？", 2),
        ("." * 100_000, 1),
        ("No. We shall see. Ever.", 3),
        ("They said no. So we left.", 2),
        ("See no. 7 and fig. 3 for it.", 1),
        ("She lives in Washington D.C. and works there. It is warm.", 2),
        ("She lives in Washington D.C. It is warm.", 2),
        ("The U.S. Senate met. It voted.", 2),
        ("We prefer plan B. It is cheap.", 2),
        ("Jay et al. found it. We agree.", 2),
        ("Hm... maybe. Mt. Etna is tall.", 2),
    ],
)
def test_sentences_are_counted_as_a_reader_would(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@needs_datasets
def test_every_instruction_of_the_public_set_is_known_and_its_arguments_fit() -> None:
    seen = set()
    for line in (DATASETS / "ifeval" / "input_data.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        for name, arguments in zip(record["instruction_id_list"], record["kwargs"], strict=True):
            assert holds(name, arguments, "This is, by far, a plain answer.\n\nIt has the words.") is not None
            seen.add(name)
    assert seen == set(IFEVAL)


@needs_datasets
def test_english_questions_are_english() -> None:
    lines = (DATASETS / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    found = [is_in(json.loads(line)["question"], "en") for line in lines]
    assert set(found) == {True}
