"""Speed of a report: the page of a run of 500,000 predictions, and its item browser in a real Chromium.

    python benchmarks/report.py

prints seconds and peak memory of writing the page, its size, and what a reader waits for: until the items
are there after the page is opened, and for a filter. The browser's part needs Chromium on the PATH and
playwright.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from aggregate import predictions

from normsuite.aggregate import aggregate
from normsuite.report import write_html
from normsuite.report.world import world
from normsuite.schema import write_table

WORDINGS = 3
TASK = "invented"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=int, default=500_000)
    parser.add_argument("--keep", type=Path, help="Write the run and its page here, and leave them.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        run = options.keep or Path(temporary) / "run"
        made = make_run(run, options.predictions)
        print(f"{made:,} predictions of the model, {WORDINGS} wordings")
        started = time.perf_counter()
        page = write_html(run, run / "report.html")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        size = page.stat().st_size / 2**20
        print(f"page: {time.perf_counter() - started:.1f} s, {size:.1f} MiB, peak {peak:.2f} GiB")
        browse(page)


def make_run(folder: Path, count: int) -> int:
    """Write an invented run; returns how many predictions it has."""
    table = predictions(count // WORDINGS, clusters=count // 25, countries=75, categories=20)
    codes = sorted(world().shapes)
    numbers = pc.cast(pc.utf8_slice_codeunits(table["country"], 1), pa.int64())
    changed = {
        "task": pa.repeat(TASK, len(table)),
        "scorer": pa.repeat("labels", len(table)),
        "country": pa.array(codes).take(numbers),
    }
    for name, column in changed.items():
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    results = aggregate(
        table, metrics=["accuracy", "macro_f1", "recall"], headline="accuracy", replicates=200
    )
    write_table(table, folder / "predictions" / f"{TASK}.labels.00000.parquet")
    write_table(results, folder / "results.parquet")
    about = {"title": "An invented task", "headline": "accuracy", "items": count // WORDINGS}
    told = {"schema": 1, "hash": "0" * 64, "model": {"name": "invented"}, "tasks": {TASK: about}, "seed": 0}
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    return table.num_rows


def browse(page: Path) -> None:
    """What a reader of the page waits for."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("browser: no Chromium on the PATH")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        view = browser.new_page(viewport={"width": 1280, "height": 900})
        started = time.perf_counter()
        view.goto(page.as_uri(), wait_until="domcontentloaded")
        opened = time.perf_counter() - started
        started = time.perf_counter()
        view.locator("[data-browse]").scroll_into_view_if_needed()
        view.locator("[role=option]").first.wait_for()
        ready = time.perf_counter() - started
        script = """() => new Promise((done) => {
          const field = document.querySelector('select[data-role="right"]'), started = performance.now();
          field.value = 'no';
          field.dispatchEvent(new Event('change'));
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
        })"""
        print(f"browser: page {opened:.2f} s, items {ready:.2f} s, filter {view.evaluate(script):.0f} ms")
        browser.close()


if __name__ == "__main__":
    main()
