"""A study's findings in lines: nothing of a table is cut off on a narrow terminal."""

from __future__ import annotations

from aa_tui.pages.studies.report import StudyReport, StudyTable
from aa_tui.pages.text.study import NOTHING_YET, lines, table_lines

TABLE = StudyTable(
    "Against the reference",
    ("what", "value", "95 % interval"),
    (("RMS change of the likeliest token's probability", "12.44 %", "11.37 % to 13.42 %"), ("日本", "1 %", "")),
    right=frozenset({1, 2}),
    note="Over 2,040 tokens.",
)


def test_columns_stand_under_each_other() -> None:
    title, head, long, short, note = table_lines(TABLE, 100)
    assert (title, note) == (TABLE.title, TABLE.note)
    assert head.index("value") + len("value") == long.index("12.44 %") + len("12.44 %")
    assert len(head) == len(long) == len("  ") + 47 + len("  12.44 %") + len("  11.37 % to 13.42 %")
    assert short.index("1 %") + len("1 %") == long.index("12.44 %") + len("12.44 %") - len("日本"), "of two cells each"


def test_words_of_a_wide_table_go_on_below() -> None:
    found = table_lines(TABLE, 60)
    assert max(map(len, found)) <= 60
    assert "13.42 %" in " ".join(found)
    words = " ".join(line[:31].strip() for line in found[2:4])
    assert words == "RMS change of the likeliest token's probability"


def test_columns_of_a_table_that_is_still_too_wide_go_on_below() -> None:
    found = table_lines(TABLE, 40)
    assert max(map(len, found)) <= 40
    heads = [line.split() for line in found if line.strip().startswith("what")]
    assert heads == [["what", "value"], ["what", "95", "%", "interval"]]
    assert "11.37 % to 13.42 %" in "\n".join(table_lines(TABLE, 20)), "a figure is never cut"


def test_findings_come_first_and_are_wrapped() -> None:
    report = StudyReport("A study", "few", ("One two three four five six seven.",), (TABLE,))
    first, second, *_ = lines(report, 24)
    assert (first, second) == ("One two three four five", "six seven.")
    assert lines(StudyReport("A study", ""), 40) == [NOTHING_YET]
