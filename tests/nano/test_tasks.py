"""The tasks of aa-nano: right answers, thoughts that lead to them, and the split that keeps held-out ones apart."""

from __future__ import annotations

import re
from random import Random

import pytest

from nano import tasks, vocabulary
from nano.pack import items
from nano.rows import Rows
from nano.tasks import FAMILIES, GRADERS, LEVELS, Task, held_out, make

PER_LEVEL = 150


def solved(task: Task) -> str:
    """The answer to a task, found from its key or question without looking at its thought."""
    kind, *rest = task.key.split(" ")
    if task.family == "choice":
        question, *options = task.question.split("\n")
        return next(line[0] for line in options if line[3:] == plain_answer(kind, rest, question))
    return plain_answer(kind, rest, task.question)


def plain_answer(kind: str, rest: list[str], question: str) -> str:
    numbers = [int(one) for one in rest if one.isdecimal()]
    if kind in {"compare", "extreme"}:
        largest = any(word in question for word in ("larg", "bigger", "greater"))
        return str(max(numbers) if largest else min(numbers))
    answers = {
        "add": lambda: str(sum(numbers)),
        "subtract": lambda: str(numbers[0] - numbers[1]),
        "sort": lambda: rest[0],
        "count": lambda: str(rest[1].count(rest[0])),
        "reverse": lambda: rest[0][::-1],
    }
    return answers[kind]()


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_are_right_and_follow_from_the_thoughts(family: str) -> None:
    source = Random(11)
    for level in LEVELS:
        for _ in range(PER_LEVEL):
            task = make(family, level, source, evaluation=False)
            assert (task.family, task.level) == (family, level)
            assert task.answer == solved(task), task
            check_thought(task)
            text = vocabulary.prompt(task.question, instruction=True) + vocabulary.reply(task)
            assert len(vocabulary.encode(text)) < 256
            assert len(vocabulary.encode(vocabulary.reply(task))) < 120


def check_thought(task: Task) -> None:
    """The last line of the thought holds the answer, as the family writes it."""
    lines = task.thought.split("\n")
    last = lines[-1]
    if task.family in {"addition", "subtraction"}:
        assert int(last.split()[-1]) == int(task.answer)
    elif task.family == "comparison":
        left, right = lines[0].split()
        signs = [step[1] for step in last.split()]
        assert signs[-1] in "<>"
        assert set(signs[:-1]) <= {"="}
        assert (int(left) < int(right)) == (signs[-1] == "<")
    elif task.family == "sorting":
        assert "".join(line[0] for line in lines[1:]) == task.answer
    elif task.family == "counting":
        assert last.split()[-1][1:] == task.answer
    elif task.family == "reversal":
        assert "".join(step[1:] for step in last.split()) == task.answer
    else:
        assert last.endswith(f"={task.answer}")


@pytest.mark.long
def test_the_same_problem_has_one_key_however_it_is_put() -> None:
    source = Random(5)
    pairs: dict[str, set[str]] = {}
    for _ in range(60_000):
        task = tasks.FAMILIES[source.choice(("addition", "choice"))](1, source)
        if task.key.startswith("add "):
            pairs.setdefault(task.key, set()).add(f"{task.family} {task.question.splitlines()[0]}")
    swapped = [
        key for key, asked in pairs.items() if {f"addition What is {a} + {b}?" for a, b in both_ways(key)} <= asked
    ]
    assert len(swapped) > 100  # both orders, one key
    assert any(len({one.split()[0] for one in asked}) == 2 for asked in pairs.values())  # plain and as a choice


def both_ways(key: str) -> list[tuple[str, str]]:
    _, a, b = key.split()
    return [(a, b), (b, a)]


def test_training_and_held_out_never_meet() -> None:
    pack_keys = {item.task.key for item in items()}
    assert len(pack_keys) == len(items())
    assert all(held_out(key) for key in pack_keys)
    source = Random(20260615)
    trained: set[str] = set()
    evaluated: set[str] = set()
    for family in FAMILIES:
        for level in LEVELS:
            trained |= {make(family, level, source, evaluation=False).key for _ in range(700)}
            evaluated |= {make(family, level, source, evaluation=True).key for _ in range(70)}
    assert not trained & (pack_keys | evaluated)
    assert not any(held_out(key) for key in trained)
    assert len(trained) > 10_000


def test_what_training_reads_is_never_held_out() -> None:
    """The very rows of training, not only the generator behind them."""
    kept_apart = {(item.task.question, item.task.answer) for item in items()}
    rows = Rows(seed=20260615)
    names = [piece for piece, _ in vocabulary.pieces()]
    n_turns = 0
    for length in (257,) * 700 + (1025,) * 20 + (4097,) * 4:
        tokens, targets = rows.row(length, dict.fromkeys(FAMILIES, 1.0))
        assert len(tokens) == len(targets) == length
        text = "".join(names[token] for token in tokens).replace("▁", " ").replace("<0x0A>", "\n")
        turns = re.findall(r"user\n([^|]*)<\|im_end\|>\n<\|im_start\|>assistant\n.*?Answer: (\w+)<", text, re.DOTALL)
        assert turns
        n_turns += len(turns)
        assert not {(asked.removesuffix(f"\n{tasks.INSTRUCTION}"), answer) for asked, answer in turns} & kept_apart
    assert n_turns > 1_500


def test_the_families_have_graders() -> None:
    assert set(GRADERS) == set(FAMILIES)
