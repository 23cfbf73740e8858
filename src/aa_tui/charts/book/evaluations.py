"""A small bar chart for each evaluation: published, lab-claimed and locally measured scores kept apart by mark."""

from __future__ import annotations

from dataclasses import replace

from aa_tui.analysis import display
from aa_tui.catalog.metric_names import name_and_setting
from aa_tui.catalog.offers import FigureRow
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.evaluated import figure
from aa_tui.charts.here.evaluations import current, held_mark, percent_interval, undecided
from aa_tui.charts.of_models import Figure, bar_chart, short_name
from aa_tui.charts.reading import Evaluated
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Bar, BarChart, Chart, PanelChart

_TITLES = {
    "mmlu_pro": "MMLU-Pro",
    "gpqa": "GPQA Diamond",
    "hle": "Humanity's Last Exam",
    "livecodebench": "LiveCodeBench",
    "scicode": "SciCode",
    "math_500": "MATH-500",
    "aime": "AIME",
    "aime_25": "AIME 2025",
    "ifbench": "IFBench",
    "lcr": "Long-context reasoning",
    "terminalbench_hard": "Terminal-Bench Hard",
    "terminalbench_v2_1": "Terminal-Bench 2.1",
    "tau2": "τ²-Bench",
    "tau_banking": "τ-Bench Banking",
    "gsm8k": "GSM8K",
    "humaneval": "HumanEval",
    "mbpp": "MBPP",
    "ifeval": "IFEval",
    "bbh": "BIG-Bench Hard",
    "cruxeval": "CRUXEval",
    "arc-challenge": "ARC-Challenge",
    "hle_text": "Humanity's Last Exam, text",
    "livecodebench_v6": "LiveCodeBench v6",
    "lcb_pro_easy": "LiveCodeBench Pro, easy",
    "lcb_pro_medium": "LiveCodeBench Pro, medium",
    "aime_2026_i": "AIME 2026 I",
    "hmmt_nov": "HMMT November",
    "imo_answer": "IMO AnswerBench",
    "arena_hard_v2": "Arena-Hard v2",
    "bfcl_v4": "BFCL v4",
    "mmlu": "MMLU",
    "mmlu_redux": "MMLU-Redux",
    "gpqa_main": "GPQA, main set",
    "gpqa_any": "GPQA, set not stated",
    "supergpqa": "SuperGPQA",
    "aime_24": "AIME 2024",
    "hmmt_25": "HMMT 2025",
    "hmmt_feb_25": "HMMT February 2025",
    "math": "MATH",
    "mgsm": "MGSM",
    "livecodebench_v5": "LiveCodeBench v5",
    "livebench_2024_11_25": "LiveBench 2024-11-25",
    "humaneval_plus": "HumanEval+",
    "mbpp_plus": "MBPP+",
    "cruxeval_o": "CRUXEval-O",
    "hellaswag": "HellaSwag",
    "agieval": "AGIEval",
    "c_eval": "C-Eval",
    "zebralogic": "ZebraLogic",
    "autologi": "AutoLogi",
    "multi_if": "Multi-IF",
    "bfcl_v2": "BFCL v2",
    "bfcl_v3": "BFCL v3",
    "arena_hard": "Arena-Hard",
}
"""How the field writes them; others are shown by their own names."""


CLAIMED_MARK, HERE_MARK = " lab", " ⌂"
"""Behind a value that the model's own lab claims, and behind one that was measured here; published ones have none."""

CLAIMED_KEY = ":claimed"
"""Behind a slug, so that a model's published and claimed score are two bars. No slug has a colon."""

_OF_PACK = {
    "gpqa-diamond": "gpqa",
    "mmlu-pro": "mmlu_pro",
    "math-500": "math_500",
    "aime-2025": "aime_25",
    **{name: name for name in ("gsm8k", "humaneval", "mbpp", "ifeval", "ifbench", "bbh", "cruxeval", "arc-challenge")},
}
"""The bundled packs of public benchmarks, and what the published evaluation is called."""


