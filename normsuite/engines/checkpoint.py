"""A checkpoint folder from a stranger: what it must have, what it must not, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from normsuite import folders
from normsuite.engines.sentence import SentencePooling, read_sentence
from normsuite.errors import InputError

_TOKENIZER_FILES: Final = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")
_HUB_PATTERNS: Final = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")
"""A star stands for folders too: ``1_Pooling/config.json`` is fetched."""
_POSITIONS: Final = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")
_LAYERS: Final = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")


@dataclass(frozen=True)
class Checkpoint:
    """A model that is safe to load.

    Attributes:
        name: the folder's name or the hub's ``owner/name``.
        path: the folder on this machine; never recorded.
        revision: the hub's commit; empty for a folder.
        sha256: digest over weights, configuration and tokenizer.
        context_length: most tokens of a request; of a sentence encoder, what its folder says.
        layers: hidden layers; 0 where the configuration does not say.
        sentence: how a sentence encoder pools; None for every other model.
    """

    name: str
    path: Path
    revision: str
    sha256: str
    context_length: int
    layers: int = 0
    sentence: SentencePooling | None = None

    def identity(self) -> dict[str, object]:
        """What names the model in a manifest; nothing of this machine."""
        return {
            "name": self.name,
            "revision": self.revision,
            "sha256": self.sha256,
            "context_length": self.context_length,
        }


def find_checkpoint(model: str, revision: str | None = None) -> Checkpoint:
    """A checkpoint from a local folder, or from the Hugging Face hub (or its local cache).

    Args:
        model: path of a folder, ``owner/name`` on the hub, or ``normsuite-tiny``, which ships with normsuite.
        revision: for the hub, the commit, tag or branch.

    Raises:
        InputError: not found, no tokenizer, pickle weights only, custom code, a broken config, a sentence
            encoder that pools in a way that we do not run.
    """
    path = Path(model)
    if model == folders.tiny().name and not path.exists():
        path = folders.tiny()
    if path.is_dir():
        return _inspect(path, path.resolve().name, "")
    if path.exists() or model.startswith((".", "/", "~")) or model.count("/") != 1:
        raise InputError("no such checkpoint folder", file=model)
    return _from_hub(model, revision)


def _from_hub(model: str, revision: str | None) -> Checkpoint:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
    )

    try:
        path = Path(snapshot_download(model, revision=revision, allow_patterns=list(_HUB_PATTERNS)))
    except (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        OSError,
    ) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"cannot be fetched from the Hugging Face hub ({reason})",
            file=model,
            fix="give the path of a folder, or download it first",
        ) from None
    return _inspect(path, model, path.name)


def _inspect(path: Path, name: str, revision: str) -> Checkpoint:
    config = read_config(path)
    if _has_custom_code(path, config):
        raise InputError(
            "needs custom code (`auto_map`), which is never run", file=name, fix="use a converted copy"
        )
    if not any((path / file).is_file() for file in _TOKENIZER_FILES):
        raise InputError(
            "has no tokenizer", file=name, fix=f"add {' or '.join(_TOKENIZER_FILES[:2])} to the folder"
        )
    weights = sorted(path.glob("*.safetensors"))
    if not weights:
        pickles = [
            file.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt") for file in path.glob(pattern)
        ]
        what = (
            f"has pickle weights only ({pickles[0]}), which are never loaded" if pickles else "has no weights"
        )
        raise InputError(what, file=name, fix="convert them to safetensors")
    files = [
        *weights,
        *sorted(p for p in path.iterdir() if p.suffix in (".json", ".model", ".txt", ".jinja")),
    ]
    positions, layers = _context_length(config), _first_int(config, _LAYERS) or 0
    sentence = read_sentence(path, name)
    if sentence is None:
        return Checkpoint(name, path, revision, _digest(path, files), positions, layers)
    files = list(dict.fromkeys([*files, *(path / file for file in sentence.files)]))
    most = min(positions, sentence.most_tokens or positions)
    return Checkpoint(name, path, revision, _digest(path, files), most, layers, sentence.pooling)


def read_config(path: Path) -> dict[str, Any]:
    """A checkpoint folder's ``config.json``.

    Raises:
        InputError: there is none, or it is not readable.
    """
    file = path / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("is not a checkpoint folder: no config.json", file=path) from None
    except (OSError, ValueError) as error:
        raise InputError(f"is not readable JSON ({error})", file=file) from None
    if not isinstance(config, dict):
        raise InputError("is not a JSON object", file=file)
    return config


def _has_custom_code(path: Path, config: dict[str, Any]) -> bool:
    if "auto_map" in config:
        return True
    tokenizer = path / "tokenizer_config.json"
    try:
        return tokenizer.is_file() and "auto_map" in json.loads(tokenizer.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"is not readable JSON ({error})", file=tokenizer) from None


def _context_length(config: dict[str, Any]) -> int:
    return _first_int(config, _POSITIONS) or 2048


def _first_int(config: dict[str, Any], keys: tuple[str, ...]) -> int | None:
    """The first of these that the configuration, or that of its text model, has as a number."""
    nested = config.get("text_config")
    for source in (config, nested if isinstance(nested, dict) else {}):
        for key in keys:
            if isinstance(source.get(key), int):
                return int(source[key])
    return None


def _digest(folder: Path, files: list[Path]) -> str:
    """One digest over names and contents, so that no two checkpoints share a result."""
    total = hashlib.sha256()
    for name, file in sorted((file.relative_to(folder).as_posix(), file) for file in files):
        with file.open("rb") as stream:
            total.update(f"{name}\0{hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()
