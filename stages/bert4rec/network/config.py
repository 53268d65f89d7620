"""The configuration of a model: `config.json` beside the weights."""

from typing import Any

from transformers import PretrainedConfig


class HhrecConfig(PretrainedConfig):
    """Everything needed to build the model again; `config.json` beside the weights."""

    model_type = "hhrec"

    def __init__(  # transformers builds it without arguments too
        self,
        backbone: str = "bert",
        objective: str = "prefix",
        hidden_size: int = 128,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.2,
        history_length: int = 64,
        trained: int = 1,
        code_sizes: tuple[int, ...] = (),
        word_count: int = 0,
        has_salary: bool = True,  # noqa: FBT001, FBT002
        text_width: int = 0,
        id_dropout: float = 0.1,
        books: str = "",
        neighbours: int = 0,
        asks: str = "session",
        seen: dict[str, str] | None = None,
        answers: str = "model",
        precision: str = "no",
        feed_width: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.backbone = backbone
        self.objective = objective
        self.hidden_size = hidden_size
        self.layers = layers
        self.heads = heads
        self.dropout = dropout
        self.history_length = history_length
        self.trained = trained
        self.code_sizes = list(code_sizes)
        self.word_count = word_count
        self.has_salary = has_salary
        self.text_width = text_width
        self.id_dropout = id_dropout
        self.books = books
        self.neighbours = neighbours
        self.asks = asks  # for the next `session`, or for an `event` of the newest
        self.seen = seen or {}  # fates of seen vacancies that validation rows chose, by action
        self.answers = answers  # what ranked them best: `model`, or the name of a baseline
        self.precision = precision  # of the training's matrix products
        self.feed_width = feed_width
        super().__init__(**kwargs)
