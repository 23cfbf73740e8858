"""The summary and the questions of a model page."""

import re
from collections.abc import Callable

import pytest

from aa_tui.analysis import Model, comparison_class, faq, licence, summary
from aa_tui.analysis.words import join, ordinal

Make = Callable[..., Model]


def told(model: Model, *others: Model) -> str:
    return "\n".join(summary(model, comparison_class(model, others)))


def answers(model: Model, *others: Model, providers: tuple[str, ...] = ()) -> dict[str, str]:
    """The answers, by their question with NAME for the model's name."""
    questions = faq(model, comparison_class(model, others), providers)
    return {question.question.replace(model.name, "NAME"): question.answer for question in questions}


def test_the_summary_of_nanbeige_says_what_its_page_says(published: list[Model], nanbeige: Model) -> None:
    paragraphs = summary(nanbeige, comparison_class(nanbeige, published))
    assert paragraphs == [
        "Nanbeige4.1-3B is amongst the leading models in intelligence and well priced, compared with other"
        " open-weights models of similar size. It scores 16 on the Intelligence Index v4.0 (well above"
        " average; class average 8) and ranks 5th of 43.",
        "It used 150M output tokens on one pass over the index (very verbose; class average 17M). It costs"
        " $0.00 per 1M input tokens (competitively priced; class average $0.00) and $0.00 per 1M output"
        " tokens (competitively priced; class average $0.00); it cost $0.00 to evaluate. A price of $0.00"
        " means that no API is known to sell it.",
        "It is a reasoning model that takes text and produces text. Its context window holds 256k tokens,"
        " ~384 A4 pages. It has 3.93 billion parameters. It was released on February 11, 2026 by Nanbeige."
        " Its licence is Apache 2.0.",
        "Nanbeige4.1-3B has open weights with 3.9B parameters in total, so it is compared within this"
        " catalog's 43 Tiny (≤4B) open-weights models, both reasoning and non-reasoning. Averages are class"
        " medians. The figures are from the table of June 15, 2026.",
    ]


def test_the_questions_about_nanbeige_are_answered(published: list[Model], nanbeige: Model) -> None:
    reply = answers(nanbeige, *published)
    assert len(reply) == 16
    assert reply["When was NAME released?"] == "It was released on February 11, 2026."
    assert reply["Who created NAME?"] == "It was created by Nanbeige."
    assert "16 on the Intelligence Index v4.0 (well above average" in reply["How intelligent is NAME?"]
    assert "150M" in reply["How many tokens does NAME use on the Intelligence Index?"]
    assert "146.2M" in reply["How many tokens does NAME use on the Intelligence Index?"]
    assert reply["Is NAME a reasoning model?"].startswith("Yes.")
    assert reply["What input does NAME take?"] == "It takes text."
    assert reply["What output does NAME produce?"] == "It produces text."
    assert reply["Does NAME take images?"] == "No, it takes text only."
    assert reply["Is NAME multimodal?"] == "No, it works with text only."
    assert "256k tokens, ~384 A4 pages" in reply["What is the context window of NAME?"]
    assert "https://huggingface.co/Nanbeige/Nanbeige4.1-3B" in reply["Are the weights of NAME open?"]
    assert reply["How many parameters does NAME have?"] == "It has 3.93 billion parameters."
    assert (
        reply["Which licence does NAME have, and does it allow commercial use?"]
        == "The licence is Apache 2.0. Yes, it allows commercial use."
    )
    assert "A score of 16 ranks 5th of 43" in reply["What does the score of NAME mean?"]
    where = reply["Where can NAME be hosted or run?"]
    assert "https://huggingface.co/Nanbeige/Nanbeige4.1-3B" in where
    assert "aa-tui can run a GGUF file of it" in where


def test_a_model_of_which_nothing_is_published_is_told_plainly(make_model: Make) -> None:
    model = make_model(name="Blank", open_weights=False, total_params_b=None, creator="", index_version=None)
    assert summary(model, None) == [
        "Blank is a proprietary model. Its Intelligence Index score is not published.",
        "Its price is not published.",
        "It is a reasoning model.",
        "It is compared with no other model, because its price is not published.",
    ]
    reply = answers(model)
    unpublished = [answer for answer in reply.values() if "not published" in answer]
    assert len(unpublished) == 10
    assert reply["Are the weights of NAME open?"] == "No, it is proprietary."
    assert "cannot be run on a machine of your own" in reply["Where can NAME be hosted or run?"]


