"""A table in order has nothing said against it; one with a single fault has that fault found, and told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from made_task import LABELS, WORDING, Row, of_split, rows, task_file

from normsuite.checks import Checked, Finding, Model, check_question
from normsuite.questions import prepare
from normsuite.tasks import load_task

Fault = Callable[[list[Row]], None]


def check(path: Path, **model: Any) -> Checked:
    (question,) = prepare([load_task(path)], {})
    return check_question(question, Model(**model))


def said_against(checked: Checked) -> list[Finding]:
    return [finding for finding in checked.findings if finding.severity != "note"]


def test_a_table_in_order(tmp_path: Path) -> None:
    checked = check(task_file(tmp_path, rows()))
    assert said_against(checked) == []
    assert checked.counts["items"] == 60
    assert checked.counts["splits"]["train"]["gold"] == {"fine": 30, "rude": 30}
    assert checked.counts["splits"]["test"]["majority_share"] == 0.5


def copied(table: list[Row]) -> None:
    for mine, other in zip(of_split(table, "test")[:4], of_split(table, "train"), strict=False):
        mine |= {"situation": other["situation"].upper(), "behavior": other["behavior"]}


def nearly_copied(table: list[Row]) -> None:
    for mine, other in zip(of_split(table, "test")[:4], of_split(table, "train"), strict=False):
        mine |= {"situation": other["situation"].replace(".", " so."), "behavior": other["behavior"]}


def contradicting(table: list[Row]) -> None:
    texts = {name: table[0][name] for name in ("situation", "behavior", "cluster", "country")}
    for row in table[1:3]:
        row |= texts


def contradicting_abroad(table: list[Row]) -> None:
    for row in table[:12]:
        row |= {"situation": table[0]["situation"], "behavior": table[0]["behavior"], "cluster": "c0"}
        row["country"] = "Kenya" if row["label"] == "rude" else "Japan"


def repeated(table: list[Row]) -> None:
    table[2] |= {name: table[0][name] for name in ("situation", "behavior", "label")}


def nearly_repeated(table: list[Row]) -> None:
    table[2] |= {"situation": table[0]["situation"].replace(".", " so."), "behavior": table[0]["behavior"]}


def lopsided(table: list[Row]) -> None:
    for row in table:
        row["label"] = "rude" if int(row["cluster"][1:]) % 10 == 0 else "fine"


def one_answer(table: list[Row]) -> None:
    for row in of_split(table, "test"):
        row["label"] = "fine"
    table[60]["label"] = "rude"


def apart(table: list[Row]) -> None:
    for row in of_split(table, "train")[:50]:
        row["label"] = "fine"


def unknown_country(table: list[Row]) -> None:
    for row in table[:3]:
        row["country"] = "Ruritania"


def unfilled(table: list[Row]) -> None:
    for row in table[:3]:
        row["behavior"] = ""


def few_clusters(table: list[Row]) -> None:
    for at, row in enumerate(of_split(table, "test")):
        row["cluster"] = f"c{at % 5}"


def one_cluster(table: list[Row]) -> None:
    for row in of_split(table, "test"):
        row["cluster"] = "c"


def few_in_a_country(table: list[Row]) -> None:
    for row in table[:4]:
        row["country"] = "Peru"


def crossing(table: list[Row]) -> None:
    for mine, other in zip(of_split(table, "test")[:4], of_split(table, "train"), strict=False):
        mine |= {"cluster": other["cluster"], "family": f"f-{other['cluster']}"}
        other["family"] = f"f-{other['cluster']}"


def named(table: list[Row]) -> None:
    for row in table:
        row["behavior"] += f" Sheer {row['label']}ness: {LABELS[row['label']]}!"


def explained(table: list[Row]) -> None:
    for row in table[:30]:
        row["why"] = " ".join(row["situation"].split()[:7])


def given_away(table: list[Row]) -> None:
    for row in table:
        row["situation"] += " Kindly meant." if row["label"] == "fine" else ""


def told_by_a_part(table: list[Row]) -> None:
    for at, row in enumerate(table):
        signs = (
            ("oh", "ah", "eh", "uh", "ih", "yo")
            if row["label"] == "fine"
            else ("ow", "aw", "ew", "iw", "yw", "uw")
        )
        row["behavior"] += f" {signs[at // 2 % 6]}"


@pytest.mark.parametrize(
    ("fault", "check_name", "severity", "told"),
    [
        (copied, "duplicates", "problem", "4 of 60 scored items (7%) are word for word in another split"),
        (nearly_copied, "duplicates", "warning", "4 of 60 scored items (7%) are nearly word for"),
        (contradicting, "duplicates", "problem", "3 of 60 scored items (5%) have the same text as another"),
        (contradicting_abroad, "duplicates", "warning", "12 of 60 scored items (20%) have the same text"),
        (repeated, "duplicates", "warning", "2 of 60 scored items (3%) have the same text as one of ano"),
        (nearly_repeated, "duplicates", "warning", "2 of 60 scored items (3%) are nearly word for word "),
        (lopsided, "labels", "warning", "54 of 60 golds (90%) are 'fine'"),
        (one_answer, "labels", "problem", "every scored item has the gold 'fine'"),
        (apart, "labels", "warning", "the gold 'rude' is 8% of train but 50% of test"),
        (unknown_country, "cultures", "warning", "3 of 60 scored items (5%) name a culture that is no k"),
        (unfilled, "cells", "problem", "3 of 60 scored items (5%) cannot be put into words: the field '"),
        (few_clusters, "clusters", "warning", "the scored items are of 5 clusters"),
        (one_cluster, "clusters", "problem", "all scored items are of one cluster"),
        (few_in_a_country, "clusters", "warning", "1 of 3 groups of the facet 'country' (33%) have fewe"),
        (crossing, "clusters", "problem", "4 of 60 scored items (7%) have a family that lies in other s"),
        (named, "leakage", "problem", "the behaviour names the answer 'fine' in 30 of 30 items where it"),
        (explained, "leakage", "problem", "30 of 60 scored items (50%) show the explanation of their ow"),
        (given_away, "leakage", "problem", "the word 'kindly' is in 30 of 60 scored items (50%), and th"),
        (told_by_a_part, "artefacts", "warning", "TF-IDF on the behaviour alone tells"),
    ],
)  # fmt: skip
def test_one_fault(tmp_path: Path, fault: Fault, check_name: str, severity: str, told: str) -> None:
    table = rows()
    fault(table)
    found = said_against(check(task_file(tmp_path, table)))
    # A word that tells the gold is found by all who look for that; an answer that is alone is nobody's rival.
    consequences = {"leakage": {"leakage", "artefacts"}, "labels": {"labels"}}.get(check_name, {check_name})
    assert {finding.check for finding in found} <= consequences
    matching = [finding for finding in found if finding.message.startswith(told)]
    assert [finding.severity for finding in matching] == [severity], [one.sentence for one in found]
    assert matching[0].fix


def test_a_label_that_is_common_anyway_is_no_leak(tmp_path: Path) -> None:
    table = rows()
    for at, row in enumerate(table):
        row["behavior"] += " That is rude, some say." if at // 2 % 2 else ""
    assert said_against(check(task_file(tmp_path, table))) == []


def test_what_the_wordings_do_not_show_is_no_leak(tmp_path: Path) -> None:
    table = rows()
    for row in table:
        row["norm"] = f"It is {LABELS[row['label']]}."
    assert said_against(check(task_file(tmp_path, table))) == []
    shown = WORDING.replace("Options:", "Rule: {{{{ norm }}}}\nOptions:")
    found = said_against(check(task_file(tmp_path, table, shown)))
    assert any(one.message.startswith("the norm names the answer 'rude' in 30 of 30") for one in found)


def test_a_field_that_only_some_items_have_is_noted(tmp_path: Path) -> None:
    table = rows()
    for row in table[:6]:
        row["behavior"] = ""
    guarded = WORDING.replace("{{{{ behavior }}}}", "{{% if behavior %}}{{{{ behavior }}}}{{% endif %}}")
    checked = check(task_file(tmp_path, table, guarded))
    assert said_against(checked) == []
    told = "the behaviour, which the wordings show, is empty in 6 of 60 scored items (10%)"
    assert told in [finding.message for finding in checked.findings]


def test_without_training_rows_parts_are_cross_validated_by_cluster(tmp_path: Path) -> None:
    table = rows(test=80, train=0)
    for at, row in enumerate(table):
        row["cluster"] = f"c{at // 2}"  # with one gold of each
        row["situation"] += f" {row['cluster']}" * 3  # which a fold that splits clusters would learn
    assert said_against(check(task_file(tmp_path, table))) == []
    told_by_a_part(table)
    found = said_against(check(task_file(tmp_path, table)))
    assert [finding.check for finding in found] == ["artefacts"]


def choices(at: int) -> dict[str, str]:
    """Three options of the table's own words, none of them special."""
    words = rows(test=3, train=0, seed=100 + at)
    return {f"option{number}": row["behavior"] for number, row in enumerate(words, start=1)}


