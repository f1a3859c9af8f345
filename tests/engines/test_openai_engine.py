"""Servers of all abilities: the engine finds out once what they can do, and does the best of it."""

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openai_player import Player, playing

from normsuite import folders
from normsuite.engines import Generation, Pooling, Sampling, find_checkpoint
from normsuite.engines.openai import OpenaiEngine, OpenaiSpec
from normsuite.engines.openai.asking import LabelWay, ScoreWay
from normsuite.engines.openai.timing import Timing
from normsuite.engines.tokens import load_encoder
from normsuite.errors import InputError

PROMPTS = ["Is it okay to whisper?\nAnswer:", "Is it okay?\nAnswer:"]
TOP = {"Yes": -0.5, " Yes": -2.0, "well": -2.5, "No": -3.0}
QUICK = Timing(patience_s=5, first_wait_s=0.01, longest_wait_s=0.05, sign_of_life_s=1, tries=2)
TINY = find_checkpoint(str(folders.tiny()))
ENCODER = load_encoder(TINY)
YES, NO = (forms[0] for forms in ENCODER.label_tokens(PROMPTS, ["Yes", "No"]) or [])
IDS = {YES: -0.5, NO: -3.0, 600: -1.5, 601: -4.0}


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[Player, OpenaiEngine]]]:
    """Starts a server that plays, and an engine that asks it; closes both at the end."""
    opened: list[Any] = []

    def begin(
        tokens: bool = False, chat: bool | None = None, log: Path | None = None, **options: Any
    ) -> tuple[Player, OpenaiEngine]:
        play = playing(**options)
        player = play.__enter__()
        opened.append(lambda: play.__exit__(None, None, None))
        spec = OpenaiSpec("played", player.url, TINY if tokens else None, chat)
        engine = OpenaiEngine(spec, log, QUICK)
        opened.append(engine.close)
        return player, engine

    yield begin
    for close in reversed(opened):
        close()


def read(engine: OpenaiEngine, words: tuple[str, ...] = ("Yes", "No")):
    return engine.read_labels(engine.encode(PROMPTS), engine.label_tokens(PROMPTS, words))


def test_chat_labels_are_read_from_the_top_tokens(start) -> None:
    player, engine = start(top=TOP)
    reads = read(engine)
    assert engine.abilities.labels is LabelWay.top_printed
    assert reads.log_probs == pytest.approx(np.tile([np.logaddexp(-0.5, -2.0), -3.0], (2, 1)))
    assert reads.top_is_label.all()
    path, body = player.seen[-1]
    assert path == "/chat/completions"
    assert body is not None
    assert (body["logprobs"], body["top_logprobs"], body["max_tokens"], body["temperature"]) == (
        True,
        20,
        1,
        0,
    )


def test_texts_without_a_chat_go_as_completions(start) -> None:
    player, engine = start(chat=False, top=TOP)
    assert read(engine).log_probs == pytest.approx(np.tile([np.logaddexp(-0.5, -2.0), -3.0], (2, 1)))
    path, body = player.seen[-1]
    assert path == "/completions"
    assert body is not None
    assert body["prompt"] == PROMPTS[1]


def test_the_tokens_that_were_read_are_told(start) -> None:
    _, engine = start(top=TOP)
    heard: list[tuple[int, int]] = []
    engine.read_labels(
        engine.encode(PROMPTS), engine.label_tokens(PROMPTS, ["Yes"]), lambda *told: heard.append(told)
    )
    assert heard == [(1, 7), (1, 7)]


def test_without_log_probabilities_answers_are_matched_to_the_labels(start) -> None:
    _, engine = start(text=lambda body: "No." if "whisper" in str(body) else "Perhaps")
    reads = read(engine)
    assert engine.abilities.labels is LabelWay.answers
    assert np.isnan(reads.log_probs[0, 0])
    assert reads.log_probs[0, 1] == 0.0
    assert np.isnan(reads.mass).all()
    assert reads.top_is_label.tolist() == [True, False]
    assert reads.problems[1].status == "unparsed"
    assert reads.problems[1].detail == "the answer 'Perhaps' names no label"


@pytest.mark.parametrize("top", [None, TOP])
def test_a_refusal_is_a_problem_of_its_row(start, top: dict[str, float] | None) -> None:
    _, engine = start(top=top, message={"refusal": "No comment."})
    reads = read(engine)
    assert {problem.status for problem in reads.problems.values()} == {"refused"}
    assert reads.problems[0].detail == "No comment."


