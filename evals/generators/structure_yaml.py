"""Settings as YAML: nested, with lists, and with texts that look like numbers, true, false or null."""

from __future__ import annotations

from random import Random
from typing import Any

from generators.problem import Problem
from generators.structure_forms import list_schema, object_schema
from generators.structure_problem import ask, problem

_SERVICES = "archive billing catalogue gateway mailer planner printer register scanner search stock tickets".split()
_HOSTS = "alder birch cedar elder hazel juniper larch maple rowan spruce".split()
_TRAPS = (
    "no",
    "yes",
    "true",
    "off",
    "null",
    "007",
    "1.10",
    "3.0",
    "12:30",
    "1.5e+3",
    "0x1F",
    "~",
    "2024-05-01",
    "on",
    "00",
)
_STRING, _WHOLE, _TRUTH = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}


def settings(level: int, source: Random) -> Problem:
    """One service with its settings, then several, each with more in it."""
    count = (1, 1, 2, 4, 10)[level - 1]
    names = source.sample(_SERVICES, count)
    services = [_service(name, level, source) for name in names]
    text = "\n".join(_sentences(one) for one in services)
    again = [_read(line) for line in text.split("\n")]
    kind = object_schema(_kinds(level))
    if level <= 2:
        schema, value, second = kind, services[0], again[0]
        goal = "Write the settings of this service as a YAML document."
    else:
        schema = object_schema({"version": _STRING, "services": list_schema(kind)})
        version = source.choice(("1.10", "2.0", "3.20"))
        value, second = ({"version": version, "services": one} for one in (services, again))
        goal = f'Write the settings of these services, in this order, as a YAML document. Its version is the string "{version}".'
    return problem(ask(text, goal, source), (value, second), schema, "yaml", source=source)


def _kinds(level: int) -> dict[str, Any]:
    kinds: dict[str, Any] = {"name": _STRING, "port": _WHOLE, "enabled": _TRUTH, "release": _STRING}
    if level >= 2:
        kinds["hosts"] = list_schema(_STRING)
    if level >= 3:
        kinds["labels"] = object_schema({"team": _STRING, "flag": _STRING})
    if level >= 4:
        kinds["retries"] = {"type": ["integer", "null"]}
    if level >= 5:
        kinds["checks"] = list_schema(object_schema({"path": _STRING, "code": _STRING}))
    return kinds


def _service(name: str, level: int, source: Random) -> dict[str, Any]:
    traps = source.sample(_TRAPS, 5)
    value: dict[str, Any] = {
        "name": name,
        "port": source.randrange(1_024, 9_999),
        "enabled": source.random() < 0.5,
        "release": traps[0] if level >= 2 else source.choice(("spring", "autumn", "summer")),
    }
    if level >= 2:
        value["hosts"] = [f"{host}-{source.randrange(10, 99)}" for host in source.sample(_HOSTS, 2 + level // 3)]
    if level >= 3:
        value["labels"] = {"team": source.choice(("red: one", "blue # two", "green", "grey")), "flag": traps[1]}
    if level >= 4:
        value["retries"] = source.choice((None, 2, 3, 5))
    if level >= 5:
        value["checks"] = [
            {"path": f"/{word}", "code": trap} for word, trap in zip(("live", "ready"), traps[2:], strict=False)
        ]
    return value


def _sentences(service: dict[str, Any]) -> str:
    """A line that tells all; texts stand in quotation marks."""
    told = [
        f'The service "{service["name"]}" listens on port {service["port"]}',
        f"is {'enabled' if service['enabled'] else 'not enabled'}",
        f'has the release "{service["release"]}"',
    ]
    if "hosts" in service:
        told.append("runs on the hosts " + ", ".join(f'"{host}"' for host in service["hosts"]))
    if "labels" in service:
        told.append(f'has the labels team "{service["labels"]["team"]}" and flag "{service["labels"]["flag"]}"')
    if "retries" in service:
        number = service["retries"]
        told.append("has no number of retries (null)" if number is None else f"makes {number} retries")
    if "checks" in service:
        told.append(
            "checks " + ", ".join(f'path "{one["path"]}" for code "{one["code"]}"' for one in service["checks"])
        )
    return "; ".join(told) + "."


def _read(line: str) -> dict[str, Any]:
    """A line of `_sentences` read again."""
    pieces = line.removesuffix(".").split("; ")
    quoted = [piece.split('"')[1::2] for piece in pieces]
    value: dict[str, Any] = {
        "name": quoted[0][0],
        "port": int(pieces[0].rsplit(" ", 1)[1]),
        "enabled": pieces[1] == "is enabled",
        "release": quoted[2][0],
    }
    for piece, texts in zip(pieces[3:], quoted[3:], strict=True):
        if piece.startswith("runs"):
            value["hosts"] = texts
        elif piece.startswith("has the labels"):
            value["labels"] = {"team": texts[0], "flag": texts[1]}
        elif "retries" in piece:
            value["retries"] = None if "null" in piece else int(piece.split()[1])
        else:
            value["checks"] = [{"path": path, "code": code} for path, code in zip(texts[::2], texts[1::2], strict=True)]
    return value
