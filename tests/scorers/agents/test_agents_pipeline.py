"""The pipeline: steps over all questions at once, a trace of each item, and no answer made up."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from normsuite import folders
from normsuite.adapters import get_adapter
from normsuite.cli.run import read_texts
from normsuite.engines import Generation, find_checkpoint
from normsuite.engines.transformers import TransformersEngine, TransformersSpec
from normsuite.errors import InputError
from normsuite.evaluate import evaluate
from normsuite.prompts import load_wordings
from normsuite.questions import prepare
from normsuite.report import write_html
from normsuite.schema import ANSWER_SCHEMA, PREDICTION_SCHEMA
from normsuite.scorers import scorer_of
from normsuite.scorers.agents import Agents, predict, prepare_agents, read_documents
from normsuite.scorers.agents.steps import STEPS, first_line, is_useful, read_calculation
from normsuite.tasks import load_task, resolve_tasks
from normsuite.work import Settings

RAW = Path(__file__).parents[2] / "data" / "social"
LIBRARY = RAW / "documents"
(TASK,) = resolve_tasks("social-agents")
WORDINGS = load_wordings(TASK.prompts)


class Scripted(TransformersEngine):
    """An engine that writes what a function of the prompt says, to see what becomes of it."""

    script: Callable[[str], str]
    calls: list[int]

    def __init__(self, *given, **options):
        super().__init__(*given, **options)
        self.encode = self.remember

    def remember(self, prompts):
        self.asked = list(prompts)
        return [[at] for at in range(len(prompts))]

    def generate(self, prompts, sampling, advance=lambda requests, tokens: None):
        self.calls.append(len(prompts))
        texts = [self.script(self.asked[tokens[0]]) for tokens in prompts]
        return [(Generation(text, "", 1, "error" if text == "!" else "stop", "down"),) for text in texts]


@pytest.fixture(scope="module")
def engine() -> Scripted:
    return Scripted(find_checkpoint(str(folders.tiny())), device="cpu", dtype="float32")


@pytest.fixture
def items():
    return get_adapter("social").read(RAW, "default").items.slice(0, 4)


def answer(search="door mayor town", calculation="6 / 3", judge="Yes", thoughts="Hm.", choice="A"):
    """What to write, by the end of the prompt."""
    by_cue = {"words:": search, "Calculation:": calculation, "Thoughts:": thoughts}

    def write(prompt: str) -> str:
        if prompt.endswith("Answer:"):
            return judge if "Yes or No" in prompt else choice
        return by_cue[prompt.rsplit("\n", 1)[1].split(" ")[-1]]

    return write


def run(engine, items, agents=None, **texts):
    engine.script, engine.calls = answer(**texts), []
    agents = agents or prepare_agents(TASK, WORDINGS, read_documents(LIBRARY))
    return agents.predict(TASK, WORDINGS, items, np.arange(items.num_rows), engine)


def steps(found, row=0):
    """(step, asked, text) of one item under the first wording."""
    records = found.answers.to_pylist()
    first = (records[0]["item"], records[0]["prompt"])
    return [
        (record["step"], record["asked"], record["text"])
        for record in records
        if (record["item"], record["prompt"]) == first
    ]


def test_every_step_is_asked_about_all_questions_at_once(engine, items) -> None:
    found = run(engine, items)
    n = items.num_rows * len(WORDINGS)
    assert engine.calls == [n, n, 2 * n, n, n]
    assert found.predictions.schema.equals(PREDICTION_SCHEMA)
    assert found.answers.schema.equals(ANSWER_SCHEMA)
    assert found.predictions.num_rows == n
    assert set(found.predictions["status"].to_pylist()) == {"ok"}


def test_the_letter_that_is_chosen_is_mapped_back_to_the_option(engine, items) -> None:
    for row in run(engine, items, choice="B").predictions.to_pylist():
        assert row["predicted"] == int(row["order"].split("-")[1])
        assert row["probabilities"] is None


def test_an_item_keeps_its_trace_from_the_search_to_the_choice(engine, items) -> None:
    traced = steps(run(engine, items))
    assert [step for step, _, _ in traced] == [
        *("search", "found", "calculate", "calculated", "judge", "judge", "reason", "choose")
    ]
    by_step = {step: (asked, text) for step, asked, text in traced}
    assert by_step["found"][0] == "door mayor town"
    assert "manners.md#1" in by_step["found"][1]
    assert by_step["calculated"] == ("6 / 3", "2")
    reasoning = by_step["reason"][0]
    assert "6 / 3 = 2" in reasoning and "Who holds a door open" in reasoning
    assert "Hm." in by_step["choose"][0]


def test_what_the_judge_does_not_find_useful_is_dropped(engine, items) -> None:
    for word in ("No", "maybe", "yes or no", ""):
        traced = steps(run(engine, items, judge=word))
        assert [asked for step, asked, _ in traced if step == "dropped"] == ["found", "result"]
        reasoning = next(asked for step, asked, _ in traced if step == "reason")
        assert "6 / 3" not in reasoning and "door open" not in reasoning


def test_without_documents_nothing_is_searched(engine, items) -> None:
    found = run(engine, items, prepare_agents(TASK, WORDINGS), calculation="none")
    n = items.num_rows * len(WORDINGS)
    assert engine.calls == [n, n, n]
    assert [step for step, _, _ in steps(found)] == ["calculate", "reason", "choose"]
    engine.calls = []
    plain = predict(TASK, WORDINGS, items, np.arange(items.num_rows), engine)
    assert plain.predictions.equals(found.predictions)


def test_a_calculation_that_has_no_value_is_traced_and_not_used(engine, items) -> None:
    traced = steps(run(engine, items, calculation="__import__('os')"))
    assert ("calculated", "__import__('os')", "(is no arithmetic)") in traced
    assert "__import__" not in next(asked for step, asked, _ in traced if step == "reason")


def test_a_choice_that_names_no_letter_is_counted_and_never_guessed(engine, items) -> None:
    rows = run(engine, items, choice="The fair one").predictions.to_pylist()
    assert {row["status"] for row in rows} == {"unparsed"}
    assert all(row["predicted"] is None for row in rows)
    rows = run(engine, items, choice="I'm sorry, I can't help with that.").predictions.to_pylist()
    assert {row["status"] for row in rows} == {"refused"}


@pytest.mark.parametrize("step", ["search", "calculation", "thoughts", "choice"])
def test_a_step_that_fails_ends_the_case_with_its_name(engine, items, step: str) -> None:
    rows = run(engine, items, **{step: "!"}).predictions.to_pylist()
    named = {"search": "search", "calculation": "calculate", "thoughts": "reason", "choice": "choose"}
    assert {(row["status"], row["detail"]) for row in rows} == {("error", f"{named[step]}: down")}


def test_what_a_judge_cannot_be_asked_is_dropped(engine, items) -> None:
    rows = run(engine, items, judge="!").predictions.to_pylist()
    assert {row["status"] for row in rows} == {"ok"}


def test_progress_tells_the_share_of_all_steps(engine, items) -> None:
    told: list[float] = []
    engine.script, engine.calls = answer(), []
    agents = prepare_agents(TASK, WORDINGS, read_documents(LIBRARY))
    agents.predict(
        TASK, WORDINGS, items, np.arange(items.num_rows), engine, lambda share, _: told.append(share)
    )
    assert told == sorted(told) and told[-1] == 1.0 and 0.2 in told


def test_texts_are_read_strictly() -> None:
    assert first_line('\n Search words: "fair shares"\nmore') == "fair shares"
    assert first_line(" \n") == ""
    assert read_calculation("None.") == ("", "", "")
    assert read_calculation("Calculation: 2 × 3\nbecause") == ("2 × 3", "6", "")
    assert is_useful("Yes.") and is_useful("yes")
    assert not is_useful("Yes and no") and not is_useful("It is")


def test_agents_travel_without_their_index(engine, items) -> None:
    agents = prepare_agents(TASK, WORDINGS, read_documents(LIBRARY))
    run(engine, items, agents)
    again = pickle.loads(pickle.dumps(agents))
    assert isinstance(again, Agents)
    assert again.describe() == agents.describe()
    assert run(engine, items, again).predictions.equals(run(engine, items, agents).predictions)


def test_what_moves_a_number_is_described(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("tea")
    before = prepare_agents(TASK, WORDINGS, read_documents(tmp_path)).describe()
    (tmp_path / "a.txt").write_text("milk")
    after = prepare_agents(TASK, WORDINGS, read_documents(tmp_path)).describe()
    assert set(before["steps"]) == set(STEPS)
    assert before["documents"]["a.txt"] != after["documents"]["a.txt"]
    assert str(tmp_path) not in str(before)
    assert prepare_agents(TASK, WORDINGS).describe()["documents"] == {}


def test_an_encoder_is_part_of_the_description(minilm: Path) -> None:
    settings = TASK.agents.model_copy(update={"retriever": "embedding", "encoder": str(minilm)})
    task = TASK.model_copy(update={"agents": settings})
    encoder = prepare_agents(task, WORDINGS, read_documents(LIBRARY)).describe()["encoder"]
    assert len(encoder["sha256"]) == 64
    assert str(minilm) not in str(encoder)


def test_a_task_without_agents_may_not_set_them(tmp_path: Path) -> None:
    text = (folders.tasks() / "social-agents.yaml").read_text()
    path = tmp_path / "task.yaml"
    for old, new, message in (
        ("scorer: agents", "scorer: labels", "only the scorer agents"),
        ("retriever: bm25", "retriever: embedding", "goes with the retriever"),
        ("retriever: bm25", "encoder: some/model", "goes with the retriever"),
        ("top: 3", "top: 0", "greater than or equal to 1"),
    ):
        path.write_text(text.replace(old, new))
        with pytest.raises(InputError, match=message):
            load_task(path)


def test_answers_that_fill_the_context_are_refused_before_work_begins(engine, items) -> None:
    settings = TASK.generation.model_copy(update={"max_tokens": 512})
    task = TASK.model_copy(update={"generation": settings})
    with pytest.raises(InputError, match="leave no room"):
        scorer_of(task).check(task, WORDINGS, items, engine)


def test_documents_are_not_named_in_vain_nor_left_out_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_texts(None, [TASK]) is None
    assert capsys.readouterr().err == ("social-agents: nothing is searched; name a folder with --documents\n")
    documents = read_texts(LIBRARY, [TASK])
    assert documents is not None and len(documents.files) == 2
    with pytest.raises(InputError, match="no task here searches documents"):
        read_texts(LIBRARY, resolve_tasks("social-questions"))
    unsearched = TASK.model_copy(update={"agents": TASK.agents.model_copy(update={"retriever": "none"})})
    assert read_texts(None, [unsearched]) is None
    assert not capsys.readouterr().err


def test_a_real_model_goes_the_whole_way(tmp_path: Path) -> None:
    short = TASK.model_copy(
        update={
            "generation": TASK.generation.model_copy(update={"max_tokens": 4}),
            "agents": TASK.agents.model_copy(update={"step_tokens": 4}),
        }
    )
    questions = prepare([short], {"social": RAW}, limit=2, documents=read_documents(LIBRARY))
    spec = TransformersSpec(find_checkpoint(str(folders.tiny())), "float32", "cpu", 32)
    done = evaluate(spec, questions, tmp_path / "run", settings=Settings(limit=2, replicates=100))
    rows = [row for row in done.results().to_pylist() if row["scorer"] == "agents"]
    assert {row["metric"] for row in rows} >= {"accuracy", "coverage"}
    assert set(done.answers("social-agents")["step"].to_pylist()) >= {"search", "found", "reason", "choose"}
    about = done.manifest["tasks"]["social-agents"]["agents"]
    assert set(about["documents"]) == {"manners.md", "towns/council.txt"}
    assert write_html(done.path, tmp_path / "report.html").is_file()
