"""Labels: how the golds are spread, in each split and over the places of options; items without one."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from normsuite.adapters.describe import label_counts
from normsuite.checks.estimates import count
from normsuite.checks.findings import Finding, of_all, percent
from normsuite.checks.subject import OWN_OPTIONS, Subject, first_id, has_gold
from normsuite.schema import SPLITS
from normsuite.tasks import Task

CHECK: Final = "labels"
_LOPSIDED: Final = 0.75  # always giving one answer looks good from here on
_APART: Final = 0.2  # between splits, in the share of an answer
_NO_ANSWER: Final = ("(none)", "(no label holds)")
_FLATTERED: Final = ("accuracy", "exact_match")


def check(subject: Subject) -> list[Finding]:
    """Balance, absent labels, absent golds, places."""
    if subject.kind == "rating":
        return [*_without_gold(subject), *_one_rating(subject)]
    return [*_without_gold(subject), *_balance(subject), *_places(subject), *_repeated_options(subject)]


def split_counts(subject: Subject) -> dict[str, Any]:
    """Items, clusters and golds of each split."""
    rows = pa.concat_tables([subject.items, subject.others])
    found: dict[str, Any] = {}
    for split in SPLITS:
        own = rows.filter(pc.equal(rows["split"], split))
        if own.num_rows:
            golds = {} if subject.kind == "rating" else dict(label_counts(own))
            found[split] = {"items": own.num_rows, "clusters": count(own["cluster"]), "gold": golds}
            if answered := _answered(golds):
                found[split]["majority_share"] = max(answered.values()) / sum(answered.values())
    return found


def _answered(golds: dict[str, int]) -> dict[str, int]:
    return {name: n for name, n in golds.items() if name not in _NO_ANSWER}


def _without_gold(subject: Subject) -> list[Finding]:
    lacking = np.asarray(pc.invert(has_gold(subject.items)), bool)
    n = int(lacking.sum())
    read_only = subject.kind == "rating"  # statements of a questionnaire have no right answer
    if not n or (read_only and n == len(lacking)):
        return []
    message = f"{of_all(n, len(lacking), 'scored items')} have no gold and count in no score"
    fix = "mend the labels, or leave such rows out"
    example = first_id(subject.items, lacking)
    severity: Any = "problem" if n == len(lacking) else "note"
    return [Finding(CHECK, severity, message, n, n / len(lacking), example, fix)]


def _one_rating(subject: Subject) -> list[Finding]:
    """Whether nothing can correlate; beside statements that are only read, equal ratings are no fault."""
    ratings = subject.items["rating"]
    if len(ratings) < 2 or count(ratings) > 1 or ratings.null_count:
        return []
    message = f"all {len(ratings):,} scored items have the rating {ratings[0].as_py():g}"
    fix = "nothing can correlate with it: check the column of `rating`"
    return [Finding(CHECK, "problem", message, len(ratings), 1.0, first_id(subject.items, [0]), fix)]


def _balance(subject: Subject) -> list[Finding]:
    counts = split_counts(subject)
    own = counts[subject.task.data.split]
    golds = _answered(own["gold"])
    if not golds or subject.own_options:
        return []
    top, share = max(golds, key=lambda name: golds[name]), own["majority_share"]
    n, total = golds[top], sum(golds.values())
    found = []
    if len(golds) == 1 and subject.kind == "label":
        message = f"every scored item has the gold {top!r}, so that no score tells anything"
        found.append(
            Finding(CHECK, "problem", message, n, 1.0, first_id(subject.items, [0]), "check `label`")
        )
    elif share >= _LOPSIDED and subject.kind == "label":
        message = f"{of_all(n, total, 'golds')} are {top!r}: who always says so scores well"
        flattered = subject.task.headline in _FLATTERED
        how = "as the headline" if flattered else "beside other metrics"
        fix = f"read macro_f1 or balanced_accuracy {how}"
        found.append(Finding(CHECK, "warning", message, n, share, None, fix))
    options = set(pc.list_flatten(subject.items["options"]).unique().to_pylist())
    if absent := sorted(options - set(golds)):
        message = f"{len(absent)} of {len(options)} answers are nobody's gold ({', '.join(absent[:5])})"
        fix = "check the labels' spelling, or leave the answer out"
        found.append(Finding(CHECK, "warning", message, len(absent), len(absent) / len(options), None, fix))
    return found + _splits_apart(subject, counts)


def _splits_apart(subject: Subject, counts: dict[str, Any]) -> list[Finding]:
    """Whether an answer is much more common in the training rows than in those scored."""
    task = subject.task
    if not {task.data.train, task.data.split} <= set(counts):
        return []
    shares = []
    for split in (task.data.train, task.data.split):
        golds = _answered(counts[split]["gold"])
        total = sum(golds.values()) or 1
        shares.append({name: n / total for name, n in golds.items()})
    names = sorted(set(shares[0]) | set(shares[1]))
    gaps = {name: abs(shares[0].get(name, 0) - shares[1].get(name, 0)) for name in names}
    widest = max(names, key=lambda name: gaps[name], default="")
    if not widest or gaps[widest] < _APART:
        return []
    parts = [
        f"{percent(share.get(widest, 0))} of {split}"
        for share, split in zip(shares, (task.data.train, task.data.split), strict=True)
    ]
    message = f"the gold {widest!r} is {' but '.join(parts)}"
    fix = "baselines that learn from the one are misled about the other: split at random by cluster"
    return [Finding(CHECK, "warning", message, None, gaps[widest], None, fix)]


def _places(subject: Subject) -> list[Finding]:
    """Whether the gold of items with options of their own stands in one place."""
    if subject.kind not in OWN_OPTIONS or not isinstance(subject.task, Task):
        return []
    rows = subject.items.filter(pc.is_valid(subject.items["gold"]))
    gold = np.asarray(rows["gold"], np.int64)
    sizes = np.asarray(pc.list_value_length(rows["options"]), np.int64)
    if len(gold) < 2:
        return []
    hits = np.bincount(gold)
    place, n = int(hits.argmax()), int(hits.max())
    share, fair = n / len(gold), float(np.mean(1 / sizes))
    if share < 1 and not (share > 0.9 and share > fair + 0.2):
        return []
    message = f"the gold is option {place + 1} in {of_all(n, len(gold), 'scored items')}"
    if subject.task.order == "fixed":
        fix = "the order shown is fixed, so a model may learn the place: set `order: design`"
        return [Finding(CHECK, "problem", message, n, share, first_id(rows, [0]), fix)]
    fix = "runs show options in a balanced design of orders; shuffle them where the data is used otherwise"
    return [Finding(CHECK, "note", message, n, share, first_id(rows, [0]), fix)]


def _repeated_options(subject: Subject) -> list[Finding]:
    """Items of which two options are the same text, so that one right answer is counted wrong."""
    if not subject.own_options:
        return []
    options = subject.items["options"].to_pylist()
    same = np.array([len({text.strip().casefold() for text in own}) < len(own) for own in options])
    n = int(same.sum())
    if not n:
        return []
    message = f"{of_all(n, len(same), 'scored items')} have two options with the same text"
    fix = "mend or leave out these rows: which of the two is right cannot be told"
    return [Finding(CHECK, "problem", message, n, n / len(same), first_id(subject.items, same), fix)]
