"""What an answer could be held to while it is written, from the item that asks for it."""

from __future__ import annotations

from aa_tui.engine.calling import Grammar
from aa_tui.evals.documents.forms import Form
from aa_tui.evals.graders.structure import form_of
from aa_tui.evals.items import Item, PackError


def grammar_of(item: Item) -> Grammar | None:
    """The grammar of an item's document: its schema for JSON, lines of so many fields for CSV and tables. None for
    YAML, and for an item that asks for no document. Words around the document are then impossible."""
    try:
        form = form_of(item)
    except PackError:
        return None
    if form.format == "json":
        return Grammar(schema=item.extra["schema"]) if isinstance(item.extra.get("schema"), dict) else None
    if form.format == "csv":
        return Grammar(gbnf=_csv(form))
    return Grammar(gbnf=_table(form)) if form.format == "table" else None


def _csv(form: Form) -> str:
    between = _literal(form.delimiter)
    names = form.delimiter.join(_quoted(name, form.delimiter) for name in form.columns)
    row = f" {between} ".join(["field"] * len(form.columns))
    delimiter = "\\t" if form.delimiter == "\t" else form.delimiter
    return "\n".join(
        (
            f'root ::= {_literal(names)} "\\n" row+',
            f'row ::= {row} "\\n"',
            'field ::= plain | "\\"" inner* "\\""',
            f'plain ::= [^"{delimiter}\\r\\n]*',
            'inner ::= [^"] | "\\"\\""',
        )
    )


def _table(form: Form) -> str:
    names = "".join(f"| {name} " for name in form.columns) + "|"
    rule = "| --- " * len(form.columns) + "|"
    cells = " ".join(['"|" cell'] * len(form.columns))
    return "\n".join(
        (
            f'root ::= {_literal(names)} "\\n" {_literal(rule)} "\\n" row+',
            f'row ::= {cells} "|" "\\n"',
            'cell ::= ([^|\\\\\\r\\n] | "\\\\" [^\\r\\n])*',
        )
    )


def _quoted(name: str, delimiter: str) -> str:
    if any(mark in name for mark in (delimiter, '"', "\n")):
        doubled = name.replace('"', '""')
        return f'"{doubled}"'
    return name


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
