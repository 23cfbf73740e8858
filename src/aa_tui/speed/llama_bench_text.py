"""llama-bench's other outputs, from its records: a record a line, a table, statements of SQL.

As tools/llama-bench/llama-bench.cpp in llama.cpp 0c1e570 prints them (`jsonl_printer`, `markdown_printer`,
`sql_printer`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aa_tui.jsontext import dumps
from aa_tui.speed.llama_bench import FIELDS, test_name
from aa_tui.textsafe import clean_line

_LISTS: Final = frozenset({"samples_ns", "samples_ts"})
_REALS: Final = frozenset({"avg_ts", "stddev_ts"})
_WHOLE: Final = frozenset(
    {
        *("build_number", "model_size", "model_n_params", "n_batch", "n_ubatch", "n_threads", "poll", "n_gpu_layers"),
        *("n_cpu_moe", "main_gpu", "n_prompt", "n_gen", "n_depth", "avg_ns", "stddev_ns", "cpu_strict"),
        *("no_kv_offload", "flash_attn", "embeddings", "no_op_offload", "no_host", "repack"),
        *("fit_target", "fit_min_ctx"),
    }
)
_COLUMNS: Final = ("model", "size", "params", "backend", "threads", "test", "t/s")


def jsonl(records: Sequence[Mapping[str, Any]]) -> str:
    """A record a line."""
    return "".join(dumps(dict(record)) + "\n" for record in records)


def markdown(records: Sequence[Mapping[str, Any]]) -> str:
    """The table that llama-bench prints, and the build below it."""
    rows = [_row(record) for record in records]
    widths = [max(len(one) for one in column) for column in zip(_COLUMNS, *rows, strict=True)]
    left = {0, 3}
    lines = [
        _line(_COLUMNS, widths, left),
        "| "
        + " | ".join(("-" * width if n in left else "-" * (width - 1) + ":") for n, width in enumerate(widths))
        + " |",
        *(_line(row, widths, left) for row in rows),
    ]
    first = records[0]
    return "\n".join([*lines, "", f"build: {first['build_commit']} ({first['build_number']})", ""])


def _row(record: Mapping[str, Any]) -> tuple[str, ...]:
    size, n_params = record["model_size"], record["model_n_params"]
    return (
        clean_line(str(record["model_type"])).replace("|", "/"),
        f"{size / 2**30:.2f} GiB" if size >= 2**30 else f"{size / 2**20:.2f} MiB",
        f"{n_params / 1e9:.2f} B" if n_params >= 1e9 else f"{n_params / 1e6:.2f} M",
        clean_line(str(record["backends"])).replace("|", "/"),
        str(record["n_threads"]),
        _test(record),
        f"{record['avg_ts']:.2f} ± {record['stddev_ts']:.2f}",
    )


def _test(record: Mapping[str, Any]) -> str:
    """As in the table there: "pp512 @ d4096"."""
    name, _, depth = test_name(record["n_prompt"], record["n_gen"], record["n_depth"]).partition("@")
    return f"{name} @ {depth}" if depth else name


def _line(cells: Sequence[str], widths: Sequence[int], left: set[int]) -> str:
    told = [
        cell.ljust(width) if n in left else cell.rjust(width)
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "| " + " | ".join(told) + " |"


def sql(records: Sequence[Mapping[str, Any]]) -> str:
    """A table of tests, made where there is none, and a row of each record."""
    names = [name for name in FIELDS if name not in _LISTS]
    columns = ",\n".join(f"  {name} {_type(name)}" for name in names)
    lines = [f"CREATE TABLE IF NOT EXISTS llama_bench (\n{columns}\n);\n"]
    for record in records:
        values = ", ".join(_quoted(record[name]) for name in names)
        lines.append(f"INSERT INTO llama_bench ({', '.join(names)}) VALUES ({values});")  # noqa: S608 - a text for others
    return "\n".join(lines) + "\n"


def _type(name: str) -> str:
    return "REAL" if name in _REALS else "INTEGER" if name in _WHOLE else "TEXT"


def _quoted(value: object) -> str:
    """A value as a literal: every text has its quotes doubled and its control characters left out."""
    text = clean_line(str(int(value) if isinstance(value, bool) else value))
    return "'" + text.replace("'", "''") + "'"
