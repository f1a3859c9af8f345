import base64
import gzip
import json
import re

import pytest
from markupsafe import Markup

from normsuite import web
from normsuite.web import embed, environment, script, visible
from normsuite.web.embed import PLAIN_BYTES
from normsuite.web.foreign import visible_lines


def held(element):
    """What an element made by ``embed`` holds, as a browser reads it."""
    kind, content = re.fullmatch(
        r'<script type="application/(\S+)" id="k">(.*)</script>', element, re.S
    ).groups()
    return json.loads(gzip.decompress(base64.b64decode(content)) if kind == "json+gzip" else content)


@pytest.mark.parametrize(
    "value", [{"a": [1, 2.5, None, "é日本"]}, "</script><script>alert(1)</script>", "x" * PLAIN_BYTES]
)
def test_embedded_data_comes_out_as_it_went_in(value):
    element = embed("k", value)
    assert held(element) == value
    assert element.count("<") == 2
    assert embed("k", value) == element


def test_lone_surrogates_and_hostile_keys_do_no_harm():
    assert held(embed("k", "\ud800")) == "\ud800"
    assert '"><img' not in embed('"><img>', 1)


def test_a_float_that_json_lacks_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        embed("k", float("nan"))


def test_templates_escape_and_show_what_hides(tmp_path):
    (tmp_path / "page.html.jinja").write_text(
        '{% from "controls.html.jinja" import theme_switch %}{{ word }}|{{ empty }}|{{ theme_switch() }}',
        encoding="utf-8",
    )
    page = environment(tmp_path).get_template("page.html.jinja").render(word="<b>\u202e", empty=None)
    assert page.startswith("&lt;b&gt;⟨U+202E⟩|–|<label")


def test_a_policy_names_each_script_by_its_digest():
    policy = web.content_policy(["alert(1)"])
    assert "default-src 'none'; script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='" in policy
    assert "script-src 'none'" in web.content_policy([])


def test_code_that_would_end_its_element_is_refused():
    assert script("1 < 2") == Markup("<script>1 < 2</script>")
    for code in ("</script>", "<!-- -->"):
        with pytest.raises(ValueError, match="end its own"):
            script(code)


def test_every_shared_script_can_stand_in_a_page_and_uses_no_eval():
    for name in web.SCRIPTS:
        code = web.asset(name)
        assert script(code)
        assert not re.search(
            r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", code
        )


def test_lines_stay_lines():
    assert visible_lines("a\r\n\tb\u202e \u2028c") == "a\n    b⟨U+202E⟩\nc"
    assert visible("a\r\n\tb") == "a b"