def test_a_model_that_thinks_first_gets_room_for_it(start) -> None:
    player, engine = start(
        text=lambda body: "Yes" if body.get("max_completion_tokens", 0) > 100 else "",
        message={"reasoning_content": "Let me see."},
        refuses=frozenset({"max_tokens", "temperature", "return_token_ids", "logprobs"}),
        models=[{"id": "played"}],
    )
    assert np.allclose(read(engine).log_probs[:, 0], 0.0)
    style = engine.abilities.style
    assert (style.limit, style.takes_temperature) == ("max_completion_tokens", False)
    assert player.seen[-1][1]["max_completion_tokens"] == 4096
    assert engine.context_length > 1_000_000
    with pytest.raises(InputError, match="takes no temperature"):
        engine.generate(engine.encode(PROMPTS), Sampling())


def test_chosen_token_ids_are_read_where_the_server_has_them(start) -> None:
    player, engine = start(tokens=True, ids=IDS)
    reads = read(engine)
    assert engine.abilities.labels is LabelWay.ids
    assert reads.log_probs[:, 1] == pytest.approx([-3.0, -3.0], abs=1e-4)
    assert player.seen[-1][0] == "/completions"
    assert player.seen[-1][1]["prompt"] in ENCODER.encode(PROMPTS)


def test_a_server_that_does_not_know_chosen_ids_tells_its_top_tokens_as_ids(start) -> None:
    _, engine = start(tokens=True, ids=IDS, refuses=frozenset({"logprob_token_ids"}))
    reads = read(engine)
    assert engine.abilities.labels is LabelWay.top_ids
    assert reads.log_probs == pytest.approx(np.tile([-0.5, -3.0], (2, 1)))
    assert reads.mass == pytest.approx(np.exp([-0.5, -3.0]).sum())


def test_top_tokens_as_text_are_matched_to_the_tokens_of_the_labels(start) -> None:
    _, engine = start(tokens=True, top=TOP)
    reads = read(engine)
    assert engine.abilities.labels is LabelWay.top_printed
    assert reads.log_probs == pytest.approx(np.tile([np.logaddexp(-0.5, -2.0), -3.0], (2, 1)))


def test_token_ids_without_log_probabilities_leave_the_answer(start) -> None:
    _, engine = start(tokens=True)
    reads = read(engine)
    assert engine.abilities.labels is LabelWay.answers
    assert np.allclose(reads.log_probs[:, 0], 0.0)


def test_what_the_server_can_do_is_found_out_once(start) -> None:
    player, engine = start(tokens=True, top=TOP)
    asked = len(player.seen)
    read(engine)
    read(engine)
    assert len(player.seen) == asked + 2 * len(PROMPTS)


def test_continuations_are_scored_by_an_echo(start) -> None:
    _, engine = start(tokens=True, ids=IDS, top=TOP, echoes=True)
    assert engine.abilities.scores is ScoreWay.echo
    encoded = engine.encode(PROMPTS)
    reads = engine.score_continuations(encoded, [(11, 20), (30,)])
    assert reads.log_probs == pytest.approx(np.tile([-3.1, -3.0], (2, 1)))
    assert reads.top_is_label.tolist() == [True, True]
    assert engine.score_continuations(encoded, [(20,), (30,)]).top_is_label.tolist() == [False, False]


def test_a_server_that_scores_no_prompts_is_a_line(start) -> None:
    _, engine = start(tokens=True, ids=IDS)
    assert engine.abilities.scores is None
    with pytest.raises(InputError, match="does not score prompts; leave out --tokenizer"):
        engine.score_continuations(engine.encode(PROMPTS), [(11, 20), (30,)])


def test_texts_are_not_scored(start) -> None:
    _, engine = start(top=TOP)
    words = engine.continuation_tokens(PROMPTS, ["good and right", "bad"])
    with pytest.raises(InputError, match="in token ids only; name the model's tokenizer with --tokenizer"):
        engine.score_continuations(engine.encode(PROMPTS), words)


def test_a_server_that_reads_token_ids_as_something_else_is_refused(start) -> None:
    with pytest.raises(InputError, match="does not read a prompt's token ids as they are"):
        start(tokens=True, ids=IDS, ignores_ids=True)


def test_more_tokens_than_one_request_reads_are_a_line(start) -> None:
    _, engine = start(tokens=True, ids=IDS)
    with pytest.raises(InputError, match="129 tokens together, more than the 128"):
        engine.read_labels(engine.encode(PROMPTS), [(token,) for token in range(129)])


def test_a_server_without_text_says_so_when_it_is_asked_for_some(start) -> None:
    _, engine = start(missing=frozenset({"/chat/completions"}), vector=[3.0, 4.0])
    with pytest.raises(InputError, match=r"gives no text \(the server answers 404: Not Found\)"):
        read(engine)
    with pytest.raises(InputError, match="gives no text"):
        engine.generate(engine.encode(PROMPTS), Sampling())
    assert engine.embed(engine.encode(PROMPTS), Pooling()).tolist() == [[3.0, 4.0]] * 2


