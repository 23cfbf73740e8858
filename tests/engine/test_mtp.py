"""Drafts by a file's own layers for multi-token prediction, on tiny networks with the real llama.cpp."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import mtp_files

from aa_tui.analysis.speculating import Round, replay_runs
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import EngineSettings, open_model
from aa_tui.engine.mtp import HeadSequences, MtpDrafter, heads_of, runs_of
from aa_tui.engine.speculation import NgramDrafter, Sequences, check_rewinds, write
from aa_tui.gguf.header import read_header

SETTINGS = EngineSettings(n_ctx=768, n_parallel=2, kv_unified=True, n_threads=1, n_gpu_layers=0, mtp=True)
TEXTS = ("Twelve and thirty are", "What is left of it?")
N = 40
NOISE = {"step35": 0.005, "qwen35": 0.03}
"""Enough for some of the drafts to be wrong."""


@contextmanager
def opened(path: Path, n_heads: int, **changes: Any) -> Iterator[tuple[Sequences, MtpDrafter]]:
    """The model and its heads."""
    with ExitStack() as stack:
        engine = stack.enter_context(open_model(path, replace(SETTINGS, **changes)))
        model = stack.enter_context(Sequences(engine))
        context = stack.enter_context(engine.beside(replace(engine.settings, n_rollback=0), of_heads=True))
        yield model, MtpDrafter(model, stack.enter_context(HeadSequences(context, n_heads)))


def prompts(model: Sequences) -> list[list[int]]:
    return [model.engine.tokenize(text, add_special=False) for text in TEXTS]


def test_heads_that_know_the_table_are_right_once_the_text_follows_it(tmp_path: Path) -> None:
    path = mtp_files.write(tmp_path / "model.gguf")
    assert heads_of(read_header(path)).can_draft
    with opened(path, 1) as (model, mtp):
        asked = prompts(model)[0]
        plain = write(model, [asked], N)
        for n_draft in (1, 3, 8):
            drafted = write(model, [asked], N, mtp, n_draft)
            assert drafted.outputs == plain.outputs
            whole, rest = divmod(N - 1, n_draft + 1)
            right = (Round(n_draft, n_draft),) * whole + (Round(rest - 1, rest - 1),) * (rest > 0)
            assert drafted.rounds == (Round(n_draft, 0), *right), "the prompt's last token was no news of the table's"


@pytest.mark.parametrize(("architecture", "n_heads"), [("step35", 1), ("step35", 3), ("qwen35", 1)])
def test_what_would_be_accepted_is_known_before_and_no_token_changes(
    tmp_path: Path, architecture: mtp_files.Architecture, n_heads: int
) -> None:
    """With noise drafts depend on all that the heads remember: a state or a place that is off shows."""
    path = mtp_files.write(
        tmp_path / "model.gguf", architecture=architecture, n_heads=n_heads, noise=NOISE[architecture]
    )
    with opened(path, n_heads, n_rollback=5) as (model, mtp):
        check_rewinds(model)
        for asked in prompts(model):
            plain = write(model, [asked], N)
            runs = runs_of(mtp, asked, plain.outputs[0], 5)
            assert 0 < sum(runs) < 5 * N, "some are right and some are wrong"
            for n_draft in (1, 2, 3) if n_heads > 1 else (1, 2, 5):
                drafted = write(model, [asked], N, mtp, n_draft)
                assert drafted.outputs == plain.outputs
                assert list(drafted.rounds) == replay_runs(runs, n_draft, N)


@pytest.mark.parametrize(("architecture", "n_heads"), [("step35", 1), ("step35", 3), ("qwen35", 1)])
def test_two_texts_at_once_stay_apart(tmp_path: Path, architecture: mtp_files.Architecture, n_heads: int) -> None:
    path = mtp_files.write(
        tmp_path / "model.gguf", architecture=architecture, n_heads=n_heads, noise=NOISE[architecture]
    )
    with opened(path, n_heads, n_rollback=3) as (model, mtp):
        asked = prompts(model)
        alone = [write(model, [one], N) for one in asked]
        accepted = [sum(one.n_accepted for one in write(model, [text], N, mtp, 3).rounds) for text in asked]
        both = write(model, asked, N, mtp, 3)
        assert list(both.outputs) == [one.outputs[0] for one in alone]
        assert sum(one.n_accepted for one in both.rounds) == sum(accepted)


def test_several_heads_draft_a_token_each(tmp_path: Path) -> None:
    path = mtp_files.write(tmp_path / "model.gguf", n_heads=2)
    with opened(path, 2) as (model, mtp):
        asked = prompts(model)[0]
        assert mtp.most == 2
        assert write(model, [asked], 25, mtp, 8).rounds[:2] == (Round(2, 0), Round(2, 2))


def test_a_recurrent_model_goes_back_by_the_states_it_kept(tmp_path: Path) -> None:
    path = mtp_files.write(tmp_path / "model.gguf", architecture="qwen35", noise=NOISE["qwen35"])
    with opened(path, 1, n_rollback=4) as (model, _):
        settings = replace(model.engine.settings, n_rollback=0)
        with model.engine.beside(settings) as other, Sequences(other) as plain:
            asked = prompts(model)[0] * 3
            drafted = write(model, [asked], N, NgramDrafter(2), 4)
            assert drafted.outputs == write(plain, [asked], N).outputs
            assert any(one.n_accepted < one.n_drafted for one in drafted.rounds), "some had to be taken back"
            with pytest.raises(EngineError, match="keeps a running state"):
                check_rewinds(plain)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"architecture": "exaone4"}, "llama.cpp does not compute such layers of exaone4 models"),
        ({"n_heads": 0, "stated": 1}, "the file tells of such layers but does not have them"),
        ({"n_heads": 2, "stated": 3}, "only 2 of the file's 3 such layers are there"),
        ({"architecture": "qwen35", "n_heads": 2}, "llama.cpp computes one such layer of qwen35 models, not 2"),
    ],
)
def test_what_cannot_draft_is_said(tmp_path: Path, made: dict[str, Any], words: str) -> None:
    found = heads_of(read_header(mtp_files.write(tmp_path / "model.gguf", **made)))
    assert not found.can_draft
    assert found.why_not == words


def test_a_file_without_such_layers_has_no_heads(tmp_path: Path) -> None:
    found = heads_of(read_header(mtp_files.write(tmp_path / "model.gguf", n_heads=0)))
    assert (found.n, found.why_not, found.can_draft) == (0, "", False)
