"""The published formulas of C3 and Farrington 1996, and of "muan", series by series, without a line of the package.

With `overwritten` the weights of the fitted model are those of the outliers alone when standard errors and the test of
the trend are computed, which is what the files of the R package surveillance 1.20.3 show.
"""

import numpy as np
from scipy import stats


def c3(y, alpha=0.025, count_for_mean=False):
    """Bound by week: the mean of weeks t-9 to t-3 plus their standard deviation times what is left of z."""
    z, upper, two = stats.norm.ppf(1 - alpha), np.full(len(y), np.nan), np.full(len(y), np.nan)
    for t in range(9, len(y)):
        past = y[t - 9 : t - 2]
        two[t] = (y[t] - past.mean()) / past.std(ddof=1) if past.std() > 0 else 0.0
        middle = y[t] if count_for_mean else past.mean()
        upper[t] = middle + past.std(ddof=1) * (z - sum(max(0.0, two[t - i] - 1) for i in (1, 2)))
    return np.maximum(upper, 0.0)


def irls(x, y, w):
    """Quasi-Poisson regression by iterated least squares."""
    mu, deviance = y + 0.1, np.inf
    for _ in range(25):
        root = np.sqrt(w * mu)
        beta = np.linalg.lstsq(x * root[:, None], (np.log(mu) + (y - mu) / mu) * root, rcond=None)[0]
        mu = np.exp(x @ beta)
        new = 2 * np.sum(w * (stats_xlogy(y, mu) - (y - mu)))
        if abs(new - deviance) < 1e-8 * (abs(new) + 0.1):
            break
        deviance = new
    return beta, mu


def stats_xlogy(y, mu):
    return np.where(y > 0, y * np.log(np.maximum(y, 1e-300) / mu), 0.0)


def fit(x, y, above, overwritten):
    """Two fits; return coefficients, dispersion, and the covariance that standard errors are made from."""
    w, n, p = np.ones(len(y)), *x.shape
    for second in (False, True):
        beta, mu = irls(x, y, w)
        phi = np.sum(w * (y - mu) ** 2 / mu) / (n - p)
        bread = np.linalg.inv(x.T @ (x * (w * mu)[:, None]))
        if not second:
            hat = w * mu * np.einsum("ni,ij,nj->n", x, bread, x)
            s = 1.5 * (y ** (2 / 3) * mu ** (-1 / 6) - mu**0.5) / np.sqrt(max(phi, 1) * (1 - hat))
            w = np.where(s > above, np.maximum(s, 1e-9) ** -2.0, 1.0)
            w *= n / w.sum()
    spread = np.sum(w * ((y - mu) / mu) ** 2) / (n - p) if overwritten else max(phi, 1)
    return beta, max(phi, 1), spread * bread


def farrington_1996(y, dates, t, alpha=0.05, overwritten=False):
    """Bound of week `t` (five years, three weeks either side, delta method to the power 2/3)."""
    rows = []
    for year in range(1, 6):
        same = min(range(t), key=lambda i: abs(dates[i] - dates[t].replace(year=dates[t].year - year)))
        rows += range(same - 3, same + 4)
    rows = np.array(sorted(rows))
    x, seen = np.column_stack([np.ones(35), rows - t]), y[rows]
    beta, phi, cov = fit(x, seen, 1.0, overwritten)
    p = 2 * stats.t.sf(abs(beta[1]) / np.sqrt(cov[1, 1]), 33)
    trend = p < 0.05 and np.exp(beta[0]) <= seen.max()
    if not trend:
        beta, phi, cov = fit(x[:, :1], seen, 1.0, overwritten)
    mu, se = np.exp(beta[0]), np.sqrt(cov[0, 0])
    spread = np.sqrt(4 / 9 * mu ** (1 / 3) * (phi + se**2 * mu))
    return mu, (mu ** (2 / 3) + stats.norm.ppf(1 - alpha) * spread) ** 1.5, trend


def muan(y, x, row, alpha=0.01, overwritten=False):
    """Quantile of the negative binomial at the upper limit of the mean, given the design and its row for the week."""
    beta, phi, cov = fit(x, y, 2.58, overwritten)
    mu = np.exp(row @ beta + stats.norm.ppf(1 - alpha) * np.sqrt(row @ cov @ row))
    return stats.poisson.ppf(1 - alpha, mu) if phi <= 1 else stats.nbinom.ppf(1 - alpha, mu / (phi - 1), 1 / phi)
