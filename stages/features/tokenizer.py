"""One small BPE tokenizer for titles, skills and descriptions, trained on the catalogue.

Words are runs of letters and digits with a trailing `+` or `#` (C++, C#); punctuation is left
out, since tokens are read as a bag. Byte pair encoding: Sennrich, Haddow and Birch, 2016.
Ids: 0 padding, 1 unknown, then pieces. Neither special token can be typed by an employer.
"""

import json
import unicodedata
from collections.abc import Iterator
from itertools import chain

import numpy as np
import polars as pl
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

PAD, UNK = "[PAD]", "[UNK]"
WORD_START = "▁"
WORD = r"[\p{L}\p{M}\p{N}]+[+#]*"
MAX_ALPHABET = 512
LONGEST_WORD = 128  # letters of a word that are read: merging costs their square
LETTER = r"[\p{L}\p{M}\p{N}]"
BATCH = 10_000
IDS = pl.List(pl.Int32)


def train(texts: pl.DataFrame, size: int) -> str:
    """Train on texts (String) that occur `count` times; return the content of tokenizer.json.

    The result does not depend on the order of rows, on threads or on hash order: the characters
    are chosen here by a total order, and merges of equal count are tied by their parts' ids. A
    word prefix like WordPiece's would break that: its tokens are numbered in hash order.
    """
    cut = texts.select(shortened(texts["text"]).alias("text"), "count")
    ordered = cut.group_by("text").agg(pl.col("count").sum()).sort("text")
    alphabet = _alphabet(ordered, min(MAX_ALPHABET, size // 2))
    tokenizer = Tokenizer(models.BPE(unk_token=UNK, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORD), "removed", invert=True),
            pre_tokenizers.Metaspace(WORD_START, prepend_scheme="always", split=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=[PAD, UNK],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_repeated(ordered), trainer)
    return _without_special_matches(tokenizer)


def parse(content: str) -> Tokenizer:
    """Read the content of a tokenizer.json.

    Raises:
        ValueError: It is not a tokenizer, or the ids 0 and 1 are not padding and unknown.
    """
    try:
        tokenizer = Tokenizer.from_str(content)
    except Exception as error:  # the library raises bare Exception
        raise ValueError(str(error)) from error
    if (tokenizer.id_to_token(0), tokenizer.id_to_token(1)) != (PAD, UNK):
        raise ValueError(f"ids 0 and 1 are not {PAD} and {UNK}")
    return tokenizer


def shortened(texts: pl.Series) -> pl.Series:
    """Cut words that nobody writes to their first `LONGEST_WORD` letters."""
    start = f"({LETTER}{{{LONGEST_WORD}}}){LETTER}+"
    return texts.str.replace_all(start, "$1")


def encode(tokenizer: Tokenizer, texts: pl.Series, limit: int) -> pl.Series:
    """Turn strings into list[i32] of at most `limit` ids; null gives an empty list, so does limit 0.

    Equal texts are read once.
    """
    if not limit:
        return pl.repeat([], len(texts), dtype=IDS, eager=True).alias(texts.name)
    distinct = texts.unique()
    known = pl.DataFrame({"text": distinct, "ids": _encoded(tokenizer, distinct, limit)})
    rows = texts.alias("text").to_frame()
    found = rows.join(known, on="text", how="left", maintain_order="left", nulls_equal=True)
    return found["ids"].alias(texts.name)


def encode_lists(tokenizer: Tokenizer, lists: pl.Series, limit: int) -> pl.Series:
    """As `encode` of each list of strings joined with blanks, which no token reaches across."""
    rows = pl.DataFrame({"row": range(len(lists)), "text": lists})
    each = rows.explode("text", empty_as_null=True)
    ids = each.select("row", ids=encode(tokenizer, each["text"], limit))
    whole = pl.col("ids").list.explode(empty_as_null=False).head(limit)
    return ids.group_by("row", maintain_order=True).agg(whole)["ids"].alias(lists.name)


def _encoded(tokenizer: Tokenizer, texts: pl.Series, limit: int) -> pl.Series:
    said = shortened(texts.fill_null("")).to_list()
    encoded = _limited(tokenizer, limit).encode_batch_fast(said, add_special_tokens=False)
    flat = np.fromiter(chain.from_iterable(one.ids for one in encoded), dtype=np.int32)
    padded = flat.reshape(len(texts), limit)  # 0 is padding and never a token
    lists = pl.Series(padded, dtype=pl.Array(pl.Int32, limit)).arr.to_list()
    frame = pl.DataFrame({"ids": lists, "length": (padded != 0).sum(axis=1)})
    return frame.select(pl.col("ids").list.head("length")).to_series()


def _limited(tokenizer: Tokenizer, limit: int) -> Tokenizer:
    """A copy that gives exactly so many ids: other threads may use the tokenizer meanwhile."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.enable_truncation(limit)
    copy.enable_padding(length=limit, pad_id=0, pad_token=PAD)
    return copy


def _alphabet(texts: pl.DataFrame, most: int) -> list[str]:
    """Choose the most frequent characters, ties by code point, with the word start among them."""
    counts: dict[str, int] = {}
    for part in texts.iter_slices(BATCH):
        letters = part.select(pl.col("text").str.split(""), "count").explode(
            "text", empty_as_null=False
        )
        for letter, count in letters.group_by("text").agg(pl.col("count").sum()).iter_rows():
            for plain in unicodedata.normalize("NFKC", letter).lower():
                if plain.isalnum() or unicodedata.category(plain)[0] == "M" or plain in "+#":
                    counts[plain] = counts.get(plain, 0) + count
    counts.pop(WORD_START, None)
    ranked = sorted(counts, key=lambda letter: (-counts[letter], letter))
    return [WORD_START, *ranked[: most - 1]]


def _repeated(texts: pl.DataFrame) -> Iterator[list[str]]:
    for part in texts.iter_slices(BATCH):
        yield part["text"].repeat_by(part["count"]).explode(empty_as_null=False).to_list()


def _without_special_matches(tokenizer: Tokenizer) -> str:
    """Keep the special ids in the vocabulary, but let no input text be read as one of them."""
    document = json.loads(tokenizer.to_str())
    document["added_tokens"] = []
    return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1)
