import json

import numpy as np
from made_predictions import prediction, table

from normsuite.metrics import read_rows
from normsuite.report.browse import Asked, Shown, browse, no_texts, sample_items
from normsuite.report.readings import Readings
from normsuite.report.tables import TaskTables
from normsuite.runs import Run

TABLES = TaskTables("task", "accuracy", {}, (), (), (), (), (), ())


def made(rows, folder, texts, tasks=1):
    whole = table(rows)
    columns, position = read_rows(whole)
    readings = Readings("task", whole.take(position), columns)
    return browse(Run(folder, {"seed": 1}), TABLES, readings, texts, "k", tasks)


def browsed(rows, folder, texts=no_texts):
    """The browser of some predictions, and what its element holds."""
    found = made(rows, folder, texts)
    told = found.data.split(">", 1)[1].rsplit("<", 1)[0]
    return found, json.loads(told)


def test_a_sample_keeps_whole_items_and_is_the_same_each_time():
    item = np.repeat(np.arange(100), 3)
    chosen = sample_items(item, 30, seed=4)
    assert chosen.sum() == 10
    assert (sample_items(item, 30, seed=4) == chosen).all()
    assert (sample_items(item, 30, seed=5) != chosen).any()
    assert sample_items(item, 300, seed=4).all()


def test_items_come_with_their_readings_people_and_texts(tmp_path):
    rows = [
        prediction("b", 0, 0, votes=[3, 1, 0], country="PER", categories=[("topic", ["meals"])]),
        prediction("a", 1, 0, mass=0.5),
        prediction("a", 1, None, prompt="brief", status="refused", detail="I \u202ewill not"),
    ]

    def texts(run, task, ids):
        assert ids == ["a", "b"]
        return Shown({("b", "plain"): [Asked("why\u202e?\nso", answer="yes")]}, "a note")

    found, told = browsed(rows, tmp_path, texts)
    items, readings = told["items"], told["readings"]
    assert (found.items, found.readings, found.shown, found.sampled, found.note) == (2, 3, 2, False, "a note")
    assert items["id"] == ["a", "b"]
    assert told["starts"] == [0, 2, 3]
    assert items["country"] == {"names": ["Peru"], "at": [-1, 0]}
    assert items["people"] == [None, [0.75, 0.25, 0.0]]
    assert items["voters"] == [0, 4]
    assert [["topic", ["meals"]]] in items["categories"]["names"]
    assert items["gold"] == [1, 0]
    assert readings["given"] == [None, 0, 0]
    assert readings["right"] == [None, False, True]
    assert readings["detail"]["names"] == ["I ⟨U+202E⟩will not"]
    assert readings["asked"] == [[], [], [{"prompt": "why⟨U+202E⟩?\nso", "answer": "yes"}]]


def test_ratings_and_sets_are_shown_as_they_are(tmp_path):
    scale = {"kind": "rating", "options": None, "scale_min": 0.0, "scale_max": 4.0}
    _, told = browsed([prediction("a", None, None, rating=3.0, score=2.51234, **scale)], tmp_path)
    assert (told["items"]["gold"], told["readings"]["given"]) == ([3.0], [2.5123])
    assert told["readings"]["right"] == [None]
    sets = {"kind": "multilabel", "gold_set": [0, 2], "predicted_set": [2, 0]}
    _, told = browsed([prediction("a", None, None, **sets)], tmp_path)
    assert told["items"]["gold"] == [[0, 2]]
    assert told["readings"]["right"] == [True]


def test_beyond_the_limit_a_page_holds_a_sample_and_says_so(tmp_path):
    rows = [prediction(f"i{at:04}", 0, 0) for at in range(1200)]
    found = made(rows, tmp_path, no_texts, tasks=10_000)  # so many that each may hold but few readings
    assert (found.items, found.shown, found.sampled) == (1200, 500, True)
