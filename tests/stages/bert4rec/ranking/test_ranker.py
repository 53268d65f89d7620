"""The ranking against a full sort, one row and one vacancy at a time."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from stages.bert4rec.network import score_parts
from stages.bert4rec.ranking import ranker as ranking
from stages.bert4rec.ranking import top_k
from stages.bert4rec.ranking.query_rows import QueryRows
from stages.bert4rec.ranking.question import question
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError
from tests.worlds.rank_rows import LENGTHS, make_rows, trained
from tests.worlds.small_model import ITEMS, make_histories


def slow_rank(model, catalogue, rows, k):
    """Score every vacancy of each row one by one and sort by (-score, id)."""
    ranked = []
    for row in range(len(rows.asked_at)):
        one = np.array([row])
        batch = question(model, catalogue, rows, one)
        with torch.no_grad():
            states, own, logits = model.answers(batch, catalogue)[:3]
            vectors, biases = model.tower(torch.arange(len(catalogue)), catalogue)
            asked, known = ranking.periods_of(batch.when, catalogue.demand, 0)
            when = (asked * (catalogue.demand.periods() + 1) + known).flatten()
            trend = model.trends(torch.arange(len(catalogue)), when, catalogue)
        scores = {
            item: float(states[0, 0] @ vectors[item] + biases[item] + trend[0, item])
            for item in range(FIRST_ITEM, len(catalogue))
        }
        own_scores = zip(own[0, 0].tolist(), logits[0, 0].tolist(), strict=True)
        scores |= {item: score for item, score in own_scores if score > -torch.inf}
        for item in rows.hidden[rows.offsets[row] : rows.offsets[row + 1]].tolist():
            scores.pop(item, None)
        ranked.append(sorted(scores, key=lambda item: (-scores[item], item))[:k])
    return ranked


def ranked(model, catalogue, rows, *, k=10, batch_rows=512, precision="no", share=(0, 1), **given):
    """Ids and scores of all rows, in order; rows of other shares stay 0."""
    ranker = ranking.Ranker(
        model, catalogue, k=k, batch_rows=batch_rows, precision=precision, **given
    )
    items = torch.zeros(len(rows.asked_at), k, dtype=torch.int64)
    scores = torch.zeros(len(rows.asked_at), k)
    for part in ranker.rank(rows, share):
        items[part.rows], scores[part.rows] = part.items, part.scores
    return items, scores


@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
def test_agrees_with_the_obvious_ranking(objective, catalogue):
    model = trained(objective)
    rows = make_rows({0: [4, 5], 2: [20], 4: list(range(FIRST_ITEM, 28))})
    items, scores = ranked(model, catalogue, rows)
    expected = slow_rank(model, catalogue, rows, 10)
    assert [[item for item in row if item] for row in items.tolist()] == expected
    assert (scores[:4].diff(dim=1) <= 0).all()
    assert len(expected[4]) == ITEMS + FIRST_ITEM - 28  # all but a few are hidden


@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
def test_the_score_of_each_ranked_vacancy_is_the_sum_of_its_parts(objective, catalogue):
    model, rows = trained(objective), make_rows({0: [4, 5]})
    ranker = ranking.Ranker(model, catalogue, k=12, batch_rows=4, precision="no", with_parts=True)
    start = torch.tensor([float(name in score_parts.START) for name in score_parts.PARTS])
    for batch in ranker.rank(rows):
        owner, place = (batch.items > 0).nonzero(as_tuple=True)
        found = ranker.parts(batch.encoded, owner, batch.items[owner, place])
        torch.testing.assert_close(found @ start, batch.scores[owner, place], atol=1e-4, rtol=1e-4)


def test_parts_of_pairs_do_not_depend_on_how_many_are_looked_at_together(catalogue, monkeypatch):
    model, rows = trained("prefix"), make_rows()
    ranker = ranking.Ranker(model, catalogue, k=9, batch_rows=4, precision="no", with_parts=True)
    for batch in ranker.rank(rows):
        owner, place = (batch.items > 0).nonzero(as_tuple=True)
        pairs = owner, batch.items[owner, place]
        whole = ranker.parts(batch.encoded, *pairs)
        none = ranker.parts(batch.encoded, *(part[:0] for part in pairs))
        with monkeypatch.context() as few:
            few.setattr(ranking, "SLICE", 4)
            assert torch.equal(ranker.parts(batch.encoded, *pairs), whole)
        assert len(whole) > 4
        assert none.shape == (0, whole.shape[1])


def test_a_history_is_scored_only_where_some_of_it_may_be_returned(catalogue, monkeypatch):
    model, rows = trained("prefix"), make_rows()
    shown = {
        row: rows.histories.items[slice(*rows.histories.offsets[row : row + 2])]
        for row in range(len(LENGTHS))
    }
    scored = []
    history = model.history
    monkeypatch.setattr(model, "history", lambda *given: scored.append(1) or history(*given))
    ranked(model, catalogue, make_rows(shown))
    assert not scored
    spared = {**shown, 4: shown[4][shown[4] != shown[4][0]]}
    one_is_left = make_rows(spared)
    items, _ = ranked(model, catalogue, one_is_left)
    assert scored
    assert [[item for item in row if item] for row in items.tolist()] == slow_rank(
        model, catalogue, one_is_left, 10
    )


def test_neither_blocks_nor_batches_nor_precision_change_a_bit(catalogue, monkeypatch):
    model, rows = trained("prefix"), make_rows({1: [7, 9]})
    expected = ranked(model, catalogue, rows)
    for settings in ({"batch_rows": 1}, {"batch_rows": 2}, {"precision": "bf16"}):
        found = ranked(model, catalogue, rows, **settings)
        assert torch.equal(found[0], expected[0])
        assert torch.equal(found[1], expected[1])
    monkeypatch.setattr(top_k, "PAIRS", 3)
    assert torch.equal(ranked(model, catalogue, rows)[1], expected[1])


def test_processes_share_the_rows(catalogue, monkeypatch):
    monkeypatch.setattr("stages.bert4rec.ranking.query_encoder.ENCODED", 16)
    model, rows = trained("causal"), make_rows()
    whole = ranked(model, catalogue, rows)
    halves = [ranked(model, catalogue, rows, share=(part, 2)) for part in range(2)]
    assert torch.equal(halves[0][0] + halves[1][0], whole[0])
    assert torch.equal(halves[0][1] + halves[1][1], whole[1])
    assert all((half[0] > 0).any() for half in halves)


def test_slabs_change_nothing_but_memory(catalogue, monkeypatch):
    monkeypatch.setattr("stages.bert4rec.ranking.query_encoder.ENCODED", 1)  # each row by itself
    model, rows = trained("prefix"), make_rows()
    expected = ranked(model, catalogue, rows)
    monkeypatch.setattr(ranking, "SLAB", 8)
    assert torch.equal(ranked(model, catalogue, rows)[1], expected[1])


def test_demand_is_worked_out_once_a_moment(catalogue):
    model, rows = trained("prefix"), make_rows()
    asked = []
    trends = model.trends
    model.trends = lambda items, *rest: asked.append(len(items)) or trends(items, *rest)
    ranked(model, catalogue, rows, batch_rows=1)
    when = torch.from_numpy(rows.asked_at)
    moments = torch.stack(ranking.periods_of(when, catalogue.demand, 0), dim=1).unique(dim=0)
    assert asked == [ITEMS] * len(moments)


def test_only_allowed_vacancies_are_returned_those_of_the_history_too(catalogue):
    model, rows = trained("prefix"), make_rows()
    allowed = torch.zeros(len(catalogue), dtype=torch.bool)
    allowed[[5, 9, 30]] = True
    items, scores = ranked(model, catalogue, rows, k=ITEMS, allowed=allowed)
    everything, all_scores = ranked(model, catalogue, rows, k=ITEMS)
    for row in range(len(LENGTHS)):
        found = items[row, scores[row] > -torch.inf].tolist()
        assert found == [item for item in everything[row].tolist() if item in {5, 9, 30}]
        assert torch.allclose(
            scores[row, :3], all_scores[row, torch.isin(everything[row], items[row, :3])]
        )
    assert (items[:, 3:] == 0).all()


def without_ends(items):
    """Ranked ids without the zeros behind the last."""
    return [[item for item in row if item] for row in items.tolist()]


@pytest.mark.parametrize("precision", ["no", "bf16"])
def test_rows_of_a_group_get_its_vacancies_alone(catalogue, precision):
    groups = [np.array([4, 9, 20, 31]), np.array([6])]
    of_row = np.array([0, -1, 1, 0, -1, 1, 0])
    model, rows = trained("prefix"), replace(make_rows({0: [9]}), groups=of_row)
    everything = slow_rank(model, catalogue, rows, ITEMS)
    expected = [
        [item for item in order if group < 0 or item in groups[group]][:10]
        for order, group in zip(everything, of_row, strict=True)
    ]
    found, _ = ranked(model, catalogue, rows, groups=groups, precision=precision)
    assert without_ends(found) == expected


class EvenAndOdd:
    """Even ids are active on day 1, odd ones on day 0, and own events count from `start` on."""

    def __init__(self, start):
        self.start = start

    def day_of(self, asked_at):
        return (asked_at > 2 * 10**11).astype(np.int64)

    def active(self, day):
        return np.arange(FIRST_ITEM + ITEMS) % 2 != day

    def since(self, day):
        return self.start + day


@pytest.mark.parametrize("start", [1, 10**15])
def test_what_is_not_active_is_returned_only_for_an_event_of_the_rows_own(catalogue, start):
    model, rows, activity = trained("prefix"), make_rows(), EvenAndOdd(start)
    expected = []
    for row, order in enumerate(slow_rank(model, catalogue, rows, ITEMS)):
        active = activity.active(int(activity.day_of(rows.asked_at)[row]))
        own = rows.histories.items[slice(*rows.histories.offsets[row : row + 2])]
        kept = [item for item in order if active[item] or (start == 1 and item in own)]
        expected.append(kept[:10])
    assert without_ends(ranked(model, catalogue, rows, activity=activity)[0]) == expected


def test_it_is_said_what_could_have_been_returned(catalogue):
    model, rows, activity = trained("prefix"), make_rows({3: [5]}), EvenAndOdd(10**15)
    ranker = ranking.Ranker(model, catalogue, k=3, batch_rows=2, precision="no", activity=activity)
    for part in ranker.rank(rows):
        active = torch.from_numpy(
            activity.active(int(activity.day_of(rows.asked_at)[part.rows[0]]))
        )
        items = torch.arange(len(catalogue))
        assert part.candidates == int(active[FIRST_ITEM:].sum())
        assert ranker.eligible(items).tolist() == (active & (items >= FIRST_ITEM)).tolist()
        assert len(part.kept) == len(part.encoded.items)
        hidden = (torch.from_numpy(part.rows)[part.encoded.owner] == 3) & (part.encoded.items == 5)
        assert part.kept.tolist() == (active[part.encoded.items] & ~hidden).tolist()


def test_one_item_and_no_rows(catalogue):
    model, rows = trained("prefix"), make_rows()
    allowed = torch.zeros(len(catalogue), dtype=torch.bool)
    allowed[8] = True
    assert ranked(model, catalogue, rows, k=1, allowed=allowed)[0].tolist() == [[8]] * 7
    nothing = QueryRows(
        make_histories([]), np.zeros(0, int), 16, np.zeros(0, int), np.zeros(1, int)
    )
    assert ranked(model, catalogue, nothing)[0].shape == (0, 10)


def test_a_model_that_has_diverged_is_refused(catalogue):
    model = trained("prefix")
    torch.nn.init.constant_(model.out.bias, torch.nan)
    with pytest.raises(HhrecError, match="not finite"):
        ranked(model, catalogue, make_rows())
