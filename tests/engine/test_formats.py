"""How real models mark their thinking: shapes in their manner, each recognised, split, and closed early."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.engine.rendering import render
from aa_tui.engine.thinking import Marks, Splitter
from aa_tui.gguf.reasoning import Format, formats

TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
ASSISTANT = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
CHATML = TURNS + ASSISTANT
HARMONY = (
    "<|start|>system<|message|>Valid channels: analysis, commentary, final.<|end|>"
    "{% for m in messages %}{% if m.role == 'assistant' %}<|start|>assistant<|channel|>final<|message|>{{ m.content }}"
    "<|end|>{% else %}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>{% endif %}{% endfor %}<|start|>assistant"
)
HARMONY_TOKENS = ("<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|constrain|>", "<|return|>", "<|call|>")
THINK_TOKENS = ("<think>", "</think>")
STRIPS = "{% for m in messages %}{{ m.role }}: {{ m.content.split('</think>')[-1] }}\n{% endfor %}assistant: "


@dataclass(frozen=True, slots=True)
class Shape:
    """A template, what of its vocabulary are tags, an output, and what a careful reader makes of it."""

    model: str
    name: str
    template: str
    special: tuple[str, ...]
    output: str
    thinking: str
    answer: str
    opens: bool = False


SHAPES = [
    Shape(
        "gpt-oss",
        "harmony",
        HARMONY,
        HARMONY_TOKENS,
        "<|channel|>analysis<|message|>Two and two.<|end|><|start|>assistant<|channel|>final<|message|>It is 4.",
        "Two and two.",
        "It is 4.",
    ),
    Shape(
        "gpt-oss with several messages",
        "harmony",
        HARMONY,
        HARMONY_TOKENS,
        "<|channel|>analysis<|message|>First.<|end|><|start|>assistant<|channel|>commentary<|message|>Let me see."
        "<|end|><|start|>assistant<|channel|>analysis<|message|> Then.<|end|>"
        "<|start|>assistant<|channel|>final<|message|>4<|end|>",
        "First.Let me see. Then.",
        "4",
    ),
    Shape(
        "gpt-oss that calls a tool",
        "harmony",
        HARMONY,
        HARMONY_TOKENS,
        "<|channel|>analysis<|message|>I look it up.<|end|><|start|>assistant to=functions.look<|channel|>commentary "
        "json<|message|>{}",
        "I look it up.{}",
        "",
    ),
    Shape(
        "gpt-oss by its vocabulary alone",
        "harmony",
        "{% for m in messages %}<|start|>{{ m.content }}<|end|>{% endfor %}<|start|>assistant",
        HARMONY_TOKENS,
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>4",
        "Hm.",
        "4",
    ),
    Shape(
        "gpt-oss whose prompt opens the analysis",
        "harmony",
        f"{HARMONY}<|channel|>analysis<|message|>",
        HARMONY_TOKENS,
        "Hm.<|end|><|start|>assistant<|channel|>final<|message|>4",
        "Hm.",
        "4",
        opens=True,
    ),
    Shape(
        "Gemma 4",
        "gemma",
        "{% for m in messages %}<|turn>{{ m.role }}\n{{ m.content }}<turn|>\n{% endfor %}<|turn>model\n"
        "{# <|channel>thought <channel|> #}",
        ("<|channel>", "<channel|>", "<|turn>", "<turn|>"),
        "<|channel>thought\nTwo and two.<channel|>It is 4.",
        "Two and two.",
        "It is 4.",
    ),
    Shape(
        "Kimi-VL-Thinking",
        "kimi",
        CHATML.replace("<|im_end|>", "<|im_end|>{# ◁think▷ ◁/think▷ #}"),
        ("◁think▷", "◁/think▷"),
        "◁think▷Two and two.◁/think▷It is 4.",
        "Two and two.",
        "It is 4.",
    ),
    Shape(
        "Kimi K3",
        "kimi-k3",
        "{% for m in messages %}<|open|>message<|sep|>{{ m.content }}<|close|>message<|sep|>{% endfor %}"
        "<|open|>think<|sep|>",
        ("<|open|>", "<|close|>", "<|sep|>"),
        "Two and two.<|close|>think<|sep|><|open|>response<|sep|>It is 4.<|close|>response<|sep|>",
        "Two and two.",
        "It is 4.",
        opens=True,
    ),
    Shape(
        "Apertus, which goes back to thinking",
        "apertus",
        "{% for m in messages %}<|user_start|>{{ m.content }}<|user_end|>{% endfor %}<|assistant_start|>"
        "{# <|inner_prefix|> <|inner_suffix|> #}",
        ("<|inner_prefix|>", "<|inner_suffix|>"),
        "<|inner_prefix|>Two.<|inner_suffix|>It is<|inner_prefix|> Four.<|inner_suffix|> 4.",
        "Two. Four.",
        "It is 4.",
    ),
    Shape(
        "Command A Reasoning",
        "cohere",
        "{% for m in messages %}<|USER_TOKEN|>{{ m.content }}{% endfor %}<|CHATBOT_TOKEN|><|START_THINKING|>",
        ("<|START_THINKING|>", "<|END_THINKING|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>"),
        "Two and two.<|END_THINKING|><|START_RESPONSE|>It is 4.<|END_RESPONSE|>",
        "Two and two.",
        "It is 4.",
        opens=True,
    ),
    Shape(
        "Solar Open",
        "solar",
        "{% for m in messages %}<|begin|>{{ m.role }}<|content|>{{ m.content }}<|end|>{% endfor %}<|begin|>assistant"
        "{# <|think|> #}",
        ("<|begin|>", "<|end|>", "<|think|>", "<|content|>"),
        "<|think|>Two and two.<|end|><|begin|>assistant<|content|>It is 4.<|end|>",
        "Two and two.",
        "It is 4.",
    ),
    Shape(
        "Magistral",
        "mistral",
        "[SYSTEM_PROMPT]Draft with [THINK]…[/THINK].[/SYSTEM_PROMPT]"
        "{% for m in messages %}[INST]{{ m.content }}[/INST]{% endfor %}",
        ("[THINK]", "[/THINK]", "[INST]", "[/INST]"),
        "[THINK]Two and two.[/THINK]It is 4.",
        "Two and two.",
        "It is 4.",
    ),
    Shape(
        "Seed-OSS",
        "seed",
        "{% for m in messages %}<seed:bos>{{ m.role }}\n{{ m.content }}<seed:eos>{% endfor %}<seed:bos>assistant\n"
        "{# <seed:think> #}",
        ("<seed:think>", "</seed:think>"),
        "<seed:think>Two and two.</seed:think>It is 4.",
        "Two and two.",
        "It is 4.",
    ),
    Shape(
        "MiniMax M3",
        "minimax",
        f"{CHATML}<mm:think>\n",
        ("<mm:think>", "</mm:think>"),
        "Two and two.</mm:think>\nIt is 4.",
        "Two and two.",
        "\nIt is 4.",
        opens=True,
    ),
    Shape(
        "OpenThinker, all spelled out",
        "thought-and-solution",
        f"<|im_start|>system\nUse <|begin_of_thought|> and <|end_of_thought|>.<|im_end|>\n{CHATML}",
        (),
        "<|begin_of_thought|>\n\nTwo and two.\n\n<|end_of_thought|>\n\n<|begin_of_solution|>It is 4."
        "<|end_of_solution|>",
        "\n\nTwo and two.\n\n",
        "It is 4.",
    ),
    Shape(
        "Granite 3.2",
        "granite-words",
        "Write your thoughts after 'Here is my thought process:' and your response after 'Here is my response:'."
        f"\n{CHATML}",
        (),
        "Here is my thought process:\nTwo and two.\n\nHere is my response: It is 4.",
        "\nTwo and two.\n\n",
        " It is 4.",
    ),
    Shape(
        "Apriel 1.5",
        "apriel",
        "<|system|>\nAnswer so: [BEGIN FINAL RESPONSE] … [END FINAL RESPONSE], tools in <thinking></thinking>."
        "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}\n<|end|>\n{% endfor %}<|assistant|>\n",
        (),
        "Here are my reasoning steps:\nTwo and two.\n[BEGIN FINAL RESPONSE]\nIt is 4.\n[END FINAL RESPONSE]\n",
        "\nTwo and two.\n",
        "\nIt is 4.\n",
    ),
    Shape(
        "Apriel 1.6",
        "apriel",
        "{% for m in messages %}<|begin_{{ m.role }}|>\n{{ m.content }}\n{% endfor %}<|begin_assistant|>\n"
        "Here are my reasoning steps:\n{# [BEGIN FINAL RESPONSE] #}",
        (),
        "Two and two.\n[BEGIN FINAL RESPONSE]\nIt is 4.",
        "Two and two.\n",
        "\nIt is 4.",
        opens=True,
    ),
    Shape(
        "Muse Glimmer",
        "muse",
        "{% for m in messages %}<|start|>{{ m.role }}<|message|>{{ m.content }}<|eot|>{% endfor %}<|start|>assistant"
        "{# to=self<|message|> <|eom|> #}",
        ("<|start|>", "<|message|>", "<|eom|>", "<|eot|>"),
        " to=self<|message|>Two and two.<|eom|><|start|>assistant to=user<|message|>It is 4.<|eot|>",
        "Two and two.",
        "It is 4.",
    ),
    Shape(
        "Hunyuan 3, whose template puts its tags together",
        "hunyuan-3",
        f"{{% set kind = ':opensource' %}}{CHATML}{{{{ '<think{{}}>'.format(kind) }}}}",
        ("<think:opensource>", "</think:opensource>"),
        "Two and two.</think:opensource>It is 4.",
        "Two and two.",
        "It is 4.",
        opens=True,
    ),
    Shape(
        "MiniMax M2",
        "minimax-m2",
        "{% for m in messages %}]~b]{{ m.role }}\n{{ m.content }}[e~[\n{% endfor %}]~b]ai\n<think>\n"
        "{# <response>of a tool</response> #}",
        THINK_TOKENS,
        "Two and two.\n</think>\n\n<response> is a tag: 4.",
        "Two and two.\n",
        "\n\n<response> is a tag: 4.",
        opens=True,
    ),
    Shape(
        "HyperCLOVA X SEED Think, whose thinking ends with its turn",
        "hyperclova",
        f"{TURNS}<|im_start|>assistant{{% if force_reasoning and not skip_reasoning %}}/think\n{{% endif %}}",
        ("<|im_start|>", "<|im_end|>"),
        "/think\nTwo and two.<|im_end|>\n<|im_start|>assistant\nIt is 4.",
        "Two and two.",
        "\nIt is 4.",
    ),
    Shape(
        "KAT, which judges first",
        "kat",
        f"{CHATML}{{# <judge> <think_on> #}}",
        (),
        "<judge>\nHard.\n</judge>\n\n<think_on>\n<think>\nTwo and two.\n</think>\n\n<answer>\nIt is 4.\n</answer>",
        "\nHard.\n</judge>\n\n<think_on>\n<think>\nTwo and two.\n",
        "\nIt is 4.\n",
    ),
    Shape(
        "ERNIE 4.5 Thinking, by its template and its vocabulary",
        "think-and-response",
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}Assistant: <think>\n",
        (*THINK_TOKENS, "<response>", "</response>"),
        "Two and two.\n</think>\n\n<response>\nIt is 4.\n</response>\n",
        "Two and two.\n",
        "\nIt is 4.\n",
        opens=True,
    ),
    Shape(
        "GLM-4.1V-Thinking, which boxes its answer",
        "think-and-answer",
        "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{% endfor %}<|assistant|>\n<think>{# <answer> #}",
        (*THINK_TOKENS, "<answer>", "</answer>", "<|begin_of_box|>", "<|end_of_box|>"),
        "Two and two.</think><answer>It is <|begin_of_box|>4<|end_of_box|>.</answer>",
        "Two and two.",
        "It is 4.",
        opens=True,
    ),
    Shape(
        "Marco-o1",
        "thought-and-output",
        f"<|im_start|>system\nThink in <Thought>, answer in <Output>.<|im_end|>\n{CHATML}",
        (),
        "<Thought>\nTwo and two.\n</Thought>\n<Output>\nIt is 4.\n</Output>",
        "\nTwo and two.\n",
        "\nIt is 4.\n",
    ),
    Shape(
        "s1, which thinks in a turn of its own",
        "unstated",
        CHATML,
        ("<|im_start|>", "<|im_end|>"),
        "<|im_start|>think\nTwo and two.\n<|im_start|>answer\nIt is 4.",
        "Two and two.\n",
        "It is 4.",
    ),
    Shape(
        "Granite 3.3",
        "think-and-response",
        f"Thoughts between <think></think>, responses between <response></response>.\n{CHATML}",
        (),
        "<think>Two and two.</think>\n<response>It is 4. </think> is text.</response>",
        "Two and two.",
        "It is 4. </think> is text.",
    ),
    Shape(
        "Hunyuan A13B",
        "think-and-answer",
        STRIPS.replace("assistant: ", "<think>{# <answer> #}\n"),
        (),
        "Two and two.\n</think>\n<answer>\nIt is 4.\n</answer>",
        "Two and two.\n",
        "\nIt is 4.\n",
        opens=True,
    ),
    Shape(
        "DeepSeek R1",
        "think",
        STRIPS.replace("assistant: ", "<｜Assistant｜><think>\n"),
        THINK_TOKENS,
        "Two and two.\n</think>\n\nIt is 4.",
        "Two and two.\n",
        "\n\nIt is 4.",
        opens=True,
    ),
    Shape(
        "Qwen3",
        "think",
        f"{CHATML}{{# <think> </think> #}}",
        THINK_TOKENS,
        "<think>\nTwo and two.\n</think>\n\nIt is 4.",
        "\nTwo and two.\n",
        "\n\nIt is 4.",
    ),
    Shape(
        "Qwen3 that is told not to think",
        "think",
        f"{CHATML}<think>\n\n</think>\n\n",
        THINK_TOKENS,
        "It is 4.",
        "",
        "It is 4.",
    ),
    Shape(
        "Nanbeige 4.1, which nobody told of its opening",
        "think",
        f"{CHATML}{{# </think> #}}",
        THINK_TOKENS,
        "Two and two.</think>It is 4.",
        "Two and two.",
        "It is 4.",
    ),
    Shape(
        "GLM 4.5, with words before",
        "think",
        f"{CHATML}{{# </think> #}}",
        THINK_TOKENS,
        "Well. <think>Two and two.</think>It is 4.",
        "Well. Two and two.",
        "It is 4.",
    ),
    Shape(
        "Phi-4-reasoning, spelled out, the opening left to the reader",
        "think",
        f"Structure: <think> {{Thought}} </think> {{Solution}}\n{CHATML}",
        (),
        "Two and two.\n</think>\n\nIt is 4.",
        "Two and two.\n",
        "It is 4.",
    ),
    Shape(
        "EXAONE Deep",
        "thought",
        "{% for m in messages %}[|{{ m.role }}|]{{ m.content }}\n{% endfor %}[|assistant|]<thought>\n",
        (),
        "Two and two.\n</thought>\n\nIt is 4.",
        "Two and two.\n",
        "\n\nIt is 4.",
        opens=True,
    ),
    Shape(
        "Reka Flash 3",
        "reasoning",
        "{% for m in messages %}{{ m.role }}: {{ m.content }} <sep> {% endfor %}assistant: <reasoning>\n",
        (),
        "Two and two.</reasoning>It is 4.",
        "Two and two.",
        "It is 4.",
        opens=True,
    ),
    Shape(
        "openPangu",
        "pangu",
        "{% for m in messages %}[unused9]{{ m.content }}[unused10]{% endfor %}[unused9]assistant:",
        ("[unused9]", "[unused10]", "[unused16]", "[unused17]"),
        "[unused16]Two and two.[unused17]It is 4.",
        "Two and two.",
        "It is 4.",
    ),
    Shape(
        "MedGemma, whose template and vocabulary tell nothing",
        "unstated",
        "{% for m in messages %}<start_of_turn>{{ m.content }}<end_of_turn>{% endfor %}<start_of_turn>model\n",
        (),
        "<unused94>thought\nTwo and two.<unused95>It is 4.",
        "Two and two.",
        "It is 4.",
    ),
    Shape(
        "a fine-tune that kept another's template, with words before",
        "unstated",
        CHATML,
        (),
        "Sure!\n<thinking>\nTwo and two.\n</thinking>\nIt is 4.",
        "Sure!\nTwo and two.\n",
        "\nIt is 4.",
    ),
    Shape(
        "a model that does not think",
        "unstated",
        CHATML,
        (),
        "Write `<think>` and `</think>` around it:\n\n    <think>a</think>\n\nIt is 4.",
        "",
        "Write `<think>` and `</think>` around it:\n\n    <think>a</think>\n\nIt is 4.",
    ),
]


def recognised(shape: Shape) -> Format:
    """The format of a file with this template and these tokens."""
    return formats().recognise(shape.template, shape.special.__contains__)


def tokens(text: str, special: tuple[str, ...], sizes: list[int]) -> Iterator[tuple[int, bytes]]:
    """The text as tokens: tags that are tokens by themselves, what is between in pieces of so many bytes."""
    lengths = iter(sizes)
    for part in re.split(f"({'|'.join(map(re.escape, special))})", text) if special else [text]:
        if part in special:
            yield special.index(part), part.encode()
            continue
        data = part.encode()
        while data:
            size = next(lengths, len(data))
            yield 1_000, data[:size]
            data = data[size:]


def split(shape: Shape, sizes: list[int]) -> Splitter:
    """The output in such pieces, split."""
    token_of = {tag: number for number, tag in enumerate(shape.special)}
    splitter = Splitter(Marks(recognised(shape), token_of.get), opens_thinking=shape.opens)
    count = 0
    for token, data in tokens(shape.output, shape.special, sizes):
        splitter.feed(token, data)
        count += 1
    splitter.end()
    assert splitter.n_thinking + splitter.n_answer == count
    return splitter


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.model)
def test_a_model_is_recognised_and_its_thinking_told_from_its_answer(shape: Shape) -> None:
    found = recognised(shape)
    assert found.name == shape.name
    prompt = render(shape.template, [{"role": "user", "content": "2+2?"}], {"bos_token": "", "eos_token": ""})["text"]
    assert found.is_open(prompt.rpartition("2+2?")[2]) is shape.opens
    splitter = split(shape, [3] * 200)
    assert (splitter.thinking, splitter.answer) == (shape.thinking, shape.answer)
    assert (splitter.n_thinking > 0) is bool(shape.thinking)
    assert (splitter.n_answer > 0) is bool(shape.answer)


@given(st.sampled_from(SHAPES), st.lists(st.integers(1, 7), max_size=80))
def test_the_texts_are_the_same_in_whatever_tokens_they_come(shape: Shape, sizes: list[int]) -> None:
    splitter = split(shape, sizes)
    assert (splitter.thinking, splitter.answer) == (shape.thinking, shape.answer)


TEXT = st.lists(
    st.sampled_from(["a", " ", "\n", "\n\n", "☃", *sorted(set().union(*(one.tags() for one in formats().all)))])
).map("".join)


@given(st.sampled_from(formats().all), TEXT, st.lists(st.integers(1, 9), max_size=60), st.booleans())
def test_any_text_of_any_format_is_split_alike_in_any_tokens(
    form: Format, text: str, sizes: list[int], opens: bool
) -> None:
    marks = Marks(form)
    whole, parts = Splitter(marks, opens_thinking=opens), Splitter(marks, opens_thinking=opens)
    whole.feed(1_000, text.encode())
    whole.end()
    for token, data in tokens(text, (), sizes):
        parts.feed(token, data)
    parts.end()
    assert (parts.thinking, parts.answer) == (whole.thinking, whole.answer)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.model)
def test_thinking_that_is_ended_early_leads_to_the_answer(shape: Shape) -> None:
    if not shape.thinking or shape.name == "unstated":
        return
    form = recognised(shape)
    token_of = {tag: number for number, tag in enumerate(shape.special)}
    splitter = Splitter(Marks(form, token_of.get), opens_thinking=True)
    for token, data in tokens(f"Hm, let{form.to_answer} 4", shape.special, [2] * 100):
        splitter.feed(token, data)
    splitter.end()
    assert (splitter.thinking, splitter.answer.strip()) == ("Hm, let", "4")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.model)
def test_thinking_that_is_cut_off_is_no_answer(shape: Shape) -> None:
    start, found, _ = shape.output.partition("Two and")
    if not found or not (shape.opens or start):
        return  # nothing tells yet that it is thinking
    token_of = {tag: number for number, tag in enumerate(shape.special)}
    splitter = Splitter(Marks(recognised(shape), token_of.get), opens_thinking=shape.opens)
    for token, data in tokens(start + found, shape.special, [2] * 100):
        splitter.feed(token, data)
    splitter.end()
    assert splitter.answer == ""
    assert splitter.thinking.endswith("Two and")


def test_a_quoted_opening_far_into_an_answer_is_text() -> None:
    text = f"{'It is four. ' * 30}\n<think>\nquoted\n</think>\n\nThe end."
    splitter = Splitter(Marks())
    splitter.feed(1_000, text.encode())
    splitter.end()
    assert (splitter.thinking, splitter.answer) == ("", text)


def test_every_format_has_its_own_name_and_leads_to_the_answer() -> None:
    found = formats()
    assert len({one.name for one in found.all}) == len(found.all) > 15
    assert found.version >= 1
    for one in found.all:
        assert one.pairs
        assert one.to_answer
        assert one.to_answer.startswith(one.closings())
    assert found.recognise("", lambda _: False) is found.all[-1]


def test_white_space_without_end_is_an_answer() -> None:
    splitter = Splitter(Marks())
    for _ in range(300):
        splitter.feed(1_000, b"\n")
    splitter.end()
    assert (splitter.answer, splitter.n_answer, splitter.n_thinking) == ("\n" * 300, 300, 0)
