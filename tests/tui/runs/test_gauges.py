"""The machine's gauges: what it has readings for, in as many lines as the width asks for, and what it has none for."""

from __future__ import annotations

from aa_tui.catalog.telemetry import MachineState
from aa_tui.tui.runs.gauges import gauges

LITTLE = MachineState("", 1.0, 0.9, None, None, None, None, None, None, None, None, 84_000_000, 0.5)
ALL = LITTLE._replace(
    temperature_c=61.0,
    power_w=32.0,
    gpu_temperature_c=70.0,
    gpu_power_w=300.0,
    gpu_busy_share=0.97,
    gpu_memory_bytes=20_000_000_000,
)


def test_what_a_machine_does_not_say_is_named_and_takes_no_room() -> None:
    text = gauges([LITTLE] * 3, 80).plain
    assert "cpu" in text
    assert "50 %" in text
    assert "84.0 MB" in text
    assert text.endswith("no readings of heat, power, gpu")
    assert "\n" not in text


def test_all_gauges_are_whole_at_every_width() -> None:
    for width in (80, 120, 160):
        lines = gauges([ALL] * 40, width).plain.splitlines()
        assert all(len(line) <= width for line in lines)
        text = " ".join(lines)
        for reading in ("50 %", "84.0 MB", "61 °C", "32 W", "97 %", "20.0 GB", "70 °C", "300 W"):
            assert reading in text
        assert "no readings" not in text


def test_curves_keep_their_width_while_they_fill() -> None:
    widths = {len(gauges([ALL] * count, 160).plain.splitlines()[0]) for count in (1, 5, 36)}
    assert len(widths) == 1
    rising = gauges([LITTLE._replace(busy_share=share) for share in (0.0, 0.5, 1.0)], 160).plain
    assert "▁▅█" in rising