def _build(scene: Scene) -> PanelChart:
    here = _measured_here(scene)
    names = sorted({name for scores in (scene.evaluations, scene.claimed, here) for name in scores})
    charts = [chart for name in names if (chart := _one(scene, name, here.get(name, []))).bars]
    charts.sort(key=lambda chart: _place(chart, scene.model))
    words = ["published"]
    if scene.claimed:
        words.append("“lab”: claimed by the model's own lab")
    if here:
        words.append("⌂: measured here, with another pack, prompt and sample of items")
    return PanelChart(
        name=CHART.name,
        title=f"{CHART.title} · {scene.among}",
        charts=tuple(charts),
        note=", ".join(words),
        missing="This catalog has no scores of single evaluations of these models.",
    )


def of_one_model(panels: PanelChart, model: ModelRow) -> Chart:
    """Panels in which this model stands alone as one chart: a bar for each evaluation, none to compare with."""
    bars = [
        replace(bar, key=f"{model.slug}:{one.name}:{bar.origin}", label=one.title, highlighted=False, reasoning=None)
        for one in panels.charts
        for bar in one.bars
    ]
    if not bars:
        return panels
    bars.sort(key=lambda bar: (bar.origin != "published", -bar.value))
    return BarChart(
        name=panels.name,
        title=f"{CHART.title} · {short_name(model)}",
        unit="%",
        better="higher",
        bars=tuple(bars),
        total=len(bars),
        noun="scores",
        note=f"no other model in this catalog has any, {panels.note}",
        full=100.0,
    )


def _one(scene: Scene, name: str, here: list[Bar]) -> BarChart:
    published, claimed = scene.evaluations.get(name, {}), scene.claimed.get(name, {})
    chart = bar_chart(
        scene,
        lambda model: _figure(published.get(model.slug), ""),
        name=name,
        title=title_of(name),
        unit="%",
        better="higher",
        what=f"scores in {name} of these models",
        titled=False,
    )
    of_labs = bar_chart(
        scene,
        lambda model: _figure(claimed.get(model.slug), CLAIMED_MARK),
        name=name,
        title="",
        unit="%",
        better="higher",
        what="",
        titled=False,
    )
    bars = [replace(bar, origin="published") for bar in chart.bars]
    bars += [replace(bar, key=bar.key + CLAIMED_KEY, origin="claimed") for bar in of_labs.bars]
    bars += here
    bars.sort(key=lambda bar: -bar.value)
    models = len({bar.key.removesuffix(CLAIMED_KEY) for bar in bars})
    return replace(chart, bars=tuple(bars), noun="scores", full=100.0, total=chart.total - models + len(bars))


def _place(chart: BarChart, model: ModelRow | None) -> tuple[bool, bool, bool, int]:
    """What has the page's model comes first, then what compares any. Within that, what was published: only it is
    measured alike for all models; then what compares most."""
    models = {bar.key.removesuffix(CLAIMED_KEY) for bar in chart.bars}
    is_published = any(bar.origin == "published" for bar in chart.bars)
    return model is not None and model.slug not in models, len(models) < 2, not is_published, -len(models)


def title_of(name: str) -> str:
    """As the field writes it, with the setting that its source states."""
    evaluation, setting = name_and_setting(name)
    return ", ".join(filter(None, (_TITLES.get(evaluation, evaluation.replace("_", " ")), setting)))


def percent_of(value: float, unit: str) -> float:
    """A score in percent, whatever unit it was published in."""
    return value * 100 if unit == "share" else value


def _figure(row: FigureRow | None, mark: str) -> Figure | None:
    if row is None:
        return None
    percent = percent_of(row.value, row.unit)
    return Figure(percent, f"{percent:.1f}{mark}", estimate=row.is_estimate)


def _measured_here(scene: Scene) -> dict[str, list[Bar]]:
    """Scores of public packs that were run here, by the evaluation that they are of; no other pack is one of these."""
    found: dict[str, list[Bar]] = {}
    for result in current(scene.local):
        name, strict = _OF_PACK.get(result.run.pack or ""), figure(result, "score_strict")
        if name is None or strict is None:
            continue
        interval = percent_interval(strict)
        low, high = interval or (None, None)
        bar = Bar(
            key=str(result.run.id),
            label=f"{result.run.target} {result.run.file.quant or ''}".strip() + held_mark(result.run),
            value=strict.value * 100,
            text=f"{display.points(strict.value * 100, low, high)}{undecided(result)}{HERE_MARK}",
            origin="here",
            interval=interval,
        )
        found.setdefault(name, []).append(bar)
    return found


CHART = Kind(
    "evaluations", "Intelligence evaluations", "Evals", "a small chart for each evaluation, in %", _build, Evaluated()
)
