"""Every parameter of every stage, with its meaning and unit; `load` reports all faults at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from stages.errors import HhrecError, MissingInputError

Fraction = Annotated[float, Field(ge=0, le=1)]
Precision = Annotated[
    Literal["no", "bf16", "auto"],
    BeforeValidator(lambda value: "no" if value is False else value),  # YAML reads no as false
]
Objective = Literal["mlm", "prefix", "causal"]
Fate = Literal["keep", "last", "hide"]


class Section(BaseModel):
    """Parameters of one stage: frozen, and nothing that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class SplitParams(Section):
    """How `explode` chooses validation rows."""

    kind: Annotated[
        str, Field(pattern=r"^(auto|test_sessions|last_session|none|after: ?\d{4}-\d\d-\d\d)$")
    ] = "auto"
    """`test_sessions`, `last_session`, `after: YYYY-MM-DD`, or `auto`: the first where it gives
    1,000 labels or as many as the second would, else that. `none` holds nothing out and trains on the test contexts too."""
    max_users: Annotated[int, Field(ge=1)] = 20_000
    """Most users held out for validation, chosen by a seeded hash of the user id."""

    @field_validator("kind", mode="before")
    @classmethod
    def _after(cls, value: object) -> object:
        """Take `after: DATE` as YAML reads it without quotes: a mapping to a date."""
        if isinstance(value, dict) and list(value) == ["after"]:
            return f"after: {value['after']}"
        return value


class ExplodeParams(Section):
    """How big tables are cut into buckets."""

    buckets: Annotated[int, Field(ge=0, le=4096)] = 0
    """Number of buckets; 0 chooses the fewest that fit `memory_gb`. No result depends on it."""
    memory_gb: Annotated[float, Field(gt=0)] = 4.0
    """Memory that one bucket may need, in GiB."""


class FilterParams(Section):
    """What is left out of training; contexts are never filtered."""

    min_item_events: Annotated[int, Field(ge=1)] = 1
    """Fewest events of a vacancy."""
    min_user_events: Annotated[int, Field(ge=1)] = 2
    """Fewest events of a user."""
    max_user_events: Annotated[int, Field(ge=1)] = 3_000
    """Most events of a user before he counts as a bot."""
    rounds: Annotated[int, Field(ge=0)] = 0
    """How often both minimums are applied; 0 repeats to the fixed point (k-core)."""


class VocabParams(Section):
    """Which vacancies get an id embedding."""

    min_count: Annotated[int, Field(ge=1)] = 2
    """Fewest filtered train events of a vocabulary item."""


class FeaturesParams(Section):
    """How vacancies become numbers."""

    max_codes: Annotated[int, Field(ge=1)] = 50_000
    """Most codes of one categorical column, by frequency; rarer values share hashed codes."""
    hash_codes: Annotated[int, Field(ge=1)] = 1_024
    """Codes that the rarer values of a column share."""
    tokens: Annotated[int, Field(ge=100)] = 8_000
    """Size of the tokenizer trained on titles and skills."""
    max_title_tokens: Annotated[int, Field(ge=1)] = 16
    """Tokens kept of a title."""
    max_skill_tokens: Annotated[int, Field(ge=1)] = 24
    """Tokens kept of all skills."""
    max_text_tokens: Annotated[int, Field(ge=0)] = 0
    """Tokens kept of the description without its HTML; 0 leaves descriptions out."""
    salary_cap: Annotated[int, Field(ge=1)] = 1_000_000
    """Salaries above this many roubles a month are clipped to it."""
    text_model: str | None = None
    """Directory of a local sentence encoder or table of token vectors, which reads the vacancies'
    texts; null: none."""
    text_tokens: Annotated[int, Field(ge=1)] = 128
    """Most tokens of a text that `text_model` reads."""
    text_description: bool = True
    """Whether `text_model` reads the description behind title and skills."""

    def reads_descriptions(self) -> bool:
        """Whether anything is made of the descriptions."""
        return self.max_text_tokens > 0 or (self.text_model is not None and self.text_description)


class SequencesParams(Section):
    """How long a history the model sees."""

    max_length: Annotated[int, Field(ge=2, le=4096)] = 64
    """Last events of a context that are kept, and that a batch is cut to."""


