"""Items and words become texts, and it is known where in each its behaviour stands."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_seeds import items

from normsuite.embeddings import Passage
from normsuite.errors import InputError
from normsuite.poles import Poles, load_poles
from normsuite.prompts import Wording, compile_wording
from normsuite.schema import check_items
from normsuite.scorers.direction import to_passages, words_as_items


def wording(text: str, name: str = "plain") -> Wording:
    return compile_wording(Path(f"{name}.jinja"), text)


def read(text: str, **row: Any) -> Passage:
    ((passage,),) = to_passages(items([row]), [wording(text)])
    return passage


def test_every_item_is_read_in_every_wording() -> None:
    table = items([{"behavior": "hum"}, {"behavior": "sing"}])
    found = to_passages(table, [wording("Should I {{ behavior }}?"), wording("{{ behavior }} now")])
    assert [[passage.text for passage in own] for own in found] == [
        ["Should I hum?", "hum now"],
        ["Should I sing?", "sing now"],
    ]
    assert [[passage.span for passage in own] for own in found] == [[(9, 12), (0, 3)], [(9, 13), (0, 4)]]


@pytest.mark.parametrize(
    ("text", "row", "span"),
    [
        ("I {{ behavior }}.", {"behavior": "hum"}, (2, 5)),
        ("{{ behavior }}, they {{ behavior }}.", {"behavior": "hum"}, None),  # twice: which is it?
        ("I was humming and {{ behavior }}.", {"behavior": "hum"}, None),  # within another word, too
        ("{{ situation }}", {"situation": "On a train", "behavior": "hum"}, None),
        ("{{ situation }}", {"situation": "On a train", "behavior": None}, None),
        ("{{ situation }}", {"situation": "On a train", "behavior": ""}, None),
        ("In {{ country }}: {{ behavior }}", {"behavior": "唱歌", "country": "JPN"}, (10, 12)),
        ("{{ behavior | capitalize }}", {"behavior": "hum"}, None),  # it does not stand there as it is
    ],
)
def test_the_span_is_where_the_behaviour_stands_once(text, row, span) -> None:
    assert read(text, **row).span == span


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.text("ab .", min_size=1, max_size=4)
)
def test_a_span_holds_the_behaviour(situation: str, behavior: str) -> None:
    passage = read("x{{ situation }} {{ behavior }}", situation=situation, behavior=behavior)
    if passage.span is None:
        assert passage.text.count(behavior) != 1
    else:
        assert passage.text[slice(*passage.span)] == behavior


def test_the_country_is_told_by_its_name() -> None:
    assert read("In {{ country }}: {{ behavior }}", country="PER").text == "In Peru: hum"


def test_the_context_is_told_where_a_wording_asks_for_it() -> None:
    text = "{% if 'rule' in context %}{{ norm }} {% endif %}{{ behavior }}"
    assert read(text, norm="Be quiet.").text == "Be quiet. hum"


SHOWN = [
    "{{ behavior }} {{ options | map(attribute='word') | join(', ') }}",
    "{% for option in options %}{{ option.text }} {% endfor %}",
    "{{ behavior }}{% if options %}?{% endif %}",
    "{{ option.word }}",
    "{{- options[0].text -}}",
]


@pytest.mark.parametrize("text", SHOWN)
def test_a_wording_that_shows_options_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="shows the options, and a direction read after them") as caught:
        to_passages(items([{}]), [wording("{{ behavior }}"), wording(text, "letters")])
    assert caught.value.file == "letters.jinja"
    assert "after_letters: true" in str(caught.value)


def test_the_word_options_in_the_text_itself_is_no_option() -> None:
    assert read("Weigh your options: {{ behavior }}").text == "Weigh your options: hum"


def test_options_are_shown_with_their_letters_where_that_is_asked() -> None:
    text = "{{ behavior }}?{% for option in options %} {{ option.word }}) {{ option.text }}{% endfor %}"
    ((passage,),) = to_passages(items([{"options": ["bad", "good"]}]), [wording(text)], after_letters=True)
    assert passage.text == "hum? A) bad B) good"


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ("{{ situation }}", {"situation": None}, "the field 'situation' is empty, item 'made:0'"),
        ("{{ situation }}", {"situation": " "}, "renders as an empty text, item 'made:0'"),
        ("{% if norm %}{{ norm }}{% endif %}", {}, "renders as an empty text"),
        ("{{ turns[0].text }}", {}, "item 'made:0'"),
    ],
)
def test_an_item_that_has_no_text_is_named(text, row, message) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(text, **row)
    assert caught.value.file == "plain.jinja"


def test_no_items_are_no_passages() -> None:
    assert to_passages(items([]), [wording("{{ behavior }}")]) == []


def test_words_are_items_with_their_pole_as_rating() -> None:
    table = words_as_items(Poles(("help", "greet"), ("harm",), ("walk",)), "own")
    check_items(table)
    assert table["id"].to_pylist() == ["own:help", "own:greet", "own:harm", "own:walk"]
    assert table["rating"].to_pylist() == [1, 1, 0, 0.5]
    assert table["cluster"].to_pylist() == table["behavior"].to_pylist() == ["help", "greet", "harm", "walk"]


@pytest.mark.parametrize("name", ["verbs"])
def test_the_shipped_words_are_sound_items(name: str) -> None:
    table = words_as_items(load_poles(name), name)
    check_items(table)
    assert {0.0, 1.0} <= set(table["rating"].to_pylist()) <= {0.0, 0.5, 1.0}
