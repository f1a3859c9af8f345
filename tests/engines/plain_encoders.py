"""Small encoders on their own, with tokenizers of a few words: what the encoder engine is held against."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForMaskedLM,
    MPNetConfig,
    MPNetModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
)

_SENTENCES = "a guest brings flowers to the host at door . no is it rude nod ? okay greet friend polite"
POSITIONS = 24
"""In each configuration; RoBERTa and MPNet have two fewer for tokens."""
LAYERS = 3

_BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
_SIZE = {
    "hidden_size": 16,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": POSITIONS,
    "initializer_range": 0.5,
}


def save_bert(folder: Path) -> Path:
    """As a masked language model with its head, and without a pooler: as bare encoders are found."""
    tokenizer = _tokenizer(_BERT, "[CLS]", "[SEP]")
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)
    torch.manual_seed(0)
    BertForMaskedLM(BertConfig(vocab_size=tokenizer.get_vocab_size(), **_SIZE)).save_pretrained(folder)
    return folder


def save_roberta(folder: Path) -> Path:
    """Positions begin behind the padding's number, and the end token is what ends a decoder's answers too."""
    size = _save_roberta_tokenizer(folder)
    torch.manual_seed(1)
    config = RobertaConfig(vocab_size=size, pad_token_id=1, bos_token_id=0, eos_token_id=2, **_SIZE)
    RobertaModel(config).save_pretrained(folder)
    return folder


def save_mpnet(folder: Path) -> Path:
    size = _save_roberta_tokenizer(folder)
    torch.manual_seed(2)
    MPNetModel(MPNetConfig(vocab_size=size, **_SIZE)).save_pretrained(folder)
    return folder


def make_sentence_encoder(
    folder: Path, pooling: dict[str, object], *, normalise: bool, **own: object
) -> Path:
    """Add the files that make an encoder's folder a sentence encoder's.

    Args:
        folder: an encoder's.
        pooling: the settings of the way to pool.
        normalise: whether there is a last step that does.
        own: settings of the first step.
    """
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), *([("2_Normalize", "Normalize")] * normalise)]
    modules = [
        {"idx": at, "name": str(at), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for at, (path, kind) in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "sentence_bert_config.json").write_text(json.dumps(own))
    return folder


def _save_roberta_tokenizer(folder: Path) -> int:
    tokenizer = _tokenizer(_ROBERTA, "<s>", "</s>")
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        mask_token="<mask>",
    ).save_pretrained(folder)
    return tokenizer.get_vocab_size()


def _tokenizer(special: list[str], begin: str, end: str) -> Tokenizer:
    vocabulary = {word: number for number, word in enumerate([*special, *_SENTENCES.split()])}
    unknown = next(word for word in special if "unk" in word.lower())
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=unknown))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, vocabulary[begin]), (end, vocabulary[end])]
    )
    # Some folders keep what their training padded and cut to: MiniLM's does.
    tokenizer.enable_padding(length=12, pad_id=vocabulary[special[0]], pad_token=special[0])
    tokenizer.enable_truncation(8)
    return tokenizer
