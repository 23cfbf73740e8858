"""Every key of the leaderboard, as a user sees it, narrow and wide."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes, told

from aa_tui.catalog import db, models
from aa_tui.tui.board.model_columns import short_name


def first_rows(app: Driven) -> list[str]:
    """The table's rows on screen."""
    return [line for line in app.lines if re.match(r"^ [▌ ] *\d+  [◆◇] [○●]", line)]


@both_sizes
def test_it_opens_on_all_models_the_best_first(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        assert "157 models" in app.text
        assert "catalog 2026-06-15" in app.text
        rows = first_rows(app)
        assert len(rows) >= 17
        scores = [int(re.findall(r"\b(\d+)[ ~] ▰", row)[0]) for row in rows]
        assert scores == sorted(scores, reverse=True)
        assert rows[0].startswith(" ▌   1")
        assert all(len(line) == size[0] for line in app.lines)
        assert "Enter open" in app.lines[-1]

    drive(walk, size)


@both_sizes
def test_moving_and_what_the_detail_line_says(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        detail = size[1] - 2
        for keys, place in ((["down"], 2), (["j", "j"], 4), (["up"], 3), (["k"], 2), (["end"], 157), (["home"], 1)):
            await app.press(*keys)
            assert re.match(rf" ▌ *{place} ", app.cursor_line), keys
            name = app.app.views.leaderboard.model
            assert name is not None
            assert name.name[:30] in app.lines[detail]
        await app.press("pagedown")
        second = app.cursor_line
        await app.press("pagedown", "pageup")
        assert app.cursor_line == second
        await app.press("G")
        assert "▌ 157" in app.cursor_line
        await app.press("g")
        assert "▌   1" in app.cursor_line

    drive(walk, size)


@both_sizes
def test_classes_by_number_and_bracket(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("1")
        assert "43 models" in app.text
        assert "Tiny ≤4B 43" in app.text
        assert all(" ○ " in row for row in first_rows(app))
        await app.press("right_square_bracket")
        assert "32 models" in app.text
        await app.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        assert "157 models" in app.text
        for key, count in (("3", 18), ("4", 20), ("5", 29), ("6", 57), ("7", 35), ("8", 157)):
            await app.press(key)
            assert f"{count} models" in app.text, key

    drive(walk, size)


@pytest.mark.long
@both_sizes
def test_search_as_one_types(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("slash", *"nanbeige")
        await app.shows("Nanbeige4.1-3B", " of 157")
        assert all("anbeige" in row or "eituo" in row for row in first_rows(app))
        await app.press("down")
        assert "/ nanbeige" in app.text
        await app.press("slash", "enter")
        await app.until(lambda: app.app.views.current == "page", "the page of the only one found")
        await app.press("escape")
        await app.shows("/ nanbeige")
        await app.press("j", "k", "slash", "q")  # q is a letter here
        await app.shows("0 of 157", "No model has “nanbeigeq”: Esc clears the search.")
        await app.press("enter", "escape")
        await app.shows("157 models")
        await app.press("slash", *"qwen3", "down")
        assert app.app.views.leaderboard.table.cursor == 1
        await app.press("slash", "escape", "escape")
        await app.shows("157 models", "/ search…")
        assert re.match(r" ▌ *\d+ .*Qwen3", app.cursor_line), "the cursor stays on its model"

    drive(walk, size)


@both_sizes
def test_facets(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("t")
        assert all("◆" in row for row in first_rows(app))
        await app.press("t")
        assert all("◇" in row for row in first_rows(app))
        assert "◇ non-reasoning" in app.text
        await app.press("t", "w")
        assert all("○" in row for row in first_rows(app))
        await app.press("w")
        assert all("●" in row for row in first_rows(app))
        await app.press("1")  # proprietary models among open weights: there are none
        await app.shows("0 of 43", "No model passes")
        await app.press("escape")
        await app.shows("43 models")
        await app.press("m")
        await app.shows("0 of 43")
        await app.press("m")
        await app.shows("43 models")

    drive(walk, size)


@both_sizes
def test_sorting(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("down", "down")
        model = app.app.views.leaderboard.model
        assert model is not None
        await app.press("s")
        await app.shows("Sort by", "Intelligence Index", "Output tokens on the index", "Enter choose")
        await app.press("escape")
        await app.lacks("Sort by")
        await app.press("s", "down", "enter")
        await app.lacks("Sort by")
        assert "Tokens▾" in app.text
        tokens = [row.index_output_tokens_m for row in map(app.app.views.leaderboard.models.row, range(20)) if row]
        assert tokens == sorted(tokens, key=lambda value: -(value or 0))
        assert app.app.views.leaderboard.model == model, "the cursor follows the model"
        await app.press("S")
        assert "Tokens▴" in app.text
        await app.press("s", "home", "enter")
        await app.shows("Model▴")
        await app.press("home")
        names = [row.name.casefold() for row in map(app.app.views.leaderboard.models.row, range(10)) if row]
        assert names == sorted(names)

    drive(walk, size)


def test_all_columns_can_be_reached_when_narrow(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        seen = app.lines[3]
        assert "›" in seen
        for _ in range(24):
            await app.press("right")
            seen += app.lines[3]
            assert "Model" in app.lines[3], "the name stays"
        for title in (
            "Index",
            "Tokens",
            "$/M",
            "⌂ tok/s",
            "Params B",
            "Context",
            "TTFT",
            "Creator",
            "Released",
            "Licen",
            "TTFAT",
            "E2E",
            "Cost",
            "Think",
            "Open",
            "Active",
            "pp/s",
            "Class",
            "As of",
        ):
            assert title in seen, title
        for _ in range(24):
            await app.press("h")
        assert "Index" in app.lines[3]

    drive(walk)


def test_mouse(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.pilot.click(offset=(20, 7))
        await app.pilot.pause()
        assert "▌   4" in app.lines[7]
        header = app.lines[3].index("Tokens")
        await app.pilot.click(offset=(header + 2, 3))
        await app.shows("Tokens▾")
        await app.pilot.click(offset=(app.lines[1].index("Small") + 1, 1))
        await app.shows("32 models")
        await app.pilot.click(offset=(app.lines[2].index("reasoning") + 1, 2))
        await app.shows(" of 32")
        await app.pilot.click(offset=(app.lines[0].index("Runs") + 1, 0))
        await app.shows("Nothing was measured yet")

    drive(walk)


def test_a_changed_catalog_is_shown_without_a_key(drive: Drive, filled: sqlite3.Connection) -> None:
    async def walk(app: Driven) -> None:
        filled.execute("UPDATE leaderboard SET name = 'Renamed model' WHERE slug = 'nanbeige4-1-3b'")
        filled.execute("DELETE FROM leaderboard WHERE id = (SELECT min(id) FROM leaderboard)")
        await app.shows("156 models")

    drive(walk)


def test_an_empty_catalog(drive: Drive, filled: sqlite3.Connection) -> None:
    filled.execute("DELETE FROM leaderboard")

    async def walk(app: Driven) -> None:
        await app.shows("The catalog holds no models yet", "0 models")
        await app.press("enter", "down", "s", "escape", "b", "slash", "x", "escape", "escape")
        await app.shows("The catalog holds no models yet")

    drive(walk)


def test_a_catalog_that_vanishes_or_breaks(drive: Drive, filled: sqlite3.Connection) -> None:
    async def walk(app: Driven) -> None:
        filled.execute("ALTER TABLE leaderboard RENAME TO gone")
        await told(app, "leaderboard). Nothing was changed:")
        await app.press("1", "down", "enter")
        await app.shows("Leaderboard")
        filled.execute("ALTER TABLE gone RENAME TO leaderboard")
        await app.shows("catalog 2026-06-15")
        await app.press("8")
        await app.shows("157 models")

    drive(walk)


@pytest.mark.parametrize("size", [(40, 10), (59, 30), (100, 15), (1, 1)])
def test_too_small_a_terminal_says_so_and_lives_on(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        if size[0] >= 40:
            await app.shows("needs at least 60x16")
        await app.pilot.resize_terminal(100, 30)
        await app.shows("157 models", "Model", "Claude")
        await app.pilot.resize_terminal(*size)
        await app.pilot.resize_terminal(80, 24)
        await app.shows("157 models")

    drive(walk, size)


@pytest.mark.long
def test_ten_thousand_models_are_asked_for_by_the_page(drive: Drive, filled: sqlite3.Connection) -> None:
    columns = [
        row[1] for row in filled.execute("PRAGMA table_info(leaderboard)") if row[1] not in ("id", "slug", "name")
    ]
    names = ", ".join(columns)
    filled.execute("PRAGMA foreign_keys = OFF")
    source = "FROM n JOIN leaderboard ON leaderboard.id = 1 + n.i % 150"
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 11000)"
    values = f"n.i, 'copy-' || n.i, 'Copy ' || n.i, {names}"
    filled.execute(f"{numbers} INSERT INTO leaderboard (id, slug, name, {names}) SELECT {values} {source}")

    async def walk(app: Driven) -> None:
        assert "10,15" in app.text
        await app.press("G")
        model = app.app.views.leaderboard.model
        assert model is not None
        listed = app.app.views.leaderboard.models
        assert len(listed._rows) <= 600, "three pages at most have been read"
        places = [*range(0, len(listed), 50), *range(0, 300, 50)]  # all through, and back to the start
        ids = [row.id for row in map(listed.row, places) if row]
        assert ids == [listed.id_at(place) for place in places]
        assert [listed.index_of(one) for one in ids] == places
        assert len(listed._rows) <= 1_000, "what was looked at long ago is not kept"
        await app.press("slash", *"copy 10999", "down")
        await app.shows("Copy 10999", "1 of 10,15")

    drive(walk, (100, 30))


def test_an_app_that_has_ended_looks_at_nothing(drive: Drive) -> None:
    ended: list[Driven] = []

    async def walk(app: Driven) -> None:
        ended.append(app)

    drive(walk)
    ended[0].app.look()  # as a timer does that is due while the widgets go


@pytest.mark.long
@both_sizes
def test_the_filter_dialog_counts_as_sql_does(drive: Drive, filled: sqlite3.Connection, size: tuple[int, int]) -> None:
    def count(where: str) -> str:
        number = filled.execute(f"SELECT count(*) FROM leaderboard WHERE {where}").fetchone()[0]  # noqa: S608
        return f"{number} of 157"

    async def walk(app: Driven) -> None:
        await app.press("f")
        await app.shows("Filters", "157 of 157 models", "Would fit (Q4_K_M)", "Enter change")
        assert "88" in app.row_of("Reasoning  ")
        await app.press("space")
        await app.shows(count("reasoning"))
        await app.press("enter")
        await app.shows(count("NOT reasoning"))
        await app.press("d")
        await app.shows("157 of 157")
        await app.press(*["down"] * 4, "space")
        images = "(';' || input_modalities || ';') LIKE '%;image;%'"
        await app.shows(count(images))
        await app.press("down", "enter")
        await app.shows("Enter choose", "Alibaba")
        await app.press("down", "enter")
        await app.lacks("Enter choose")
        await app.shows(count(f"{images} AND creator = 'Alibaba'"))
        await app.press("u")
        await app.shows("157 of 157")
        for steps, choice, where in (
            (1, "Apache 2.0", "license = 'Apache 2.0'"),
            (1, "allowed without", "license IN ('Apache 2.0', 'MIT', 'OpenMDW')"),
            (1, "≥32k", "context_tokens >= 32000"),
            (1, "≤$10", "blended_price_usd_per_m <= 10"),
            (1, "≤120B", "total_params_b <= 120"),
            (1, "index ≥10", "intelligence_index >= 10"),
        ):
            await app.press(*["down"] * steps, "enter")
            await app.shows(choice, "Enter choose")
            await app.press("down", "enter")
            await app.lacks("Enter choose")
            await app.shows(count(where))
            await app.press("d")
            await app.shows("157 of 157")
        await app.press("escape")
        await app.lacks("Enter change")
        assert "157 models" in app.text

    drive(walk, size)


def test_chips_say_what_is_left_out_and_a_click_takes_them_away(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        board = app.app.views.leaderboard
        board.ask(board.models.query.with_facet("creator", "Alibaba").with_facet("context_at_least", 128_000))
        await app.shows("Alibaba", "≥128k", " of 157")
        x = app.lines[2].index("Alibaba")
        await app.pilot.click(offset=(x + 1, 2))
        await app.lacks("Alibaba  ≥128k")
        assert board.models.query.creator is None
        query = board.models.query.with_facet("license", "Apache 2.0").with_facet("price_at_most", 1.0)
        board.ask(query.with_facet("index_at_least", 10.0).with_facet("commercial", "conditions").cycled("reasoning"))
        await app.shows("6 filters")
        await app.pilot.click(offset=(app.lines[2].index("6 filters") + 1, 2))
        await app.shows("Enter change")
        await app.press("escape", "escape")
        await app.shows("157 models")

    drive(walk)


def test_what_would_fit_is_open_weights_of_known_size(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        board = app.app.views.leaderboard
        board.action_facet("fits")
        await app.shows(" fits ")
        most = board.models.fitting_b()
        rows = [board.models.row(index) for index in range(len(board.models))]
        assert rows
        assert all(row is not None and row.open_weights and (row.total_params_b or 1e9) <= most for row in rows)

    drive(walk)


@both_sizes
def test_variants_fold_under_the_best_and_unfold(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        board = app.app.views.leaderboard
        await app.press("slash", *"qwen3.6 27b", "enter")
        await app.shows("2 of 157")
        await app.press("z")
        assert len(first_rows(app)) == 1
        assert "Qwen3.6 27B (Reasoning) +1" in app.cursor_line or "Qwen3.6 27B +1" in app.cursor_line
        assert "2 of 157" in app.text, "models are counted, not lines"
        await app.press("Z")
        assert len(first_rows(app)) == 2
        assert "└" in first_rows(app)[1]
        await app.press("down", "z")
        assert len(first_rows(app)) == 2
        assert "└" not in app.text
        selected = board.model
        await app.press("z")
        assert board.model is not None
        assert selected is not None
        assert board.model.model_id == selected.model_id, "the cursor goes to the one it is folded under"
        await app.press("escape", "z")
        assert "157 models" in app.text

    drive(walk, size)


@pytest.mark.long
@both_sizes
def test_columns_are_chosen_moved_and_reset(drive: Drive, size: tuple[int, int]) -> None:
    header = 5 if size[0] == 160 else 3

    async def walk(app: Driven) -> None:
        board = app.app.views.leaderboard.board
        before, every, n = app.lines[header], len(board.columns), len(board.shown)
        await app.press("vertical_line")
        await app.shows("Columns", f"{n} of {every}", "Space show, hide")
        place = app.cursor_line if "[x]" in app.cursor_line else next(line for line in app.lines if "▌[x]" in line)
        assert "[x]" in place
        await app.press("space")
        await app.shows(f"{n - 1} of {every}", "▌[ ]")
        await app.press("space", "J", "shift+down", "K", "shift+up", "down", "enter")
        await app.shows(f"{n - 1} of {every}")
        await app.press("escape")
        await app.lacks("Columns ")
        assert app.lines[header] != before
        await app.press("vertical_line", "u", "y", "escape")
        await app.lacks("Columns ")
        assert app.lines[header] == before
        await app.press("vertical_line", *["space", "down"] * n, "escape")
        await app.lacks("Columns ")
        assert "Model" in app.lines[header], "the name stays when no column is left"

    drive(walk, size)


@pytest.mark.long
def test_the_best_quantization_that_fits_is_a_column_that_one_can_add(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aa_tui.host.machine.available_memory_bytes", lambda: 16_000_000_000)

    async def walk(app: Driven) -> None:
        board = app.app.views.leaderboard
        await app.press("slash", *"nanbeige4.1-3b", "enter", "escape")
        await app.lacks("Q8_0")
        await app.press("vertical_line", "end")
        await app.shows("[ ] Best quantization that fits")
        await app.press("space", *["K"] * len(board.board.columns), "escape")
        await app.shows("Fits, tok/s")
        assert "Q8_0" in app.row_of("Nanbeige4.1-3B"), app.text

    drive(walk, (80, 24))


def test_sorting_by_each_column_puts_the_missing_last(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        board = app.app.views.leaderboard
        for column in board.board.every_column:
            if not column.sort or column.sort == "class":
                continue
            for _ in range(2):
                board.ask(board.models.query.sorted_by(column.sort))
                rows = [board.models.row(index) for index in range(len(board.models))]
                values = [getattr(row, column.sort) for row in rows if row is not None]
                known = [value for value in values if value is not None]
                assert values == known + [None] * (len(values) - len(known)), column.sort
        board.ask(board.models.query.sorted_by("class"))
        await app.pilot.pause()
        assert "Class▴" in app.text, "the column sorted by comes into view"

    drive(walk)


def test_the_help_tells_every_key_and_column(drive: Drive) -> None:
    from aa_tui.tui.board.leaderboard import Leaderboard
    from aa_tui.tui.core.command import help_rows

    async def walk(app: Driven) -> None:
        board = app.app.views.leaderboard
        told = " ".join(keys for keys, _ in help_rows(Leaderboard.COMMANDS)).split()
        for key in ("f", "|", "z", "Z", "u", "c", "b", "s", "S", "t", "w", "m", "/", "Esc", "Enter", "Space"):
            assert key in told, key
        await app.press("question_mark")
        seen = ""
        for _ in range(16):
            seen += app.text
            await app.press("pagedown")
        for column in board.board.every_column:
            assert (column.name or column.title)[:26] in seen, column.key

    drive(walk)


def test_where_the_cursor_rests_the_page_is_read_ahead(drive: Drive, fresh: Path) -> None:
    """Its class is known before Enter: one of tens of thousands of models takes tenths of a second to read."""

    async def walk(app: Driven) -> None:
        await app.press("j", "j")
        board, reader = app.app.views.leaderboard, app.app.views.reader
        await app.until(lambda: board.model is not None and reader.foreseen == board.model.id, "the class to be read")
        model = board.model
        assert model is not None
        seen: list[str] = []
        with closing(db.open_catalog(fresh)) as conn:
            conn.set_trace_callback(seen.append)
            assert app.app.peers.of(conn, model) is not None
        assert not [query for query in seen if "NOT INDEXED" in query]
        await app.press("k")
        await app.until(lambda: app.app.views.reader.foreseen != model.id, "the next model's")

    drive(walk)


@pytest.mark.long
@both_sizes
def test_a_search_that_finds_nothing_here_says_where_it_does(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("4", "slash", *"nanbeige")
        await app.shows("None here; 1 in Tiny ≤4B: Enter goes there.")
        await app.press("enter")
        await app.shows("1 of 43", "/ nanbeige")
        assert "Nanbeige4.1-3B" in app.cursor_line
        await app.press("escape", "t", "t", "slash", *"nanbeige")
        await app.shows("1 in Tiny ≤4B without the filters: Enter goes there.")
        await app.press("enter")
        await app.shows("1 of 43")
        await app.press("slash", *"xyz")
        await app.shows("No model has “nanbeigexyz”")
        await app.press("enter", "escape")
        await app.shows("43 models")

    drive(walk, size)


def test_the_rank_is_that_of_the_page_however_it_is_searched_and_sorted(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.press("1", "slash", *"nanbeige", "down")
        await app.shows("1 of 43")
        assert app.cursor_line.startswith(" ▌   5 "), "its rank, not its place in what was found"
        assert "#5 of 43 Tiny open weights" in app.text
        await app.press("S")
        assert app.cursor_line.startswith(" ▌   5 ")
        await app.press("8")
        assert "#5 of 43 Tiny open weights" in app.text, "also where all models are listed"
        await app.press("enter")
        await app.shows("#5 / 43")

    drive(walk, (100, 30))


def test_names_that_differ_only_at_their_ends_are_told_apart(filled: sqlite3.Connection) -> None:
    rows = models.all_models(filled)
    for width in (21, 24, 27, 32, 44):
        shown = [(row.reasoning, row.open_weights, short_name(row.name, width)) for row in rows]
        assert len(set(shown)) == len(shown), width
        assert all(len(name) <= width for *_, name in shown)


@both_sizes
def test_the_first_start_lists_what_runs_here_and_says_what_this_is_for(
    drive: Drive, fresh: Path, size: tuple[int, int]
) -> None:
    fresh.with_name("state.json").unlink()

    async def first(app: Driven) -> None:
        assert "Compare models, run them here: 9 lists what fits, Enter opens, E evaluates" in app.text
        models = app.app.views.leaderboard.models
        assert 0 < len(models) < 157
        assert all("○" in row for row in first_rows(app))
        fitting = models.fitting_b()
        assert all((row.total_params_b or 0) <= fitting for row in map(models.row, range(len(models))) if row)
        await app.press("j")
        await app.lacks("Compare models, run them here")

    async def second(app: Driven) -> None:
        assert "Compare models" not in app.text
        assert 0 < len(app.app.views.leaderboard.models) < 157, "the class of last time"
        await app.press("8")
        await app.shows("157 models")
        await app.press("9")
        await app.lacks("157 models │")
        assert len(app.app.views.leaderboard.models) < 157

    drive(first, size)
    drive(second, size)


def test_a_proprietary_model_has_no_weights_to_run(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        for key in ("b", "E"):
            await app.press(key)
            await told(app, "is proprietary: it has no weights to run here.")
            assert len(app.app.screen_stack) == 1

    drive(walk, (100, 30))


def test_chips_stay_where_there_are_marks_and_folds(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.press("space", "down", "space", "z")
        await app.shows("◆ reasoning", "○ open", "⌂ here", "folded", "• 2")
        await app.press("t")
        await app.shows("◆ reasoning", "○ open", "⌂ here", "folded", "• 2", "of 157")

    drive(walk)


def test_ascii_says_at_most_and_keeps_the_tilde_for_estimates(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.press("1")
        await app.shows("Tiny<=4B 43")
        assert all(line.isascii() and len(line) == 80 for line in app.lines)
        assert "search~" not in app.text

    drive(walk, in_ascii=True)
