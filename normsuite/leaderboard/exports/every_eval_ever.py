"""Every Eval Ever, schema 0.3.0: one JSON file per model, one result per headline metric and per culture.

The format has no subgroups, so that a culture is a result of its own with an id that never changes. Its
instance level wants the text of every item, which we do not pass on.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from normsuite.adapters import get_adapter, known_adapters
from normsuite.aggregate import LEVEL
from normsuite.leaderboard.exports.headlines import Headline, headlines
from normsuite.leaderboard.submission import Submission
from normsuite.runs import write_text

SCHEMA: Final = "0.3.0"
COLLECTION: Final = "normsuite"


def write_every_eval_ever(submission: Submission, out: Path, *, first_party: bool = False) -> Path | None:
    """Write one model's file.

    Args:
        submission: the model.
        out: ``data/normsuite/<org>/<model>/<uuid>.json`` is made in it; the uuid follows from the content.
        first_party: whether those who made the model evaluated it.

    Returns:
        The file; None where the submission has no model.

    Raises:
        InputError: results cannot be read, or the file not be written.
    """
    lines = headlines(submission, cultures=True)
    if not lines:
        return None
    record = _record(submission, lines, first_party)
    content = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    name = uuid.UUID(bytes=hashlib.sha256(content.encode()).digest()[:16], version=4)
    file = out / "data" / COLLECTION / submission.manifest.org / submission.manifest.model.name
    file = file / f"{name}.json"
    write_text(file, content)
    return file


def _record(submission: Submission, lines: list[Headline], first_party: bool) -> dict[str, Any]:
    manifest = submission.manifest
    when = str(int(datetime.fromisoformat(manifest.run.created).timestamp()))
    return {
        "schema_version": SCHEMA,
        "evaluation_id": f"{COLLECTION}/{manifest.org}_{manifest.model.name}/{when}",
        "evaluation_timestamp": when,
        "retrieved_timestamp": when,
        "source_metadata": {
            "source_name": "normsuite leaderboard",
            "source_type": "evaluation_run",
            "source_organization_name": manifest.org if first_party else "normsuite",
            "evaluator_relationship": "first_party" if first_party else "third_party",
            "additional_details": {"run": manifest.run.hash, "partial": "; ".join(manifest.partial) or "no"},
        },
        "eval_library": {"name": "normsuite", "version": manifest.run.normsuite},
        "model_info": _model(submission),
        "evaluation_results": [_result(submission, line) for line in lines],
    }


def _model(submission: Submission) -> dict[str, Any]:
    manifest = submission.manifest
    engine = manifest.engine
    seen = bool(manifest.model.sha256)
    return {
        "name": manifest.model.name,
        "id": submission.name,
        "developer": manifest.org,
        "inference_engine": {
            "name": str(engine.get("engine", "unknown")),
            "version": str(engine.get("version", "unknown")),
        },
        "additional_details": {
            # Whose weights could be read ran where the evaluator ran; of a server nothing is known.
            "deployment_type": "self_deployed" if seen else "unknown",
            "model_availability": "open_weights" if manifest.model.revision else "unknown",
            "revision": manifest.model.revision or submission.revision,
            "sha256": manifest.model.sha256 or "unknown",
            "dtype": str(engine.get("dtype", "unknown")),
        },
    }


def _result(submission: Submission, line: Headline) -> dict[str, Any]:
    low, high = line.bounds
    culture = f", {line.facet} {line.group}" if line.facet else ""
    return {
        "evaluation_result_id": line.id,
        "evaluation_name": f"{line.task}{culture}",
        "source_data": _source(submission, line),
        "evaluation_timestamp": submission.manifest.run.created,
        "metric_config": {
            "evaluation_description": f"{line.about.title}{culture}",
            "metric_id": line.metric,
            "metric_name": line.metric,
            "lower_is_better": not line.higher_is_better,
            "score_type": "continuous",
            "min_score": low,
            "max_score": high,
            "additional_details": {"task_version": str(line.about.version), "task_sha256": line.about.sha256},
        },
        "score_details": {
            "score": line.value,
            "details": {
                "reading": "answers" if line.about.type == "prompted" else "embeddings",
                "clusters": str(line.clusters),
                "chance": "none" if line.chance is None else repr(line.chance),
                **({"facet": line.facet, "group": line.group} if line.facet else {}),
            },
            "uncertainty": _uncertainty(submission, line),
        },
    }


def _uncertainty(submission: Submission, line: Headline) -> dict[str, Any]:
    counts = {"num_samples": line.n, "num_bootstrap_samples": submission.manifest.settings.replicates}
    if line.low is None or line.high is None:
        return {"num_samples": line.n}
    method = "percentile interval of the cluster bootstrap"
    interval = {"lower": line.low, "upper": line.high, "confidence_level": LEVEL, "method": method}
    return {"confidence_interval": interval, **counts}


def _source(submission: Submission, line: Headline) -> dict[str, Any]:
    """Where the data set comes from, as far as its adapter knows."""
    name = line.about.dataset
    told = submission.manifest.data[name]
    details = {"licence": told.licence, "version": told.version, "revision": told.revision}
    about = {
        "dataset_name": name,
        "additional_details": {key: value for key, value in details.items() if value},
    }
    page = get_adapter(name).home.page if name in known_adapters() else ""
    hub = page.removeprefix("https://huggingface.co/datasets/")
    if page.startswith("https://") and hub != page:
        return {**about, "source_type": "hf_dataset", "hf_repo": hub}
    if page.startswith("https://"):
        return {**about, "source_type": "url", "url": [page]}
    return {**about, "source_type": "other"}
