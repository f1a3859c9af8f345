"""Pictures in a chat with a server: sent as they are, refused in time where they cannot be."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openai_player import Player, playing, status

from normsuite import folders
from normsuite.engines import Sampling, TakesImages, find_checkpoint
from normsuite.engines.openai import OpenaiEngine, OpenaiSpec
from normsuite.engines.openai.pictures import AT_ONCE, MOST_BYTES
from normsuite.engines.openai.timing import Timing
from normsuite.errors import InputError
from normsuite.questions import prepare
from normsuite.scorers import design_ranks, scorer_of
from normsuite.tasks import resolve_tasks

DATA = Path(__file__).parents[1] / "data" / "egonormia"
FRAMES = DATA / "frames" / "robot-1"
PHOTO = DATA / "frames" / "1c2d3e4f-5061-4b72-9c83-a4b5c6d7e8f9_5-75" / "frame_001.jpg"
TOP = {letter: -1.0 - at for at, letter in enumerate("BACDE")}
QUICK = Timing(patience_s=5, first_wait_s=0.01, longest_wait_s=0.05, sign_of_life_s=1, tries=2)


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[Player, OpenaiEngine]]]:
    """Starts a server that plays, and an engine that asks it; closes both at the end."""
    opened: list[Callable[[], object]] = []

    def begin(
        tokenizer: bool = False, chat: bool | None = None, **options: Any
    ) -> tuple[Player, OpenaiEngine]:
        play = playing(**options)
        player = play.__enter__()
        opened.append(lambda: play.__exit__(None, None, None))
        checkpoint = find_checkpoint(str(folders.tiny())) if tokenizer else None
        engine = OpenaiEngine(OpenaiSpec("played", player.url, checkpoint, chat), None, QUICK)
        opened.append(engine.close)
        return player, engine

    yield begin
    for close in reversed(opened):
        close()


def pictures(body: Any) -> list[Any]:
    content = body["messages"][0]["content"]
    return [] if isinstance(content, str) else [part for part in content if part["type"] == "image_url"]


def test_pictures_go_before_the_text_as_they_are(start) -> None:
    player, engine = start(top=TOP)
    assert isinstance(engine, TakesImages)
    prompts = engine.encode_with_images(["Which?\nAnswer:"], [[FRAMES / "1.png", PHOTO]])
    words = engine.label_tokens([""], ["A", "B"])
    reads = engine.read_labels(pickle.loads(pickle.dumps(prompts)), words)
    assert reads.log_probs == pytest.approx(np.array([[-2.0, -1.0]]))
    first, second, text = player.seen[-1][1]["messages"][0]["content"]
    assert text == {"type": "text", "text": "Which?\nAnswer:"}
    for part, path, kind in ((first, FRAMES / "1.png", "image/png"), (second, PHOTO, "image/jpeg")):
        head, _, data = part["image_url"]["url"].partition(";base64,")
        assert (head, base64.b64decode(data)) == (f"data:{kind}", path.read_bytes())


def test_a_server_without_eyes_is_found_out_before_the_work(start) -> None:
    player, engine = start(
        top=TOP, trouble=lambda body: status(400, "images are not supported") if pictures(body) else None
    )
    (question,) = prepare(resolve_tasks("egonormia-action-frames"), {"egonormia": DATA})
    before = len(player.seen)
    with pytest.raises(InputError, match=r"takes no pictures .*images are not supported"):
        scorer_of(question.task).check(question.task, question.wordings, question.items, engine)
    assert len(player.seen) == before + 1


@pytest.mark.parametrize("options", [{"tokenizer": True, "ids": {5: -1.0}}, {"chat": False}])
def test_pictures_need_a_chat(start, options: dict[str, Any]) -> None:
    _, engine = start(top=TOP, **options)
    with pytest.raises(InputError, match="in a chat only"):
        engine.encode_with_images(["x"], [[PHOTO]])


def test_a_file_that_is_no_picture_any_more_is_named(start, tmp_path: Path) -> None:
    _, engine = start(top=TOP)
    path = tmp_path / "a.png"
    path.write_bytes((FRAMES / "1.png").read_bytes())
    prompts = engine.encode_with_images(["x"], [[path]])
    words = engine.label_tokens([""], ["A", "B"])
    path.write_text("hello")
    with pytest.raises(InputError, match=r"a\.png: is no PNG"):
        engine.read_labels(prompts, words)
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        engine.read_labels(prompts, words)
    with pytest.raises(InputError, match="cannot be read"):
        engine.encode_with_images(["x"], [[path]])


def test_too_much_for_one_request_is_refused(start, tmp_path: Path) -> None:
    _, engine = start(top=TOP)
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(MOST_BYTES // 2 + 1)
    with pytest.raises(InputError, match=r"2 pictures .* 32\.0 MiB together"):
        engine.encode_with_images(["x"], [[tmp_path / "a.png"] * 2])


def test_many_prompts_with_pictures_are_all_answered_in_their_order(start) -> None:
    player, engine = start(
        text=lambda body: (pictures(body) and body["messages"][0]["content"][-1]["text"]) or "Yes"
    )
    n = AT_ONCE + 3
    asked = engine.encode_with_images([f"{n - at}" for at in range(n)], [[PHOTO]] * n)
    answers = engine.generate(asked, Sampling(max_tokens=4))
    assert [one[0].text for one in answers] == [f"{n - at}" for at in range(n)]
    assert sum(len(pictures(body)) for _, body in player.seen if body) == n + 1


def test_act_and_reason_are_asked_with_the_frames_of_their_scenario(start) -> None:
    player, engine = start(top=TOP)
    (question,) = prepare(resolve_tasks("egonormia-both-frames"), {"egonormia": DATA})
    task, items = question.task, question.items
    scorer_of(task).check(task, question.wordings, items, engine)
    player.seen.clear()
    ranks = design_ranks(items["id"].to_pylist(), 0)
    rows = scorer_of(task).predict(task, question.wordings, items, ranks, engine).predictions.to_pylist()
    assert {row["status"] for row in rows} == {"ok"}
    shown = sorted(len(pictures(body)) for _, body in player.seen)
    expected = sorted(len(images) for images in items["images"].to_pylist() for _ in question.wordings)
    assert shown == expected and max(shown) == 8
