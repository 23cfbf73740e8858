"""What all pages of the site have in common: head, way to the other pages, search, switch of colours."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib.resources import files

from aa_tui import __version__
from aa_tui.charts.draw import colours
from aa_tui.export import html
from aa_tui.textsafe import clean_line, shown

POLICY = (
    "default-src 'none'; style-src 'self' file:; script-src 'self' file:; img-src 'self' file:; base-uri 'none'; "
    "form-action 'none'"
)
"""The site's own files and nothing else: no page asks anybody for anything. `file:` is for those opened from a disk."""

INDEX, RUNS, COMPARE, ABOUT = "index.html", "runs.html", "compare.html", "about.html"
_DESCRIPTION = 150
_NO_NEED = ' rel="noopener noreferrer"'
"""Of links in reports: each page says it for all of its links, which open no window."""

_PAGES = ((INDEX, "Models"), (COMPARE, "Compare"), (RUNS, "Runs"), (ABOUT, "About"))


@dataclass(frozen=True, slots=True)
class Frame:
    """The site that a page is of: its title, the day it was made, and whether it has runs."""

    title: str
    made_on: str
    has_runs: bool

    def page(
        self, path: str, title: str, body: str, *, description: str = "", kind: str = "", needs_index: bool = False
    ) -> str:
        """A whole page at a path of the site. `body` is HTML, `kind` what the script is to do on it."""
        up = "../" * path.count("/")
        shown_title = self.title if title == self.title else f"{title} · {self.title}"
        told = f'<meta name="description" content="{line(cut(description))}">\n' if description else ""
        index = f'<script src="{up}assets/index.js" defer></script>\n' if needs_index else ""
        return shown(
            "<!doctype html>\n"
            f'<html lang="en" data-up="{up}" data-page="{kind}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            f"<title>{line(shown_title)}</title>\n{told}"
            f'<link rel="stylesheet" href="{up}assets/site.css">\n<link rel="icon" href="{up}assets/icon.svg">\n'
            f'<script src="{up}assets/theme.js"></script>\n{index}<script src="{up}assets/site.js" defer></script>\n'
            f'</head>\n<body>\n<a class="skip" href="#content">To the content</a>\n{self._bar(path, up)}\n'
            f'<div id="content">\n{body.replace(_NO_NEED, "")}\n</div>\n{self._foot(up)}\n</body>\n</html>\n'
        )

    def _bar(self, path: str, up: str) -> str:
        links = "".join(
            f'<a href="{up}{page}"{" aria-current=page" if page == path else ""}>{name}</a>'
            for page, name in _PAGES
            if page != RUNS or self.has_runs
        )
        return (
            f'<div class="bar"><nav class="site" aria-label="Site">{links}</nav>'
            '<form class="search" role="search" hidden><label for="search">Search models</label>'
            '<input id="search" type="search" autocomplete="off" placeholder="Search models  /" '
            'aria-controls="found" spellcheck="false"><ul id="found" hidden></ul></form>'
            '<button id="theme" type="button" hidden>Dark</button></div>'
        )

    def _foot(self, up: str) -> str:
        return (
            f"<footer>Made with aa-tui {escape(__version__)} on {escape(self.made_on)}. Where each figure comes from "
            f'is told beside it; <a href="{up}{ABOUT}">sources</a>.</footer>'
        )


def cut(text: str) -> str:
    """As much of a sentence as a list of pages shows."""
    return text if len(text) <= _DESCRIPTION else f"{text[:_DESCRIPTION].rpartition(' ')[0]} …"


def line(text: str) -> str:
    """A text of others, for an element or an attribute."""
    return escape(clean_line(text), quote=True)


def assets() -> dict[str, str]:
    """Style, scripts and icon, by their paths in the site."""
    here = files("aa_tui.export.site")
    style = here.joinpath("site.css").read_text(encoding="utf-8")
    light, dark = colours.variables(colours.LIGHT), colours.variables(colours.DARK)
    palette = (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f":root[data-theme=light]{{color-scheme:light;{light}}}\n:root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
        f"@media print{{:root,:root[data-theme]{{color-scheme:light;{light}}}}}\n"
    )
    scripts = {f"assets/{name}": here.joinpath(name).read_text(encoding="utf-8") for name in ("site.js", "theme.js")}
    return {"assets/site.css": f"{palette}{html.sheet()}\n{style}", **scripts, "assets/icon.svg": _ICON}


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b5cad"/>'
    '<path d="M3 13V8h2.5v5zM6.8 13V3h2.5v10zM10.6 13V6h2.5v7z" fill="#fff"/></svg>\n'
)
