"""A real browser without a window, where one is installed: Chromium or Chrome."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
POLICY = re.compile(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>")
PROBE = re.compile(r'<pre id="probe">(.*?)</pre>', re.DOTALL)
PLAYED = """
<script>
addEventListener("load", async () => {
  const until = async (seen, what) => {
    for (let tries = 0; tries < 400; tries += 1) {
      if (seen()) return;
      await new Promise(done => setTimeout(done, 10));
    }
    throw new Error(`${what} never came`);
  };
  const type = (element, text) => {
    element.focus();
    element.value = text;
    element.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const press = (key, element = document.body) =>
    element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const find = (words, within = document) => [...within.querySelectorAll(words)];
  let told;
  try {
    told = await (async () => { BODY })();
  } catch (error) {
    told = { failed: String(error) };
  }
  parent.postMessage(JSON.stringify(told), "*");
});
</script>
"""
"""What a reader does on a page: `BODY` returns what came of it."""

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
    return Seen(**_probe(path, SCRIPT, width, dark=dark))


def play(path: Path, body: str, *, width: int = 1280, dark: bool = False, place: str = "") -> Any:
    """What a script returns that uses a copy of the page as a reader does; `place` stands behind its address' #."""
    told = _probe(path, PLAYED.replace("BODY", body), width, dark=dark, place=place)
    assert "failed" not in told, told
    return told


def _probe(path: Path, script: str, width: int, *, dark: bool, place: str = "") -> Any:
    text = path.read_text(encoding="utf-8")
    assert POLICY.search(text)
    copy = path.with_name(f"probed-{path.name}")
    copy.write_text(POLICY.sub("", text).replace("</body>", f"{script}</body>"), encoding="utf-8")
    frame = path.with_name(f"frame-{path.name}")
    page = f"{copy.name}#{place}" if place else copy.name
    frame.write_text(FRAME.replace("PAGE", page).replace("WIDTH", str(width)), encoding="utf-8")
    try:
        done = _run(frame, "--dump-dom", "--virtual-time-budget=5000", dark=dark)
    finally:
        for made in (copy, frame):
            made.unlink()
    match = PROBE.search(done.stdout)
    assert match, done.stderr[-2000:]
    return json.loads(unescape(match[1]))


def painted(path: Path, width: int, height: int, *, dark: bool = False) -> set[tuple[int, ...]]:
    """The colours that the browser paints a page with, as red, green and blue."""
    picture = path.with_name("painted.png")
    _run(path, f"--screenshot={picture}", dark=dark, size=(width, height))
    data = picture.read_bytes()
    picture.unlink()
    return set(_pixels(data))


def _pixels(png: bytes) -> Iterator[tuple[int, ...]]:
    """A PNG's pixels, of 8 bits a channel as Chromium writes them (the format: w3.org/TR/png, 9 on its filters)."""
    at, parts, head = 8, b"", b""
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + size]
        head, parts = (body, parts) if kind == b"IHDR" else (head, parts + body if kind == b"IDAT" else parts)
        at += size + 12
    width, height, channels = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big"), {2: 3, 6: 4}[head[9]]
    raw, stride = zlib.decompress(parts), width * channels
    above = bytearray(stride)
    for row in range(height):
        start = row * (stride + 1)
        way, line = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride if way else 0):
            left = line[i - channels] if i >= channels else 0
            corner = above[i - channels] if i >= channels else 0
            guess = left + above[i] - corner
            nearest = min((abs(guess - one), order, one) for order, one in enumerate((left, above[i], corner)))[2]
            line[i] = (line[i] + (0, left, above[i], (left + above[i]) // 2, nearest)[way]) & 255
        yield from (tuple(line[i : i + 3]) for i in range(0, stride, channels))
        above = line


def console(path: Path) -> list[str]:
    """What the browser says on its console about the file as it is."""
    return CONSOLE.findall(_run(path, "--dump-dom", "--enable-logging=stderr", "--v=0").stderr)


def _run(
    path: Path, *flags: str, dark: bool = False, size: tuple[int, int] = (1400, 1200)
) -> subprocess.CompletedProcess[str]:
    program = browser()
    assert program is not None
    scheme = ("--blink-settings=preferredColorScheme=0",) if dark else ()
    command = [
        *(program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"),
        *(
            f"--user-data-dir={path.parent / 'profile'}",
            f"--window-size={size[0]},{size[1]}",
            *scheme,
            *flags,
            path.as_uri(),
        ),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
