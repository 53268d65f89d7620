import hashlib
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from stages.features import tokenizer as bpe
from tests.worlds.title_corpus import corpus


@pytest.fixture(scope="module")
def trained() -> Tokenizer:
    return bpe.parse(bpe.train(corpus(0), 300))


def pieces(tokenizer: Tokenizer, text: str, limit: int = 50) -> list[str]:
    ids = bpe.encode(tokenizer, pl.Series([text]), limit)[0]
    return [tokenizer.id_to_token(one) for one in ids]


def test_words_are_lower_case_and_punctuation_is_left_out(trained: Tokenizer) -> None:
    assert pieces(trained, "  Инженер, C++ (ПРОДАВЕЦ)!") == ["▁инженер", "▁c++", "▁продавец"]
    assert pieces(trained, "!!! — 📞") == []


def test_special_tokens_cannot_be_typed(trained: Tokenizer) -> None:
    ids = bpe.encode(trained, pl.Series(["[PAD] [UNK] водитель", "中文 водитель", None]), 50)
    assert 0 not in ids[0].to_list()
    assert "[PAD]" not in pieces(trained, "[PAD]")
    assert ids[1].to_list().count(1) == 1
    assert ids[2].to_list() == []


def test_training_ignores_row_order_threads_and_process() -> None:
    first = bpe.train(corpus(0), 200)
    assert all(bpe.train(corpus(seed), 200) == first for seed in range(1, 6))
    code = (
        "import hashlib; from stages.features import tokenizer as bpe;"
        "from tests.worlds.title_corpus import corpus;"
        "print(hashlib.sha256(bpe.train(corpus(9), 200).encode()).hexdigest())"
    )
    for threads in ("1", "2"):
        env = {"RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": threads, "PYTHONPATH": "."}
        run = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == hashlib.sha256(first.encode()).hexdigest()


def test_size_is_a_limit_and_counts_matter() -> None:
    small = bpe.parse(bpe.train(corpus(0), 100))
    assert small.get_vocab_size() <= 100
    rare = pl.DataFrame({"text": ["абвгд", "ежзик"], "count": [9, 1]})
    tokenizer = bpe.parse(bpe.train(rare, 100))
    assert pieces(tokenizer, "абвгд") == ["▁абвгд"]
    assert len(pieces(tokenizer, "ежзик")) == 6


def test_no_text_at_all_is_a_tokenizer_that_knows_nothing() -> None:
    empty = pl.DataFrame(schema={"text": pl.String, "count": pl.UInt32})
    assert bpe.encode(bpe.parse(bpe.train(empty, 100)), pl.Series(["!", None]), 4).to_list() == [
        [],
        [],
    ]


@given(st.lists(st.none() | st.text(max_size=30), max_size=8), st.integers(0, 5))
@settings(max_examples=80, deadline=None)
def test_encoding_is_the_start_of_each_text_alone(
    trained: Tokenizer, texts: list[str | None], limit: int
) -> None:
    together = bpe.encode(trained, pl.Series("t", texts, dtype=pl.String), limit)
    trained.no_padding()
    trained.no_truncation()
    alone = [trained.encode(text or "").ids[:limit] for text in texts]
    assert together.to_list() == alone
    assert together.dtype == pl.List(pl.Int32)
    assert together.name == "t"
    assert all(0 not in ids for ids in alone)


@given(
    st.lists(st.none() | st.lists(st.none() | st.text(max_size=12), max_size=4), max_size=6),
    st.integers(0, 5),
)
@settings(max_examples=80, deadline=None)
def test_lists_are_read_as_one_text_each(
    trained: Tokenizer, lists: list[list[str | None] | None], limit: int
) -> None:
    told = pl.Series("t", lists, dtype=pl.List(pl.String))
    found = bpe.encode_lists(trained, told, limit)
    joined = [" ".join(text or "" for text in texts or []) for texts in lists]
    assert found.to_list() == bpe.encode(trained, pl.Series(joined), limit).to_list()
    assert (found.name, found.dtype) == ("t", pl.List(pl.Int32))


def test_equal_texts_are_encoded_equally_and_in_order(trained: Tokenizer) -> None:
    texts = ["повар", None, "повар", "", "курьер", None]
    alone = [bpe.encode(trained, pl.Series([text], dtype=pl.String), 9)[0] for text in texts]
    assert bpe.encode(trained, pl.Series(texts), 9).to_list() == [one.to_list() for one in alone]


@pytest.mark.parametrize("content", ["", "{}", "null", "не json"])
def test_what_is_no_tokenizer_is_a_value_error(content: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        bpe.parse(content)


def test_a_word_without_an_end_is_cut() -> None:
    """A title of one word of two million letters took for ever."""
    endless = "ab" * 1_000_000
    texts = pl.DataFrame({"text": [endless, "cook"], "count": [1, 3]})
    tokenizer = bpe.parse(bpe.train(texts, 100))
    found = bpe.encode(tokenizer, pl.Series([endless, endless[:200], "cook"]), 16)
    assert found[0].to_list() == found[1].to_list()
    assert bpe.shortened(pl.Series([endless]))[0] == endless[: bpe.LONGEST_WORD]
    assert bpe.shortened(pl.Series([None, "C++ 1С ёлка", "a-" * 500])).to_list() == [
        None,
        "C++ 1С ёлка",
        "a-" * 500,
    ]