def test_an_open_model_without_a_size_is_compared_with_none(make_model: Make) -> None:
    assert "because the number of its parameters is not published" in told(make_model(total_params_b=None))


@pytest.mark.parametrize(
    ("score", "price", "lead"),
    [
        (9, 1, "amongst the leading models in intelligence and well priced"),
        (9, 9, "amongst the leading models in intelligence but expensive"),
        (6, 4, "above average in intelligence and moderately priced"),
        (6, 6, "above average in intelligence but somewhat expensive"),
        (1, 1, "at the lower end in intelligence but well priced"),
        (4, 9, "below average in intelligence and expensive"),
    ],
)
def test_the_lead_joins_intelligence_and_price(make_model: Make, score: float, price: float, lead: str) -> None:
    rest = [
        make_model(slug=f"m{v}", intelligence_index=v, price_in_usd_per_m=v, price_out_usd_per_m=v)
        for v in (2.0, 3.0, 5.0, 7.0, 8.0)
    ]
    model = make_model(intelligence_index=score, price_in_usd_per_m=price, price_out_usd_per_m=price)
    assert told(model, *rest).startswith(f"A 1B is {lead}, compared with other open-weights models")


def test_the_only_model_of_a_class_is_not_called_leading(make_model: Make) -> None:
    text = told(make_model(intelligence_index=50.0))
    assert text.startswith(
        "A 1B is an open-weights model by Acme. It scores 50 on the Intelligence Index v4.0"
        " (the only published figure in its class)."
    )
    assert "leading" not in text
    assert "ranks" not in text


def test_equal_scores_are_given_without_a_judgement(make_model: Make) -> None:
    models = [make_model(slug=f"m{i}", name=f"M{i}", intelligence_index=8.0) for i in range(3)]
    text = told(*models)
    assert "It scores 8 on the Intelligence Index v4.0 (class average 8) and ranks 1st of 3." in text
    assert not re.search("lower end|above average|leading", text)


def test_an_estimate_is_marked(make_model: Make) -> None:
    model = make_model(intelligence_index=9.7, index_is_estimate=True)
    assert "It scores 10, an estimate, on the Intelligence Index" in told(model)
    assert "That score is an estimate." in answers(model)["How intelligent is NAME?"]


def test_a_served_model_is_not_said_to_be_unsold(make_model: Make) -> None:
    model = make_model(price_in_usd_per_m=0.0, price_out_usd_per_m=0.0, output_tps=72.0)
    assert "no API is known" not in told(model)
    assert "Served by an API, it writes 72 tokens per second" in told(model)
    assert "An API serves it" in answers(model)["Where can NAME be hosted or run?"]


def test_a_proprietary_model(published: list[Model]) -> None:
    model = next(model for model in published if model.slug == "claude-opus-4-7")
    text = told(model, *published)
    assert "is amongst the leading models in intelligence but expensive, compared with other models" in text
    assert "It costs $5.00 per 1M input tokens (expensive; " in text
    assert "a blended price of $10.00 per 1M tokens" in text
    assert "parameters" not in text


def test_mixtures_of_experts_tell_total_and_active(make_model: Make) -> None:
    model = make_model(total_params_b=3.5, active_params_b=0.8)
    assert "It has 3.5 billion parameters in total, 800 million of them active per token." in told(model)


def test_modalities_read_as_a_list(make_model: Make) -> None:
    model = make_model(input_modalities=("text", "image", "video"), output_modalities=("text", "speech"))
    assert "It is a reasoning model that takes text, images and video and produces text and speech." in told(model)
    reply = answers(model)
    assert reply["Does NAME take images?"] == "Yes, it takes images as input."
    assert reply["Is NAME multimodal?"] == "Yes, it works with text, images, video and speech."


def test_text_and_images_are_multimodal(make_model: Make) -> None:
    model = make_model(input_modalities=("text", "image"), output_modalities=("text",))
    assert answers(model)["Is NAME multimodal?"] == "Yes, it works with text and images."


