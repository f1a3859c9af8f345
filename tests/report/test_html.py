import base64
import hashlib
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from normsuite.errors import InputError
from normsuite.report import write_html
from normsuite.report.provenance import rebuild_command

HOSTILE = (
    "<script>alert(1)</script>",
    "\u202eevil",
    "日本の礼儀" * 100,
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
)
LINKING = ("href", "src", "action", "xlink:href", "data", "srcset", "poster", "formaction")


class Page(HTMLParser):
    """Elements, ids and visible text of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text, self.scripts, self.open = set(), [], [], [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        self.open = tag
        if tag == "script":
            self.scripts.append([dict(attributes).get("type", ""), ""])

    def handle_endtag(self, tag):
        self.open = ""

    def handle_data(self, data):
        if self.open == "script":
            self.scripts[-1][1] += data
        elif self.open != "style":
            self.text.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def html(run, tmp_path_factory):
    return write_html(run, tmp_path_factory.mktemp("page") / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_a_ceiling_has_a_shape_of_its_own_that_the_caption_names(make_run, result, manifest, about, tmp_path):
    rows = [result("t", "accuracy", 0.6), result("t", "accuracy", 0.88, scorer="ceiling: BEST")]
    made = write_html(make_run(manifest({"t": about}), rows, {}), tmp_path / "page.html")
    words = Page(made.read_text(encoding="utf-8")).words
    assert "Ceiling: BEST" in words
    assert "Triangle: ceiling, the score to be expected of one who knew" in words


def test_a_page_without_a_ceiling_does_not_speak_of_one(page):
    assert "Triangle" not in page.words


@pytest.fixture
def hostile(make_run, result, manifest, about, tmp_path):
    """The page of a run whose every name is hostile."""
    rows = [result(name, "accuracy", 0.5) for name in HOSTILE]
    for name in HOSTILE:
        facets = ("country", "topic", *HOSTILE)
        rows += [result(name, "accuracy", 0.5, facet=facet, group=name) for facet in facets]
        rows += [result(name, f"recall_{name}", 0.5), result(name, name, 0.5, scorer=name)]
    tasks = {name: about | {"title": name, "description": name, name: {name: [name]}} for name in HOSTILE}
    model = {"name": HOSTILE[0], "revision": "\ud800"}
    told = manifest(tasks, model=model, created=HOSTILE[3], other={HOSTILE[3]: None})
    return write_html(make_run(told, rows, {}), tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_page_tells_what_the_run_found(page):
    for words in (
        "an-invented-model",
        "above chance",
        "[0.573, 0.651]",
        "South Korea",
        "Worst-served country: Nigeria",
        "Gap between cultural zones",
        "Country × topic",
        "label mass",
        "macro-F1",
        "engine",
        "CC BY 4.0",
        "normsuite run an-invented-model --tasks mini-judgement --seed 7 --part 512 "
        "--engine transformers --batch-size 8 --device cpu --out RUN",
    ):
        assert words.lower() in page.words.lower(), words


def test_the_command_names_every_option_that_moves_a_number():
    engine = {"engine": "transformers", "dtype": "float32", "device": "cpu", "batch_size": 8}
    manifest = {
        "model": {"name": "owner/name", "revision": "abc"},
        "engine": engine | {"chat_template": False},
        "tasks": {"mini-rules": {}},
        "limit": 5,
        "seed": 0,
        "replicates": 200,
    }
    assert rebuild_command(manifest) == (
        "normsuite run owner/name --tasks mini-rules --limit 5 --seed 0 --replicates 200 --revision abc "
        "--engine transformers --dtype float32 --batch-size 8 --device cpu --no-chat --out RUN"
    )


def test_the_command_passes_engine_arguments_on_and_names_no_address():
    vllm = {"engine": "vllm", "dtype": "bfloat16", "reproducible": True}
    vllm["options"] = {"load_format": "safetensors", "max_num_seqs": 8, "hf_overrides": {"a": 1}}
    told = rebuild_command({"model": {"name": "m"}, "engine": vllm, "tasks": {"t": {}}, "part": 64})
    assert told == (
        "normsuite run m --tasks t --part 64 --engine vllm --dtype bfloat16 "
        "--engine-option load_format=safetensors --engine-option max_num_seqs=8 "
        "--engine-option 'hf_overrides={\"a\": 1}' --reproducible --out RUN"
    )
    served = {"engine": "openai", "tokenizer": {"name": "owner/name"}, "chat_template": True}
    assert rebuild_command({"model": {"name": "served"}, "engine": served, "tasks": {"t": {}}}) == (
        "normsuite run served --tasks t --engine openai --base-url URL --tokenizer owner/name "
        "--chat --out RUN"
    )


def test_every_plot_has_its_numbers_in_a_table(page):
    assert page.words.count("Numbers of this plot") == 4  # overall, each category facet, confusion
    assert page.words.count("highest first") >= 2


def test_nothing_is_fetched_and_no_script_runs_but_the_page_s_own(page):
    assert not page.tags & {"iframe", "object", "embed", "img", "form"}
    policy = next(value for name, value in page.attributes if name == "content" and "default-src" in value)
    digests = {
        f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
        for kind, code in page.scripts
        if kind == ""
    }
    assert digests == set(re.findall(r"'sha256-[^']+'", policy))
    assert {kind for kind, _ in page.scripts} <= {"", "application/json", "application/json+gzip"}
    links = [value for name, value in page.attributes if name in LINKING]
    assert links
    assert all(value.startswith(("#", "data:")) for value in links)
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_ids_are_unique_and_links_lead_somewhere(page):
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    links = [value for name, value in page.attributes if name in ("href", "xlink:href")]
    assert {link[1:] for link in links if link[0] == "#"} <= set(ids)
    labels = " ".join(value for name, value in page.attributes if name == "aria-labelledby")
    assert set(labels.split()) <= set(ids)


def test_style_sheets_name_no_address(html):
    styles = "".join(re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL))
    assert "light-dark(" in styles
    assert "@media print" in styles
    assert "url(" not in styles
    assert "@import" not in styles


def test_hostile_names_are_text_everywhere(hostile):
    page = Page(hostile)
    assert "img" not in page.tags
    assert not any("alert" in code for _, code in page.scripts)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "\u202e" not in hostile
    for words in ("<script>alert(1)</script>", "⟨U+202E⟩evil", "日本の礼儀", "{{ 7 * 7 }}", "⟨U+D800⟩"):
        assert words in page.words


def test_the_same_run_gives_the_same_page(html, run, tmp_path):
    assert write_html(run, tmp_path / "again.html").read_text(encoding="utf-8") == html


def test_a_run_without_results_or_manifest_entries_is_still_a_page(make_run, tmp_path):
    html = write_html(make_run({"schema": 1}, [], {}), tmp_path / "report.html").read_text(encoding="utf-8")
    assert "no results" in html


def test_a_run_of_baselines_alone_is_a_page(make_run, result, manifest, about, tmp_path):
    run = make_run(manifest({"t": about}), [result("t", "accuracy", 0.5, scorer="majority")], {})
    assert "No result of the model" in write_html(run, tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_one_clear_line(run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_html(run, tmp_path / "file" / "report.html")


def test_the_room_loads_without_matplotlib():
    code = "import sys, normsuite.report; sys.exit('matplotlib' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
