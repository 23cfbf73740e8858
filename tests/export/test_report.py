"""Reports to hand on: what they say of a run and of a comparison, what they leave out, and how large they are."""

from __future__ import annotations

import re
import sqlite3
import xml.etree.ElementTree as ET
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.support.evaluated import SEVEN, Told, evaluate_here
from tests.support.evaluating import write_pack
from tests.support.ladder import both, divergence
from tests.support.ladder import speed as note_rate
from tests.support.noted import measure as note_speed
from tests.support.program import Program
from tests.support.reports import evaluated_pair

from aa_tui.catalog.texts import packed
from aa_tui.export import files, markdown
from aa_tui.export.comparison import comparison_report
from aa_tui.export.document import Document, Picture, every
from aa_tui.export.page import whole_page
from aa_tui.export.run_report import run_report
from aa_tui.pages import page

SECRET = "The secret question of item"


class Outline(HTMLParser):
    """Headings, ids and links of a file in their order, and whether every element is closed in its turn."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "wbr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if tag == "a" else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


def outline(text: str) -> Outline:
    found = Outline()
    found.feed(text)
    assert found.open == []
    return found


def rendered(document: Document) -> str:
    return files.contents(document, "html").decode()


def documents(conn: sqlite3.Connection) -> dict[str, Document]:
    first, second = evaluated_pair(conn, 20)
    speed = note_speed(conn)
    return {
        "page": whole_page(conn, page.load(conn, "nanbeige4.1-3b")),
        "local runs": run_report(conn, first),
        "speed": run_report(conn, speed),
        "runs": comparison_report(conn, [f"run:{first}", f"run:{second}"]),
        "models": comparison_report(conn, ["nanbeige4.1-3b", "minicpm5-1b", "qwen3-4b-2507-instruct-reasoning"]),
    }


def test_a_report_is_well_made_whatever_is_in_it(conn: sqlite3.Connection) -> None:
    for name, document in documents(conn).items():
        text = rendered(document)
        found = outline(text)
        assert found.levels[0] == 1, name
        assert found.levels.count(1) == 1
        assert all(after <= before + 1 for before, after in zip(found.levels, found.levels[1:], strict=False))
        titles = re.findall("<h2>(.*?)</h2>", text)
        assert len(titles) == len(set(titles)), "no heading stands there twice"
        assert len(found.ids) == len(set(found.ids))
        inner = {link[1:] for link in found.links if link.startswith("#")}
        assert inner <= set(found.ids)
        assert all(link.startswith(("#", "https://")) for link in found.links)
        assert not {"script", "img", "link", "iframe", "object", "form"} & found.tags
        assert "default-src 'none'" in text
        assert 'name="viewport"' in text
        for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
            ET.fromstring(drawing)
        for left_out in ("\x1b", "\u202e", "onerror=alert(1)>"):
            assert left_out not in text


def test_what_is_published_and_what_was_measured_here_are_never_in_one_picture(conn: sqlite3.Connection) -> None:
    told = [Told("maths", "correct"), Told("maths", "wrong")]
    evaluate_here(conn, "Q4_K_M", told, pack="gpqa-diamond", version="1")
    note_speed(conn)
    pictures = [
        block
        for block in every(whole_page(conn, page.load(conn, "nanbeige4.1-3b")).blocks)
        if isinstance(block, Picture)
    ]
    sources = {picture.source for picture in pictures}
    assert sources == {"Source: Artificial Analysis", "Measured on the machine named, with aa-tui"}
    for picture in pictures:
        origins = {bar.origin for chart in getattr(picture.chart, "charts", ()) for bar in chart.bars}
        assert "here" not in origins


def test_a_runs_report_shows_what_was_expected_beside_what_was_extracted(conn: sqlite3.Connection) -> None:
    run_id, _ = evaluated_pair(conn)
    text = unescape(rendered(run_report(conn, run_id)))
    folded = re.findall(r"<summary>([^<]*· wrong · .*?)</summary>", text)
    assert len(folded) == 6
    assert all(re.search(r"· expected \S+, got B <b>bold</b>$", one) for one in folded)
    assert "18 answers were not right. Each unfolds." in text
    assert text.index("· wrong ·") < text.index("· truncated ·"), "wrong answers come first"
    for said in (
        "Strict",
        "% interval)",
        "sha256",
        "Q4_K_M",
        "n parallel",
        "A CPU",
        "nano",
        "told/1",
        "History",
    ):
        assert said in text, said


def test_only_so_many_answers_are_in_a_report_and_it_says_so(conn: sqlite3.Connection) -> None:
    run_id, other = evaluated_pair(conn)
    text = rendered(run_report(conn, run_id, answers=5))
    assert "18 answers were not right; the first 5 are here." in text
    assert len(re.findall("<summary>[^<]*· expected", text)) == 5
    both = rendered(comparison_report(conn, [f"run:{run_id}", f"run:{other}"], answers=3))
    assert len(re.findall("<summary>[^<]*· expected", both)) == 3
    assert "; the first 3 are here" in both


def test_four_hundred_long_answers_are_a_file_one_can_send(conn: sqlite3.Connection) -> None:
    told = [Told("maths", "wrong" if number % 2 else "correct", 9_000, 1_000) for number in range(400)]
    run_id = evaluate_here(conn, "Q4_K_M", told)
    long = packed("A long word. " * 5_000)
    conn.execute("UPDATE eval_samples SET prompt = ?, thinking = ?, answer = ?", (long, long, long))
    assert len(files.contents(run_report(conn, run_id), "html")) < 2_000_000


def test_texts_of_a_private_pack_stay_at_home(conn: sqlite3.Connection, tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "secret", {"one": "1", "two": "2"}, name="secret")
    manifest = folder / "pack.toml"
    manifest.write_text("private_items = true\n" + manifest.read_text())
    runs = []
    for quant, outcomes in (("Q4_K_M", ("wrong", "correct")), ("Q8_0", ("correct", "wrong"))):
        run_id = evaluate_here(conn, quant, [Told("maths", one) for one in outcomes], pack="secret", version="1")
        conn.execute("UPDATE runs SET settings = json_set(settings, '$.pack', ?) WHERE id = ?", (str(folder), run_id))
        runs.append(run_id)
    conn.execute("UPDATE eval_samples SET prompt = ?, answer = ?", (packed(SECRET), packed(SECRET)))
    for document in (run_report(conn, runs[0]), comparison_report(conn, [f"run:{one}" for one in runs])):
        for text in (rendered(document), markdown.render(document)):
            assert SECRET not in text
            assert "ask that its items be shown nowhere in plain text" in text
            assert "item-0" in text


def test_no_path_of_this_machine_is_handed_on(conn: sqlite3.Connection) -> None:
    made = documents(conn)
    conn.execute("UPDATE runs SET settings = json_set(settings, '$.pack', '/home/somebody/packs/mine')")
    for document in (*made.values(), run_report(conn, 1), run_report(conn, 3)):
        text = rendered(document)
        for folder in ("/models/Q", "/models/Model", "/home/somebody"):
            assert folder not in text


def test_the_verdict_of_a_comparison_is_a_sentence(conn: sqlite3.Connection) -> None:
    def told(n_right: int) -> list[Told]:
        return [Told("maths", "correct" if number < n_right else "wrong") for number in range(80)]

    better, worse = evaluate_here(conn, "Q8_0", told(70)), evaluate_here(conn, "Q4_K_M", told(50))
    same = evaluate_here(conn, "Q6_K", told(70))
    for targets in ((better, worse), (worse, better)):
        text = unescape(rendered(comparison_report(conn, [f"run:{one}" for one in targets])))
        assert re.search(r"Q8_0 is 25\.0 points better \(\d+\.\d to \d+\.\d\), McNemar mid-p 0\.\d+\.</p>", text)
        assert ">Only Q4_K_M right</th>" in text
    alike = unescape(rendered(comparison_report(conn, [f"run:{better}", f"run:{same}"])))
    assert "Q8_0 against Q6_K: no difference seen, at most" in alike


@pytest.mark.long
def test_a_run_and_a_comparison_are_exported_by_the_shell(
    conn: sqlite3.Connection, program: Program, tmp_path: Path
) -> None:
    first, second = evaluated_pair(conn, 10)
    for targets, says in (
        ([f"run:{first}"], "Strict score"),
        ([f"run:{first}", f"run:{second}"], "Verdict"),
        (["nanbeige4.1-3b", "minicpm5-1b"], "Openness Index"),
    ):
        path = tmp_path / f"{len(targets)}{says}.html"
        done = program("export", *targets, "--output", str(path))
        assert (done.returncode, done.stderr) == (0, f"Written: {path}\n")
        assert says in path.read_text()
    for arguments, says in (
        ((f"run:{first}", f"run:{second}", "--chart", "here-scores"), "a chart is of one model or run"),
        (("run:99",), "no run 99"),
        (("nanbeige4.1-3b", "nanbeige4.1-3b"), "2 to 6 different models or runs"),
    ):
        wrong = program("export", *arguments)
        assert wrong.returncode in (1, 2)
        assert says in wrong.stderr
        assert wrong.stderr.count("\n") == 1


def test_a_models_page_compares_its_quantizations(conn: sqlite3.Connection, program: Program) -> None:
    large, small = both(conn)
    note_rate(conn, large, 100.0)
    assert "Quantizations" not in markdown.render(whole_page(conn, page.load(conn, "aa-nano"))), "one file alone"
    note_rate(conn, small, 190.0)
    divergence(conn, small, large, 0.02)
    done = program("export", "aa-nano", "--output", "-")
    assert done.returncode == 0, done.stderr
    section = done.stdout.replace("\\", "").partition("## Quantizations")[2].partition("\n## ")[0]
    assert "Take Q4_0: mean KLD 0.0200 (0.0180–0.0220), 1.9 times as fast, 43 % smaller." in section
    assert re.search(r"\| → Q4_0 \|.*190\.0 ± 0\.5.*1\.90", section)
    found = outline(rendered(whole_page(conn, page.load(conn, "aa-nano"))))
    assert all(after <= before + 1 for before, after in zip(found.levels, found.levels[1:], strict=False))


def test_a_runs_report_says_what_right_answers_cost(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN)
    text = markdown.render(run_report(conn, run_id))
    section = text.partition("## What right answers cost")[2].partition("\n## ")[0]
    assert re.search(r"Right answer 0\.\d+ s each", section)
    assert "energy not measured" in section.lower()
