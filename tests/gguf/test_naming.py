"""What a file's model is called."""

from __future__ import annotations

import pytest

from aa_tui.gguf.naming import model_name


@pytest.mark.parametrize(
    ("header", "file", "name"),
    [
        ("Smollm2 135M 8k Lc100K Mix1 Ep2", "SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct"),
        ("Checkpoint 1200", "Fancy-1B-Q4_K_M.gguf", "Fancy-1B"),
        ("Fancy 1B Step5000", "fancy-1b-chat.Q8_0.gguf", "fancy-1b-chat"),
        ("4c0ffee4c0ffee4c0ffee4c0", "Fancy-1B-Q8_0.gguf", "Fancy-1B"),
        ("Step3 Mini", "Step3-Mini-Q4_K_M.gguf", "Step3 Mini"),  # both say so: that is its name
        ("Fancy 1B Ep2", "model.gguf", "Fancy 1B Ep2"),  # the file's name says less still
        ("Gemma 3 270m", "gemma-3-270m-q4_k_m.gguf", "Gemma 3 270m"),
        ("Qwen3 0.6B", "something-else.gguf", "Qwen3 0.6B"),
        ("Fancy-Q8_0", "tiny:1b", "Fancy"),
        (None, "Fancy-1B.Q4_1.gguf", "Fancy-1B"),
        ("", "Fancy-1B.Q4_1.gguf", "Fancy-1B"),
    ],
)
def test_a_training_runs_name_gives_way_to_the_files(header: str | None, file: str, name: str) -> None:
    assert model_name(header, file) == name
