"""LoRA: an encoder fine-tuned through small matrices beside its own, which stay as they are.

Hu et al. (2021, arXiv:2106.09685), on every linear layer (Dettmers et al. 2023, arXiv:2305.14314), with a
linear head on the vector that the frozen column reads; a plain loop in float32.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from normsuite.embeddings import Passage
from normsuite.engines import Checkpoint, Pooling
from normsuite.errors import InputError
from normsuite.progress import Progress, silent
from normsuite.scorers.direction import Seeds
from normsuite.transfer.tuning import Plan, Trained, seeded, split_by_cluster, train

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.float64]

EPOCHS: Final = 10
RANK: Final = 8
_ALPHA: Final = 16
_DROPOUT: Final = 0.05
_RATE: Final = 5e-4  # of the matrices, as in the paper's runs on RoBERTa
_HEAD_RATE: Final = 5e-3  # of the head, which starts from nothing
_DECAY: Final = 1e-2
_BATCH: Final = 16
_PATIENCE: Final = 3


def require_peft() -> None:
    """See that peft can be used, before work begins.

    Raises:
        InputError: it is not installed.
    """
    try:
        importlib.import_module("peft")
    except ImportError as error:
        raise InputError(
            f"LoRA needs the package peft ({error})",
            field="--finetune",
            fix="pip install 'normsuite[finetune]'",
        ) from None


@dataclass(frozen=True)
class _Rows:
    """Rows as tokens.

    Attributes:
        tokens: [r][w] of each row's wordings.
        spans: [r][w] the range of tokens that is read, where one is.
    """

    tokens: Sequence[Sequence[Sequence[int]]]
    spans: Sequence[Sequence[tuple[int, int] | None]]

    def readable(self, most: int) -> NDArray[np.bool_]:
        """[r] whether all wordings of a row fit into the context."""
        return np.array([all(len(ids) <= most for ids in own) for own in self.tokens], bool)


def train_lora(
    checkpoint: Checkpoint,
    pooling: Pooling,
    sources: Sequence[Seeds],
    texts: Sequence[Sequence[Passage]],
    *,
    device: str = "auto",
    epochs: int = EPOCHS,
    patience: int = _PATIENCE,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Floats, Trained, int]:
    """Fine-tune on the seeds and score the items.

    Args:
        checkpoint: the encoder, or a decoder, whose head is not used.
        pooling: where texts are read, its layer chosen.
        sources: training rows; those between the poles, or too long, are left out.
        texts: [n][w] items; a row's vector is the mean over its wordings.
        device: a torch device; auto is the first GPU, else the CPU.
        epochs: at most.
        patience: epochs without a smaller held-out loss, after which training ends.
        seed: of weights, dropout, order and held-out clusters.
        progress: told the epochs.

    Returns:
        Scores [n], log-odds of the positive pole, NaN where a text is too long; how the training went; and on
        how many rows, held-out ones included.

    Raises:
        InputError: peft is missing, the model cannot be loaded or does not fit; ``DirectionError`` where
            there are too few clusters.
    """
    import torch

    from normsuite.engines.transformers import chosen_device

    require_peft()
    passages, y, groups = _training(sources)
    place = torch.device(chosen_device(device))
    encoder = _Encoder.load(checkpoint, pooling, place, seed)
    rows, items = encoder.encode(passages), encoder.encode(texts)
    fits = np.flatnonzero(rows.readable(encoder.context))
    split = split_by_cluster(groups[fits], y[fits], seed)
    truth = torch.from_numpy(y.astype(np.float32)).to(place)
    with seeded(seed, place):
        head = torch.nn.Linear(encoder.width, 1).to(place)
        both = torch.nn.ModuleList([encoder.model, head])
        optimiser = torch.optim.AdamW(
            [
                {"params": [w for w in encoder.model.parameters() if w.requires_grad], "lr": _RATE},
                {"params": list(head.parameters()), "lr": _HEAD_RATE},
            ],
            weight_decay=_DECAY,
        )

        def losses(batch: Sequence[int]) -> torch.Tensor:
            logits = head(encoder.vectors(rows, batch))[:, 0]
            return torch.nn.functional.binary_cross_entropy_with_logits(
                logits, truth[list(batch)], reduction="none"
            )

        trained = train(
            both,
            optimiser,
            losses,
            (fits[split[0]], fits[split[1]]),
            Plan(epochs, _BATCH, patience, seed),
            lambda done, total: progress("LoRA: epochs", done, total),
        )
        scores = _score(encoder, head, items, progress)
    return scores, trained, len(fits)


@dataclass(frozen=True)
class _Encoder:
    """A model with LoRA's matrices in it, and the way from tokens to vectors.

    Attributes:
        model: peft's.
        tokens: texts to tokens, as the engine makes them.
        batch: tokens to the model's inputs.
        pooling: where a vector is read.
        checkpoint: the model's.
        context: most tokens of a text.
        pad: the id that fills a row up.
        device: where it is.
        width: dimensions of a vector.
        layers: how many the model has.
    """

    model: Any
    tokens: Any
    batch: Callable[..., Any]
    pooling: Pooling
    checkpoint: Checkpoint
    context: int
    pad: int
    device: torch.device
    width: int
    layers: int

    @classmethod
    def load(cls, checkpoint: Checkpoint, pooling: Pooling, device: torch.device, seed: int) -> _Encoder:
        """Load a model in float32 and put the matrices into it."""
        from normsuite.engines.kinds import encoder_context, is_encoder
        from normsuite.engines.tokens import load_encoder
        from normsuite.engines.transformers.batches import decoder_batch, encoder_batch
        from normsuite.engines.transformers.loading import load_decoder, load_encoder_model

        peft = importlib.import_module("peft")
        encodes = is_encoder(checkpoint)
        if encodes:
            base = load_encoder_model(checkpoint, "float32", device)
        else:
            base = load_decoder(checkpoint, "float32", device).base_model
            base.config.use_cache = False
        texts = load_encoder(checkpoint)
        pads = (texts.tokenizer.pad_token_id, getattr(base.config, "pad_token_id", None), 0)
        config = base.config.get_text_config()
        options = peft.LoraConfig(
            r=RANK, lora_alpha=_ALPHA, lora_dropout=_DROPOUT, target_modules="all-linear", bias="none"
        )
        with seeded(seed, device):
            model = peft.get_peft_model(base, options)
        return cls(
            model.to(device),
            texts,
            encoder_batch if encodes else decoder_batch,
            pooling,
            checkpoint,
            encoder_context(checkpoint) if encodes else checkpoint.context_length,
            next(pad for pad in pads if pad is not None),
            device,
            config.hidden_size,
            config.num_hidden_layers,
        )

    def encode(self, texts: Sequence[Sequence[Passage]]) -> _Rows:
        """Rows of wordings as tokens."""
        spans = self.pooling.position == "span"
        flat = [passage for own in texts for passage in own]
        found = iter(
            self.tokens.encode_passages([p.text for p in flat], [p.span if spans else None for p in flat])
        )
        rows = [[next(found) for _ in own] for own in texts]
        return _Rows([[ids for ids, _ in own] for own in rows], [[span for _, span in own] for own in rows])

    def vectors(self, rows: _Rows, chosen: Sequence[int]) -> torch.Tensor:
        """[b, d] the mean vector over the wordings of each chosen row."""
        import torch

        from normsuite.engines.transformers.batches import enough_memory
        from normsuite.engines.transformers.embedding import chosen_layer, pooled
        from normsuite.engines.vectors import chosen_way

        flat = [ids for row in chosen for ids in rows.tokens[row]]
        of = torch.tensor([at for at, row in enumerate(chosen) for _ in rows.tokens[row]], device=self.device)
        way, layer = chosen_way(self.pooling, self.checkpoint), chosen_layer(self.pooling.layer, self.layers)
        batch = self.batch(flat, self.pad, self.device)
        spans = None
        if way.position == "span":
            spans = torch.tensor([span for row in chosen for span in rows.spans[row]], device=self.device)
        with enough_memory():
            inside = layer < self.layers
            output = self.model(**batch.inputs, output_hidden_states=inside)
        states = output.hidden_states[layer] if inside else output.last_hidden_state
        found = pooled(states, batch, way, spans)
        total = torch.zeros(len(chosen), found.shape[1], device=self.device).index_add(0, of, found)
        return total / torch.bincount(of, minlength=len(chosen))[:, None]


def _score(encoder: _Encoder, head: torch.nn.Module, items: _Rows, progress: Progress) -> Floats:
    """Scores [n] of items; NaN where a text is too long."""
    import torch

    scores = np.full(len(items.tokens), np.nan)
    fits = np.flatnonzero(items.readable(encoder.context))
    with torch.no_grad():
        for start in range(0, len(fits), _BATCH):
            batch = fits[start : start + _BATCH].tolist()
            scores[batch] = head(encoder.vectors(items, batch))[:, 0].double().cpu().numpy()
            progress("LoRA: scoring items", start + len(batch), len(fits))
    return scores


def _training(sources: Sequence[Seeds]) -> tuple[list[Sequence[Passage]], Floats, NDArray[np.int64]]:
    """Rows [r][w] at the poles, their poles [r] and codes of clusters [r]; a seed of many rows has many."""
    passages: list[Sequence[Passage]] = []
    poles: list[float] = []
    names: list[str] = []
    for source in sources:
        rows = zip(source.passages, source.values.tolist(), source.clusters, strict=True)
        for own, pole, cluster in rows:
            if pole in (0.0, 1.0):
                each = [own] if source.average else [[passage] for passage in own]
                passages += each
                poles += [pole] * len(each)
                names += [f"{source.name}:{cluster}"] * len(each)
    groups = np.unique(np.array(names, dtype=str), return_inverse=True)[1]
    return passages, np.array(poles, float), groups.astype(np.int64)