class MaskingParams(Section):
    """Weights of the masking policies: each history of a batch follows one of them."""

    mlm: Annotated[float, Field(ge=0)] = 1.0
    """Positions at random."""
    last: Annotated[float, Field(ge=0)] = 1.0
    """The last event."""
    next_response: Annotated[float, Field(ge=0)] = 2.0
    """Cuts where a session begins: what is responded to in it?"""

    @model_validator(mode="after")
    def _some(self) -> "MaskingParams":
        if not self.mlm + self.last + self.next_response:
            msg = "mlm, last and next_response are all 0: set one of them above 0"
            raise ValueError(msg)
        return self


class TrainParams(Section):
    """The model and its training."""

    backbone: Literal["bert", "distilbert", "modernbert"] = "bert"
    """Encoder architecture of `transformers`."""
    layers_from: str | None = None
    """Directory of a `transformers` checkpoint trained on text whose layers training starts from;
    its words are left behind. Null starts from random layers."""
    objective: Objective = "prefix"
    """`prefix`: one masked question an event and a session that sees only its past; `mlm`: masks
    at random and at the last position; `causal`: next item, for comparison."""
    hidden_size: Annotated[int, Field(ge=8)] = 128
    """Width of the item vectors and of the encoder."""
    layers: Annotated[int, Field(ge=1)] = 2
    """Encoder layers."""
    heads: Annotated[int, Field(ge=1)] = 4
    """Attention heads; must divide `hidden_size`."""
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Dropout of embeddings and hidden states; null chooses by the number of train events: 0.3
    where an epoch shows fewer than 100,000, else 0.2."""
    id_dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Share of vocabulary items that do without their id embedding in a step; null: 0.3 or 0.1."""
    mask_prob: Fraction | None = None
    """Share of positions masked at random; only for `mlm`, where null means 0.2."""
    masking: MaskingParams | None = None
    """How often each masking policy is taken; only for `mlm`, null means 1, 1, 2."""
    session_weight: Annotated[float, Field(ge=0)] | None = None
    """Weight of the question "what in the next session?" beside 1 for "what new next?"; for
    `prefix` and `causal`, where null means 2."""
    neighbours: Annotated[int, Field(ge=0, le=1_000)] | None = None
    """Vacancies that others went on to which stand as candidates beside the sampled ones, a
    question; for `prefix` and `causal`, where null means 20, and 0 leaves this part out."""
    asks: Literal["session", "event"] | None = None
    """What the model is asked for at prediction: the first response of the next session, or the
    next event of the newest one (leave-one-out logs); null chooses on the validation rows."""
    shrink: Annotated[float, Field(gt=0, le=1)] | None = None
    """Factor on what vectors say of a candidate at prediction, beside repeats, demand and
    neighbours; null chooses 0.5, 0.25 or 1 on the validation rows, and 0.5 where there are none."""
    boost: Annotated[float, Field(gt=0)] | None = None
    """Factor on what neighbours say of a candidate at prediction; for `prefix` and `causal`, where null
    chooses 1, 1.5 or 2 on the validation rows, and 1 where there are none."""
    min_length: Annotated[int, Field(ge=2)] = 2
    """Fewest events of a history worth training on."""
    batch_tokens: Annotated[int, Field(ge=0)] = 0
    """Positions in a batch, padding included; 0 chooses by the number of train events, so that an
    epoch has about a hundred steps."""
    accumulation: Annotated[int, Field(ge=1)] = 1
    """Batches whose gradients are summed before a step."""
    lr: Annotated[float, Field(ge=0)] = 0.0
    """Highest learning rate; 0 chooses it by the positions that a step asks for, over
    all processes."""
    id_lr: Annotated[float, Field(gt=0)] = 3.0
    """Learning rate of the vacancies' id embeddings, as a multiple of `lr`."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    """Decoupled weight decay of matrices (not of biases, norms and embeddings)."""
    warmup: Fraction = 0.1
    """Share of all steps in which the learning rate rises."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate goes on from there: down to zero at the last step, along a line or half
    a wave, or not at all."""
    clip: Annotated[float, Field(gt=0)] = 1.0
    """Largest global gradient norm."""
    epochs: Annotated[int, Field(ge=0)] = 0
    """Passes over the train histories; 0 chooses by the number of steps of one."""
    loss: Literal["auto", "full", "sampled", "gbce"] = "auto"
    """Softmax over all trained items or over sampled ones, `auto` by their number; or `gbce`, the
    calibrated binary cross-entropy of gSASRec."""
    precision: Precision = "no"
    """Matrix products in fp32 (`no`) or bfloat16; `auto` times both on some batches and takes
    bfloat16 where it is faster and the losses agree."""
    stop_epoch: Annotated[int, Field(ge=1)] | None = None
    """Epoch after which training ends, while the learning rate falls as for `epochs`; null: all."""
    negatives: Annotated[int, Field(ge=1)] = 2_048
    """Items drawn a step by `sampled` and `gbce`."""
    in_batch: Fraction | None = None
    """Share of the draws taken from the batch's own targets; only for `sampled` (and `auto`), where
    null means 0.5."""
    draws: Literal["uniform", "popularity"] = "uniform"
    """How the other negatives are drawn from the vocabulary."""
    gbce_t: Fraction | None = None
    """Calibration t of `gbce`, where null means 0.75."""
    patience: Annotated[int, Field(ge=0)] = 3
    """Epochs without a better validation MRR@100 before training stops; 0 never stops early."""
    validation_rows: Annotated[int, Field(ge=1)] = 20_000
    """Most validation rows ranked after an epoch."""
    save_minutes: Annotated[float, Field(gt=0)] = 10.0
    """Minutes between checkpoints inside an epoch; each epoch's end saves too."""
    save_steps: Annotated[int, Field(ge=1)] | None = None
    """Steps between checkpoints, besides those; null for none."""
    keep: Annotated[int, Field(ge=1)] = 2
    """Checkpoints kept besides the best."""
    tracker: Literal["none", "dvclive", "tensorboard", "wandb"] = "dvclive"
    """Where the curves go; `wandb` works offline."""

    def masked(self) -> float:
        """Share of positions that `mlm` masks at random."""
        return 0.2 if self.mask_prob is None else self.mask_prob

    def share_asked(self) -> float:
        """Share of a batch's positions that are asked for, about."""
        return self.masked() if self.objective == "mlm" else 1.0

    def policies(self) -> tuple[float, float, float]:
        """Weights of the masking policies `mlm`, `last`, `next_response`."""
        chosen = self.masking or MaskingParams()
        return chosen.mlm, chosen.last, chosen.next_response

    def near(self) -> float:
        """Share of the sampled candidates that come from the batch's own targets."""
        return 0.5 if self.in_batch is None else self.in_batch

    def trust(self) -> float:
        """Calibration of gBCE."""
        return 0.75 if self.gbce_t is None else self.gbce_t

    def ways(self) -> dict[str, tuple[Any, ...]]:
        """What of prediction is chosen on the validation rows; the first of each where there are none."""
        free: dict[str, tuple[Any, ...]] = {
            "shrink": (0.5, 0.25, 1.0),
            "boost": (1.0, 1.5, 2.0) if self.near_ones() else (1.0,),
            "asks": ("session",) if self.objective == "mlm" else ("session", "event"),
        }
        given = {name: getattr(self, name) for name in free}
        return {name: (given[name],) if given[name] else free[name] for name in free}

    def near_ones(self) -> int:
        """Neighbours of a question's newest events in training."""
        given = 20 if self.neighbours is None else self.neighbours
        return 0 if self.objective == "mlm" else given

    def last_epoch(self) -> int:
        """Epoch after which training ends."""
        return self.stop_epoch or self.epochs

    def ahead(self) -> float:
        """Weight of the question for the next session."""
        return 2.0 if self.session_weight is None else self.session_weight

    @model_validator(mode="after")
    def _used(self) -> "TrainParams":
        masked = self.objective == "mlm"
        unused = (
            ("session_weight", "neighbours", "boost", "asks")
            if masked
            else ("mask_prob", "masking")
        )
        for name in unused:
            if getattr(self, name) is not None:
                msg = f"{name} is not used by objective {self.objective}: set it to null"
                raise ValueError(msg)
        self._loss_uses()
        if self.backbone == "modernbert" and self.objective == "prefix":
            msg = "modernbert serves mlm and causal only, for its sliding windows count positions of one stream: choose bert or distilbert for prefix"
            raise ValueError(msg)
        return self

    def _loss_uses(self) -> None:
        drawn = self.loss in ("auto", "sampled")
        faults = {
            "in_batch": self.in_batch is not None and not drawn,
            "draws": self.draws == "popularity" and not drawn,
            "gbce_t": self.gbce_t is not None and self.loss != "gbce",
        }
        for name in (name for name, found in faults.items() if found):
            msg = f"{name} is not used by loss {self.loss}: leave it at its default"
            raise ValueError(msg)

    @model_validator(mode="after")
    def _stops_in_time(self) -> "TrainParams":
        if self.epochs and self.stop_epoch is not None and self.stop_epoch > self.epochs:
            msg = f"stop_epoch ({self.stop_epoch}) must not be above epochs ({self.epochs})"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "TrainParams":
        if self.hidden_size % self.heads:
            msg = f"heads ({self.heads}) must divide hidden_size ({self.hidden_size})"
            raise ValueError(msg)
        return self


