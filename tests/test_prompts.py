"""Wordings: those that ship say what they should, and a stranger's are refused in one line."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normsuite import folders
from normsuite.errors import InputError
from normsuite.prompts import Option, item_fields, load_wordings
from normsuite.scorers.agents.steps import STEPS
from normsuite.scorers.orders import label_orders
from normsuite.scorers.requests import Request, build_requests
from normsuite.tasks import DirectionTask, Task, prompted_only, resolve_tasks

CUES = ("Answer:", "答案：")
FAMILIES = sorted(path.name for path in folders.prompts().iterdir())
SHIPPED = [task.name for task in prompted_only(resolve_tasks("*")) if not task.reads_numbers]
NUMBERED = [task.name for task in prompted_only(resolve_tasks("*")) if task.reads_numbers]
ASKED = {task.prompts for task in prompted_only(resolve_tasks("*"))} | {f"agents-{step}" for step in STEPS}
EMBEDDED = {
    name
    for task in resolve_tasks("*")
    if isinstance(task, DirectionTask)
    for families in (task.texts, *(source.texts for source in task.seeds))
    for name in families
}


def item(**changes: Any) -> dict[str, Any]:
    """An invented item that has every field a wording may want."""
    return {
        "id": "mini:1",
        "kind": "label",
        "situation": "the night train",
        "behavior": "hum a tune",
        "norm": "Keep your voice low on trains.",
        "frame": [
            {"subject": "PERSON", "name": "role", "relation": "is", "value": "guard"},
            {"subject": "OTHER", "name": "age", "relation": "is over", "value": "60"},
            {"subject": "ENV", "name": "country", "relation": "is", "value": "japan"},
            {"subject": "ENV", "name": "value", "relation": "is", "value": "Quiet is kind."},
            {"subject": "PERSON", "name": "intention", "relation": "is", "value": "stay awake"},
        ],
        "turns": [{"speaker": "Ann", "text": "Who hums there?"}],
        "images": None,
        "scale_min": 1.0,
        "scale_max": 7.0,
        "country": "JPN",
        "language": "en",
        "options": ["yes", "no"],
    } | changes


def asked(task: Task, **changes: Any) -> list[Request]:
    """Everything a task asks about one item, in every label order."""
    options = list(task.labels) or ["I missed the bus.", "I caught the bus."]
    orders = len(label_orders(len(options)))
    rows = [item(options=options, **changes)] * orders
    return list(build_requests(task, load_wordings(task.prompts), rows, np.arange(orders)))


def told(task: str, **changes: Any) -> list[str]:
    return [request.prompt for request in asked(*resolve_tasks(task), **changes)]


# What ships


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_three_wordings_and_a_task(family: str) -> None:
    """Texts that are only embedded may have one wording, or many."""
    assert family in ASKED | EMBEDDED
    wordings = load_wordings(family, least=1)
    assert len(wordings) == 3 or family not in ASKED


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - ASKED))
def test_a_text_that_is_only_embedded_is_one_line_without_options(family: str) -> None:
    for wording in load_wordings(family, least=1):
        turns = [{"speaker": None, "text": f"{at} May one hum a tune?"} for at in range(10)]
        text = wording.render(item_fields(item(turns=turns)))
        assert any(part in text for part in ("hum a tune", "the night train", "Keep your voice low"))
        assert text == text.strip() and "\n" not in text


@pytest.mark.parametrize("name", SHIPPED)
def test_every_wording_renders_in_every_order(name: str) -> None:
    (task,) = resolve_tasks(name)
    requests = asked(task)
    size = 2 if task.answer == "yes-no" or not task.labels else len(task.labels)
    orders = {tuple(range(size))} if task.order == "fixed" else set(label_orders(size))
    assert {request.order for request in requests} == orders
    for request in requests:
        lines = request.prompt.split("\n")
        assert lines[-1] in CUES, "nothing after the cue: the label's token is read there"
        assert all(line == line.strip() and line for line in lines)
        assert not set("{}<>") & set(request.prompt)
        assert request.prompt.count("Reply with one ") == 1 or lines[-1] != "Answer:"
        assert len(request.prompt) < 700, "a small model reads it too"


@pytest.mark.parametrize("name", SHIPPED)
def test_options_are_shown_in_the_order_of_the_design(name: str) -> None:
    (task,) = resolve_tasks(name)
    texts = list(task.labels.values()) or ["I missed the bus.", "I caught the bus."]
    for request in asked(task):
        if task.answer in ("letters", "numbers"):
            shown = "\n".join(
                f"{letter}) {texts[at]}" for letter, at in zip(request.words, request.order, strict=True)
            )
        else:
            shown = f"Options: {', '.join(request.words)}"
        assert request.prompt.endswith(tuple(f"\n{shown}\n{cue}" for cue in CUES))


@pytest.mark.parametrize("name", NUMBERED)
def test_a_number_is_asked_for_without_options(name: str) -> None:
    (task,) = resolve_tasks(name)
    for language, cue in {"en": "Answer:", "de": "Antwort:"}.items():
        for request in asked(task, language=language):
            assert request.prompt.endswith(("\nAnswer:", f"\n{cue}"))
            assert request.words in ((), tuple("1234567"))
            assert "hum a tune" in request.prompt or "Keep your voice low" in request.prompt


@pytest.mark.parametrize("name", SHIPPED)
def test_a_label_is_named_among_the_options_only(name: str) -> None:
    """A label named in the question would always be seen first there, whatever the order of the options."""
    (task,) = resolve_tasks(name)
    labels = [text for text in task.labels.values() if text != "Neither"]
    for request in asked(task):
        question = request.prompt.rsplit("\nA)" if task.answer == "letters" else "\nOptions:", 1)[0]
        words = question.replace(".", " ").replace("?", " ").replace(",", " ").split()
        assert not {label for label in labels if label.split()[0] in words} or task.answer != "words"


@pytest.mark.parametrize("name", SHIPPED)
def test_the_wordings_of_a_family_differ(name: str) -> None:
    (task,) = resolve_tasks(name)
    first = load_wordings(task.prompts)
    prompts = {wording.render({**item_fields(item()), "options": [], "option": "x"}) for wording in first}
    assert len(prompts) == 3


def test_constraints_are_told_as_clauses() -> None:
    for prompt in told("mini-framed"):
        assert "the person's role is 'guard'" in prompt
        assert "the other person's age is over '60'" in prompt
        assert "country is 'japan'" in prompt and "person's country" not in prompt


def test_a_behaviour_without_constraints_is_asked_all_the_same() -> None:
    for frame in (None, []):
        for prompt in told("normbank-norm", frame=frame):
            assert "the night train" in prompt and "'" not in prompt and "iven that" not in prompt


LADDER = {"country": "Japan", "value": "Quiet is kind.", "rule": "Keep your voice low on trains."}


@pytest.mark.parametrize("condition", ["none", "country", "value", "country-value", "rule"])
def test_the_context_tells_what_it_names_and_no_more(condition: str) -> None:
    for prompt in told(f"normad-{condition}"):
        assert "the night train" in prompt
        for part, text in LADDER.items():
            assert (text in prompt) == (part in condition.split("-"))


def test_an_item_of_no_country_is_told_without_one() -> None:
    for prompt in told("mini-rules", country=None):
        assert "Keep your voice low" in prompt and "Japan" not in prompt and "None" not in prompt


def test_the_rule_that_holds_the_verdict_is_not_told_where_the_verdict_is_asked() -> None:
    assert not any("Keep your voice low" in prompt for prompt in told("social-chem-101-judgment"))


def test_a_yes_no_task_asks_about_each_option_in_turn() -> None:
    (task,) = resolve_tasks("social-chem-101-foundations")
    for request in asked(task):
        assert list(task.labels.values())[request.option] in request.prompt


def test_the_study_stem_is_used_where_there_is_one() -> None:
    assert any(
        prompt.startswith("May I hum a tune?") for prompt in told("mort-user-study-rating", situation="May I")
    )
    for prompt in told("mort-user-study-rating", situation=None):
        assert "Is it okay to hum a tune?" in prompt


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("field", ["situation", "behavior", "norm"])
def test_a_null_is_never_printed(name: str, field: str) -> None:
    """Wordings either do without the field or say that it is empty."""
    try:
        prompts = told(name, **{field: None})
    except InputError as error:
        assert f"the field {field!r} is empty" in error.what
        assert error.row is not None
    else:
        assert not any("None" in prompt for prompt in prompts)


# What is refused

GOOD = "{{ behavior }}\n{{ options | map(attribute='word') | join(', ') }}\nAnswer:\n"


def family(folder: Path, text: str) -> Path:
    """A family of three wordings, the second of which is ``text``."""
    (folder / "own").mkdir()
    for name, content in {"a": GOOD, "b": text, "c": GOOD}.items():
        (folder / "own" / f"{name}.jinja").write_text(content, encoding="utf-8")
    return folder


def render(text: str, folder: Path, **changes: Any) -> str:
    _, wording, _ = load_wordings("own", family(folder, text))
    fields = item_fields(item(**changes), ("rule",))
    return wording.render({**fields, "options": [Option("Yes", "Yes"), Option("No", "No")]})


def test_a_family_of_ones_own_is_used(tmp_path: Path) -> None:
    assert render(GOOD, tmp_path) == "hum a tune\nYes, No\nAnswer:"


def test_the_digest_is_that_of_the_text(tmp_path: Path) -> None:
    a, b, c = load_wordings("own", family(tmp_path, GOOD + "\n"))
    assert a.sha256 == c.sha256 != b.sha256


def test_a_wording_travels_to_another_process_without_its_file(tmp_path: Path) -> None:
    _, wording, _ = load_wordings("own", family(tmp_path, GOOD))
    packed = pickle.dumps(wording)
    wording.path.unlink()
    there = pickle.loads(packed)
    assert (there.name, there.path, there.sha256) == (wording.name, wording.path, wording.sha256)
    assert there.render({"behavior": "hum", "options": []}) == wording.render(
        {"behavior": "hum", "options": []}
    )


def test_a_missing_family_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such prompt family") as caught:
        load_wordings("own", tmp_path)
    assert caught.value.file == str(tmp_path / "own")


def test_two_wordings_are_too_few(tmp_path: Path) -> None:
    (family(tmp_path, GOOD) / "own" / "c.jinja").unlink()
    with pytest.raises(InputError, match=r"has 2 wording\(s\).*at least 3"):
        load_wordings("own", tmp_path)


UNREADABLE = {
    "unknown name": ("{{ behavior }}\n{{ behaviour }}", 2, "'behaviour' is not a field of an item"),
    "unknown name in a branch": ("{% if norm %}\n{{ rule }}\n{% endif %}", 2, "'rule' is not a field"),
    "syntax": ("fine\n{{ behavior }\n", 2, "is not a Jinja template"),
    "open block": ("fine\n{% if norm %}\nopen", 3, "is not a Jinja template"),
    "unknown filter": ("fine\n{{ norm | shout }}", 2, "No filter named 'shout'"),
    "a filter left to chance": ("{{ options | random }}", 1, "No filter named 'random'"),
    "text left to chance": ("{{ lipsum() }}", 1, "Call has no place in a wording"),
    "globals": ("{{ cycler.__init__.__globals__ }}", 1, "'cycler' is not a field"),
    "attribute filter": ("{{ (behavior | attr('__class__')).__mro__ }}", 1, "No filter named 'attr'"),
    "format string": ("{{ '{0.__class__.__mro__}'.format(behavior) }}", 1, "Call has no place"),
    "change of an item": ("fine\n{{ frame.append(1) }}", 2, "Call has no place"),
    "another file": ("{% include '/etc/hostname' %}", 1, "Include has no place"),
    "nothing": (" \n", None, "is empty"),
    "a filter by name": ("{{ options | map('upper') }}", 1, "map takes attribute=... only"),
    "three loops": ("{% for a in options %}" * 3 + "{% endfor %}" * 3, 1, "loops are nested too deeply"),
    "parentheses": ("{{ " + "(" * 3000 + "norm" + ")" * 3000 + " }}", None, "is nested too deeply"),
}
# What would fill the memory or never end: all of it is refused before anything is computed.
UNREADABLE |= {
    f"endless: {name}": (text, 1, message)
    for name, text, message in (
        ("product", "{{ 'a' * 10**11 }}", "Mul has no place"),
        ("power", "{{ 9 ** (9 ** 9) }}", "Pow has no place"),
        ("width", "{{ '%99999999999d' % 1 }}", "Mod has no place"),
        ("centred", "{{ norm | center(99999999999) }}", "No filter named 'center'"),
        ("padded", "{{ norm.ljust(99999999999) }}", "Call has no place"),
        ("range", "{% for i in range(999999999) %}x{% endfor %}", "Call has no place"),
        ("doubled", "{% set x = norm %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}", "Assign has no place"),
        ("recursion", "{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f(norm) }}", "Macro has no place"),
    )
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_faulty_wording_is_refused_on_loading(case: str, tmp_path: Path) -> None:
    text, row, message = UNREADABLE[case]
    with pytest.raises(InputError) as caught:
        load_wordings("own", family(tmp_path, text))
    assert caught.value.file == str(tmp_path / "own" / "b.jinja")
    assert caught.value.row == row
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_wording_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (family(tmp_path, GOOD) / "own" / "b.jinja").write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match=r"b\.jinja.*UTF-8"):
        load_wordings("own", tmp_path)


FAILING = {
    "class": ("fine\n{{ ''.__class__.__mro__ }}", 2, "reaches for what it must not"),
    "subscript": ("{{ behavior['__class__'].__mro__ }}", 1, "reaches for what it must not"),
    "mapped attribute": (
        "{{ options | map(attribute='__class__') | join }}",
        1,
        "reaches for what it must not",
    ),
    "null field": ("fine\n{{ turns }}{{ language }}", 2, "the field 'language' is empty"),
    "null field, joined": ("{{ 'In ' ~ language }}", 1, "the field 'language' is empty"),
    "null field, trimmed": ("{{ language | trim }}", 1, "the field 'language' is empty"),
    "null inside a field": ("\n\n{{ turns[0].speaker }}", 3, "a part of this item is empty"),
    "no such value": ("{{ given['mood'] }}", 1, "'dict object' has no attribute 'mood'"),
    "a yes-no field": ("{{ option }}", 1, "'option' is undefined"),
    "division by zero": ("{{ 1 // (options | length - 2) }}", 1, "cannot be rendered (ZeroDivisionError"),
    "endless join": (
        "{{ norm | join(norm) | join(norm) | join(norm) | join(norm) }}",
        1,
        "makes more than 1,000,000 characters",
    ),
    "endless loops": (
        "{% for a in norm | join(norm) %}{% for b in norm | join(norm) %}{{ norm }}{% endfor %}{% endfor %}",
        None,
        "makes more than 1,000,000 characters",
    ),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_wording_that_fails_is_refused_with_its_line(case: str, tmp_path: Path) -> None:
    text, row, message = FAILING[case]
    with pytest.raises(InputError) as caught:
        render(text, tmp_path, language=None, turns=[{"speaker": None, "text": "Hush."}])
    assert caught.value.file == str(tmp_path / "own" / "b.jinja")
    assert caught.value.row == row
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_null_field_can_be_asked_about(tmp_path: Path) -> None:
    text = "{% if language %}never{% else %}{{ language or norm | upper }}{% endif %}"
    assert render(text, tmp_path, language=None) == "KEEP YOUR VOICE LOW ON TRAINS."


def test_text_is_never_escaped(tmp_path: Path) -> None:
    assert render("{{ behavior }}", tmp_path, behavior="eat <b> & 'c'") == "eat <b> & 'c'"


@settings(deadline=None)
@given(st.text(alphabet="{}%# .|_'[]()abnor1\n~", max_size=30))
def test_any_text_renders_or_is_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    try:
        render(text, tmp_path_factory.mktemp("any"))
    except InputError as error:
        assert "\n" not in str(error)