def test_half_known_modalities_are_not_called_one(make_model: Make) -> None:
    assert "in full" in answers(make_model(input_modalities=("text",)))["Is NAME multimodal?"]
    assert "that produces text." in told(make_model(output_modalities=("text",)))


def test_providers_are_named(make_model: Make) -> None:
    where = "Where can NAME be hosted or run?"
    assert answers(make_model(), providers=("Aye",))[where].startswith("One API sells it: Aye.")
    assert answers(make_model(), providers=("Aye", "Bee"))["Which API providers sell NAME?"] == (
        "2 APIs sell it: Aye and Bee."
    )
    assert answers(make_model(), providers=("Aye", "Bee"))[where].startswith("2 APIs sell it: Aye and Bee.")


def test_every_published_model_is_told_in_whole_sentences(published: list[Model]) -> None:
    for model in published:
        cls = comparison_class(model, published)
        paragraphs = summary(model, cls)
        questions = faq(model, cls)
        assert 2 <= len(paragraphs) <= 5
        assert len(questions) == 16
        for text in [*paragraphs, *(question.answer for question in questions)]:
            assert text.endswith("."), text
            assert not re.search(r"None|–(?!\d)|  | \.|\.\.|\(\)|\b1 models\b|\ba [aeio]", text), text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (21, "21st"),
        (113, "113th"),
    ],
)
def test_ordinals(number: int, text: str) -> None:
    assert ordinal(number) == text


def test_join() -> None:
    assert [join(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("text", "name", "commercial_use"),
    [
        ("Apache 2.0", "Apache 2.0", "yes"),
        ("apache-2.0", "Apache 2.0", "yes"),
        ("Apache License 2.0", "Apache 2.0", "yes"),
        ("Mit", "MIT", "yes"),
        ("OpenMDW", "OpenMDW", "yes"),
        ("Modified MIT License", "Modified MIT License", "with conditions"),
        ("lfm 1.0", "LFM Open License 1.0", "with conditions"),
        ("Gemma license", "Gemma license", "with conditions"),
        ("LLAMA 3.2 COMMUNITY LICENSE AGREEMENT", "LLAMA 3.2 COMMUNITY LICENSE AGREEMENT", "with conditions"),
        ("NVIDIA Open Model License Agreement", "NVIDIA Open Model License Agreement", "with conditions"),
        ("Nvidia Nemotron Open Model License", "Nvidia Nemotron Open Model License", "with conditions"),
        (
            "TENCENT HY COMMUNITY LICENSE AGREEMENT",
            "TENCENT HY COMMUNITY LICENSE AGREEMENT",
            "with conditions",
        ),
        ("cc-by-4.0", "cc-by-4.0", "with conditions"),
        ("Cc By Nc 4.0", "Cc By Nc 4.0", "no"),
        ("CC-BY-NC-SA-4.0", "CC-BY-NC-SA-4.0", "no"),
        ("NON-COMMERCIAL LICENSE", "NON-COMMERCIAL LICENSE", "no"),
        ("EXAONE AI Model License Agreement 1.2 - NC", "EXAONE AI Model License Agreement 1.2 - NC", "no"),
        ("Other", "Other", "unknown"),
        ("MIT with a surprise", "MIT with a surprise", "unknown"),
    ],
)
def test_licences(text: str, name: str, commercial_use: str) -> None:
    found = licence(text)
    assert (found.name, found.commercial_use) == (name, commercial_use)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "lfm 1.0",
            "The licence is LFM Open License 1.0. It allows commercial use with conditions: only companies"
            " with annual revenue under 10 million USD may use it freely.",
        ),
        ("Cc By Nc 4.0", "The licence is Cc By Nc 4.0. No, it does not allow commercial use."),
        (
            "Other",
            "The licence is Other. Whether it allows commercial use is not known here: read its text.",
        ),
    ],
)
def test_the_licence_is_answered_for_commercial_use(make_model: Make, text: str, answer: str) -> None:
    question = "Which licence does NAME have, and does it allow commercial use?"
    assert answers(make_model(license=text))[question] == answer
