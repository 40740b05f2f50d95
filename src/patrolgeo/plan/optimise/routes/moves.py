"""What the search does to a plan, in place: price visits, put them in, tear them out, turn parts of routes round."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.compiled import lean, lean_kernel
from patrolgeo.plan.optimise.routes.visits import Tours, Visits

LIMIT = 1e-9  # slack of a limit, as everywhere
WAITING = 0.2  # what a minute of waiting counts against a minute of travel
STRINGS = 0.7  # share of tears that follow the neighbourhood of one visit


class Desk(NamedTuple):
    """Room of a search: which routes are torn, how far visits stray, which routes are asked, and which kinds were."""

    torn: Bools
    noise: Floats
    asked: Bools
    seen: Bools


class Prices(NamedTuple):
    """What a visit that nobody makes would add to a route, by unit and visit, and where; infinite where it cannot."""

    extra: Floats
    place: Ints


@lean
def renew(v: Visits, t: Tours, k: int) -> None:
    """Work out the earliest and latest begin of the visits of a route."""
    last, way = t.size[k] + 1, v.travel[v.kind[k]]
    t.earliest[k, 0] = v.early[t.order[k, 0]]
    for q in range(1, last + 1):
        a, b = t.order[k, q - 1], t.order[k, q]
        t.earliest[k, q] = max(v.early[b], t.earliest[k, q - 1] + v.stay[a] + way[v.spot[a], v.spot[b]])
    t.latest[k, last] = v.late[t.order[k, last]]
    for q in range(last - 1, -1, -1):
        a, b = t.order[k, q], t.order[k, q + 1]
        t.latest[k, q] = min(v.late[a], t.latest[k, q + 1] - v.stay[a] - way[v.spot[a], v.spot[b]])


@lean
def cheapest(
    way: Floats, spot: Ints, stay: Floats, order: Ints, earliest: Floats, latest: Floats, i: int, early: float,
    late: float, first: int, last: int,
) -> tuple[float, int]:  # fmt: skip
    """Return the least travel and waiting that a visit adds at the places `first` to `last` of a route, and where."""
    least, place, at, long = np.inf, 0, spot[i], stay[i]
    for q in range(first, last + 1):
        a, b = order[q - 1], spot[order[q]]
        to, on, old = way[spot[a], at], way[at, b], way[spot[a], b]
        come = earliest[q - 1] + stay[a] + to
        begin = max(come, early)
        extra = to + on - old + WAITING * (begin - come)
        if extra < least and begin <= late + LIMIT and begin + long + on <= latest[q] + LIMIT:
            least, place = extra, q
    return least, place


@lean
def price_one(v: Visits, t: Tours, prices: Prices, k: int, i: int) -> None:
    """Find where in a route a visit costs least; infinite where it does not fit."""
    if not v.able[k, i] or t.filled[k] + v.load[i] > v.room[k] * (1 + LIMIT) or t.size[k] + 2 >= t.order.shape[1]:
        prices.extra[k, i] = np.inf
        return
    prices.extra[k, i], prices.place[k, i] = cheapest(
        v.travel[v.kind[k]], v.spot, v.stay, t.order[k], t.earliest[k], t.latest[k], i, v.early[i], v.late[i], 1,
        t.size[k] + 1,
    )  # fmt: skip


@lean
def price_all(v: Visits, t: Tours, prices: Prices, k: int) -> None:
    """Price every visit that nobody makes on a route."""
    way, order, earliest, latest = v.travel[v.kind[k]], t.order[k], t.earliest[k], t.latest[k]
    spot, stay, early, late, last = v.spot, v.stay, v.early, v.late, t.size[k] + 1
    full, room = last + 1 >= len(order), v.room[k] * (1 + LIMIT) - t.filled[k]
    extra, place, able, load, of = prices.extra[k], prices.place[k], v.able[k], v.load, t.of
    for i in range(len(of)):
        if of[i] < 0:
            extra[i] = np.inf
            if able[i] and load[i] <= room and not full:
                extra[i], place[i] = cheapest(
                    way, spot, stay, order, earliest, latest, i, early[i], late[i], 1, last
                )  # fmt: skip


@lean
def price_after(v: Visits, t: Tours, prices: Prices, k: int, new: int) -> None:
    """Price again after a visit was put in at `new`: the two new places can be better, the old one can fail."""
    way, order, earliest, latest = v.travel[v.kind[k]], t.order[k], t.earliest[k], t.latest[k]
    spot, stay, early, late, last = v.spot, v.stay, v.early, v.late, t.size[k] + 1
    full, room = last + 1 >= len(order), v.room[k] * (1 + LIMIT) - t.filled[k]
    extra, place, load, of = prices.extra[k], prices.place[k], v.load, t.of
    for i in range(len(of)):
        if of[i] >= 0 or extra[i] == np.inf:
            continue
        if full or load[i] > room:
            extra[i] = np.inf
            continue
        old, least = place[i] + (1 if place[i] > new else 0), np.inf
        if old != new:
            least, _ = cheapest(way, spot, stay, order, earliest, latest, i, early[i], late[i], old, old)
        if least == np.inf:
            extra[i], place[i] = cheapest(way, spot, stay, order, earliest, latest, i, early[i], late[i], 1, last)
            continue
        extra[i], place[i] = cheapest(way, spot, stay, order, earliest, latest, i, early[i], late[i], new, new + 1)
        if least <= extra[i]:
            extra[i], place[i] = least, old


@lean_kernel
def put_in(v: Visits, t: Tours, k: int, q: int, i: int) -> None:
    """Put a visit into a route."""
    for r in range(t.size[k] + 2, q, -1):
        t.order[k, r] = t.order[k, r - 1]
    t.order[k, q] = i
    t.size[k] += 1
    t.of[i] = k
    t.times[v.group[i]] += 1
    t.filled[k] += v.load[i]
    renew(v, t, k)


@lean_kernel
def take_out(v: Visits, t: Tours, k: int, begin: int, n: int) -> None:
    """Take `n` visits in a row out of a route."""
    for q in range(begin, begin + n):
        i = t.order[k, q]
        t.of[i] = -1
        t.times[v.group[i]] -= 1
        t.filled[k] -= v.load[i]
    for q in range(begin + n, t.size[k] + 2):
        t.order[k, q - n] = t.order[k, q]
    t.size[k] -= n
    renew(v, t, k)


@lean
def length(v: Visits, t: Tours, k: int) -> float:
    """Return the travel of a route."""
    way, total = v.travel[v.kind[k]], 0.0
    for q in range(1, t.size[k] + 2):
        total += way[v.spot[t.order[k, q - 1]], v.spot[t.order[k, q]]]
    return total if t.size[k] else 0.0


@lean
def value_of(v: Visits, t: Tours) -> tuple[float, float]:
    """Return what the plan is worth, its toll taken off, and its travel."""
    worth, travel = 0.0, 0.0
    for g in range(len(t.times)):
        for c in range(t.times[g]):
            worth += v.worth[g, c]
    for k in range(len(t.size)):
        travel += length(v, t, k)
    return worth - v.toll * travel, travel


@lean
def fill(v: Visits, t: Tours, prices: Prices, desk: Desk, power: float, by_load: float, toll: float) -> None:
    """Put in the visit with the best worth for what it takes, again and again, until nothing fits."""
    n, units, times, asked, seen, noise = len(t.of), len(t.size), v.worth.shape[1], desk.asked, desk.seen, desk.noise
    while True:
        for k in range(units):
            seen[k] = False
        for k in range(units):
            asked[k] = t.size[k] > 0 or not seen[v.alike[k]]
            if t.size[k] == 0:
                seen[v.alike[k]] = True
        best, unit, chosen = 0.0, -1, -1
        for i in range(n):
            g = v.group[i]
            if t.of[i] >= 0 or t.times[g] >= times or v.worth[g, t.times[g]] <= 0:
                continue
            least, at = np.inf, -1
            for k in range(units):
                if asked[k] and prices.extra[k, i] < least:
                    least, at = prices.extra[k, i], k
            if at < 0:
                continue
            gain = v.worth[g, t.times[g]] - toll * least
            took = (1 - by_load) * (max(least, 0.0) + v.stay[i]) + by_load * v.load[i] + 1e-6
            score = gain * noise[i] / took**power
            if score > best:
                best, unit, chosen = score, at, i
        if chosen < 0:
            return
        at = prices.place[unit, chosen]
        put_in(v, t, unit, at, chosen)
        desk.torn[unit] = True
        price_after(v, t, prices, unit, at)


@lean
def straighten(v: Visits, t: Tours, k: int) -> bool:
    """Turn parts of a route round while that shortens it; for plain problems, where direction and hour do not count."""
    way, better, changed = v.travel[v.kind[k]], True, False
    while better:
        better = False
        for a in range(1, t.size[k]):
            for b in range(a + 1, t.size[k] + 1):
                before, first, last, after = t.order[k, a - 1], t.order[k, a], t.order[k, b], t.order[k, b + 1]
                old = way[v.spot[before], v.spot[first]] + way[v.spot[last], v.spot[after]]
                new = way[v.spot[before], v.spot[last]] + way[v.spot[first], v.spot[after]]
                if new < old - LIMIT:
                    for q in range((b - a + 1) // 2):
                        t.order[k, a + q], t.order[k, b - q] = t.order[k, b - q], t.order[k, a + q]
                    better = changed = True
    if changed:
        renew(v, t, k)
    return changed


@lean
def tear(v: Visits, t: Tours, near: Ints, torn: Bools, most: int) -> None:
    """Take strings of visits near one visit out of some routes, or stretches of any; now and then whole routes."""
    wanted, sort = np.random.randint(1, 5), np.random.random()
    seed = near[np.random.randint(len(t.of))]
    for j in range(len(seed) if sort < STRINGS else wanted):
        k = t.of[seed[j]] if sort < STRINGS else np.random.randint(len(t.size))
        if k < 0 or torn[k] or t.size[k] == 0:
            continue
        whole = sort > 0.98
        long = t.size[k] if whole else min(t.size[k], np.random.randint(1, most + 1))
        begin = np.random.randint(1, t.size[k] - long + 2)
        if sort < STRINGS:
            at = 1
            while t.order[k, at] != seed[j]:
                at += 1
            begin = max(1, min(at - np.random.randint(long), t.size[k] - long + 1))
        take_out(v, t, k, begin, long)
        torn[k] = True
        wanted -= 1
        if wanted == 0:
            return


@lean
def drop_losses(v: Visits, t: Tours, prices: Prices, torn: Bools) -> None:
    """Empty the routes that cost more than they bring."""
    for k in range(len(t.size)):
        if not torn[k] or t.size[k] == 0:
            continue
        worth, c = 0.0, 0
        for q in range(1, t.size[k] + 1):
            g = v.group[t.order[k, q]]
            c = t.times[g] - 1
            worth += v.worth[g, c]
        if worth < v.toll * length(v, t, k):
            take_out(v, t, k, 1, t.size[k])
            for j in range(len(t.size)):
                price_all(v, t, prices, j)


@lean
def copy_route(source: Tours, target: Tours, k: int) -> None:
    """Copy a route with its times."""
    target.size[k], target.filled[k] = source.size[k], source.filled[k]
    for q in range(source.size[k] + 2):
        target.order[k, q] = source.order[k, q]
        target.earliest[k, q] = source.earliest[k, q]
        target.latest[k, q] = source.latest[k, q]


@lean
def copy_tours(source: Tours, target: Tours) -> None:
    """Copy a whole plan."""
    for k in range(len(source.size)):
        copy_route(source, target, k)
    copy_counts(source, target)


@lean
def copy_counts(source: Tours, target: Tours) -> None:
    """Copy who makes which visit, and how often each group is visited."""
    for i in range(len(source.of)):
        target.of[i] = source.of[i]
    for g in range(len(source.times)):
        target.times[g] = source.times[g]


@lean
def copy_prices(source: Prices, target: Prices, k: int) -> None:
    """Copy the prices of a route."""
    for i in range(source.extra.shape[1]):
        target.extra[k, i], target.place[k, i] = source.extra[k, i], source.place[k, i]


@lean_kernel
def seed_routes(v: Visits, t: Tours, prices: Prices, seed: int) -> None:
    """Begin every route with one visit drawn at random, so that starts differ in what they go for."""
    np.random.seed(seed)
    n = len(t.of)
    for k in range(len(t.size)):
        renew(v, t, k)
    for k in range(len(t.size)):
        for _ in range(20):
            i = np.random.randint(n)
            if t.of[i] >= 0 or t.times[v.group[i]] > 0:
                continue
            price_one(v, t, prices, k, i)
            if prices.extra[k, i] < np.inf:
                put_in(v, t, k, prices.place[k, i], i)
                break
