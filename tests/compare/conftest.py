"""Two or three small runs of one model's family, invented."""

import pyarrow as pa
import pytest
from made_predictions import table
from made_runs import judged, write_run

ALIKE = {"PER": 0.5, "JPN": 0.7, "POL": 0.6, "NGA": 0.6}


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """A, B (better for Peru, worse for Japan; refuses some; other label orders on some) and C."""
    folder = tmp_path_factory.mktemp("runs")
    first = pa.concat_tables([judged("task-t", ALIKE), judged("task-u", {})])
    second = judged("task-t", ALIKE | {"PER": 0.9, "JPN": 0.3}, seed=1).to_pylist()
    for row in second[:30]:
        row.update(status="refused", predicted=None)
    for row in second[40:60]:
        row["order"] = "2-1-0"
    return (
        write_run(folder / "a", "model-a", first),
        write_run(folder / "b", "org/model-b", table(second[:-6]), parts=2, seed=3),
        write_run(folder / "c", "model-c", judged("task-t", ALIKE, seed=9)),
    )
