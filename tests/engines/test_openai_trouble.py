"""Servers in trouble: busy, broken, gone, strict, wrong. A real one on loopback plays them all."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from openai_player import Fault, Player, drop, half, playing, raw, status

from normsuite.engines import LabelReads
from normsuite.engines.openai import OpenaiEngine, OpenaiSpec
from normsuite.engines.openai.failures import message_of, retry_after
from normsuite.engines.openai.timing import Timing
from normsuite.errors import InputError

TOP = {"Yes": -0.2, "No": -1.8, "Maybe": -4.0}
QUICK = Timing(patience_s=10, first_wait_s=0.02, longest_wait_s=0.1, sign_of_life_s=1, tries=4)
KEY = "sk-this-is-the-key"
PROMPTS = [f"Question {number}: is that fine?" for number in range(12)]


@pytest.fixture
def player() -> Iterator[Player]:
    with playing(top=dict(TOP)) as one:
        yield one


@pytest.fixture
def start() -> Iterator[Callable[..., OpenaiEngine]]:
    """Starts engines, and closes them at the end."""
    started: list[OpenaiEngine] = []

    def begin(
        player: Player,
        timing: Timing = QUICK,
        log: Path | None = None,
        name: str = "played",
        concurrency: int = 4,
    ) -> OpenaiEngine:
        spec = OpenaiSpec(name, player.url, concurrency=concurrency)
        engine = OpenaiEngine(spec, log, timing)
        started.append(engine)
        player.seen.clear(), player.times.clear(), player.headers.clear()
        return engine

    yield begin
    for engine in started:
        engine.close()


def read(engine: OpenaiEngine, prompts: list[str] = PROMPTS) -> LabelReads:
    return engine.read_labels(engine.encode(prompts), engine.label_tokens(prompts, ["Yes", "No"]))


def whole(reads: LabelReads) -> bool:
    return not reads.problems and np.allclose(reads.log_probs, [-0.2, -1.8])


@pytest.mark.parametrize(
    "fault",
    [
        status(500),
        status(502),
        status(503),
        status(429),
        status(408),
        drop,
        half,
        raw(b""),
        raw(b'{"choices": [{"mes'),
        raw(b"<html>hello</html>"),
        raw(b'{"choices": []}'),
        raw(b'{"choices": [{"message": {"content": "Yes"}}]}'),
        raw(b"\xff\xfe\x00"),
    ],
    ids=[
        "500",
        "502",
        "503",
        "429",
        "408",
        "dropped",
        "half",
        "empty",
        "cut",
        "html",
        "no choice",
        "no logprobs",
        "bytes",
    ],
)
def test_trouble_that_passes_leaves_no_trace(player: Player, start, fault: Fault) -> None:
    engine = start(player)
    player.faults = [fault] * 3
    assert whole(read(engine))


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        (status(500, "no\nluck"), "the server answers 500: no luck (4 tries)"),
        (half, "no answer"),
        (drop, "no answer"),
        (raw(b"{"), "a broken answer"),
        (raw(b""), "a broken answer"),
        (status(400, "temperature is odd"), "the server answers 400: temperature is odd"),
        (status(501, "no such thing"), "the server answers 501: no such thing"),
    ],
)
def test_a_request_that_fails_for_good_is_a_row_with_its_error(player, start, fault, detail) -> None:
    engine = start(player)
    player.trouble = lambda body: fault if "Question 3:" in str(body) else None
    reads = read(engine)
    assert set(reads.problems) == {3}
    assert reads.problems[3].status == "error"
    assert reads.problems[3].detail.startswith(detail)
    assert "\n" not in reads.problems[3].detail
    assert np.isnan(reads.log_probs[3]).all()
    assert np.isnan(reads.mass[3])
    assert np.allclose(np.delete(reads.log_probs, 3, 0), [-0.2, -1.8])


def test_the_last_request_of_all_may_fail_for_good_too(player: Player, start) -> None:
    engine = start(player)
    player.trouble = lambda body: status(500) if "Question 0:" in str(body) else None
    assert set(read(engine, PROMPTS[:1]).problems) == {0}


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 512 tokens. However, your prompt contains 600.",
        "The decoder prompt (length 600) is longer than the maximum model length of 512.",
        "the request exceeds the available context size",
        "Input is too long for the requested model.",
    ],
)
def test_a_prompt_that_does_not_fit_is_too_long(player: Player, start, message: str) -> None:
    engine = start(player)
    player.trouble = lambda body: status(400, message) if "Question 5:" in str(body) else None
    problem = read(engine).problems[5]
    assert (problem.status, problem.detail) == ("too_long", f"the server answers 400: {message}")


def test_retry_after_is_honoured_by_all_requests(player: Player, start) -> None:
    engine = start(player)
    player.faults = [status(429, Retry_After="0.4")]
    assert whole(read(engine))
    # Those already on their way may still come; whoever comes later has stayed away for as long as asked.
    pause = max(later - earlier for earlier, later in zip(player.times, player.times[1:], strict=False))
    assert pause >= 0.3


def test_a_server_that_is_busy_again_and_again_is_waited_for(player: Player, start) -> None:
    engine = start(player)
    player.faults = [status(429)] * 40
    assert whole(read(engine))


def test_a_server_that_stays_busy_ends_the_run(player: Player, start) -> None:
    engine = start(player, replace(QUICK, patience_s=0.5))
    player.trouble = lambda body: status(429, "slow down")
    with pytest.raises(InputError, match=r"429: slow down.*lower --concurrency"):
        read(engine)


def test_a_server_that_asks_for_more_patience_than_there_is_ends_the_run(player: Player, start) -> None:
    engine = start(player)
    player.faults = [status(429, Retry_After="3600")]
    with pytest.raises(InputError, match="left alone for 3600 s, longer than --patience"):
        read(engine)


def test_a_used_up_quota_ends_the_run_at_once(player: Player, start) -> None:
    engine = start(player)
    player.trouble = lambda body: raw(b'{"error": {"message": "pay", "code": "insufficient_quota"}}', 429)
    with pytest.raises(InputError, match="429: pay; the account has to be topped up"):
        read(engine)


def test_a_server_that_goes_down_and_comes_back_loses_nothing(player: Player, start, tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    engine = start(player, log=log)
    player.takes_s = 0.05
    results: list[LabelReads] = []
    run = threading.Thread(target=lambda: results.append(read(engine, PROMPTS * 20)))
    run.start()
    while len(player.seen) < 3:
        time.sleep(0.01)
    player.down()
    while run.is_alive() and not log.is_file():
        time.sleep(0.01)
    player.up()
    run.join(60)
    assert len(results[0].log_probs) == 240
    assert whole(results[0])
    lines = log.read_text().splitlines()
    assert lines[0].startswith("the server is gone: no answer")
    assert "the server is back" in lines
    assert "127.0.0.1" not in log.read_text()


def test_a_server_that_stays_away_ends_the_run_in_a_line(player: Player, start) -> None:
    engine = start(player, replace(QUICK, patience_s=0.5))
    player.down()
    with pytest.raises(InputError) as caught:
        read(engine)
    assert "nothing was answered for" in str(caught.value)
    assert "--patience" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_hangs_ends_the_run(player: Player, start) -> None:
    engine = start(player, replace(QUICK, patience_s=0.5, sign_of_life_s=0.3))
    player.takes_s = 5
    with pytest.raises(InputError, match=r"Timeout.*nothing was answered"):
        read(engine)


def test_nobody_at_the_address_is_a_line(start) -> None:
    nobody = Player()
    nobody.up()
    nobody.down()
    with pytest.raises(InputError, match=r"127\.0\.0\.1:\d+/v1: no answer \(ConnectError"):
        start(nobody, replace(QUICK, patience_s=0.3))


def test_a_server_that_is_still_starting_is_waited_for(start) -> None:
    late = Player(top=dict(TOP))
    late.up()
    late.down()
    timer = threading.Timer(0.5, late.up)
    timer.start()
    assert whole(read(start(late)))
    late.down()


def test_a_host_that_does_not_exist_is_not_waited_for() -> None:
    spec = OpenaiSpec("played", "http://no-such-host.invalid/v1", patience=300)
    with pytest.raises(InputError, match="no such host"):
        spec.start()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"key": "another"}, "401: it does not accept the key; put the server's key into OPENAI_API_KEY"),
        ({"missing": {"/models"}}, "is not the address of an OpenAI-compatible server.*404.*ends in /v1"),
        ({"models": [{"id": "a"}, {"id": "b"}]}, "the server has no model 'played'; it has: a, b"),
        ({"models": []}, "it has: none"),
    ],
)
def test_the_wrong_server_is_a_line(start, options, line: str) -> None:
    with playing(top=TOP, **options) as wrong, pytest.raises(InputError, match=line):
        start(wrong)


def test_a_web_page_instead_of_a_server_is_a_line(start, player: Player) -> None:
    player.models = [{"no": "id"}]
    with pytest.raises(InputError, match=r"is not the address.*a broken answer"):
        start(player)


def test_a_wrong_key_later_ends_the_run(player: Player, start) -> None:
    engine = start(player)
    player.key = "another"
    with pytest.raises(InputError, match="401"):
        read(engine)


def test_a_model_that_disappears_ends_the_run(player: Player, start) -> None:
    engine = start(player)
    player.missing = frozenset({"/chat/completions"})
    with pytest.raises(InputError, match="404"):
        read(engine)


def test_the_key_is_sent_and_shown_nowhere(player, start, monkeypatch, tmp_path: Path, capfd, caplog) -> None:
    caplog.set_level(0)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    player.key = KEY
    engine = start(player, replace(QUICK, patience_s=1), log=tmp_path / "engine.log")
    player.faults = [status(400, f"what is {KEY}?")]
    reads = read(engine)
    assert all(headers["Authorization"] == f"Bearer {KEY}" for headers in player.headers)
    assert [problem.detail for problem in reads.problems.values()] == ["the server answers 400: what is ***?"]
    player.key = "another"
    with pytest.raises(InputError) as wrong:
        read(engine)
    player.down()
    with pytest.raises(InputError) as gone:
        read(engine)
    shown = [str(wrong.value), str(gone.value), repr(reads), caplog.text, *capfd.readouterr()]
    shown += [file.read_text() for file in tmp_path.iterdir()]
    assert not [text for text in shown if KEY in text]


def test_a_server_without_keys_gets_a_placeholder(player: Player, start, monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    engine = start(player)
    assert whole(read(engine))
    assert {headers["Authorization"] for headers in player.headers} == {"Bearer none"}


def test_no_more_requests_at_once_than_allowed_whoever_asks(player: Player, start) -> None:
    engine = start(player, concurrency=3)
    player.takes_s, player.most_at_once = 0.1, 0
    threads = [threading.Thread(target=read, args=(engine,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert player.most_at_once == 3


def test_closing_ends_the_calls_that_wait(player: Player, start) -> None:
    engine = start(player)
    player.takes_s = 60
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            read(engine)
        except InputError as error:
            ended.append(error)

    threads = [threading.Thread(target=wait, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(player.seen) < 4:
        time.sleep(0.01)
    engine.close()
    engine.close()
    for thread in threads:
        thread.join(20)
    assert [str(error) for error in ended] == ["the engine was closed"] * 2
    with pytest.raises(InputError, match="the engine is closed"):
        read(engine)


def test_prompts_that_begin_alike_are_asked_one_after_the_other(player: Player, start) -> None:
    engine = start(player, concurrency=1)
    prompts = ["b two", "a one", "b one", "a two"]
    player.text = lambda body: body["messages"][0]["content"]
    read(engine, prompts)
    asked = [body["messages"][0]["content"] for _, body in player.seen if body]
    assert asked == sorted(prompts)


@pytest.mark.parametrize(
    ("header", "seconds"), [("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("", None), ("soon", None)]
)
def test_retry_after_is_a_number(header: str, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_is_a_date() -> None:
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert (retry_after("Wed, 21 Oct 2099 07:28:00 GMT") or 0) > 1e9


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"message": "a\nb"}, "a b"),
        ({"error": {"message": "nested"}}, "nested"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body"]}]}, "[{'loc': ['body']}]"),
        ("<html>", "<html>"),
        (None, ""),
    ],
)
def test_what_servers_say_of_errors_is_one_line(body: object, line: str) -> None:
    assert message_of(body) == line
    assert len(message_of("x" * 10_000)) == 300
