"""Small models on their own, run plainly: what the transformers engine is held against."""

from pathlib import Path

import torch
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

from normsuite import folders
from normsuite.engines import find_checkpoint
from normsuite.engines.transformers import TransformersEngine

END = 1
"""The end token of the shipped checkpoint."""


def load(folder: Path, **options) -> TransformersEngine:
    return TransformersEngine(find_checkpoint(str(folder)), **{"device": "cpu", "batch_size": 2} | options)


def save_learned(folder: Path) -> Path:
    """A checkpoint with 64 learned absolute positions, four layers and a final norm that counts."""
    tokenizer = AutoTokenizer.from_pretrained(folders.tiny())
    tokenizer.chat_template = None
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    size = {"n_positions": 64, "n_embd": 32, "n_layer": 4, "n_head": 2, "initializer_range": 0.5}
    model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), bos_token_id=END, eos_token_id=END, **size))
    torch.nn.init.normal_(model.transformer.ln_f.weight)
    model.save_pretrained(folder)
    return folder


def next_logits(reference: torch.nn.Module, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return reference(torch.tensor([ids])).logits[0, -1]


def greedy(reference: torch.nn.Module, ids: list[int], tokens: int) -> list[int]:
    answer: list[int] = []
    while len(answer) < tokens and answer[-1:] != [END]:
        answer.append(int(next_logits(reference, ids + answer).argmax()))
    return answer
