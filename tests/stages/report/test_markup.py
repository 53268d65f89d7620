import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.report.markup import Html, glue, section, table, tag
from tests.helpers.markup_reader import Reader


def test_an_element() -> None:
    made = tag("p", "a < b", tag("b", 3), None, class_="x", data_kind='"', hidden=True, open=False)
    assert made == '<p class="x" data-kind="&quot;" hidden>a &lt; b<b>3</b></p>'
    assert tag("meta", name="viewport") == '<meta name="viewport">'


@given(st.text(), st.text())
def test_no_text_becomes_markup(text: str, value: str) -> None:
    seen = Reader(tag("p", text, title=value))
    assert seen.elements == [("p", {"title": value})]
    assert seen.text == text


def test_html_is_html_only_by_type() -> None:
    made = tag("i", "x")
    assert glue([made, made]) == "<i>x</i><i>x</i>"
    assert glue(made + made).startswith("&lt;i")  # a sum is a plain string: escaped, not trusted
    assert isinstance(glue("x"), Html)


def test_a_table_scrolls_in_its_own_box() -> None:
    made = table(("a", "b"), [["<", tag("td", "1", class_="n")], [tag("th", "x"), None]])
    assert made.startswith('<div class="scroll" tabindex="0"')
    assert '<tr><td data-head="a">&lt;</td><td data-head="b" class="n">1</td></tr>' in made
    assert '<tr><th>x</th><td data-head="b"></td></tr>' in made


def test_the_text_of_a_head_names_the_cells_below_it() -> None:
    head = [tag("abbr", 'A "&" B', title="why"), "model, ", tag("b", "x")]
    assert '<td data-head="A &quot;&amp;&quot; Bmodel, x">1</td>' in table([head], [["1"]])


@pytest.mark.parametrize("title", ["Scores", "a & b"])
def test_a_section_can_be_led_to(title: str) -> None:
    seen = Reader(section("scores", title, tag("p", "x")))
    assert seen.elements[0] == ("section", {"id": "scores"})
    assert seen.text == title + "x"
