"""The config of a model, from the parameters and what the features say of vacancies."""

from dataclasses import dataclass

from stages.bert4rec.network.config import HhrecConfig
from stages.loaders import model_arrays
from stages.params import Params
from stages.train import pretrained_layers
from stages.train.inputs import Inputs


@dataclass(frozen=True)
class Content:
    """What is said of vacancies: codes of each column (0: none), tokens, salaries, text vectors."""

    code_sizes: tuple[int, ...]
    word_count: int
    has_salary: bool
    text_width: int
    books: str


def content_of(inputs: Inputs) -> Content:
    """Sum up what the features say of vacancies."""
    catalogue = inputs.catalogue
    has_salary = bool(catalogue.salary.any())
    return Content(
        code_sizes=model_arrays.code_sizes(inputs.books, has_salary=has_salary),
        word_count=inputs.books.token_count if catalogue.words.shape[1] else 0,
        has_salary=has_salary,
        text_width=catalogue.text.shape[1],
        books=inputs.books_hash,
    )


def model_config(params: Params, trained: int, content: Content) -> HhrecConfig:
    """Write down a model for so many trained items."""
    settings = params.train
    return HhrecConfig(
        backbone=settings.backbone,
        objective=settings.objective,
        hidden_size=settings.hidden_size,
        layers=settings.layers,
        heads=settings.heads,
        dropout=settings.dropout or 0.0,
        history_length=params.sequences.max_length,
        trained=trained,
        code_sizes=content.code_sizes,
        word_count=content.word_count,
        has_salary=content.has_salary,
        text_width=content.text_width,
        id_dropout=settings.id_dropout or 0.0,
        books=content.books,
        neighbours=settings.near_ones(),
        asks=settings.ways()[0],
        feed_width=pretrained_layers.feed_width(params),
    )
