"""How far quantizations are from their reference against their size: mean KL divergence, measured here."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.catalog.rows import LocalResult
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.speed import labels, subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, Dot, ScatterChart

METRIC = "divergence.kld_mean"
_SIZE = Axis("Size of the file", "GB", "lower")
_DIVERGENCE = Axis("Mean KL divergence", "nats", "lower", log=True)


def _build(scene: Scene) -> ScatterChart:
    known = [one for one in scene.divergences if METRIC in one.measurements]
    shown = _comparable(known)
    names = labels(scene, shown)
    return ScatterChart(
        name=CHART.name,
        title=f"{CHART.title} · {subject(scene)}",
        x=_SIZE,
        y=_DIVERGENCE,
        dots=tuple(_dot(label, one) for label, one in zip(names, shown, strict=True)),
        total=len({one.run.file.sha256 for one in known}),
        attractive=None,
        noun="files compared with a reference here",
        note=_note(shown),
        missing="No file was compared with a reference here yet: `aa-tui quants FILE FILE` does it.",
    )


def _comparable(known: list[LocalResult]) -> list[LocalResult]:
    """The newest of each file that was compared as the newest of all: the same reference, text and blocks."""
    newest = max(known, key=lambda one: one.run.id, default=None)
    found: dict[str, LocalResult] = {}
    for one in sorted(known, key=lambda one: -one.run.id):
        if newest is not None and _way(one) == _way(newest):
            found.setdefault(one.run.file.sha256, one)
    return list(found.values())


def _way(result: LocalResult) -> tuple[object, ...]:
    settings = result.run.settings
    base, text = (noted if isinstance(noted := settings.get(name), dict) else {} for name in ("reference", "text"))
    setup = result.run.setup
    kind = (setup.n_ctx, setup.type_k or "f16", setup.type_v or "f16", settings.get("with_thinking") is True)
    return base.get("sha256"), text.get("sha256") or text.get("name"), *kind


def _dot(label: str, result: LocalResult) -> Dot:
    figure, size = result.measurements[METRIC], result.run.file.size_bytes
    has_interval = figure.interval_low is not None and figure.interval_high is not None and figure.interval_low > 0
    interval = (figure.interval_low or 0.0, figure.interval_high or 0.0) if has_interval else None
    ends = f" ({interval[0]:.4f}–{interval[1]:.4f})" if interval else ""
    return Dot(
        str(result.run.id),
        label,
        size / 1e9,
        figure.value,
        display.size_bytes(size),
        f"{figure.value:.4f} nats{ends}",
        interval=interval,
    )


def _note(shown: list[LocalResult]) -> str:
    """From which reference and on which text, and when."""
    if not shown:
        return ""
    from aa_tui.catalog.run_notes import text

    settings = shown[0].run.settings
    base, read = (noted if isinstance(noted := settings.get(name), dict) else {} for name in ("reference", "text"))
    names = [f"from {name}" if (name := text(base.get("name"))) else "", text(read.get("name")) or ""]
    return ", ".join(filter(None, (*names, (shown[0].run.ended_at or shown[0].run.created_at)[:10])))


CHART = Kind("here-divergence", "Divergence against size", "Measured here", "mean KL divergence in nats and GB", _build)
