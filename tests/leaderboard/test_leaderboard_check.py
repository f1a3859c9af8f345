"""What a check refuses: numbers that do not recompute, and everything a hostile submission may try."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from normsuite.errors import InputError
from normsuite.leaderboard import isolated, tables
from normsuite.leaderboard.add import Named, add
from normsuite.leaderboard.check import check
from normsuite.leaderboard.isolated import _problems as problems_of
from normsuite.leaderboard.problems import Problem
from normsuite.leaderboard.submission import Submission
from normsuite.runs import Run
from tests.leaderboard.conftest import claim, rewrite, seal, set_cell

PREDICTIONS = "predictions/mini-rules.parquet"


def problems(*paths: Path) -> list[str]:
    """What is wrong, each without its path; every problem is one line."""
    found = [str(problem) for problem in check(paths, isolated=False).problems]
    assert not [line for line in found if "\n" in line]
    return found


def only(found: list[str]) -> str:
    assert len(found) == 1, found
    return found[0]


def test_what_was_added_passes(made: Path) -> None:
    found = check([made], isolated=False)
    assert (found.submissions, found.problems, found.notes) == (2, [], [])


@pytest.mark.parametrize("column", ["value", "ci_low", "ci_high", "chance", "n", "clusters"])
def test_one_changed_number_of_the_results_is_named_with_both_values(answers: Path, column: str) -> None:
    table = pq.read_table(answers / "results.parquet", partitioning=None)
    mask = pc.and_(pc.equal(table["metric"], "brier"), pc.equal(table["scorer"], "labels"))
    mask = pc.and_(pc.and_(mask, pc.equal(table["facet"], "zone")), pc.is_valid(table["ci_low"]))
    row = int(np.flatnonzero(np.asarray(mask))[0])
    old, group = table[column][row].as_py(), table["group"][row].as_py()
    new = old + (1 if isinstance(old, int) else 0.001)
    rewrite(answers, "results.parquet", lambda table: set_cell(table, row, column, new))
    line = only(problems(answers))
    assert f"brier of mini-rules (labels, zone {group}): {column} is told as {new!r}, but" in line
    assert line.endswith(repr(old))


def test_one_changed_prediction_makes_the_headline_fail(answers: Path) -> None:
    def flip(table: pa.Table) -> pa.Table:
        mine = np.flatnonzero(np.asarray(pc.equal(table["scorer"], "labels")))
        wrong = next(i for i in mine.tolist() if table["predicted"][i].as_py() != table["gold"][i].as_py())
        right = table["gold"][wrong].as_py()
        sure = [1.0 if i == right else 0.0 for i in range(3)]
        return set_cell(set_cell(table, wrong, "predicted", right), wrong, "probabilities", sure)

    rewrite(answers, PREDICTIONS, flip)
    found = problems(answers)
    assert any("accuracy of mini-rules (labels): value is told as" in line for line in found)
    assert any("the sums of mini-rules are not those of its predictions" in line for line in found)
    assert len([line for line in found if "mini-rules (" in line]) <= 20
    assert any("more numbers of this task differ" in line for line in found)


def test_a_changed_byte_is_told_by_its_digest(answers: Path) -> None:
    claim(answers, lambda manifest: manifest["files"].update({PREDICTIONS: "0" * 64}))
    assert "is not the file that the manifest has the sha256 of" in only(problems(answers))


def test_a_label_that_is_not_the_likeliest_is_no_prediction(answers: Path) -> None:
    def swap(table: pa.Table) -> pa.Table:
        row = int(np.flatnonzero(np.asarray(pc.equal(table["scorer"], "labels")))[0])
        return set_cell(table, row, "predicted", int(np.argmin(table["probabilities"][row].as_py())))

    rewrite(answers, PREDICTIONS, swap)
    assert "is not the likeliest option" in only(problems(answers))


def test_gold_that_was_bent_towards_the_answers_is_found_by_the_data(answers: Path, run: Run) -> None:
    """Results recompute from bent gold; only the data, or other submissions, can tell."""

    def bend(table: pa.Table) -> pa.Table:
        item = table["item"][0].as_py()
        gold = [
            (value + 1) % 3 if name == item else value
            for name, value in zip(table["item"].to_pylist(), table["gold"].to_pylist(), strict=True)
        ]
        at = table.schema.get_field_index("gold")
        return table.set_column(at, table.schema.field("gold"), pa.array(gold, pa.int32()))

    item = pq.read_table(answers / PREDICTIONS, partitioning=None)["item"][0].as_py()
    rewrite(answers, PREDICTIONS, bend)
    assert any(f"gold of {item} is not what the data says" in line for line in problems(answers))


def test_items_that_were_left_out_are_found(answers: Path) -> None:
    def drop(table: pa.Table) -> pa.Table:
        return table.filter(pc.not_equal(table["item"], table["item"][0]))

    rewrite(answers, PREDICTIONS, drop)
    found = problems(answers)
    assert any("items is told as 108, but predictions are of 107" in line for line in found)
    assert any("its items are not those that the task asks about" in line for line in found)


def test_a_changed_null_of_a_direction_fails(board: Path) -> None:
    folder = board / "acme__normsuite-tiny" / "directions"
    [file] = (folder / "nulls").iterdir()

    def change(table: pa.Table) -> pa.Table:
        return set_cell(table, 0, "scores", [-s for s in table["scores"][0].as_py()])

    rewrite(folder, f"nulls/{file.name}", change)
    assert any("null: " in line and "is told as" in line for line in problems(folder))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda m: m["tasks"]["mini-rules"].update(version=2), "mini-rules is of version 2, here it is 1"),
        (lambda m: m["tasks"]["mini-rules"].update(sha256="0" * 64), "mini-rules: sha256 is not that of"),
        (lambda m: m["tasks"]["mini-rules"].update(title="Better"), "mini-rules: title is not that of"),
        (lambda m: m["tasks"]["mini-rules"]["prompts"].update(x="0" * 64), "prompts is not that of"),
        (lambda m: m["tasks"].update(other=m["tasks"]["mini-rules"]), "no task is called 'other' here"),
        (lambda m: m["data"]["mini"].update(licence="mine"), "mini: licence is not 'CC BY 4.0', as here"),
        (lambda m: m["data"].update(x=m["data"]["mini"]), "no task here is of the data set 'x'"),
        (lambda m: m["data"].clear(), "says nothing of the data set 'mini'"),
        (lambda m: m["settings"].update(limit=5), "partial is told as [], but is ['a seeded sample of 5"),
        (lambda m: m.update(partial=["a sample"]), "partial is told as ['a sample'], but is []"),
        (lambda m: m.update(org="other"), "lies in the folder of acme__normsuite-tiny, not of other__"),
    ],
)  # fmt: skip
def test_claims_that_do_not_hold_are_told(answers: Path, change, told: str) -> None:
    claim(answers, change)
    assert [line for line in problems(answers) if told in line], problems(answers)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda m: m.update(org="<b>acme</b>"), "org"),
        (lambda m: m.update(org="a\u202ecme"), "org"),
        (lambda m: m["model"].update(name="x" * 10_000), "model.name"),
        (lambda m: m["model"].update(name="../../etc"), "model.name"),
        (lambda m: m["model"].update(revision="<img src=x>"), "model.revision"),
        (lambda m: m["engine"].update({"x": "javascript:alert(1)"}), "engine"),
        (lambda m: m.update(predictions={"url": "http://x.org/p", "sha256": "0" * 64}), "predictions"),
        (lambda m: m.update(predictions={"url": 'https://x.org/"><a', "sha256": "0" * 64}), "predictions"),
        (lambda m: m["settings"].update(replicates=10**9), "settings.replicates"),
        (lambda m: m["run"].update(created="yesterday"), "run.created"),
        (lambda m: m.update(note="anything"), "note"),
        (lambda m: m.pop("run"), "run"),
        (lambda m: m.update(schema=2), "schema"),
    ],
)
def test_a_manifest_must_keep_to_its_form(answers: Path, change, told: str) -> None:
    claim(answers, change)
    line = only(problems(answers))
    assert "manifest.json: field" in line
    assert told in line
    assert len(line) < 600


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": NaN}', "[" * 100_000, "\x00", "\ud800"])
def test_a_manifest_that_is_none_is_told(answers: Path, text: str) -> None:
    (answers / "manifest.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert "manifest.json: " in only(problems(answers))


def test_names_in_results_that_cannot_be_shown_are_told(answers: Path) -> None:
    for name in ("<script>alert(1)</script>", "a\u202eb", "x" * 10_000, "javascript:alert(1)"):
        rewrite(answers, "results.parquet", lambda table, name=name: set_cell(table, 0, "group", name))
        found = problems(answers)
        assert any("results.parquet: group " in line for line in found), name
        assert all(len(line) < 600 and "\u202e" not in line for line in found)


def test_categories_in_predictions_that_cannot_be_shown_are_told(answers: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        item = table["item"][0].as_py()
        for row in np.flatnonzero(np.asarray(pc.equal(table["item"], item))).tolist():
            table = set_cell(table, row, "zone", "<script>")
        return table

    rewrite(answers, PREDICTIONS, change)
    assert "field 'zone': '<script>' looks like HTML or a script" in only(problems(answers))


def test_links_are_never_followed(answers: Path, board: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.parquet"
    shutil.move(answers / "results.parquet", secret)
    (answers / "results.parquet").symlink_to(secret)
    (board / "linked__model").symlink_to(tmp_path)
    found = problems(board)
    assert any("results.parquet: is a link" in line for line in found)
    assert any("linked__model: is a link" in line for line in found)


def test_strays_and_names_that_clash_are_told(answers: Path, board: Path) -> None:
    (answers / "run.sh").write_text("echo")
    (answers / "predictions" / ".hidden").write_text("x")
    (answers / "deep" / "er").mkdir(parents=True)
    shutil.copytree(answers.parent / "directions", board / "Acme__normsuite-tiny" / "directions")
    (board / "a b").mkdir()
    (board / "index.html").write_text("<html>")
    os.mkfifo(answers / "pipe")
    text = "\n".join(problems(board))
    for told in (
        "a b: has a name that is not made of letters",
        "index.html: does not belong here",
        "but for upper and lower case",
        "pipe: is neither a file nor one of the folders",
        "deep: is neither a file nor one of the folders",
        ".hidden: has a name",
    ):
        assert told in text, told


def test_a_file_that_no_submission_has_is_told(answers: Path) -> None:
    (answers / "run.sh").write_text("echo")
    seal(answers, "run.sh")
    claim(answers, lambda manifest: manifest["files"].update({"../../../etc/passwd": "0" * 64}))
    text = "\n".join(problems(answers))
    assert "run.sh: does not belong here" in text
    assert "names the file '../../../etc/passwd', which no such submission has" in text


def test_a_missing_file_is_told(answers: Path) -> None:
    (answers / "clusters.parquet").unlink()
    assert any("clusters.parquet: is missing" in line for line in problems(answers))


def test_files_that_are_no_parquet_or_another_table_are_told(answers: Path) -> None:
    file = answers / "results.parquet"
    good = pq.read_table(file, partitioning=None)
    told = {
        "is no Parquet file": b"PK\x03\x04",
        "is no readable Parquet file": b"PAR1" + b"\0" * 100 + b"PAR1",
    }
    for what, content in told.items():
        file.write_bytes(content)
        assert what in "\n".join(problems(answers))
    for what, table in {
        "lacks the columns chance": good.drop_columns("chance"),
        "has 1 unexpected columns, first 'note'": good.append_column("note", pa.nulls(len(good))),
        "field 'value': is float, not double": good.set_column(
            good.schema.get_field_index("value"), "value", good["value"].cast(pa.float32())
        ),
    }.items():
        pq.write_table(table, file)
        assert what in "\n".join(problems(answers)), what


def test_a_damaged_table_is_told(answers: Path) -> None:
    file = answers / PREDICTIONS
    content = bytearray(file.read_bytes())
    middle = len(content) // 3
    content[middle : middle + 400] = os.urandom(400)
    file.write_bytes(content)
    seal(answers, PREDICTIONS)
    assert PREDICTIONS in only(problems(answers))


def test_bombs_are_refused_by_their_metadata(answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 2_000_000
    names = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), ["mini-rules"])
    many = pa.table({"null": names.cast(pa.string()), "draw": pa.repeat(pa.scalar(0, pa.int32()), rows)})
    file = answers / "results.parquet"
    pq.write_table(many, file, compression="zstd")
    monkeypatch.setattr(tables, "MOST_ROWS", 1_000_000)
    with pytest.raises(InputError, match="2,000,000 rows, more than 1,000,000"):
        tables.measure(file, many.schema)
    monkeypatch.setattr(tables, "MOST_ROWS", 10**9)
    monkeypatch.setattr(tables, "MOST_MEMORY", 10_000)
    with pytest.raises(InputError, match="bytes when unpacked, more than 10,000"):
        tables.measure(file, many.schema)


def test_texts_that_a_dictionary_says_again_and_again_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, schema = tmp_path / "x.parquet", pa.schema([pa.field("name", pa.list_(pa.string()))])
    pq.write_table(pa.table({"name": [["x" * 9_000] * 50] * 10}, schema), file)
    assert tables.measure(file, schema).memory < 20_000
    assert tables.read_rows(file, schema).num_rows == 10
    monkeypatch.setattr(tables, "MOST_MEMORY", 1_000_000)
    with pytest.raises(InputError, match="unpacks to more than 1,000,000 bytes"):
        tables.read_rows(file, schema)
    pq.write_table(pa.table({"name": [["x" * 10_001]]}, schema), file)
    with pytest.raises(InputError, match="a text of more than 10,000 bytes"):
        tables.read_rows(file, schema)


def test_lists_that_a_few_bytes_tell_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, schema = tmp_path / "x.parquet", pa.schema([pa.field("sums", pa.list_(pa.float64()))])
    pq.write_table(pa.table({"sums": [np.zeros(200_000)]}, schema), file)
    assert file.stat().st_size < 2_000
    monkeypatch.setattr(tables, "MOST_MEMORY", 1_000_000)
    with pytest.raises(InputError, match="1,600,000 bytes when unpacked"):
        tables.read_rows(file, schema)


def test_files_that_are_too_large_are_told(answers: Path) -> None:
    with (answers / "results.parquet").open("r+b") as file:
        file.truncate(tables.MOST_BYTES + 1)
    assert "more than the 20,971,520 of a file" in only(problems(answers))


def test_the_same_model_asked_twice_in_the_same_way_is_told(run: Run, board: Path, answers: Path) -> None:
    add(run.path, board, Named("other", "copy"))
    line = only(problems(board))
    assert "other__copy" in line
    assert f"is the same model, asked mini-rules in the same way, as {answers}" in line


def test_a_single_submission_is_held_against_its_neighbours(run: Run, board: Path) -> None:
    copy = add(run.path, board, Named("other", "copy"))
    found = check([copy.folder], isolated=False)
    assert found.submissions == 1
    assert "is the same model" in str(found.problems[0])


def test_where_predictions_are_elsewhere_the_headline_must_follow_from_the_clusters(
    run: Run, tmp_path: Path
) -> None:
    place = ("https://example.org/p.parquet", tmp_path / "p.parquet")
    folder = add(run.path, tmp_path / "to", Named("acme"), elsewhere=place).folder
    found = check([folder], isolated=False)
    assert not found.problems
    assert "predictions are elsewhere" in found.notes[0]
    table = pq.read_table(folder / "results.parquet", partitioning=None)
    row = table["metric"].to_pylist().index("accuracy")
    rewrite(folder, "results.parquet", lambda table: set_cell(table, row, "value", 0.875))
    assert "value is told as 0.875, but its clusters sum to" in only(problems(folder))


def test_what_other_submissions_say_of_an_item_must_agree(
    run: Run, board: Path, answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the data is not here, as with most data sets."""
    from normsuite.leaderboard import contents

    monkeypatch.setattr(contents, "expected_items", lambda *_: None)
    add(run.path, board, Named("other", "copy"))
    copy = next((board / "other__copy").iterdir())
    item = pq.read_table(copy / PREDICTIONS, partitioning=None)["item"][0].as_py()

    def change(table: pa.Table) -> pa.Table:
        for row in np.flatnonzero(np.asarray(pc.equal(table["item"], item))).tolist():
            table = set_cell(table, row, "valence", 0.5)
        return table

    rewrite(copy, PREDICTIONS, change)
    assert any(f"valence of {item} is not what {answers} says" in line for line in problems(board))


def test_no_folder_is_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        check([tmp_path / "none"])


def test_hostile_json_numbers_are_no_settings(answers: Path) -> None:
    file = answers / "manifest.json"
    manifest = json.loads(file.read_text())
    for seed in (-1, 1.5, True, "0", 10**400):
        file.write_text(json.dumps({**manifest, "settings": {**manifest["settings"], "seed": seed}}))
        assert "settings.seed" in only(problems(answers)), seed


def test_a_file_that_ends_its_reader_is_told_and_the_others_are_checked(
    board: Path, answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "_problems", end_some)
    found = check([board])
    assert found.submissions == 2
    line = only([str(problem) for problem in found.problems])
    assert line.startswith(f"{answers}: ends the process that reads its tables")


def end_some(submission: Submission) -> list[Problem]:
    """As a reader does that fails below Python, or is killed."""
    if submission.revision != "directions":
        os.abort()
    return problems_of(submission)
