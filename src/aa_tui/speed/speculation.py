"""What the study of speculation measures: texts, what batches and drafts cost, and texts written with and without.

Nothing here writes anything down. A piece is small: one text written, or one pair.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

from aa_tui.analysis.speculating import Costs, Setting
from aa_tui.engine.chat import ChatTemplate, Message, chat_prompt
from aa_tui.engine.llama import LlamaEngine
from aa_tui.engine.mtp import MtpDrafter
from aa_tui.engine.speculation import (
    Ask,
    Drafter,
    ModelDrafter,
    NgramDrafter,
    Sequences,
    Written,
    logit_gap,
    write,
)
from aa_tui.gguf.reasoning import formats
from aa_tui.resources import data_folder
from aa_tui.speed.errors import SpeedError
from aa_tui.textsafe import clean_line

KINDS = ("code", "prose", "mathematics", "copying")
"""The kinds of bundled texts."""

COST_REPETITIONS = 8
LONG_S = 0.1
"""From here on it says little what came before."""

Stop = Callable[[], bool]
Joules = Callable[[], float | None]


@dataclass(frozen=True, slots=True)
class Text:
    """A bundled prompt."""

    name: str
    kind: str
    prompt: str


def texts(kinds: Sequence[str] | None = None) -> tuple[Text, ...]:
    """The bundled texts of these kinds, all by default. Raises SpeedError: no such kind, or they cannot be read."""
    unknown = next((one for one in kinds or () if one not in KINDS), None)
    if unknown is not None:
        raise SpeedError(f"There are no texts of the kind “{clean_line(unknown)}”: there are {', '.join(KINDS)}.")
    path = data_folder("evals") / "speed" / "speculation.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))["texts"]
        every = tuple(Text(str(one["name"]), str(one["kind"]), str(one["prompt"]).strip()) for one in found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SpeedError(f"The texts in {clean_line(str(path))} cannot be read: install aa-tui again.") from error
    return tuple(one for one in every if kinds is None or one.kind in kinds)


def prompts(engine: LlamaEngine, wanted: Iterable[Text]) -> list[tuple[int, ...]]:
    """The tokens of each text, through the file's chat template where it has one. Raises EngineError as that does."""
    source = engine.chat_template
    if not source:
        return [tuple(engine.tokenize(f"{one.prompt}\n\n")) for one in wanted]
    template = ChatTemplate(source, *engine.end_texts())
    reasoning = formats().recognise(source, lambda tag: engine.control_token(tag) is not None)
    return [chat_prompt(engine, template, [Message("user", one.prompt)], reasoning).tokens for one in wanted]


@dataclass(frozen=True, slots=True)
class Decoders:
    """What texts are written with: plainly, and with drafts; a second model and the file's own layers draft, or None.

    `plain` and `model` are the same but for recurrent models, which keep more of their states to go back.
    """

    plain: Sequences
    model: Sequences
    draft: Sequences | None = None
    mtp: MtpDrafter | None = None

    def drafter(self, setting: Setting) -> Drafter:
        """What drafts with a setting. Raises SpeedError where it needs what is not there."""
        if setting.ngram:
            return NgramDrafter(setting.ngram)
        if setting.mtp:
            if self.mtp is None:
                raise SpeedError("The file's own layers cannot draft: leave them out with --no-mtp.")
            return self.mtp
        if self.draft is None:
            raise SpeedError("A draft model is needed: name one with --draft.")
        return ModelDrafter(self.draft, self.model.engine.n_vocab)


def measure_costs(
    decoders: Decoders,
    prompt: Sequence[int],
    output: Sequence[int],
    sizes: Sequence[int],
    *,
    repetitions: int = COST_REPETITIONS,
) -> Costs:
    """What a batch of each size and a draft of each length take, in seconds, in the middle of a text.

    They are timed as they follow one another when a text is written: each draft before its batch, and batches of one
    size in a row, since llama.cpp builds its graph anew when a size changes, and two models push each other out of the
    processor's memory. The quickest of each counts: what else the machine does can only add to it.
    """
    half = len(output) // 2
    context = [*prompt, *output[:half]]
    tokens = [context[-1], *output[half:]]
    tokens += [tokens[-1]] * (max(sizes) - len(tokens))
    model, mtp = decoders.model, decoders.mtp
    drafters: dict[str, Drafter] = {}
    if decoders.draft is not None:
        drafters["draft"] = ModelDrafter(decoders.draft, model.engine.n_vocab)
    if mtp is not None:
        drafters["mtp"] = mtp
        mtp.begin(0, context)  # which needs the model's memory
        model.tell(None)
    batches: dict[int, list[float]] = {}
    drafts: dict[tuple[str, int], list[float]] = {}
    plain: list[float] = []
    for _ in range(repetitions):
        plain.append(_round_s(decoders.plain, None, context, tokens[:1])[1])
        for size in sizes:
            kinds = [kind for kind in drafters if size > 1 and not _is_beyond(mtp, kind, size - 1)]
            for kind in kinds or [""]:
                draft_s, batch_s = _round_s(model, drafters.get(kind), context, tokens[:size])
                batches.setdefault(size, []).append(batch_s)
                if kind:
                    drafts.setdefault((kind, size - 1), []).append(draft_s)
    quickest = {key: min(found) for key, found in drafts.items()}
    verify_s = {size: min(found) for size, found in batches.items()}
    plain_s = min(plain)
    if decoders.plain is model:
        verify_s[1] = plain_s
    return Costs(
        verify_s=verify_s,
        draft_s={size: value for (kind, size), value in quickest.items() if kind == "draft"},
        mtp_s={size: value for (kind, size), value in quickest.items() if kind == "mtp"},
        plain_s=None if decoders.plain is model else plain_s,
    )


