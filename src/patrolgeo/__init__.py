"""Place-based crime analysis and patrol planning on H3 hexagons.

Every public name can be imported from here; a room is loaded when one of its names is first used.
"""

from difflib import get_close_matches
from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# room.module -> the public names that live there, in the order of the data's way
_HOMES = {
    "errors": "PatrolgeoError DataError CRSError AlignmentError InfeasibleError MissingColumnError MissingFileError "
    "WorkerError PatrolgeoWarning",
    "sources.ledger": "Ledger",
    "sources.presets": "preset_names",
    "sources.incidents": "read_incidents inspect_incidents",
    "sources.calls": "read_calls response_minutes",
    "sources.duplicates": "find_duplicates",
    "sources.gazetteer": "spread_places",
    "sources.boundaries": "read_area read_polygons",
    "sources.population": "read_population",
    "sources.places": "read_places",
    "sources.forces": "read_forces read_shifts",
    "sources.lines": "read_roads",
    "sources.synthetic": "make_county",
    "sources.databases": "write_table",
    "sources.blank": "write_blank",
    "sources.addresses": "locate_addresses",
    "sources.kinds": "kind_table map_kinds",
    "sources.samples": "load_sample sample_folder write_sample",
    "sources.datum": "to_wgs84 from_wgs84",
    "grid.units": "Units",
    "grid.hexgrid": "HexGrid",
    "grid.squares": "SquareGrid",
    "grid.areal": "interpolate patrollable_cells",
    "grid.presence": "presence",
    "privacy.merging": "merge_small_cells release_cells",
    "privacy.suppression": "SuppressedCounts suppress_small_counts",
    "privacy.masking": "geomask noisy_counts",
    "privacy.audit": "check_release",
    "grid.area_units": "AreaUnits",
    "panel.files": "count_files",
    "panel.counts": "count_incidents hour_of_week",
    "panel.clock": "hour_known",
    "panel.features": "roll_up",
    "panel.aoristic": "aoristic_week aoristic_weights",
    "hotspots.density": "kernel_density relative_density",
    "hotspots.getis_ord": "GetisOrd",
    "hotspots.local_moran": "LocalMoran",
    "hotspots.autocorrelation": "moran geary general_g GlobalStatistic",
    "hotspots.connectivity": "distance_neighbors",
    "hotspots.near_repeat": "knox KnoxResult",
    "hotspots.mantel": "mantel",
    "hotspots.chains": "near_repeat follow_on_risk NearRepeats",
    "hotspots.concentration": "concentration Concentration eighty_twenty",
    "hotspots.repeat_places": "repeat_places RepeatPlaces",
    "hotspots.repeat_rates": "repeat_rates",
    "hotspots.facilities": "risky_facilities RiskyFacilities",
    "hotspots.network_density": "network_density",
    "hotspots.spots": "HotSpots join_hot_spots",
    "hotspots.problem": "describe_spots",
    "hotspots.funnel": "funnel",
    "hotspots.weeks": "weekly_band",
    "hotspots.change": "compare_counts compare_periods",
    "hotspots.scan": "scan_statistic",
    "hotspots.space_time_scan": "space_time_scan",
    "hotspots.scan_result": "ScanResult",
    "hotspots.clusters": "IncidentClusters cluster_incidents",
    "hotspots.hierarchical": "HierarchicalClusters nearest_neighbor_clusters",
    "hotspots.centrography": "Centrography centrography",
    "hotspots.point_pattern": "NearestNeighborIndex RipleyK nearest_neighbor_index ripley_k",
    "hotspots.rates": "empirical_bayes_rates",
    "hotspots.trend": "trend_test",
    "hotspots.emerging": "SpaceTimeHotspots classify_change space_time_hotspots",
    "risk.protocol": "BaseRisk RiskModel",
    "risk.history": "next_periods",
    "risk.baselines": "HistoricalMean Ewma ExposureMap naive_maps",
    "risk.kernel": "KernelRisk",
    "risk.promap": "ProMap",
    "risk.hawkes": "Hawkes fit_hawkes",
    "risk.regression": "PoissonRegression",
    "risk.terrain": "RiskTerrain",
    "risk.stack": "RiskStack",
    "risk.boosted": "BoostedStack",
    "risk.storage": "save_model load_model",
    "alerts.detector": "Detector",
    "evaluation.metrics": "hit_rate pai pei pei_any_area pei_equal_cells penalised_pai ser rri log_score "
    "calibration_table pei_ceiling accuracy_curve area_under_curve",
    "evaluation.calibration": "randomised_pit brier_score",
    "evaluation.backtest": "backtest",
    "evaluation.compare": "evaluate compare summarise_scores",
    "roads.hexagons": "CellGraph hexagon_graph unit_graph",
    "plan.areas.rules": "AreaRules",
    "plan.areas.objective": "AreaObjective",
    "plan.areas.design": "AreaPlan design_areas",
    "plan.areas.design_by_cost": "design_areas_by_cost",
    "plan.areas.reform": "reform_curve",
    "plan.areas.measures": "AreaMeasures measure_areas",
    "plan.areas.compare": "compare_areas",
    "plan.areas.names": "name_areas",
    "plan.areas.borders": "describe_borders",
    "plan.workload": "workload_index workload_minutes call_rates",
    "plan.areas.sensitivity": "workload_sensitivity",
    "maps.cells": "map_cells shared_bins",
    "maps.plans": "map_plan",
    "maps.flows": "map_flows",
    "charts.clock": "plot_calendar plot_hour_week",
    "charts.curves": "plot_weeks plot_lorenz plot_funnel",
    "charts.tables": "plot_knox plot_top_ten",
    "words.note": "Note",
    "pages.edition": "Edition",
    "pages.findings": "Findings",
    "pages.plan_page.page": "write_plan_page",
    "pages.borders": "spoken_borders",
    "maps.exports": "write_layer",
    "maps.offline": "save_html",
    "pages.report.report": "write_report",
    "roads.graph": "RoadGraph",
    "roads.travel": "TravelGraph travel_time",
    "roads.calendar": "open_roads",
    "roads.stretches": "cut_stretches",
    "roads.joined": "JoinedGraph join_graphs from_edges",
    "roads.gravity": "gravity_flows hourly_flows market_attraction",
    "roads.paths": "FlowPaths flow_paths",
    "roads.gates": "calibrate_flows",
    "plan.sites.site_plan": "SiteModel SitePlan",
    "plan.sites.rules": "SiteRules outside_zones pairs_within",
    "plan.sites.shifts": "by_shift",
    "plan.sites.max_coverage": "max_coverage backup_coverage",
    "plan.sites.p_median": "p_median",
    "plan.checkpoints.interception": "InterceptionPlan intercept_flows",
    "plan.checkpoints.evasion": "intercept_evasive_flows",
    "plan.checkpoints.cordon.plan": "CordonPlan seal_cordon",
    "plan.sites.p_center": "p_center",
    "plan.sites.set_cover": "set_cover",
    "plan.sites.weak_points": "blind_spots weak_roads weak_units",
    "plan.sites.marginal_curve": "marginal_curve",
    "plan.sites.posts": "PostRule plan_posts",
    "plan.sites.cameras": "camera_places camera_sheets camera_view",
    "plan.sites.capacitated": "capacitated_p_median",
    "plan.checkpoints.shared_borders": "JointPlan border_places joint_coverage",
    "plan.checkpoints.duty_levels": "NestedTiers nested_tiers",
    "plan.checkpoints.traffic": "Traffic county_traffic",
    "plan.checkpoints.key_places": "Defence defend_places space_checkpoints",
    "plan.checkpoints.county": "CheckpointPlan plan_checkpoints",
    "pipeline": "run_plan",
    "pipeline.study.run": "run_study",
    "pipeline.study.verify": "verify_study",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}
__all__ = sorted(_HOME_OF)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    """Load the room of a public name when it is first used; a name that nobody knows suggests the nearest."""
    if name not in _HOME_OF:
        near = get_close_matches(name, [] if name.startswith("_") else __all__, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"module 'patrolgeo' has no attribute {name!r}{hint}")
    from patrolgeo._door import checked

    globals()[name] = checked(getattr(import_module(f"patrolgeo.{_HOME_OF[name]}"), name), name)
    return globals()[name]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
