"""What each column of Items means, in one line for people who see the table and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MEANINGS: Final[Mapping[str, str]] = {
    "id": "The item's unique name: the data set's, then the row's own",
    "dataset": "The data set",
    "split": "train, dev or test",
    "kind": "What is asked: label (a closed set), choice or pair (options of its own), rating or multilabel",
    "situation": "What is going on: a story, a setting, a question",
    "behavior": "The act that is judged",
    "norm": "The rule that is in force",
    "frame": "Constraints: whose (PERSON, OTHER, ENV), of what, in which relation, to which value",
    "turns": "A dialogue, turn by turn",
    "images": "Names of the pictures that were shown",
    "options": "The answers that can be given",
    "gold": "The answer that the data set gives: its place in options, from 0",
    "gold_set": "Where several answers hold, or share the most votes: their places in options, from 0",
    "votes": "How many people gave each of the options",
    "shares": "The share of people who gave each of the options, where their number is not told",
    "rating": "A number in place of an answer",
    "scale_min": "The least that a rating can be",
    "scale_max": "The most that a rating can be",
    "valence": "How welcome the act is, from -1 (forbidden) to 1 (expected)",
    "agreement": "The share of people who are said to hold the norm",
    "pressure": "Cultural pressure, from -1 (against the act) to 1 (for it)",
    "country": "The country, ISO 3166-1 alpha-3; only where the data set names one",
    "zone": "The cultural zone",
    "language": "The language of the texts, BCP 47",
    "categories": "Named facets, each with the values that hold for the item",
    "explanation": "Why the answer is what it is, where the data set says so",
    "family": "Items of one family are edits of one another",
    "cluster": "Items of one cluster are not independent: resample clusters, not items",
    "source": "Where the item came from, as written there",
}
