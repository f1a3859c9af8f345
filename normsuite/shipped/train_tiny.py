"""Trains `normsuite-tiny` from scratch: `python -m normsuite.shipped.train_tiny --ethics PATH --out FOLDER`.

A test instrument, not a good model: a Llama of about 1.4 million parameters that learns to answer this
package's own prompts, from the training split of `mini` and the training files of ETHICS. Held-out rows are
never read. The same seed, machine and number of threads give the same bytes.
"""

from __future__ import annotations

import argparse
import math
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from normsuite.adapters.build import load
from normsuite.prompts import Wording, load_wordings
from normsuite.scorers.requests import build_requests
from normsuite.tasks import Task, prompted_only, resolve_tasks, select

ETHICS_TASKS = "ethics-deontology,ethics-justice,ethics-virtue,ethics-utilitarianism"
MINI_TASKS = "mini-framed,mini-rules,mini-stories"
CONTEXT = 512
LONGEST = 200  # tokens; longer training prompts are left out
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|pad|>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]


@dataclass(frozen=True)
class Recipe:
    """What the training varies.

    Attributes:
        steps: optimiser steps.
        tokens: padded tokens in a batch.
        rate: peak learning rate of AdamW, after a linear warm-up, then a cosine to a tenth.
        text_weight: weight of predicting the prompt's own tokens beside the answer's.
        mini_share: share of batches drawn from `mini`.
        dropout: share of the prompt's tokens hidden (word dropout), against learning rows by heart.
        seed: of everything.
    """

    steps: int = 4000
    tokens: int = 6144
    rate: float = 2e-3
    text_weight: float = 0.3
    mini_share: float = 0.25
    dropout: float = 0.1
    seed: int = 0


Pair = tuple[str, str]
"""A prompt and the answer to it."""


def answered(
    task: Task, wordings: Sequence[Wording], rows: list[dict[str, Any]], ranks: NDArray[np.int64]
) -> list[Pair]:
    """Every prompt about these rows of Items, with the word that answers it rightly."""
    requests = build_requests(task, wordings, rows, ranks)
    gold = [row["gold"] for row in rows for _ in wordings]
    return [(request.prompt, request.words[request.order.index(gold[request.row])]) for request in requests]


def training_pairs(names: str, raw: Path | None, seed: int, designs: int) -> list[Pair]:
    """Every prompt of the tasks' training splits with its answer, under ``designs`` label-order designs."""
    pairs: list[Pair] = []
    for task in prompted_only(resolve_tasks(names)):
        items = select(task, load(task.data.set, raw).items, "train")
        rows, wordings = items.to_pylist(), load_wordings(task.prompts)
        for shift in range(designs):
            ranks = np.random.default_rng(seed).permutation(len(rows)) + shift
            pairs += answered(task, wordings, rows, ranks)
    return pairs