def test_a_run_is_not_continued_in_another_way(start, tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    read(start(top=TOP, log=log)[1])
    read(start(top=TOP, log=log)[1])
    with pytest.raises(
        InputError, match=r"begun with top_logprobs, tokens as text, .* now has answers in text"
    ):
        start(log=log)
    with pytest.raises(InputError, match="answers like another model"):
        start(top={"Yes": -3.0, "No": -0.5}, log=log)
    with log.open("a") as file:
        file.write('openai reads {"labels": ')
    read(start(top=TOP, log=log)[1])


def test_a_run_that_read_nothing_may_begin_in_another_way(start, tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    start(top=TOP, log=log)
    start(log=log)


def test_answers_are_asked_for_as_sampling_says(start) -> None:
    player, engine = start(text=lambda body: "<think>Hm.</think> Fine, thanks. STOP")
    sampling = Sampling(max_tokens=9, temperature=0.5, top_p=0.9, top_k=3, stop=("STOP",), seed=5)
    found = engine.generate(engine.encode(PROMPTS), sampling)
    assert found == [(Generation("Fine, thanks.", "Hm.", 2, "stop"),)] * 2
    body = player.seen[-1][1]
    wanted = {
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 3,
        "stop": ["STOP"],
        "seed": 5,
        "n": 1,
    }
    assert wanted.items() <= body.items()
    assert body["stop"] == ["STOP"]


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_thinking_that_the_server_keeps_apart_stays_apart(start, name: str) -> None:
    _, engine = start(message={name: "Hm."})
    (answer,) = engine.generate(engine.encode(PROMPTS[:1]), Sampling())[0]
    assert (answer.text, answer.thinking) == ("Yes", "Hm.")


def test_several_answers_to_a_prompt(start) -> None:
    _, engine = start(tokens=True)
    found = engine.generate(engine.encode(PROMPTS), Sampling(samples=3, temperature=1.0))
    assert [[answer.text for answer in answers] for answers in found] == [["Yes"] * 3] * 2


def test_fewer_answers_than_asked_for_are_a_line(start) -> None:
    _, engine = start()
    with pytest.raises(InputError, match="gives 1 of 3 answers"):
        engine.generate(engine.encode(PROMPTS), Sampling(samples=3, temperature=1.0))


def test_an_answer_that_failed_is_an_error_with_its_reason(start) -> None:
    _, engine = start(refuses=frozenset({"seed"}))
    (answer,) = engine.generate(engine.encode(PROMPTS[:1]), Sampling(seed=1))[0]
    assert (answer.finish, answer.text) == ("error", "")
    assert "Unrecognized request argument" in answer.detail


def test_a_refusal_is_no_answer(start) -> None:
    _, engine = start(message={"refusal": "No comment."})
    (answer,) = engine.generate(engine.encode(PROMPTS[:1]), Sampling())[0]
    assert (answer.finish, answer.detail) == ("error", "refused: No comment.")


def test_choices_are_held_in_the_way_the_server_has(start) -> None:
    def held(body: dict[str, Any]) -> str:
        return str(body.get("guided_choice", ["anything"])[-1])

    player, engine = start(text=held)
    sampling = Sampling(choices=("good", "bad"))
    assert engine.generate(engine.encode(PROMPTS), sampling)[0][0].text == "bad"
    assert player.seen[-1][1]["guided_choice"] == ["good", "bad"]


def test_choices_that_the_server_ignores_are_a_line(start) -> None:
    _, engine = start()
    with pytest.raises(InputError, match="cannot hold an answer to given choices"):
        engine.generate(engine.encode(PROMPTS), Sampling(choices=("good", "bad")))


@pytest.mark.parametrize("refuses", [frozenset(), frozenset({"use_activation"})])
def test_embeddings_are_normalised_as_wanted(start, refuses: frozenset[str]) -> None:
    _, engine = start(vector=[3.0, 4.0], refuses=refuses)
    encoded = engine.encode(PROMPTS)
    assert engine.embed(encoded, Pooling()).tolist() == [[3.0, 4.0]] * 2
    assert engine.embed(encoded, Pooling(normalise=True)) == pytest.approx(np.array([[0.6, 0.8]] * 2))
    assert engine.embed(encoded, Pooling()).dtype == np.float32


def test_vectors_of_unit_length_do_not_pass_for_others(start) -> None:
    _, engine = start(vector=[0.6, 0.8])
    encoded = engine.encode(PROMPTS)
    assert engine.embed(encoded, Pooling(normalise=True)) == pytest.approx(np.array([[0.6, 0.8]] * 2))
    with pytest.raises(InputError, match="unit length only; ask for normalised vectors"):
        engine.embed(encoded, Pooling())


@pytest.mark.parametrize("vector", [[3.0, 4.0], [0.6, 0.8]])
def test_the_servers_own_way_is_taken_as_it_comes(start, vector: list[float]) -> None:
    _, engine = start(vector=vector)
    encoded = [ids for ids, _ in engine.encode_passages(PROMPTS, [None, None])]
    assert engine.embed(encoded, Pooling("model")) == pytest.approx(np.array([vector] * 2))
    assert engine.embed_layers(encoded, Pooling("model", layer=3), [-1]).shape == (2, 1, 2)


def test_layers_inside_the_model_are_a_line(start) -> None:
    _, engine = start(vector=[3.0, 4.0])
    for layers in ([0], [-1, 2], []):
        with pytest.raises(InputError, match="in its own way; use --engine transformers"):
            engine.embed_layers(engine.encode(PROMPTS), Pooling(), layers)


def test_a_span_needs_the_models_tokenizer(start) -> None:
    _, engine = start(vector=[3.0, 4.0])
    with pytest.raises(InputError, match=r"row 2: a server that keeps its tokenizer.*--tokenizer"):
        engine.encode_passages(PROMPTS, [None, (0, 2)])


@pytest.mark.parametrize(
    "pooling", [Pooling(layer=-2), Pooling(layer=3), Pooling(position="mean"), Pooling("span")]
)
def test_other_layers_and_positions_are_a_line(start, pooling: Pooling) -> None:
    _, engine = start(vector=[3.0, 4.0])
    with pytest.raises(InputError, match="it pools its last layer in its own way; use --engine transformers"):
        engine.embed(engine.encode(PROMPTS), pooling)


def test_a_server_without_embeddings_is_a_line(start) -> None:
    _, engine = start(missing=frozenset({"/embeddings"}))
    with pytest.raises(InputError, match="gives no embeddings of this model"):
        engine.embed(engine.encode(PROMPTS), Pooling())


def test_what_names_the_work_holds_nothing_of_the_server(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    for tokenizer in (None, TINY):
        spec = OpenaiSpec("org/model", "http://somewhere.example:8000/v1", tokenizer)
        named = f"{spec.model()} {spec.describe()}"
        assert "somewhere" not in named
        assert "secret" not in named
        assert str(TINY.path) not in named
        assert spec.describe()["engine"] == "openai"
        assert spec.model()["name"] == "org/model"
        assert pickle.loads(pickle.dumps(spec)) == spec


def test_a_name_that_is_a_path_on_the_server_is_recorded_by_its_last_part() -> None:
    spec = OpenaiSpec("/home/someone/models/tiny", "http://somewhere.example:8000/v1")
    assert "someone" not in f"{spec.model()} {spec.describe()}"
    assert spec.model()["name"] == "tiny"


def test_all_that_moves_a_number_names_the_work_and_nothing_else() -> None:
    def described(**options: Any) -> dict[str, object]:
        return OpenaiSpec("m", "http://a.example/v1", **options).describe()

    ways = [
        described(),
        described(chat=False),
        described(tokenizer=TINY),
        described(tokenizer=TINY, chat=False),
    ]
    assert all(one != other for at, one in enumerate(ways) for other in ways[:at])
    assert described(concurrency=1, patience=7) == described()
    assert ways[2]["tokenizer"] == TINY.identity()
    assert ways[2]["chat_template"] is True


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"base_url": "localhost:8000"}, "'localhost:8000' is no address"),
        ({"base_url": "http://"}, "is no address"),
        ({"base_url": "http://host:port/v1"}, "is no address"),
        ({"base_url": "ftp://host/v1"}, "is no address"),
        ({"base_url": "http://me:secret@host/v1"}, "holds more than an address; put the server's key into"),
        ({"base_url": "http://host/v1?key=secret"}, "holds more than an address"),
        ({"concurrency": 0}, "must be at least 1, not 0"),
        ({"patience": 0}, "must be above 0 seconds, not 0"),
        ({"patience": float("inf")}, "must be above 0 seconds, not inf"),
    ],
)
def test_options_that_cannot_be_are_a_line(options: dict[str, Any], line: str) -> None:
    spec = OpenaiSpec(**{"name": "m", "base_url": "http://127.0.0.1:9/v1", **options})
    with pytest.raises(InputError, match=line) as caught:
        spec.start()
    assert "secret" not in str(caught.value)


def test_a_key_that_cannot_be_sent_is_a_line(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret\n")
    with pytest.raises(InputError, match="white space") as caught:
        OpenaiSpec("m", "http://127.0.0.1:9/v1").start()
    assert "secret" not in str(caught.value)
