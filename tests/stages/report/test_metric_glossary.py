"""What metrics mean: on hover, and in the glossary."""

from stages.report.metric_glossary import WORDS, glossary, meaning, named
from tests.helpers.markup_reader import Reader


def test_a_metric_is_explained_with_its_k() -> None:
    assert "among the first 100" in str(meaning("MRR@100"))
    assert "among the first 5" in str(meaning("HR@5"))
    assert meaning("coverage")
    assert meaning("novelty") is None
    assert Reader(str(named("NDCG@10"))).elements[0][0] == "abbr"
    assert named("novelty") == "novelty"


def test_the_glossary_has_each_metric_once_and_the_other_words() -> None:
    shown = Reader(glossary(["MRR@100", "HR@1", "HR@100", "novelty", "gini"]))
    assert shown.text.count("HR@k") == 1
    assert "Gini" in shown.text
    assert "novelty" not in shown.text
    for word in WORDS:
        assert word in shown.text