CHOICE: dict[str, Any] = {
    "labels": None,
    "answer": "letters",
    "metrics": ["accuracy"],
    "headline": "accuracy",
    "wording": WORDING,
    "columns": {
        "label": {"column": "label", "reads": "letter"},
        "options": {"columns": ["option1", "option2", "option3"]},
    },
}


def choice_rows() -> list[Row]:
    table = rows(test=60, train=0)
    return [row | choices(at) | {"label": "ABC"[at % 3]} for at, row in enumerate(table)]


def always_first(table: list[Row]) -> None:
    for row in table:
        row["label"] = "A"


def told_by_options(table: list[Row]) -> None:
    for row in table:
        at = 1 + "ABC".index(row["label"])
        row[f"option{at}"] += " with due care"


def quoted(table: list[Row]) -> None:
    for row in table:
        row["situation"] += " " + row[f"option{1 + 'ABC'.index(row['label'])}"]


@pytest.mark.parametrize(
    ("fault", "order", "severity", "told"),
    [
        (always_first, "fixed", "problem", "the gold is option 1 in 60 of 60 scored items (100%)"),
        (told_by_options, "design", "problem", "TF-IDF on the options alone tells"),
        (told_by_options, "design", "problem", "the word 'care' is in 60 of 180 options (33%), and is r"),
        (quoted, "design", "problem", "the situation names the gold answer in 60 of 60 items where it i"),
    ],
)  # fmt: skip
def test_one_fault_of_choices(tmp_path: Path, fault: Fault, order: str, severity: str, told: str) -> None:
    table = choice_rows()
    fault(table)
    found = said_against(check(task_file(tmp_path, table, order=order, **CHOICE)))
    matching = [finding for finding in found if finding.message.startswith(told)]
    assert [finding.severity for finding in matching] == [severity], [one.sentence for one in found]
    assert {finding.check for finding in found} <= {matching[0].check, "leakage", "artefacts"}


