"""Parameters of the model and of its training."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stages.params.base import Fraction, Section, TrainPrecision

Objective = Literal["mlm", "prefix", "causal"]
LEAST_ASKED = 0.05  # of the positions: however few are masked, each row has a question


class MaskingParams(Section):
    """Weights of the masking policies: each history of a batch follows one of them."""

    mlm: Annotated[float, Field(ge=0, le=1_000_000)] = 1.0
    """Positions at random."""
    last: Annotated[float, Field(ge=0, le=1_000_000)] = 1.0
    """The last event."""
    next_response: Annotated[float, Field(ge=0, le=1_000_000)] = 2.0
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
    hidden_size: Annotated[int, Field(ge=8, le=8_192)] = 128
    """Width of the item vectors and of the encoder."""
    layers: Annotated[int, Field(ge=1, le=128)] = 2
    """Encoder layers."""
    heads: Annotated[int, Field(ge=1, le=128)] = 4
    """Attention heads; must divide `hidden_size`."""
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Dropout of embeddings and hidden states; null chooses by the number of train events: 0.3
    where an epoch shows fewer than 100,000, else 0.2; 0.1 for `mlm`."""
    id_dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Share of vocabulary items that do without their id embedding in a step; null: 0.3 or 0.1,
    by the number of train events; 0.1 for `mlm`."""
    mask_prob: Fraction | None = None
    """Share of positions masked at random; only for `mlm`, where null means 0.2."""
    masking: MaskingParams | None = None
    """How often each masking policy is taken; only for `mlm`, null means 1, 1, 2."""
    session_weight: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    """Weight of the question "what in the next session?" beside 1 for "what new next?"; for
    `prefix` and `causal`, where null means 2."""
    event_weight: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    """Weight of the question "what next in this session, old or new?"; for `prefix` and `causal`,
    where null means 2. A history is asked 12 / (1 + s)^2 of them, rounded up, with s the later
    sessions of the log's histories on average: the fewer sessions can be asked for, the more."""
    neighbours: Annotated[int, Field(ge=0, le=1_000)] | None = None
    """Vacancies that others went on to which stand as candidates beside the sampled ones, a
    question; for `prefix` and `causal`, where null means 20, and 0 leaves this part out."""
    priors: bool = True
    """Whether what is counted (repeats, neighbours, demand) starts from weights fitted on the log;
    else from constants: newer is better, more similar is better."""
    item_start: Literal["factors", "random"] | None = None
    """What id embeddings start from: item factors of ALS (`baseline.als`; a log too large for it
    starts at random), or small random numbers; null chooses factors where the catalogue says
    nothing of its vacancies, so that what it says elsewhere carries weight for new ones, too."""
    calibrate: bool = True
    """Whether the parts of the score are weighed anew on the validation rows after training."""
    asks: Literal["session", "event"] | None = None
    """What the model is asked for at prediction: the first response of the next session, or the
    next event of the newest one (leave-one-out logs); null chooses on the validation rows."""
    min_length: Annotated[int, Field(ge=2, le=1_000_000)] = 2
    """Fewest events of a history worth training on."""
    batch_tokens: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    """Positions in a batch, padding included, but not the further cuts of a history that masking
    policy `next_response` adds; 0 chooses by the number of train events, so that an epoch has about
    a hundred steps."""
    accumulation: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Batches whose gradients are summed before a step."""
    lr: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Highest learning rate; 0 chooses it by the positions that a step asks for, over
    all processes."""
    id_lr: Annotated[float, Field(ge=0, le=1_000)] = 0.0
    """Learning rate of the vacancies' id embeddings, as a multiple of `lr`; 0 chooses 3 for steps that
    ask for every position and more where they ask for fewer; three times as much for `mlm`."""
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.01
    """Decoupled weight decay of matrices (not of biases, norms and embeddings)."""
    warmup: Fraction = 0.1
    """Share of all steps in which the learning rate rises."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate goes on from there: down to zero at the last step, along a line or half
    a wave, or not at all."""
    clip: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    """Largest global gradient norm."""
    epochs: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Passes over the train histories; 0 chooses by the number of steps of one."""
    loss: Literal["auto", "full", "sampled", "gbce"] = "auto"
    """Softmax over all trained items or over sampled ones, `auto` by their number; or `gbce`, the
    calibrated binary cross-entropy of gSASRec."""
    precision: TrainPrecision = "no"
    """Matrix products in fp32 (`no`) or bfloat16; `auto` times both on some batches and takes
    bfloat16 where it is faster and the losses agree. `tf32` lets a GPU round the factors of fp32
    products to 10 bits, in training only; a CPU does not know it and takes `no`."""
    stop_epoch: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Epoch after which training ends, while the learning rate falls as for `epochs`; null: all."""
    negatives: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """Items drawn a step; not used by loss `full`, else null means 2048."""
    in_batch: Fraction | None = None
    """Share of the draws taken from the batch's own targets; only for `sampled` (and `auto`), where
    null means 0.5."""
    draws: Literal["uniform", "popularity"] = "uniform"
    """How the other negatives are drawn from the vocabulary."""
    gbce_t: Fraction | None = None
    """Calibration t of `gbce`, where null means 0.75."""
    patience: Annotated[int, Field(ge=0, le=100_000)] = 5
    """Epochs without a better validation MRR@100 before training stops; 0 never stops early."""
    validation_rows: Annotated[int, Field(ge=1, le=100_000_000)] = 5_000
    """Most validation rows that are ranked after an epoch and that the calibration is fitted on."""
    save_minutes: Annotated[float, Field(gt=0, le=1_000_000)] = 10.0
    """Minutes between checkpoints inside an epoch; each epoch's end saves too."""
    save_steps: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """Steps between checkpoints, besides those; null for none."""
    keep: Annotated[int, Field(ge=1, le=1_000)] = 2
    """Checkpoints kept besides the best."""
    tracker: Literal["none", "dvclive", "tensorboard", "wandb"] = "dvclive"
    """Where the curves go; `wandb` works offline."""

    def masked(self) -> float:
        """Share of positions that `mlm` masks at random."""
        return 0.2 if self.mask_prob is None else self.mask_prob

    def share_asked(self) -> float:
        """Share of a batch's positions that are asked for, about."""
        return max(self.masked(), LEAST_ASKED) if self.objective == "mlm" else 1.0

    def policies(self) -> tuple[float, float, float]:
        """Weights of the masking policies `mlm`, `last`, `next_response`."""
        chosen = self.masking or MaskingParams()
        return chosen.mlm, chosen.last, chosen.next_response

    def drawn(self) -> int:
        """Items drawn a step."""
        return 2_048 if self.negatives is None else self.negatives

    def near(self) -> float:
        """Share of the sampled candidates that come from the batch's own targets."""
        return 0.5 if self.in_batch is None else self.in_batch

    def trust(self) -> float:
        """Calibration of gBCE."""
        return 0.75 if self.gbce_t is None else self.gbce_t

    def ways(self) -> tuple[str, ...]:
        """What may be asked at prediction, chosen on the validation rows; else the first."""
        if self.asks:
            return (self.asks,)
        return ("session",) if self.objective == "mlm" else ("session", "event")

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

    def inside(self) -> float:
        """Weight of the question for the next event of a session."""
        return 2.0 if self.event_weight is None else self.event_weight

    @model_validator(mode="after")
    def _used(self) -> "TrainParams":
        masked = self.objective == "mlm"
        unused = (
            ("session_weight", "event_weight", "neighbours", "asks")
            if masked
            else ("mask_prob", "masking")
        )
        for name in unused:
            if getattr(self, name) is not None:
                msg = f"{name} is not used by objective {self.objective}: set it to null"
                raise ValueError(msg)
        if self.mask_prob is not None and not self.policies()[0]:
            msg = "mask_prob is not used where masking.mlm is 0: set it to null"
            raise ValueError(msg)
        self._loss_uses()
        if self.backbone == "modernbert" and self.objective == "prefix":
            msg = "modernbert serves mlm and causal only, for its sliding windows count positions of one stream: choose bert or distilbert for prefix"
            raise ValueError(msg)
        return self

    def _loss_uses(self) -> None:
        drawn = self.loss in ("auto", "sampled")
        faults = {
            "negatives": self.negatives is not None and self.loss == "full",
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
