"""The audit bundle: what an outsider needs to check a plan, made from the folder of a run; and the check itself."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns
from patrolgeo.config.equity import EquityWish
from patrolgeo.errors import DataError
from patrolgeo.files import check_file, sha256, write_json, write_text
from patrolgeo.folders import MANIFEST, check_folder, whole_folder
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.pages.audit import write_audit_pages
from patrolgeo.pages.blocks import Table
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.release import public_manifest, public_summary
from patrolgeo.pages.report import bears
from patrolgeo.pipeline.equity import by_parent, group_table
from patrolgeo.privacy.held import Held, two_digits
from patrolgeo.privacy.merging import FEW_RESIDENTS
from patrolgeo.privacy.suppression import suppress_small_counts
from patrolgeo.sources.text import content, decode, detect_encoding
from patrolgeo.words.messages import say

PLACES, EQUITY, DECISIONS = "data/places.csv", "equity.csv", "decisions.csv"
PAGES = ("guide", "public", "assessment", "transparency", "statement")
CLOSED, OPEN = ("sites", "checkpoints", "posts"), ("cameras",)  # layers of recommendations, and whether anybody may see
DECIDED = ["id", "what", "where", "reason_given", "decision", "reason", "role", "date"]
RECORDS, POLICE = ("incidents", "calls"), ("forces", "existing", "gates", "shifts", "patrols")


def write_audit(
    run: str | Path, out: str | Path, *, decisions: str | Path | None = None, internal: bool = False
) -> Path:
    """Write the audit bundle of a run: shared data, numbers, tables, records and pages, each from the run's files.

    Parameters
    ----------
    run
        Folder of an internal run of a plan with [equity].
    out
        Folder of the bundle; replaced whole when everything went well.
    decisions
        A ``decisions.csv`` that people have filled in: `decision`, `reason`, `role`, `date` by `id`.
    internal
        Whether the decision record names sites, checkpoints and posts too: a bundle for the house, not for the public.

    Returns
    -------
    The folder of the bundle.

    Raises
    ------
    DataError
        When the run is public or has no [equity], or the decisions name no known id.
    MissingFileError
        When the folder is not that of a run.

    Examples
    --------
    >>> from patrolgeo import write_audit
    >>> bundle = write_audit("out/county", "out/audit")  # doctest: +SKIP
    """
    run = Path(run)
    summary, manifest = _read(run / "summary.json", "summary"), _read(run / MANIFEST, "manifest")
    if "equity" not in summary:
        raise DataError(
            f"{run} says nothing of who bears the plan; run a plan with [equity], for the internal audience."
        )
    edition = Edition(
        summary["title"], language=manifest["settings"]["language"], synthetic=summary["synthetic"],
        audience="internal" if internal else "public", attribution=", ".join(map(str, summary.get("credits") or [])),
    )  # fmt: skip
    words = edition.table
    groups = [row["group"] for row in summary["equity"]["groups"] if row["group"] != "all"]
    places = shared_places(pd.read_csv(check_file(run / "equity_cells.csv", "table"), index_col="cell"), groups)
    table = decision_table(run, summary, words, internal)
    table = table if decisions is None else _with_decisions(table, Path(decisions))
    check_folder(out, (MANIFEST, *(f"{page}.html" for page in PAGES), EQUITY, DECISIONS))
    with whole_folder(out) as folder:
        (folder / "data").mkdir()
        _write(places.reset_index(), folder / PLACES)
        _write(equity_of(folder).reset_index(), folder / EQUITY)
        _write(table, folder / DECISIONS)
        _write(privacy_table(places), folder / "privacy.csv")
        _write(pd.DataFrame(manifest["changed_by_hand"], columns=["unit", "from", "to"]), folder / "changes.csv")
        _write(releases_table(manifest), folder / "releases.csv")
        write_json(folder / "numbers.json", public_summary(summary, Held(None)))
        told = _told(summary, manifest, places, table, words)
        write_json(folder / "transparency.json", {k: v for k, v in told.items() if k not in ("ratios", "without")})
        shown = {
            "equity": bears.group_rows(_records(equity_of(folder).reset_index()), words),
            "sources": _sources(manifest, told["valid"], words),
            "decisions": _planned(summary, words),
        }
        write_audit_pages(folder, told, shown, edition)
        names = sorted(
            p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST
        )
        shared = public_manifest(manifest) | {"seconds": {}, "platform": "", "outputs": {}}
        write_json(
            folder / MANIFEST,
            {**shared, "groups": groups, "internal": internal, "outputs": {n: sha256(folder / n) for n in names}},
        )
    return Path(out)


def verify_audit(bundle: str | Path, plan: str | Path | None = None) -> pd.DataFrame:
    """Compute a bundle again: its hashes, its numbers from the shared data, and with `plan` the whole run.

    Parameters
    ----------
    bundle
        Folder of an audit bundle.
    plan
        The plan file, for those who may see its data: it is run again, and every file of the bundle compared.

    Returns
    -------
    DataFrame by file: `check` ("hash", "computed again", "run again"), `numbers` compared and how many `differ`.

    Raises
    ------
    DataError
        When the folder is no audit bundle.
    MissingFileError
        When a file is not there.

    Examples
    --------
    >>> from patrolgeo import verify_audit
    >>> verify_audit("out/audit")["differ"].sum()  # doctest: +SKIP
    0
    """
    bundle = Path(bundle)
    manifest = _read(bundle / MANIFEST, "manifest")
    if "groups" not in manifest or EQUITY not in manifest.get("outputs", {}):
        raise DataError(f"{bundle} is no audit bundle; `patrolgeo audit RUN --out DIR` writes one.")
    rows = [
        {"file": name, "check": "hash", "numbers": 1, "differ": int(sha256(check_file(bundle / name, name)) != known)}
        for name, known in manifest["outputs"].items()
    ]
    rows.append({"file": EQUITY, "check": "computed again", **_compared(equity_of(bundle), bundle / EQUITY)})
    return pd.DataFrame(rows + ([] if plan is None else _run_again(bundle, Path(plan)))).set_index("file")


def _read(path: Path, what: str) -> dict[str, Any]:
    """Return a table of words and values that a run or a bundle wrote as JSON."""
    try:
        told = json.loads(check_file(path, what).read_text(encoding="utf-8"))
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise DataError(f"{path} is no {what} as a run writes it; it was cut short or changed.")
    return told


def _run_again(bundle: Path, plan: Path) -> list[dict[str, Any]]:
    """Run the plan into an empty folder, make the bundle of it, and compare every file but the decisions of people."""
    from patrolgeo.pipeline.plan import run_plan

    with tempfile.TemporaryDirectory() as empty:
        run_plan(plan, Path(empty) / "run", audience="internal")
        known = json.loads((bundle / MANIFEST).read_text(encoding="utf-8"))
        told = {"decisions": bundle / DECISIONS, "internal": known["internal"]}
        again, names = write_audit(Path(empty) / "run", Path(empty) / "audit", **told), known["outputs"]
        return [
            {"file": name, "check": "run again", "numbers": 1,
             "differ": int(not (again / name).exists() or sha256(again / name) != sha256(bundle / name))}
            for name in names
        ]  # fmt: skip


def equity_of(bundle: Path) -> pd.DataFrame:
    """Return who bears the plan, from the shared places of a bundle alone."""
    places = pd.read_csv(check_file(bundle / PLACES, "table"), index_col="place")
    check_columns(places, ["residents", "work"], PLACES)
    known = ("residents", "recorded", "calls", "work", "work_without", "reached", "reached_without", "withheld")
    return group_table(places, EquityWish(groups=[c for c in places if c not in known])).round(6)


def _compared(made: pd.DataFrame, path: Path) -> dict[str, int]:
    """Return how many numbers of a table were compared and how many differ."""
    told = pd.read_csv(path, index_col=0)
    names = made.select_dtypes("number").columns
    same = told.index.equals(made.index) and set(names) <= set(told)
    if not same:
        return {"numbers": made[names].size, "differ": made[names].size}
    equal = np.isclose(made[names], told[names].astype(float), rtol=1e-9, atol=1e-9, equal_nan=True)
    return {"numbers": equal.size, "differ": int((~equal).sum())}


def shared_places(cells: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """Return what may be shared: sums over places coarser than cells, no small count, nothing of few people.

    Places with 1 to 29 residents are joined into "rest" (with the smallest other place, where they are fewer than 30
    in all), whose shares of what is in reach are those of its people;
    counts are those that `suppress_small_counts` lets through. Groups are told to ten people.
    """
    reached = [name for name in ("reached", "reached_without") if name in cells]
    weighed = cells.assign(**{name: cells[name] * cells["residents"] for name in reached})
    sums = by_parent(weighed)
    few = sums["residents"].between(0.5, FEW_RESIDENTS, inclusive="left")
    enough = sums["residents"][sums["residents"] >= FEW_RESIDENTS]
    if 0 < sums["residents"][few].sum() < FEW_RESIDENTS and len(enough):
        few[enough.idxmin()] = True  # else "rest" itself would be a place of few people
    counts = {name: suppress_small_counts(sums[name]).counts.iloc[0].reindex(sums.index)
              for name in ("recorded", "calls") if name in sums}  # fmt: skip
    told = sums.assign(**counts)
    rest = told[few].sum(min_count=1).to_frame("rest").T if few.any() else told.iloc[:0]
    if len(rest):
        rest = rest.assign(**dict.fromkeys(counts, np.nan))
    told = pd.concat([told[~few], rest]).rename_axis("place")
    for name in reached:
        told[name] = (told[name] / told["residents"].where(told["residents"] > 0)).fillna(0.0).round(4)
    told["residents"] = told["residents"].round()
    told[groups] = (told[groups] / 10).round() * 10
    told[groups] = told[groups].clip(upper=told["residents"], axis=0)
    works = [name for name in ("work", "work_without") if name in told]
    told[works] = told[works].round(4)
    return told.assign(withheld=told[list(counts)].isna().any(axis=1))


def privacy_table(places: pd.DataFrame) -> pd.DataFrame:
    """Return for each count of the shared places how many are told, withheld, and the least that is told."""
    names = [name for name in ("recorded", "calls") if name in places]
    return pd.DataFrame([
        {"table": PLACES, "column": name, "told": int(places[name].notna().sum()),
         "withheld": int(places[name].isna().sum()),
         "least_above_zero": float(places.loc[places[name] > 0, name].min())} for name in names
    ])  # fmt: skip


def releases_table(manifest: Mapping[str, Any]) -> pd.DataFrame:
    """Return the register of releases: whether public runs remember what they told, and what this bundle tells."""
    register = manifest["settings"].get("release_register")
    kept = "no register: this is to be the only release" if register is None else str(register)
    earlier = "" if manifest["previous"] is None else "an earlier plan of the house"
    row = {"release": "this bundle", "plan_sha256": manifest["plan"]["sha256"], "register": kept, "earlier": earlier}
    return pd.DataFrame([row])


def decision_table(run: Path, summary: Mapping[str, Any], words: Mapping[str, str], internal: bool) -> pd.DataFrame:
    """Return a row a recommendation: what, in which area, why; its decision is open, or that of the consultation."""
    rows = [{"id": f"area {row['area']}", "what": words["decision_area"], "where": row["name"],
             "reason_given": words["decision_even"]} for row in summary["areas"]["by_area"]]  # fmt: skip
    for layer in (*OPEN, *CLOSED) if internal else OPEN:
        if not (run / f"{layer}.geojson").exists():
            continue
        table = gpd.read_file(run / f"{layer}.geojson")
        for number, row in enumerate(table.to_dict("records"), 1):
            share = row.get("adds_share")
            given = words["decision_traffic"] if share is None else say(words, "decision_adds", share=float(share))
            what = words[f"decision_{layer.removesuffix('s')}"]
            rows.append({"id": f"{layer.removesuffix('s')} {number}", "what": what,
                         "where": row.get("area_name") or row.get("name") or "", "reason_given": given})  # fmt: skip
    table = pd.DataFrame([dict.fromkeys(DECIDED, "") | {"decision": words["decision_open"]} | row for row in rows])
    if (asked := summary.get("consultation")) is not None:
        said = say(words, "decision_asked", date=asked["date"])
        refused = {"what": words["decision_post"], "decision": words["decision_refused"], "reason": said,
                   "date": asked["date"]}  # fmt: skip
        more = [
            dict.fromkeys(DECIDED, "") | refused | {"id": f"refused {k}"} for k in range(1, len(asked["refused"]) + 1)
        ]
        table = pd.concat([table, pd.DataFrame(more, columns=DECIDED)], ignore_index=True)
    return table


def _with_decisions(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    raw = content(check_file(path, "decisions"))  # a spreadsheet may have saved it in another encoding
    try:
        text = decode(raw, detect_encoding(raw, path.name), path.name)
        given = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise DataError(f"{path} is no table with commas: {error}") from None
    check_columns(given, ["id", "decision", "reason", "role", "date"], str(path))
    strange = sorted(set(given["id"]) - set(table["id"]))
    if strange or given["id"].duplicated().any():
        raise DataError(
            f"{path}: {strange[0] if strange else 'an id'!r} is no recommendation of this run, or stands twice."
        )
    columns = ["decision", "reason", "role", "date"]
    table = table.set_index("id")
    table.loc[given["id"], columns] = given.set_index("id")[columns]
    return table.reset_index()


def _told(
    summary: Mapping[str, Any], manifest: Mapping[str, Any], places: pd.DataFrame, table: pd.DataFrame,
    words: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """Return the values of the sentences on the pages."""
    open_ones = {role: part for role, part in manifest["inputs"].items() if role not in POLICE}
    inputs, risk, told = open_ones, summary["risk"], summary["equity"]
    rows = [row for row in told["groups"] if row["group"] != "all" and not row["reason"]]
    cameras, asked = summary.get("cameras"), summary.get("consultation")
    share = min(risk["hit_rate"], key=lambda s: abs(float(s) - 0.05))
    grid = HexGrid.from_cells([p for p in places.index if p != "rest"])
    return {
        "first": summary["incidents"]["first"][:10], "last": summary["incidents"]["last"][:10],
        "valid": f"{pd.Timestamp(summary['incidents']['last'][:10]) + pd.Timedelta(weeks=13):%Y-%m-%d}",
        "version": manifest["patrolgeo"], "commit": manifest["commit"] or "–", "seed": manifest["seed"],
        "resolution": manifest["resolution"], "model": words[f"model_{risk['model']}"],
        "counted": two_digits(summary["incidents"]["counted"]), "residents": float(places["residents"].sum()),
        "hit": risk["hit_rate"][share]["value"],
        "naive": risk["naive"].get("population", risk["naive"].get("area", {})).get(share, float("nan")),
        "files": len(inputs), "rows": two_digits(sum(part.get("read", 0) for part in inputs.values())),
        "kept": two_digits(sum(part.get("kept", 0) for part in inputs.values())),
        "places": len(places), "withheld": int(places["withheld"].sum()), "km2": float(grid.area_km2.mean()),
        "decisions": len(table), "open": int((table["decision"] == words["decision_open"]).sum()),
        "areas": len(summary["areas"]["by_area"]), "officer": told["feedback"]["share"],
        "ratios": words["list_comma"].join(f"{r['group']} {r['work_ratio']:.2f}" for r in rows) or "–",
        "without": words["list_comma"].join(f"{r['group']} {r['work_without_ratio']:.2f}" for r in rows) or "–",
        "contact": words["audit_to_name"] if cameras is None else cameras["operator"],
        "reviewer": words["audit_to_name"],
        "keep_days": words["audit_no_cameras"] if cameras is None
        else say(words, "audit_days", days=cameras["keep_days"]),
        "asked": words["audit_not_asked"] if asked is None else say(words, "audit_asked", **_when(asked)),
    }  # fmt: skip


def _when(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in ("date", "who")}


def _sources(manifest: Mapping[str, Any], valid: str, words: Mapping[str, str]) -> Table:
    """Return the statement of what may leave the house, by source."""
    heads = [words[f"statement_{key}"] for key in ("source", "read", "kept", "leaves", "whom", "long")]
    until = say(words, "long_plan", valid=valid)
    rows = []
    for role, told in manifest["inputs"].items():
        kind = (
            "records"
            if role in RECORDS
            else "forces"
            if role in POLICE
            else "people"
            if role == "population"
            else "open"
        )
        closed = kind == "forces"
        whom, long = words["whom_nobody" if closed else "whom_everybody"], words["long_none"] if closed else until
        counts = ["–" if closed else f"{two_digits(told.get(key, 0)):,.0f}" for key in ("read", "kept")]
        rows.append([role, *counts, words[f"leaves_{kind}"], whom, long])
    return Table(heads, rows)


def _planned(summary: Mapping[str, Any], words: Mapping[str, str]) -> Table:
    """Return the areas as anybody may see them: name, border, residents."""
    heads = [words[key] for key in ("col_area", "col_name", "spoken_border")]
    return Table(heads, [[str(r["area"]), r["name"], r["spoken_border"]] for r in summary["areas"]["by_area"]])


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    return rows


def _write(table: pd.DataFrame, path: Path) -> None:
    write_text(path, table.to_csv(index=False, lineterminator="\n"))
