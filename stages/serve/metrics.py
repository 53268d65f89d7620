"""Figures that `/metrics` shows, in the format of Prometheus."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """Counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self.registry}
        self.requests = Counter(
            "hhrec_requests", "Requests answered.", ["method", "path", "status"], **own
        )
        self.seconds = Histogram(
            "hhrec_request_seconds", "From request to answer.", ["path"], buckets=SECONDS, **own
        )
        self.running = Gauge("hhrec_requests_running", "Requests being answered.", **own)
        self.waiting = Gauge("hhrec_histories_waiting", "Histories that wait to be ranked.", **own)
        self.batches = Histogram(
            "hhrec_batch_histories", "Histories ranked together.", buckets=SIZES, **own
        )
        self.ranking = Histogram(
            "hhrec_ranking_seconds", "Of one micro-batch.", buckets=SECONDS, **own
        )
        self.reloads = Counter("hhrec_reloads", "Bundles loaded or refused.", ["result"], **own)
        self.vacancies = Gauge("hhrec_vacancies", "Vacancies that may be recommended.", **own)
        self.withdrawn = Gauge("hhrec_vacancies_withdrawn", "Vacancies withdrawn.", **own)
        self.loaded_at = Gauge("hhrec_model_loaded", "When it was loaded, seconds of 1970.", **own)
        self.model = Info("hhrec_model", "The model that answers.", **own)