def test_options_that_are_alike_or_empty(tmp_path: Path) -> None:
    """Tables are refused for these; Items that somebody else built may have them."""
    (question,) = prepare([load_task(task_file(tmp_path, choice_rows(), **CHOICE))], {})
    options = question.items["options"].to_pylist()
    options[3][0], options[5][2] = options[3][1].upper(), " "
    at = question.items.schema.get_field_index("options")
    column = pa.array(options, question.items.schema.field("options").type)
    items = question.items.set_column(at, question.items.schema.field("options"), column)
    found = said_against(check_question(replace(question, items=items), Model()))
    assert {(finding.check, finding.severity, finding.example) for finding in found} == {
        ("labels", "problem", "made:4"),
        ("cells", "problem", "made:6"),
    }


def test_choices_in_order(tmp_path: Path) -> None:
    assert said_against(check(task_file(tmp_path, choice_rows(), **CHOICE))) == []


def test_a_gold_that_is_always_first_is_only_noted_where_orders_are_balanced(tmp_path: Path) -> None:
    table = choice_rows()
    always_first(table)
    checked = check(task_file(tmp_path, table, **CHOICE))
    assert said_against(checked) == []
    assert any(finding.message.startswith("the gold is option 1") for finding in checked.findings)


RATING: dict[str, Any] = {
    "scorer": "rating",
    "labels": None,
    "metrics": ["pearson"],
    "headline": "pearson",
    "columns": {"label": None, "rating": {"column": "label", "min": 1, "max": 5}},
}


def test_ratings(tmp_path: Path) -> None:
    table = rows()
    for at, row in enumerate(table):
        row["label"] = str(1 + at % 5)
    assert said_against(check(task_file(tmp_path, table, **RATING))) == []
    table[1] |= {name: table[0][name] for name in ("situation", "behavior", "cluster")} | {"label": "5"}
    (found,) = said_against(check(task_file(tmp_path, table, **RATING)))
    assert (found.check, found.n) == ("duplicates", 2)


def test_lengths_are_told_with_and_without_room(tmp_path: Path) -> None:
    table = rows()
    table[7]["situation"] += " and so on" * 200
    path = task_file(tmp_path, table)
    (found,) = said_against(check(path, context=300))
    assert (found.check, found.severity, found.n, found.example) == ("lengths", "warning", 3, "made:8")
    assert found.message.startswith("3 of 180 prompts (2%) are, by an estimate, longer than the 299 tokens")
    assert said_against(check(path, context=2000)) == []
    (worst,) = said_against(check(path, context=20))
    assert worst.severity == "problem"


def test_rows_set_aside_are_told_by_reason(tmp_path: Path) -> None:
    table = rows()
    for row in table[:30]:
        row["situation"] = ""
    checked = check(task_file(tmp_path, table))
    (found,) = said_against(checked)
    assert (found.check, found.severity, found.n) == ("cells", "warning", 30)
    assert found.example == "made.csv row 1"
    assert checked.counts["set_aside"] == 30
