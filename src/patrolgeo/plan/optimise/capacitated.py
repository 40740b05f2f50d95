"""The p-median with capacities on arrays: annealing, the best mix of what it meets, and bounds."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise.median.bound import median_bound
from patrolgeo.solver import HEURISTIC, INFEASIBLE, OPTIMAL, TIME_LIMIT, Solution, solve_milp

STARTS, ROUNDS = 24, 4  # annealings a round, and rounds after the first
HOT, WARM = 0.3, 0.06  # heat to begin with, as a share of the mean cost
MOVES = 8_000  # a place and start
MIX_NODES = 50  # nodes of HiGHS for the best mix of the groups of places that were met
ASSIGN_NODES = 200  # nodes of HiGHS for the places of given sites
MODEL_ENTRIES = 12_000  # assignments up to which HiGHS bounds the value without `prove`
TINY_MODEL = 1_000  # assignments up to which HiGHS is asked for the whole model at once
TINY = 1e-300  # where all costs or loads are 0
POLISHED = 2  # annealed plans that are polished, beside the mix

Groups = dict[tuple[int, ...], tuple[int, float]]  # places of a group -> its candidate and cost


def choose(
    table: Floats, load: Floats, most: Floats, n_sites: int, *, prove: bool, deadline: float, seed: int
) -> tuple[Ints, Ints, Solution]:
    """Return the sites, the slot of each place among them, and what is proved; small tables go to HiGHS at once."""
    if table.size <= TINY_MODEL:
        answer = _solve(table, load, most, n_sites, None, True, max(deadline - time.monotonic(), 0.01))
        if answer.status in (OPTIMAL, INFEASIBLE):
            return _read(table, answer, n_sites)
    sites, slot, value = _anneal_all(table, load, most, n_sites, seed, deadline)
    return _bound(table, load, most, sites, slot, value, prove, deadline)


def _read(table: Floats, answer: Solution, n_sites: int) -> tuple[Ints, Ints, Solution]:
    """Return sites and slots of a solved model; a value of infinity where it has no plan."""
    m, n = table.shape
    if answer.values is None:
        return np.arange(n_sites), np.zeros(n, np.int64), replace(answer, objective=np.inf)
    sites = np.argsort(-answer.values[:m], kind="stable")[:n_sites]
    slot = answer.values[m:].reshape(m, n)[sites].argmax(axis=0)
    value = float(table[sites[slot], np.arange(n)].sum())
    return sites, slot, Solution(None, value, value, OPTIMAL)


def _anneal_all(
    table: Floats, load: Floats, most: Floats, n_sites: int, seed: int, deadline: float
) -> tuple[Ints, Ints, float]:
    """Anneal often, mix the groups of places met, polish; return sites, slot of each place, value (infinite: none)."""
    met: Groups = {}
    best = np.arange(n_sites), np.zeros(table.shape[1], np.int64), np.inf
    nowhere = np.zeros(0, np.int64)
    for turn in range(1 + ROUNDS):
        drafts = []
        for k in range(STARTS):
            warm = k % 2 == 1 and np.isfinite(best[2])  # every other one goes on from the best plan
            known, hot = (best[:2], WARM) if warm else ((nowhere, nowhere), HOT)
            moves = MOVES * table.shape[1]
            sites, slot, value = anneal(table, load, most, n_sites, moves, seed + STARTS * turn + k, *known, hot)
            drafts.append((value, k, sites))
            _remember(met, table, load, most, slot)
            if time.monotonic() > deadline:
                break
        best = _better(table, load, most, best, _mix(met, table, n_sites), [d[2] for d in sorted(drafts, key=_rank)])
        if time.monotonic() > deadline:
            break
    return best


def _better(
    table: Floats, load: Floats, most: Floats, best: tuple[Ints, Ints, float], mixed: Ints | None, drafts: list[Ints]
) -> tuple[Ints, Ints, float]:
    """Return the best of the plan known, the polished mix and the first few drafts polished."""
    for sites in ([] if mixed is None else [mixed]) + drafts[:POLISHED]:
        found = _polish(table, load, most, sites)
        if found[2] < best[2]:
            best = found
    return best


def _rank(draft: tuple[float, int, Ints]) -> tuple[float, int]:
    return draft[:2]


def _remember(met: Groups, table: Floats, load: Floats, most: Floats, slot: Ints) -> None:
    """Keep each group of places that one candidate can carry, with the candidate that serves it best and its cost."""
    for q in np.unique(slot):
        places = np.flatnonzero(slot == q)
        if tuple(places.tolist()) not in met:
            total = np.where(most < load[places].sum(), np.inf, table[:, places].sum(axis=1))
            if np.isfinite(total.min()):
                met[tuple(places.tolist())] = int(total.argmin()), float(total.min())


def _mix(met: Groups, table: Floats, n_sites: int) -> Ints | None:
    """Return the sites of the cheapest choice of groups that serves every place once (set partitioning)."""
    groups, (m, n) = list(met), table.shape
    site, cost = np.array([met[g][0] for g in groups], np.int64), np.array([met[g][1] for g in groups])
    every = np.arange(len(groups))
    column = np.repeat(every, [len(g) for g in groups])
    served = sparse.csr_matrix((np.ones(len(column)), (np.concatenate([*groups, []]).astype(int), column)),
                               shape=(n, len(groups)))  # fmt: skip
    opened = sparse.csr_matrix((np.ones(len(groups)), (site, every)), shape=(m, len(groups)))
    answer = solve_milp(
        cost, sparse.vstack([served, opened, np.ones((1, len(groups)))]), np.r_[np.ones(n), np.zeros(m + 1)],
        np.r_[np.ones(n + m), n_sites], integer=np.ones(len(groups), bool), node_limit=MIX_NODES,
    )  # fmt: skip
    if answer.values is None or not np.isfinite(answer.objective):
        return None
    chosen = site[answer.values > 0.5]
    return np.r_[chosen, np.setdiff1d(np.arange(m), chosen)][:n_sites]


def _polish(table: Floats, load: Floats, most: Floats, sites: Ints) -> tuple[Ints, Ints, float]:
    """Assign places to the sites as well as can be, then move each site to the best candidate of its places; again."""
    slot, value = _assign(table[sites], load, most[sites])
    while np.isfinite(value):
        moved = _recentre(table, load, most, sites, slot)
        if np.array_equal(moved, sites):
            break
        slot, better = _assign(table[moved], load, most[moved])
        sites, value = moved, better
    return sites, slot, value


def _assign(rows: Floats, load: Floats, most: Floats) -> tuple[Ints, float]:
    """Serve every place by one of the given sites within the capacities; infinite value when none is found."""
    q, n = rows.shape
    every = np.arange(q * n)
    served = sparse.csr_matrix((np.ones(q * n), (np.tile(np.arange(n), q), every)), shape=(n, q * n))
    filled = sparse.csr_matrix((np.tile(load, q), (np.repeat(np.arange(q), n), every)), shape=(q, q * n))
    answer = solve_milp(
        rows.ravel(), sparse.vstack([served, filled]), np.r_[np.ones(n), np.full(q, -np.inf)],
        np.r_[np.ones(n), most], integer=np.ones(q * n, bool), node_limit=ASSIGN_NODES,
    )  # fmt: skip
    if answer.values is None or answer.objective == np.inf:
        return np.zeros(n, np.int64), np.inf
    slot = answer.values.reshape(q, n).argmax(axis=0)
    return slot, float(rows[slot, np.arange(n)].sum())


def _recentre(table: Floats, load: Floats, most: Floats, sites: Ints, slot: Ints) -> Ints:
    """Move each site to the candidate that serves its places at the lowest cost and can carry their load."""
    moved = sites.copy()
    for q in range(len(sites)):
        mine = slot == q
        total = table[:, mine].sum(axis=1)
        total[most < load[mine].sum()] = np.inf
        total[np.delete(moved, q)] = np.inf
        best = int(total.argmin())
        if total[best] < total[moved[q]]:
            moved[q] = best
    return moved


class _Draft(NamedTuple):
    """A plan under annealing: open candidates by slot, slot and load of places, load by slot, capacities."""

    sites: Ints
    slot: Ints
    load: Floats
    served: Floats
    most: Floats
    is_open: Bools


@kernel
def anneal(
    table: Floats, load: Floats, most: Floats, n_sites: int, moves: int, seed: int, known: Ints, known_slot: Ints,
    hot: float,
) -> tuple[Ints, Ints, float]:  # fmt: skip
    """Shift a place, exchange two places, or move a site; overload costs a growing fine.

    Returns the sites and slots of the best plan met, and its cost with ten times the fine.
    """
    np.random.seed(seed)
    m, n = table.shape
    sites = known.copy() if len(known) else np.random.permutation(m)[:n_sites]
    draft = _Draft(sites, np.empty(n, np.int64), load, np.zeros(n_sites), most, np.zeros(m, np.bool_))
    draft.is_open[sites] = True
    value = 0.0
    for j in range(n):
        draft.slot[j] = known_slot[j] if len(known) else np.argmin(table[sites, j])
        draft.served[draft.slot[j]] += load[j]
        value += table[sites[draft.slot[j]], j]
    scale = table.mean()
    fine = 0.3 * scale * n / max(load.sum(), TINY)
    over = np.maximum(0.0, draft.served - most[sites]).sum()
    best, best_slot, best_value = sites.copy(), draft.slot.copy(), np.inf
    for step in range(moves):
        cold = step / moves
        heat, price = hot * scale * (1.0 - cold) ** 3 + 1e-9 * scale + TINY, fine * (1.0 + 9.0 * cold)
        if np.random.random() < 0.03:
            change, extra = _move_site(table, draft, price, heat)
        else:
            change, extra = _move_places(table, draft, price, heat)
        value += change
        over += extra
        if value + 10.0 * fine * over < best_value - 1e-12 * scale:
            best_value = value + 10.0 * fine * over
            best[:], best_slot[:] = draft.sites, draft.slot
    return best, best_slot, best_value


@inner
def _accept(change: float, heat: float) -> bool:
    return change <= 0.0 or np.random.random() < np.exp(-change / heat)


@inner
def _move_site(table: Floats, draft: _Draft, price: float, heat: float) -> tuple[float, float]:
    """Try another candidate for a chance site with its places; return the change of cost and of overload."""
    q, new = np.random.randint(len(draft.sites)), np.random.randint(len(table))
    if draft.is_open[new]:
        return 0.0, 0.0
    old, change = draft.sites[q], 0.0
    for j in range(len(draft.slot)):
        if draft.slot[j] == q:
            change += table[new, j] - table[old, j]
    extra = max(0.0, draft.served[q] - draft.most[new]) - max(0.0, draft.served[q] - draft.most[old])
    if not _accept(change + price * extra, heat):
        return 0.0, 0.0
    draft.is_open[old], draft.is_open[new] = False, True
    draft.sites[q] = new
    return change, extra


@inner
def _move_places(table: Floats, draft: _Draft, price: float, heat: float) -> tuple[float, float]:
    """Try to shift a place to the site of another, or to exchange the two; return the changes as `_move_site`."""
    j, k = np.random.randint(len(draft.slot)), np.random.randint(len(draft.slot))
    a, b = draft.slot[j], draft.slot[k]
    if a == b:
        return 0.0, 0.0
    here, there, exchange = draft.sites[a], draft.sites[b], np.random.random() < 0.5
    change, moved = table[there, j] - table[here, j], draft.load[j]
    if exchange:
        change += table[here, k] - table[there, k]
        moved -= draft.load[k]
    extra = max(0.0, draft.served[a] - moved - draft.most[here]) + max(0.0, draft.served[b] + moved - draft.most[there])
    extra -= max(0.0, draft.served[a] - draft.most[here]) + max(0.0, draft.served[b] - draft.most[there])
    if not _accept(change + price * extra, heat):
        return 0.0, 0.0
    draft.slot[j] = b
    if exchange:
        draft.slot[k] = a
    draft.served[a] -= moved
    draft.served[b] += moved
    return change, extra


def _bound(
    table: Floats, load: Floats, most: Floats, sites: Ints, slot: Ints, value: float, prove: bool, deadline: float
) -> tuple[Ints, Ints, Solution]:
    """Bound the value: without capacities, by the LP relaxation, or with `prove` by the whole model."""
    least, _ = median_bound(table, len(sites), value)
    late = time.monotonic() > deadline
    if late or not (prove or table.size <= MODEL_ENTRIES):
        return sites, slot, _proved(value, least, TIME_LIMIT if late else HEURISTIC)
    known = np.zeros(len(table) + table.size)
    known[sites] = 1.0
    known[len(table) + sites[slot] * table.shape[1] + np.arange(table.shape[1])] = 1.0
    answer = _solve(table, load, most, len(sites), known if prove else None, prove, deadline - time.monotonic())
    if not prove:
        bound = max(least, answer.objective) if answer.status == OPTIMAL else least
        return sites, slot, _proved(value, bound, HEURISTIC)
    if answer.values is not None and answer.objective < value * (1 - 1e-12):
        x = answer.values[len(table) :].reshape(table.shape)
        sites = np.flatnonzero(answer.values[: len(table)] > 0.5)
        slot, value = x[sites].argmax(axis=0), answer.objective
    if answer.status == OPTIMAL:
        return sites, slot, Solution(None, value, value, OPTIMAL)
    return sites, slot, _proved(value, max(least, answer.bound or least), answer.status)


def _proved(value: float, bound: float, status: str) -> Solution:
    """Return the answer as optimal when its value is the bound."""
    done = value <= bound * (1 + 1e-9)
    return Solution(None, value, value if done else bound, OPTIMAL if done else status)


def _solve(
    table: Floats, load: Floats, most: Floats, n_sites: int, start: Floats | None, whole: bool, time_limit: float
) -> Solution:
    """Solve the model (as LP unless `whole`) from a known plan on: y by candidate, then x by candidate and place."""
    m, n = table.shape
    row, every = np.repeat(np.arange(m), n), np.arange(m * n)
    ones = np.ones(m * n)
    served = sparse.csr_matrix((ones, (np.tile(np.arange(n), m), every)), shape=(n, m * n))
    filled = sparse.csr_matrix((np.tile(load, m), (row, every)), shape=(m, m * n))
    linked = sparse.csr_matrix((ones, (every, row)), shape=(m * n, m))
    matrix = sparse.bmat(
        [
            [sparse.csr_matrix(np.ones((1, m))), None],
            [None, served],
            [-sparse.diags(most), filled],
            [linked, -sparse.identity(m * n)],
        ],
        format="csr",
    )
    low = np.r_[n_sites, np.ones(n), np.full(m, -np.inf), np.zeros(m * n)]
    high = np.r_[n_sites, np.ones(n), np.zeros(m), np.full(m * n, np.inf)]
    return solve_milp(
        np.r_[np.zeros(m), table.ravel()], matrix, low, high, integer=np.full(m + m * n, whole),
        start=start, time_limit=time_limit,
    )  # fmt: skip
