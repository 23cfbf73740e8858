"""The bundled model with the real llama.cpp: it thinks, answers, stops, and scores what its card says."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator

import pytest

from aa_tui.engine.llama import EngineSettings, LlamaEngine, open_model
from aa_tui.gguf.bundled import models_folder, read_manifest
from aa_tui.gguf.header import read_header
from aa_tui.resources import data_folder
from nano import vocabulary
from score_nano import read_pack, rendered, score, wilson

FOLDER = models_folder()
MANIFEST = read_manifest(FOLDER / "aa-nano.toml")
CARD = (FOLDER / "README.md").read_text(encoding="utf-8")
REPLY = re.compile(r"<think>\n[^<>]*(?:[<>][^<>]*)*\n</think>\nAnswer: \S+")
SUBSET = 40


@pytest.fixture(scope="module", params=[one.file for one in MANIFEST.files])
def engine(request: pytest.FixtureRequest) -> Iterator[LlamaEngine]:
    with open_model(FOLDER / request.param, EngineSettings(n_ctx=4096)) as opened:
        yield opened


def test_the_files_are_what_the_manifest_says() -> None:
    assert len(MANIFEST.files) == 2
    assert MANIFEST.reasoning
    assert sum(one.size_bytes for one in MANIFEST.files) < 10_000_000
    for one in MANIFEST.files:
        data = (FOLDER / one.file).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (one.size_bytes, one.sha256)
        header = read_header(FOLDER / one.file)
        assert (header.quant, header.n_params) == (one.quant, MANIFEST.total_params)


def test_llama_cpp_reads_text_as_training_did(engine: LlamaEngine) -> None:
    for text in (
        rendered('What is 3 + 4?\nEnd with "Answer: X".'),
        "<think>\n3+4+0=7 7\n</think>\nAnswer: 7<|im_end|>",
        " two  spaces, ünïcödé, 日本 and a tab\t.",
    ):
        assert engine.tokenize(text, parse_special=True) == [vocabulary.BOS_ID, *vocabulary.encode(text)]


def test_the_chat_template_gives_the_prompt_of_training() -> None:
    jinja2 = pytest.importorskip("jinja2")
    template = jinja2.Template(vocabulary.TEMPLATE, keep_trailing_newline=True)
    messages = [{"role": "user", "content": "Reverse the word tide."}]
    text = template.render(messages=messages, add_generation_prompt=True)
    assert text == vocabulary.prompt("Reverse the word tide.", instruction=False) == rendered(messages[0]["content"])
    for one in MANIFEST.files:
        assert vocabulary.TEMPLATE.encode() in (FOLDER / one.file).read_bytes()


def test_it_thinks_answers_and_stops(engine: LlamaEngine) -> None:
    pack, items = read_pack(data_folder("evals") / "nano")
    first = [next(one for one in items if one["category"] == category) for category in pack["graders"]]
    outcomes = score(engine, pack, first)
    for outcome in outcomes:
        assert REPLY.fullmatch(outcome.text), outcome.text
        assert outcome.stopped
    assert sum(outcome.right for outcome in outcomes) >= len(outcomes) - 2


@pytest.mark.long
def test_a_sample_scores_what_the_card_says(engine: LlamaEngine) -> None:
    pack, items = read_pack(data_folder("evals") / "nano")
    outcomes = score(engine, pack, random.Random(7).sample(items, SUBSET))
    low, high = wilson(sum(one.right for one in outcomes), SUBSET)
    stated_low, stated_high = stated_interval(engine.path.name)
    assert low <= stated_high
    assert high >= stated_low
    assert sum(one.stopped for one in outcomes) >= SUBSET - 2


def stated_interval(file: str) -> tuple[float, float]:
    """The interval of the score over all items that the model card gives for a file."""
    table = CARD.split(f"`{file}`", 2)[-1]
    found = re.search(r"^\| all \|.*\| (\d+\.\d)%–(\d+\.\d)% \|", table, re.MULTILINE)
    assert found is not None, file
    return float(found[1]) / 100, float(found[2]) / 100


@pytest.mark.long
@pytest.mark.repeats
def test_it_answers_after_a_long_conversation(engine: LlamaEngine) -> None:
    """Behind more than two thousand tokens of earlier turns it still answers in form, and mostly right."""
    pack, items = read_pack(data_folder("evals") / "nano")
    easy = [one for one in items if one["level"] == 1 and one["category"] in {"addition", "subtraction", "reversal"}]
    outcomes = score(engine, pack, random.Random(3).sample(easy, 6), after_tokens=2100)
    for outcome in outcomes:
        assert REPLY.fullmatch(outcome.text), outcome.text
        assert outcome.stopped
    assert sum(outcome.right for outcome in outcomes) >= 4


def test_wilson_interval() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)  # Brown, Cai and DasGupta 2001 give the formula
    assert wilson(0, 5)[0] == 0
    assert wilson(5, 5)[1] == 1
