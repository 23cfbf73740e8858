"""What one request writes: stop texts found wherever they fall, clocks and rate as they are defined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.engine.errors import EngineError
from aa_tui.engine.output import Output, StopTexts
from aa_tui.engine.requests import Request, check_request
from aa_tui.engine.thinking import Marks
from aa_tui.gguf.reasoning import formats

MARKS = Marks(formats().named("think"), {"<think>": 1, "</think>": 2}.get)
END = 0


@given(
    st.lists(st.text("abc", max_size=4), max_size=30),
    st.lists(st.text("abc", max_size=5), max_size=3),
)
def test_stop_texts_are_found_as_if_the_whole_text_were_searched(pieces: list[str], stops: list[str]) -> None:
    found, whole = StopTexts(stops), ""
    for piece in pieces:
        whole += piece
        places = [at for stop in stops if stop and (at := whole.find(stop)) >= 0]
        assert found.find(piece) == min(places, default=None)
        if places:
            return


def written(tokens: list[tuple[int, bytes, float]], **options: object) -> Output:
    """An output that started at 10 s after half a second in the queue."""
    request = Request("a", (5, 6), 100, **options)  # type: ignore[arg-type]
    output = Output(request, MARKS, queued_s=0.5, started=10.0, loop_guard=True)
    for token, data, now in tokens:
        output.take(token, data, now, is_end=token == END)
    return output


def test_clocks_and_rate() -> None:
    output = written([(1, b"", 11.0), (7, b"hm", 12.0), (2, b"", 13.0), (8, b"yes", 14.0), (END, b"", 15.0)])
    assert output.reason == "stop"
    done = output.finished("stop", 99.0, n_cached=1)
    clocks = done.clocks
    assert (clocks.queued_s, clocks.ttft_s, clocks.ttfat_s, clocks.e2e_s) == (0.5, 1.0, 4.0, 5.0)
    assert done.output_tps == 1.0  # five tokens with the end's, four steps in four seconds
    assert (done.n_thinking, done.n_answer, done.n_output) == (3, 1, 4)
    assert (done.n_thinking_chars, done.n_answer_chars) == (2, 3)
    assert (done.thinking, done.answer) == ("hm", "yes")


def test_what_never_wrote_has_no_clocks_but_the_time_it_took() -> None:
    done = written([]).finished("cancelled", 12.0)
    assert (done.clocks.ttft_s, done.clocks.ttfat_s, done.clocks.e2e_s, done.output_tps) == (None, None, 2.0, None)


def test_an_output_of_more_text_than_its_tokens_hold_is_cut_short() -> None:
    output = written([(8, b"x" * 60_000, 11.0), (8, b"y" * 60_000, 12.0)])
    assert output.reason == "length"
    done = output.finished("length", 13.0)
    assert done.answer == "x" * 60_000
    assert "more text than so many tokens hold" in done.message
    assert written([(8, b"x" * 60_000, 11.0)]).finished("length", 12.0).message == ""


def test_an_end_that_is_to_be_ignored_is_text() -> None:
    output = written([(8, b"a", 11.0), (END, b"</s>", 12.0), (8, b"b", 13.0)], ignore_eos=True)
    assert output.reason is None
    assert output.finished("length", 13.0).answer == "a</s>b"


def test_a_stop_text_over_tokens_cuts_the_answer_and_not_the_count() -> None:
    output = written([(8, b"one S", 11.0), (8, b"TO", 12.0), (8, b"P two", 13.0)], stop=("STOP",))
    assert output.reason == "stop"
    done = output.finished("stop", 13.0)
    assert (done.answer, done.n_answer) == ("one ", 3)
    assert done.output_tps == 1.0


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request("q\x1b[31m", (), 5), r"the prompt of q.* has no tokens"),
        (Request("a", (1,), 0), "no tokens"),
        (Request("a", (1,) * 90, 11), "A prompt of 90 tokens and 11 to generate do not fit the 100"),
    ],
)
def test_a_request_can_be_checked_beforehand(request_: Request, words: str) -> None:
    with pytest.raises(EngineError, match=words) as caught:
        check_request(request_, 100)
    assert "\x1b" not in str(caught.value)
    check_request(Request("a", (1,) * 90, 10), 100)


def test_a_stop_text_is_looked_for_anew_where_the_answer_begins_late() -> None:
    tokens = [(7, b"I think so", 11.0), (2, b"</think>", 12.0), (8, b"one S", 13.0), (8, b"TOP", 14.0)]
    output = written(tokens, stop=("STOP",))
    done = output.finished("stop", 14.0)
    assert (done.thinking, done.answer, output.reason) == ("I think so", "one ", "stop")
    assert done.clocks.ttfat_s == 3.0
