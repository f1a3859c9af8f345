"""Which seeds meet which items, and which must not."""

from pathlib import Path

import pytest
from made_acts import loaded, write_task

from normsuite.errors import InputError
from normsuite.tasks import Step
from normsuite.transfer import bench_of, sources_of
from normsuite.transfer.pairs import domain_of, parts_of


def test_a_row_knows_its_seeds(tmp_path: Path) -> None:
    questions, data = loaded(tmp_path, write_task(tmp_path, "a", "acts", "acts"))
    (source,) = sources_of(questions, data)
    assert len(source.ids) == 128
    assert all(name.startswith("acts:") for name in source.ids)
    assert ("acts", "acts-1") in source.clusters
    assert ("acts", "acts-0") not in source.clusters


def test_an_estimator_for_all_keeps_reading_and_preprocessing(tmp_path: Path) -> None:
    path = write_task(
        tmp_path, "a", "acts", "acts", preprocessing="[{name: centre}]", reading="{position: mean}"
    )
    questions, data = loaded(tmp_path, path)
    (own,), (other,) = sources_of(questions, data), sources_of(questions, data, Step(name="lda"))
    assert own.recipe.estimator.name == "difference-in-means"
    assert other.recipe.estimator.name == "lda"
    assert (other.recipe.preprocessing, other.recipe.reading) == (
        own.recipe.preprocessing,
        own.recipe.reading,
    )


def test_domains(tmp_path: Path) -> None:
    paths = [
        write_task(tmp_path, "a", "acts", "acts"),
        write_task(tmp_path, "b", "deeds", "deeds"),
        write_task(tmp_path, "c", "deeds", "acts", splits="test"),
    ]
    questions, data = loaded(tmp_path, *paths)
    a, b, c = sources_of(questions, data)
    assert domain_of(a, a.question) == ("in-domain", "")
    assert domain_of(a, b.question) == ("across", "")
    assert domain_of(b, c.question) == ("in-domain", "")
    domain, reason = domain_of(c, a.question)
    assert domain == "in-domain, shared items"
    assert "32 of the items are among the seeds" in reason


def test_an_offset_meets_offsets_alone(tmp_path: Path) -> None:
    texts = "[bare-action, first-person]"
    seeds = f"[{{data: {{set: acts}}, poles: {{positive: kind, negative: unkind}}, texts: {texts}}}]"
    offset = write_task(
        tmp_path, "a", "acts", "acts", texts=texts, seeds=seeds, reading="{combine: difference}"
    )
    questions, data = loaded(tmp_path, offset, write_task(tmp_path, "b", "deeds", "deeds"))
    a, b = sources_of(questions, data)
    assert domain_of(a, a.question) == ("in-domain", "")
    assert "off the offset of two" in domain_of(a, b.question)[1]
    assert "off the offset of two" in domain_of(b, a.question)[1]
    with pytest.raises(InputError, match="the offset of two texts"):
        bench_of(a.question, data)


def test_seeds_of_a_cluster_that_is_scored_are_told(tmp_path: Path) -> None:
    questions, data = loaded(tmp_path, write_task(tmp_path, "a", "acts", "acts"))
    (source,) = sources_of(questions, data)
    near = type(source)(source.question, source.recipe, source.ids, source.clusters | {("acts", "acts-0")})
    assert domain_of(near, source.question) == ("in-domain, shared clusters", "")


def test_a_pair_has_the_seeds_of_one_task_and_the_items_of_the_other(tmp_path: Path) -> None:
    paths = write_task(tmp_path, "a", "acts", "acts"), write_task(tmp_path, "b", "deeds", "deeds")
    (a, b), _ = loaded(tmp_path, *paths)
    (part,) = parts_of(a, b)
    assert part.items.equals(b.items)
    assert [seeds.sha256() for seeds in part.seeds] == [seeds.sha256() for seeds in a.parts[0].seeds]
    assert part.train.num_rows == 0  # its seeds have both poles, so the threshold needs no rows of b


def test_seeds_without_both_poles_need_rows_for_the_threshold(tmp_path: Path) -> None:
    graded = "[{data: {set: rated}, splits: [test], texts: [bare-action]}]"
    (question,), _ = loaded(tmp_path, write_task(tmp_path, "a", "acts", "rated", seeds=graded))
    (part,) = parts_of(question, question)
    assert part.train.num_rows == len(part.train_texts) == 128


def test_a_direction_per_language_meets_its_own_language(tmp_path: Path) -> None:
    paths = (
        write_task(tmp_path, "a", "acts", "acts", per="language"),
        write_task(tmp_path, "b", "deeds", "deeds"),
    )
    (a, b), _ = loaded(tmp_path, *paths)
    (part,) = parts_of(a, b)
    assert part.name == "en"
    assert part.items.num_rows == b.items.num_rows


def test_no_language_in_common(tmp_path: Path) -> None:
    paths = (
        write_task(tmp_path, "a", "acts", "acts", per="language"),
        write_task(tmp_path, "b", "deeds", "deeds"),
    )
    (a, b), _ = loaded(tmp_path, *paths)
    part = b.parts[0]
    german = part.items.set_column(
        part.items.schema.get_field_index("language"),
        part.items.schema.field("language"),
        [["de"] * part.items.num_rows],
    )
    other = type(b)(
        **{**vars(b), "parts": [type(part)("", german, part.texts, part.train, part.train_texts, part.seeds)]}
    )
    with pytest.raises(InputError, match="no item has a language that the seeds have"):
        parts_of(a, other)
