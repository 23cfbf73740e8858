"""What `aa-tui doctor` and the app's screen of it say: rows with labels, then hints, then problems."""

from __future__ import annotations

import textwrap
from typing import Any

from aa_tui.pages.doctor import CHECK_S
from aa_tui.textsafe import clean_line

SOUND = "No problems."

_WATCH_WORDS = {
    "pinned": "its baseline",
    "same": "no change found",
    "faster": "faster than its baseline",
    "regression": "slower, or other tokens, than its baseline",
    "unfinished": "not compared with its baseline",
    "no baseline": "its baseline was deleted",
}


def lines(report: dict[str, Any]) -> list[str]:
    """The report for reading."""
    told = [f"{label:<11}{line}" for label, text in rows(report) for line in ([text] if label else _wrapped(text))]
    told += [f"  {one}" for one in ("", *report["hints"])] if report["hints"] else []
    problems = [f"! {one}" for one in report["problems"]] or [SOUND]
    return [line.rstrip() for line in (*told, "", *problems)]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100)


def rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Labels and what there is; one without a label belongs to the one above."""
    from aa_tui.analysis import display

    machine, size = report["machine"], display.size_bytes
    found = [
        ("aa-tui", f"{report['aa_tui']}, Python {report['python']}, SQLite {report['sqlite']}"),
        ("Packages", ", ".join(f"{name} {number or 'not installed'}" for name, number in report["packages"].items())),
        ("Machine", f"{machine['name']}: {machine['cpu']}, {machine['os']}, {machine['arch']}"),
        ("Cores", f"{machine['cores_physical']} physical, {machine['cores_logical']} logical"),
        ("Threads", f"{report['threads']} by default; load {report['load_1m']:.1f}"),
        ("Memory", f"{size(machine['memory_bytes'])}, {size(report['available_memory_bytes'])} free"),
    ]
    if report["bandwidth"]:
        known = report["bandwidth"]
        found.append(
            ("Bandwidth", f"{size(known['bytes_per_s'])}/s, measured {display.date(known['measured_at'][:10])}")
        )
    found += [*_sensor_rows(report), *_engine_rows(report), *_catalog_rows(report)]
    found += [
        ("Disk", f"{size(one['free_bytes'])} free for {one['what']}, {clean_line(one['folder'])}")
        for one in report["disks"]
    ]
    found += [
        ("Watched", f"{one['last_file']}, last probed {str(one['last_at'])[:10]}: {_WATCH_WORDS[one['verdict']]}")
        for one in report["watched"]
    ]
    found.append(("Jail", report["jail"]["name"] if report["jail"]["isolating"] else "none"))
    found.append(("", report["jail"]["meaning"]))
    found += _network_rows(report["hub"])
    terminal = report["terminal"]
    if terminal["is_tty"]:
        shown = f"{terminal['term']}, {terminal['columns']}x{terminal['rows']}, {terminal['encoding']}"
        colors = "no colours" if terminal["no_color"] else "true colour" if terminal["true_color"] else "colours"
        found.append(("Terminal", f"{shown}, {colors}{', over SSH' if terminal['ssh'] else ''}"))
    return found


def _sensor_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    power, heat = report["power"], report["temperature"]
    celsius = heat["celsius"]
    return [
        ("Power", f"read from {power['source']}" if power["source"] else f"no readings: {power['why_not']}"),
        ("Heat", f"{celsius:.0f} °C now" if celsius is not None else f"no reading: {heat['why_not']}"),
    ]


def _network_rows(network: dict[str, Any]) -> list[tuple[str, str]]:
    from aa_tui.gguf.talking import WHEN

    reason = f" ({network['reason']})" if network["reason"] and network["state"] == "offline" else ""
    token = f"your token from {network['token']} goes there only" if network["token"] else "no token"
    reports = "its client reports home" if network["reports"] else "its client reports nothing home"
    rows = [("Network", f"the Hub is {network['endpoint']}, {network['state']}{reason}; {token}; {reports}")]
    if network["proxies"]:
        rows.append(
            ("", "through " + ", ".join(f"{address} ({scheme})" for scheme, address in network["proxies"].items()))
        )
    return [*rows, ("", WHEN)]


def _engine_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    from aa_tui.analysis import display

    rows = []
    engine = report["engine"]
    if engine is None:
        rows.append(("llama.cpp", "not installed"))
    elif engine["self_test"]["ok"]:
        gpu = "yes" if engine["gpu_offload"] else "no"
        rows.append(("llama.cpp", f"{engine['llama_cpp']}, runs on {engine['backend']}, GPU offload: {gpu}"))
        rows.append(("Features", engine["system_info"]))
        rows += [("Device", _device_words(device)) for device in engine["devices"] if device["kind"] != "CPU"]
        tried = engine["self_test"]["tried"]
        outcome = "as it was built" if len(tried) == 1 else f"in the mode {engine['self_test']['mode']} only"
        rows.append(("Self-test", f"works {outcome} ({tried[-1]['seconds']:.1f} s)"))
    else:
        n_ways = len(engine["self_test"]["tried"])
        rows.append(("llama.cpp", f"does not work, in {n_ways} {'way' if n_ways == 1 else 'ways'} tried"))
    for gpu in report["gpus"]:
        free = display.size_bytes(gpu["free_bytes"])
        total = display.size_bytes(gpu["memory_bytes"])
        rows.append(("GPU", f"{gpu['name']}, {total}, {free} free, driver {gpu['driver']}"))
    return rows


def _device_words(device: dict[str, Any]) -> str:
    """What llama.cpp can put layers on, or compute with, and its memory."""
    from aa_tui.analysis import display

    named = f"{device['name']}: {device['description']}, {device['kind']}"
    if not device["memory_bytes"]:
        return named
    size = display.size_bytes
    return f"{named}, {size(device['memory_bytes'])}, {size(device['free_bytes'])} free"


def _catalog_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    from aa_tui.analysis import display

    catalog = report["catalog"]
    rows = [("Catalog", clean_line(catalog["path"]))]
    if "models" in catalog:
        size = display.size_bytes(catalog["size_bytes"])
        checked = {"ok": "sound", None: f"not checked within {CHECK_S:g} s"}.get(catalog["quick_check"], "damaged")
        rows.append(
            (
                "",
                f"{catalog['models']} models, {catalog['runs']} runs, {size}, {checked}; published table of "
                f"{catalog['published_table']}",
            )
        )
    return rows
