"""Grammars of items that ask for documents are of the item's schema and columns."""

from __future__ import annotations

from aa_tui.evals.items import Item
from aa_tui.evals.packfile import read_pack
from aa_tui.evals.structured import grammar_of
from aa_tui.resources import data_folder


def test_each_format_has_the_grammar_that_it_can_have() -> None:
    for item in read_pack(data_folder("evals") / "structure-quick").items:
        grammar, form = grammar_of(item), item.extra["format"]
        if form == "yaml":
            assert grammar is None
            continue
        assert grammar is not None
        assert grammar.triggers == ()
        if form == "json":
            assert grammar.schema == item.extra["schema"]
            assert grammar.gbnf == ""
        else:
            assert grammar.schema is None
            first = item.answer.split("\n")[0]
            assert grammar.gbnf.startswith(f'root ::= "{first}" "\\n"'), grammar.gbnf
            assert grammar.gbnf.count("field" if form == "csv" else '"|" cell') >= len(item.extra["columns"])


def test_other_items_have_none() -> None:
    assert grammar_of(Item("i1", "any", "1 + 1?", "2")) is None
    assert grammar_of(Item("i1", "any", "?", "a\n1\n", extra={"format": "csv"})) is None
    named = Item("i1", "any", "?", "", extra={"format": "csv", "columns": ['a"b', "c\\d"]})
    grammar = grammar_of(named)
    assert grammar is not None
    assert grammar.gbnf.split("\n")[0] == r'root ::= "\"a\"\"b\",c\\d" "\n" row+'