def _is_beyond(mtp: MtpDrafter | None, kind: str, n_draft: int) -> bool:
    return kind == "mtp" and mtp is not None and mtp.most is not None and n_draft > mtp.most


def _round_s(
    model: Sequences, drafter: Drafter | None, context: Sequence[int], tokens: Sequence[int]
) -> tuple[float, float]:
    """The seconds of a draft and of the batch that checks it: of the second round of two, as the first pays for what
    came before. One that takes long is not repeated."""
    found = (0.0, 0.0)
    for _ in range(2):
        draft_s = 0.0 if drafter is None else _draft_s(model, drafter, context, len(tokens) - 1)
        found = draft_s, _batch_s(model, context, tokens)
        if sum(found) > LONG_S:
            break
    return found


def _draft_s(model: Sequences, drafter: Drafter, context: Sequence[int], n_draft: int) -> float:
    """The seconds of a draft after a context."""
    if isinstance(drafter, MtpDrafter):
        drafter.begin(0, context, behind=1)  # a token was accepted
    else:
        drafter.begin(0, context)
    model.tell(None)
    start = perf_counter()
    drafter.draft([Ask(0, context, n_draft)])
    return perf_counter() - start


def _batch_s(sequences: Sequences, context: Sequence[int], tokens: Sequence[int]) -> float:
    """The seconds of a batch after a context, of which all but the first token are taken back as wrong drafts are.

    The first stays, since recurrent models cannot take back a whole batch: the context grows by a few tokens.
    """
    n_held = len(sequences.held[0])
    if sequences.held[0][: len(context) - 1] != list(context[:-1]) or (
        n_held + len(tokens) > sequences.engine.settings.n_ctx
    ):
        sequences.prepare(0, context[:-1])
        n_held = len(context) - 1
    start = perf_counter()
    row = sequences.add(0, tokens)
    sequences.decode()
    for at in range(len(tokens)):
        sequences.choose(row + at)
    sequences.keep(0, n_held + 1)
    return perf_counter() - start


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where two outputs part: the token's number, what each wrote there, and by how much plain decoding preferred its
    own, and by how much logits there depend on the shapes of batches."""

    at: int
    plain: str
    speculated: str
    gap: float
    shift: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The same texts written plainly and with drafts, one right after the other."""

    plain: Written
    speculated: Written
    plain_joules: float | None
    joules: float | None
    divergence: Divergence | None

    @property
    def ratio(self) -> float:
        """How many times as fast: of seconds for a token."""
        plain, speculated = self.plain, self.speculated
        return (plain.seconds / plain.n_tokens) / (speculated.seconds / speculated.n_tokens)


def measure_pair(
    decoders: Decoders,
    setting: Setting,
    asked: Sequence[Sequence[int]],
    max_tokens: int,
    *,
    plain_first: bool,
    should_stop: Stop,
    joules: Joules,
) -> Pair:
    """Write texts twice. Raises as `write` and `Decoders.drafter`."""
    drafter = decoders.drafter(setting)

    def once(using: Drafter | None) -> tuple[Written, float | None]:
        before = joules()
        if using is None:
            found = write(decoders.plain, asked, max_tokens, should_stop=should_stop)
        else:
            found = write(decoders.model, asked, max_tokens, using, setting.n_draft, should_stop=should_stop)
        after = joules()
        return found, None if before is None or after is None else after - before

    if plain_first:
        (plain, plain_joules), (speculated, used) = once(None), once(drafter)
    else:
        (speculated, used), (plain, plain_joules) = once(drafter), once(None)
    return Pair(plain, speculated, plain_joules, used, _divergence(decoders, asked, plain, speculated))


def _divergence(
    decoders: Decoders, asked: Sequence[Sequence[int]], plain: Written, speculated: Written
) -> Divergence | None:
    engine = decoders.model.engine
    for prompt, ours, theirs in zip(asked, plain.outputs, speculated.outputs, strict=True):
        at = next((n for n, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), None)
        if at is not None:
            gap, shift = logit_gap(decoders.plain, decoders.model, prompt, ours, at=at, other=theirs[at])
            return Divergence(at, _text(engine, ours[at]), _text(engine, theirs[at]), gap, shift)
    return None


def _text(engine: LlamaEngine, token: int) -> str:
    return clean_line(engine.piece(token).decode("utf-8", "replace"))
