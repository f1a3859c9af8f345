"""What CONTRIBUTING.md shows works as it stands."""

import re
from pathlib import Path

from normsuite.schema import check_items

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def example(word: str) -> str:
    (found,) = [block for block in re.findall(r"```python\n(.*?)```", TEXT, re.S) if word in block]
    return found


def test_the_example_adapter_is_a_whole_one_in_forty_lines(tmp_path: Path) -> None:
    code = example("valley-manners")
    assert len(code.splitlines()) <= 40
    names: dict[str, object] = {}
    exec(compile(code, "CONTRIBUTING.md", "exec"), names)
    text = "verdict\nguest/ITA: slurp the soup!\nhost/JPN: slurp the soup\nguest in Italy: sing\n"
    (tmp_path / "verdicts.csv").write_text(text, encoding="utf-8")
    adapted = names["ADAPTER"].read(tmp_path, "")
    check_items(adapted.items)
    assert adapted.items["country"].to_pylist() == ["ITA", "JPN"]
    assert adapted.items["gold"].to_pylist() == [0, 1]
    assert adapted.items["valence"].to_pylist() == [-1, 1]
    assert adapted.set_aside["row"].to_pylist() == [3]


def test_every_file_it_links_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if not link.startswith("http")]
    assert links and all((ROOT / link).exists() for link in links)