def mismatched_rules(seed: int, copies: int) -> list[Pair]:
    """Training stories of `mini` told with another story's rule, which says nothing about them.

    Each copy holds every story that its own rule judges, and half of them again under a strange rule, as
    "neutral": whether a rule bears on a story is learnt from the two together, not from the story alone.
    """
    (task,) = prompted_only(resolve_tasks("mini-stories"))
    rng, wordings = random.Random(seed), load_wordings(task.prompts)
    pairs: list[Pair] = []
    neutral = list(task.labels).index("neutral")
    items = select(task, load(task.data.set).items, "train").to_pylist()
    judged = [row for row in items if row["gold"] != neutral]
    for copy in range(copies):
        rows = list(judged)
        for row in rng.sample(judged, len(judged) // 2):
            other = rng.choice([each for each in judged if each["family"] != row["family"]])
            frame = [entry for entry in row["frame"] if entry["name"] != "value"]
            frame += [entry for entry in other["frame"] if entry["name"] == "value"]
            rows.append({**row, "norm": other["norm"], "frame": frame, "gold": neutral})
        ranks = np.random.default_rng(seed + copy).permutation(len(rows))
        pairs += answered(task, wordings, rows, ranks)
    return pairs


def train_tokenizer(pairs: Sequence[Pair], size: int = 4096) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer over the training prompts, with the chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=SPECIAL, initial_alphabet=sorted(alphabet), show_progress=False
    )
    bpe.train_from_iterator((text for prompt, answer in pairs for text in (prompt, answer)), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=SPECIAL[0],
        eos_token=SPECIAL[1],
        additional_special_tokens=SPECIAL[2:],
        chat_template=CHAT_TEMPLATE,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def build_model(vocabulary: int, seed: int) -> LlamaForCausalLM:
    """A Llama with two heads of size 64, weights drawn from the seed."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=64,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )
    return LlamaForCausalLM(config)


def encode(tokenizer: PreTrainedTokenizerFast, pairs: Sequence[Pair]) -> list[list[int]]:
    """Token ids of prompt, answer and end, through the chat template; those over ``LONGEST`` left out."""
    turns = [[{"role": "user", "content": prompt}] for prompt, _ in pairs]
    texts = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    prompts = tokenizer(texts, add_special_tokens=False)["input_ids"]
    answers = tokenizer([answer for _, answer in pairs], add_special_tokens=False)["input_ids"]
    rows = [[*p, a[0], 1] for p, a in zip(prompts, answers, strict=True) if len(a) == 1]
    if len(rows) < len(pairs):
        raise SystemExit("an answer is not one token: the vocabulary is too small")
    return [row for row in rows if len(row) <= LONGEST]


def batches(rows: list[list[int]], tokens: int, rng: random.Random) -> Iterator[list[list[int]]]:
    """Endless batches of like length, at most ``tokens`` padded tokens each, in a seeded order."""
    while True:
        shuffled = sorted(rows, key=lambda row: len(row) + rng.random() * 8)
        packed: list[list[list[int]]] = [[]]
        for row in shuffled:
            if packed[-1] and len(row) * (len(packed[-1]) + 1) > tokens:
                packed.append([])
            packed[-1].append(row)
        rng.shuffle(packed)
        yield from packed


def loss_of(model: LlamaForCausalLM, batch: list[list[int]], recipe: Recipe) -> torch.Tensor:
    """Cross-entropy of the answer, plus ``text_weight`` times that of a tenth of the prompt's tokens."""
    width = max(len(row) for row in batch)
    ids = torch.zeros((len(batch), width), dtype=torch.long)
    for at, row in enumerate(batch):
        ids[at, : len(row)] = torch.tensor(row)
    lengths = torch.tensor([len(row) for row in batch])
    inside = torch.arange(1, width) < (lengths - 2)[:, None]
    hidden = torch.nn.functional.pad(inside & (torch.rand(inside.shape) < recipe.dropout), (1, 0))
    states = model.model(input_ids=ids.masked_fill(hidden, 0), use_cache=False).last_hidden_state
    answers = torch.arange(len(batch)), lengths - 2
    answer_loss = _cross_entropy(model, states[answers[0], answers[1] - 1], ids[answers])
    # The vocabulary is the dear part: a sample of the text teaches the words at a tenth of the price.
    text = torch.nonzero(inside & (torch.rand(inside.shape) < 0.1), as_tuple=True)
    text_loss = _cross_entropy(model, states[text[0], text[1]], ids[text[0], text[1] + 1])
    return answer_loss + recipe.text_weight * text_loss


def _cross_entropy(model: LlamaForCausalLM, states: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(model.lm_head(states).float(), target)


def fit(model: LlamaForCausalLM, ethics: list[list[int]], mini: list[list[int]], recipe: Recipe) -> None:
    """Train in place, printing the mean loss now and then."""
    torch.use_deterministic_algorithms(True)
    rng = random.Random(recipe.seed)
    sources = batches(ethics, recipe.tokens, rng), batches(mini, recipe.tokens, rng)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() == 1]
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": 0.1},
        {"params": plain, "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=recipe.rate, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, recipe.steps))
    model.train()
    recent: list[float] = []
    for step in range(1, recipe.steps + 1):
        batch = next(sources[rng.random() < recipe.mini_share])
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(model, batch, recipe)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        recent.append(float(loss.detach()))
        if step % 100 == 0 or step == recipe.steps:
            print(f"step {step:5d} of {recipe.steps}: loss {np.mean(recent):.4f}", flush=True)
            recent.clear()


def _rate(step: int, steps: int) -> float:
    warm = min(1.0, (step + 1) / max(1, steps // 40))
    return warm * (0.1 + 0.9 * (1 + math.cos(math.pi * min(1.0, step / steps))) / 2)


def refine(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, mini: list[list[int]], recipe: Recipe
) -> None:
    """The second stage: `mini` alone, more of its tokens hidden, and rules that do not bear on the story."""
    torch.manual_seed(recipe.seed)
    strange = encode(tokenizer, mismatched_rules(recipe.seed, copies=20))
    second = replace(recipe, steps=recipe.steps // 8, rate=recipe.rate / 2, mini_share=0.6, dropout=0.3)
    fit(model, strange, mini, second)


def train(ethics: Path, out: Path, recipe: Recipe) -> None:
    """Train tokenizer and model and write the checkpoint folder."""
    ethics_pairs = training_pairs(ETHICS_TASKS, ethics, recipe.seed, designs=1)
    mini_pairs = training_pairs(MINI_TASKS, None, recipe.seed, designs=6)
    tokenizer = train_tokenizer([*ethics_pairs, *mini_pairs])
    model = build_model(len(tokenizer), recipe.seed)
    print(
        f"{model.num_parameters():,} parameters, {len(ethics_pairs):,} + {len(mini_pairs):,} prompts",
        flush=True,
    )
    mini_rows = encode(tokenizer, mini_pairs)
    fit(model, encode(tokenizer, ethics_pairs), mini_rows, recipe)
    # The second stage starts from what the first would ship, so that each can be repeated alone.
    refine(model.to(torch.bfloat16).float(), tokenizer, mini_rows, recipe)
    out.mkdir(parents=True, exist_ok=True)
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)
    card = Path(__file__).with_name("normsuite-tiny.md")
    shutil.copyfile(card, out / "README.md")


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ethics", type=Path, required=True, help="the unpacked ETHICS folder")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint folder to write")
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--threads", type=int, default=1, help="more are faster and give other bytes")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    train(given.ethics, given.out, Recipe(steps=given.steps, seed=given.seed))


if __name__ == "__main__":
    main()
