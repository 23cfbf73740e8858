"""What more items would take and give, in words."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.library.fits import Fit
from aa_tui.pages.plan import RunPlan
from aa_tui.pages.text.evaluation import too_long


def lines(planned: RunPlan) -> list[str]:
    """The plan as text."""
    left_out = [f"  {memory_words(planned.memory)}"] if planned.memory else []
    left_out += [f"  {words}"] if (words := too_long(planned.run)) else []
    if planned.fit is None:
        return ["  Too few samples are done to plan by; two are needed.", *left_out]
    fit = planned.fit
    least = "at least " if fit.is_lower_bound else ""
    told = f"as in run {planned.earlier.run.id}" if planned.earlier else f"pilot: {planned.n_done} done"
    out = [
        f"  {told}, {least}{fit.mean:,.0f} tokens per question ({fit.low:,.0f}–{fit.high:,.0f}), {planned.slots} slots",
        f"  {'items':>7}  {'time to go':>12}  {'95 % range':>19}  {'energy':>9}  {'± at 70 %':>11}",
    ]
    for row in planned.rows:
        energy = f"{row.energy_j / 3600:.1f} Wh" if row.energy_j is not None else "–"
        span = f"{time_words(row.seconds_low)} – {time_words(row.seconds_high)}"
        width = f"{100 * row.half_width:.1f} points"
        out.append(f"  {row.n:>7,}  {time_words(row.seconds):>12}  {span:>19}  {energy:>9}  {width:>11}")
    return [*out, *(f"  {words}" for words in control_words(planned)), *left_out]


def control_words(planned: RunPlan) -> list[str]:
    """What a run that has answered all items saves: "with run 12 as control, …: 60 items tell as much as 110"."""
    worth = [(row.n, int(n)) for row in planned.rows if (n := planned.n_worth(row)) is not None]
    if planned.control is None or not worth:
        return []
    told = ", ".join(f"{n:,} items tell as much as {n_worth:,}" for n, n_worth in worth)
    return [f"with run {planned.control.control.id} as control, which has answered all: {told}"]


def memory_words(one: Fit) -> str:
    """Whether an evaluation fits the free memory: "2.9 GB for 1 slot with a context of 17k: fits"."""
    slots = f"{one.plan.n_slots} slot{'s' if one.plan.n_slots > 1 else ''}"
    said = {"fits": "fits", "tight": "barely fits", "no": "does not fit the free memory"}[one.mark]
    context = display.context(one.plan.n_ctx)
    return f"{display.size_bytes(one.memory.needed)} for {slots} with a context of {context}: {said}"


def time_words(seconds: float) -> str:
    """A time to plan with: "45 s", "12 min", "3 h 20", "5 d"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        hours, rest = divmod(round(seconds / 60), 60)
        return f"{hours} h {rest:02}"
    return f"{seconds / 86_400:.1f} d"
