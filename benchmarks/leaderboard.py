"""Speed of the leaderboard's site: 500 models × 20 tasks × 75 countries × 20 categories, built and looked at.

    python benchmarks/leaderboard.py [--models 500] [--keep FOLDER]

writes invented submissions, builds their site, builds it again after one submission changed, and opens it
from disk in Chromium, which must be on the PATH. Prints seconds, memory and bytes beside what is wanted.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from leaderboard_submissions import write_submissions

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_BUILD = """
import sys
from pathlib import Path
from normsuite.leaderboard.site import build_site
built = build_site(Path(sys.argv[1]), Path(sys.argv[2]))
print(f"{built.submissions} submissions, {built.read} read, {built.files} files, {built.written} written")
"""


def build(submissions: Path, out: Path) -> str:
    """Build in a process of its own; seconds, memory at most and what was done, to be printed."""
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", _BUILD, str(submissions), str(out)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read().strip()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit("the build failed")
    seconds, busy = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
    memory = usage.ru_maxrss / 2**20
    return f"{seconds:.1f} s (30) of which processors worked {busy:.1f} s, {memory:.2f} GiB (2); {said}"


_FREE = """new Promise((done) => {
  requestAnimationFrame(() => setTimeout(() => done(performance.now())));
})"""


def first_page(site: Path, browser: Any) -> tuple[int, int, float]:
    """Compressed bytes, files and seconds until the table stands, of the median of five visits."""
    seconds, asked = [], set[str]()
    for _ in range(5):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.on("request", lambda request: asked.add(request.url))
        page.goto((site / "index.html").as_uri())
        page.wait_for_function("document.documentElement.dataset.drawn !== undefined")
        # Interactive: drawn, laid out and free to answer a key.
        seconds.append(page.evaluate(_FREE) / 1000)
        context.close()
    files = [Path(url.removeprefix("file://")) for url in asked if url.startswith("file:")]
    return (
        sum(len(gzip.compress(file.read_bytes(), 6)) for file in files),
        len(files),
        statistics.median(seconds),
    )


_TIMED = """async ([field, text]) => {
  const box = document.getElementById(field);
  const start = performance.now();
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""

_SORTED = """async (at) => {
  const start = performance.now();
  document.querySelectorAll("#ranking thead button")[at].click();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""


def filtering(site: Path, browser: Any) -> tuple[float, float]:
    """Milliseconds until the page has answered a typed letter, and a press on a heading: the slowest."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto((site / "index.html").as_uri())
    page.wait_for_function("document.documentElement.dataset.drawn !== undefined")
    typed = [
        page.evaluate(_TIMED, ["words", text]) for text in ("l", "la", "lab-1", "lab-1 7b", "", "model-2", "")
    ]
    pressed = [page.evaluate(_SORTED, at) for at in (1, 3, 5, 5, 0)]
    page.context.close()
    return max(typed), max(pressed)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--countries", type=int, default=75)
    parser.add_argument("--categories", type=int, default=20)
    parser.add_argument("--keep", type=Path, help="a folder for submissions and site; what is there is used")
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp())
    submissions, site = folder / "submissions", folder / "site"
    if not submissions.is_dir():
        write_submissions(submissions, asked.models, asked.tasks, asked.countries, asked.categories)
    shutil.rmtree(site, ignore_errors=True)
    print(f"build on {os.cpu_count()} processors: {build(submissions, site)}")
    changed = next(submissions.glob("*/*/manifest.json"))
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace("T12:", "T13:"), encoding="utf-8")
    print(f"after one changed: {build(submissions, site)}")
    changed.write_text(text, encoding="utf-8")
    _look(site)
    if not asked.keep:
        shutil.rmtree(folder)


def _look(site: Path) -> None:
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        print(f"no browser on the PATH ({', '.join(BROWSERS)}): not looked at")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        size, files, seconds = first_page(site, browser)
        told = f"{size / 1000:.0f} kB compressed (500) in {files} files"
        print(f"first page: {told}, interactive in {seconds:.2f} s (1)")
        typed, pressed = filtering(site, browser)
        print(f"filtering: {typed:.0f} ms at most (100); sorting: {pressed:.0f} ms at most")
        browser.close()


if __name__ == "__main__":
    main()