class SeenParams(Section):
    """What becomes of candidates the user has touched; the strictest action wins."""

    response: Fate = "last"
    """Vacancies the user responded to."""
    favourite: Fate = "keep"
    """Vacancies the user marked as favourite."""
    view: Fate = "keep"
    """Vacancies the user viewed."""


class PredictParams(Section):
    """What is recommended."""

    k: Annotated[int, Field(ge=1)] = 100
    """Recommendations a row."""
    seen: SeenParams = SeenParams()
    """`keep`, `last` (after every other of the k) or `hide`, by action."""
    candidates: Literal["all", "active"] = "all"
    """`all` vacancies of the catalogue, or the `active` ones: with an event in a train history or a
    row's context in the last `active_days` days before the day of the question (in UTC), or without
    any event before it. A row's own vacancies are held to the same rule."""
    active_days: Annotated[int, Field(ge=1)] | None = None
    """Days for which an event keeps a vacancy active; only for `active`, where null means 14."""
    batch_rows: Annotated[int, Field(ge=1)] = 2_048
    """Rows ranked at once; no result depends on it."""
    precision: Precision = "auto"
    """Precision of the products that choose which candidates are scored exactly: `no` is float32,
    `auto` the faster one here. No result depends on it."""

    def days(self) -> int:
        """Days for which an event keeps a vacancy active."""
        return 14 if self.active_days is None else self.active_days

    @model_validator(mode="after")
    def _used(self) -> "PredictParams":
        if self.candidates == "all" and self.active_days is not None:
            msg = "active_days is not used by candidates all: set it to null"
            raise ValueError(msg)
        return self


