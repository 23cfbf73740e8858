"""A real browser without a window, where one is installed: Chromium or Chrome."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
POLICY = re.compile(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>")
PROBE = re.compile(r'<pre id="probe">(.*?)</pre>', re.DOTALL)
CONSOLE = re.compile(r"\bCONSOLE\b.*")

SCRIPT = """
<script>
{
  const visible = e => e.getClientRects().length > 0;
  const box = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const texts = [...document.querySelectorAll("svg text")].filter(visible).map(e => ({
    text: e.textContent, box: box(e), svg: box(e.ownerSVGElement),
    size: parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a, name: e.getAttribute("class"),
  }));
  const anchors = [...document.querySelectorAll("a[href^='#']")].map(e => e.getAttribute("href").slice(1));
  parent.postMessage(JSON.stringify({
    width: innerWidth,
    scroll: document.documentElement.scrollWidth,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    ground: getComputedStyle(document.body).backgroundColor,
    charts: [...document.querySelectorAll("svg")].filter(visible).map(box),
    texts,
    lost: anchors.filter(name => document.getElementById(name) === null),
    text: document.body.innerText,
  }), "*");
}
</script>
"""

FRAME = """<!doctype html>
<meta name="color-scheme" content="light dark">
<script>
addEventListener("message", event => {
  const probe = document.createElement("pre");
  probe.id = "probe";
  probe.textContent = event.data;
  document.body.append(probe);
});
</script>
<iframe src="PAGE" style="width: WIDTHpx; height: 1200px; border: 0"></iframe>
"""
"""A window cannot be as narrow as a phone, a frame in it can."""


class Seen(NamedTuple):
    """A file as a browser has laid it out: sizes in pixels, boxes as left, top, right, bottom."""

    width: int
    scroll: int
    dark: bool
    ground: str
    charts: list[list[float]]
    texts: list[dict[str, Any]]
    lost: list[str]
    text: str


def browser() -> str | None:
    """The browser's program; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def look(path: Path, width: int, *, dark: bool = False) -> Seen:
    """What a copy of the file shows, with a script in it that measures; the file itself allows none."""
    text = path.read_text(encoding="utf-8")
    assert POLICY.search(text)
    copy = path.with_name(f"probed-{path.name}")
    copy.write_text(POLICY.sub("", text).replace("</body>", f"{SCRIPT}</body>"), encoding="utf-8")
    frame = path.with_name(f"frame-{path.name}")
    frame.write_text(FRAME.replace("PAGE", copy.name).replace("WIDTH", str(width)), encoding="utf-8")
    done = _run(frame, "--dump-dom", "--virtual-time-budget=5000", dark=dark)
    match = PROBE.search(done.stdout)
    assert match, done.stderr[-2000:]
    return Seen(**json.loads(unescape(match[1])))


def console(path: Path) -> list[str]:
    """What the browser says on its console about the file as it is."""
    return CONSOLE.findall(_run(path, "--dump-dom", "--enable-logging=stderr", "--v=0").stderr)


def _run(path: Path, *flags: str, dark: bool = False) -> subprocess.CompletedProcess[str]:
    program = browser()
    assert program is not None
    scheme = ("--blink-settings=preferredColorScheme=0",) if dark else ()
    command = [
        *(program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"),
        *(f"--user-data-dir={path.parent / 'profile'}", "--window-size=1400,1200", *scheme, *flags, path.as_uri()),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