class EvaluateParams(Section):
    """How scores are estimated."""

    bootstrap: Annotated[int, Field(ge=100)] = 1_000
    """Resamples of the 95 % intervals."""


class ActionWeights(Section):
    """What an action on a vacancy counts; of several on one vacancy the greatest does."""

    response: Annotated[float, Field(ge=0)] = 1.0
    """What a response counts."""
    favourite: Annotated[float, Field(ge=0)] = 1.0
    """What a favourite mark counts."""
    view: Annotated[float, Field(ge=0)] = 1.0
    """What a view counts."""


class ItemKnnParams(Section):
    """Vacancies that others went on to: `stages/baselines/neighbours.py` has the formula."""

    window: Annotated[int, Field(ge=1)] = 20
    """Distinct vacancies that two of one history may lie apart to count as a pair."""
    distance: Annotated[float, Field(ge=0)] = 0.25
    """Exponent by which a pair counts less the farther apart it is; 0 counts all alike."""
    backward: Fraction = 0.25
    """What a pair counts against its order in time, beside 1 for along it."""
    activity: Fraction = 0.25
    """Exponent by which a user's pairs count less the longer the history; 0 counts all alike."""
    source_norm: Fraction = 0.75
    """Exponent of the users of the vacancy that is there; 0.5 for both is the cosine."""
    target_norm: Fraction = 0.35
    """Exponent of the users of the vacancy that may come next; more favours the rare."""
    shrink: Annotated[float, Field(ge=0)] = 20.0
    """Users added to both, so that chance meetings of rare vacancies count less."""
    neighbours: Annotated[int, Field(ge=1)] = 200
    """Neighbours kept of a vacancy."""
    history: Annotated[int, Field(ge=1)] = 50
    """Newest distinct vacancies of a context that are asked."""
    recency: Annotated[float, Field(ge=0)] = 1.0
    """Exponent by which older vacancies of a context count less."""
    session_recency: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Factor by which a vacancy of the context counts less for each session since."""
    weights: ActionWeights = ActionWeights()
    """By action, of a pair's second vacancy, and of those in the context."""


class AlsParams(Section):
    """Matrix factorisation through `implicit`."""

    factors: Annotated[int, Field(ge=1)] = 128
    """Numbers that describe a user or a vacancy."""
    iterations: Annotated[int, Field(ge=1)] = 15
    """Times that users and vacancies are solved in turn."""
    regularization: Annotated[float, Field(ge=0)] = 100.0
    """Weight of the squared factors."""
    alpha: Annotated[float, Field(gt=0)] = 30.0
    """Confidence of an action of weight 1, beside 1 for what was never touched."""
    weights: ActionWeights = ActionWeights()
    """By action, of users' vacancies in train and in the context."""


class BaselineParams(Section):
    """The recommenders that a model has to beat."""

    trending_days: Annotated[float, Field(gt=0)] = 1.0
    """Days before the question that `trending` counts."""
    item_knn: ItemKnnParams = ItemKnnParams()
    """Vacancies that others went on to."""
    als: AlsParams = AlsParams()
    """Matrix factorisation."""


class Params(Section):
    """All of `params.yaml`."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    """Source of every random choice; each purpose derives its own seed from it."""
    raw: str = "artifacts/sample"
    """Directory of train.parquet, test.parquet, vacancies.parquet and, if known, labels.parquet."""
    split: SplitParams = SplitParams()
    explode: ExplodeParams = ExplodeParams()
    filter: FilterParams = FilterParams()
    vocab: VocabParams = VocabParams()
    features: FeaturesParams = FeaturesParams()
    sequences: SequencesParams = SequencesParams()
    train: TrainParams = TrainParams()
    predict: PredictParams = PredictParams()
    evaluate: EvaluateParams = EvaluateParams()
    baseline: BaselineParams = BaselineParams()


def load(path: Path, overrides: Sequence[str] = ()) -> Params:
    """Read parameters from YAML, apply `section.key=value` overrides, report every fault at once.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It is not YAML, or parameters are unknown or out of range.
    """
    if not path.is_file():
        raise MissingInputError(f"{path}: parameter file not found", "name one with --params FILE")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise HhrecError(f"{path}: not a YAML file ({error})", f"mend {path}") from error
    if not isinstance(values, dict):
        raise HhrecError(f"{path}: expected a mapping of sections, found {type(values).__name__}")
    for override in overrides:
        _apply(values, override)
    return validated(values, where=str(path))


def validated(values: dict[str, Any], *, where: str) -> Params:
    """Check a mapping against `Params`; the error lists every fault with its parameter."""
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        faults = [
            f"  {'.'.join(map(str, fault['loc'])) or 'params'}: {fault['msg']}, found {fault['input']!r}"
            for fault in error.errors()
        ]
        raise HhrecError(
            f"{where}: {len(faults)} bad parameter(s)\n" + "\n".join(faults),
            f"mend {where}, or see `hhrec params` for names, ranges and defaults",
        ) from error


def _apply(values: dict[str, Any], override: str) -> None:
    name, equals, text = override.partition("=")
    if not equals or not name:
        raise HhrecError(
            f"--set {override}: expected section.key=value", "for example --set train.lr=0.0005"
        )
    *sections, key = name.split(".")
    for section in sections:
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):
            raise HhrecError(f"--set {override}: `{section}` is not a section")
        values = inner
    try:
        values[key] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise HhrecError(f"--set {override}: the value is not YAML ({error})") from error
