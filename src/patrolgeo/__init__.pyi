"""Public names of patrolgeo with their types; written by `.ci/stub.py`."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, overload

import geopandas as gpd
import pandas as pd

from patrolgeo.errors import PatrolgeoError as PatrolgeoError
from patrolgeo.errors import DataError as DataError
from patrolgeo.errors import CRSError as CRSError
from patrolgeo.errors import AlignmentError as AlignmentError
from patrolgeo.errors import InfeasibleError as InfeasibleError
from patrolgeo.errors import MissingColumnError as MissingColumnError
from patrolgeo.errors import MissingFileError as MissingFileError
from patrolgeo.errors import WorkerError as WorkerError
from patrolgeo.errors import PatrolgeoWarning as PatrolgeoWarning
from patrolgeo.sources.ledger import Ledger as Ledger
from patrolgeo.sources.presets import preset_names as preset_names
from patrolgeo.sources.incidents import inspect_incidents as inspect_incidents
from patrolgeo.sources.calls import response_minutes as response_minutes
from patrolgeo.sources.duplicates import find_duplicates as find_duplicates
from patrolgeo.sources.gazetteer import spread_places as spread_places
from patrolgeo.sources.synthetic import make_county as make_county
from patrolgeo.sources.databases import write_table as write_table
from patrolgeo.sources.blank import write_blank as write_blank
from patrolgeo.sources.kinds import kind_table as kind_table
from patrolgeo.sources.kinds import map_kinds as map_kinds
from patrolgeo.sources.samples import load_sample as load_sample
from patrolgeo.sources.samples import sample_folder as sample_folder
from patrolgeo.sources.samples import write_sample as write_sample
from patrolgeo.sources.datum import to_wgs84 as to_wgs84
from patrolgeo.sources.datum import from_wgs84 as from_wgs84
from patrolgeo.grid.units import Units as Units
from patrolgeo.grid.hexgrid import HexGrid as HexGrid
from patrolgeo.grid.squares import SquareGrid as SquareGrid
from patrolgeo.grid.areal import interpolate as interpolate
from patrolgeo.grid.areal import patrollable_cells as patrollable_cells
from patrolgeo.grid.presence import presence as presence
from patrolgeo.privacy.merging import merge_small_cells as merge_small_cells
from patrolgeo.privacy.merging import release_cells as release_cells
from patrolgeo.privacy.suppression import SuppressedCounts as SuppressedCounts
from patrolgeo.privacy.suppression import suppress_small_counts as suppress_small_counts
from patrolgeo.privacy.masking import geomask as geomask
from patrolgeo.privacy.masking import noisy_counts as noisy_counts
from patrolgeo.privacy.audit import check_release as check_release
from patrolgeo.grid.area_units import AreaUnits as AreaUnits
from patrolgeo.panel.files import count_files as count_files
from patrolgeo.panel.counts import count_incidents as count_incidents
from patrolgeo.panel.counts import hour_of_week as hour_of_week
from patrolgeo.panel.clock import hour_known as hour_known
from patrolgeo.panel.features import roll_up as roll_up
from patrolgeo.panel.aoristic import aoristic_week as aoristic_week
from patrolgeo.panel.aoristic import aoristic_weights as aoristic_weights
from patrolgeo.hotspots.density import kernel_density as kernel_density
from patrolgeo.hotspots.density import relative_density as relative_density
from patrolgeo.hotspots.getis_ord import GetisOrd as GetisOrd
from patrolgeo.hotspots.local_moran import LocalMoran as LocalMoran
from patrolgeo.hotspots.autocorrelation import moran as moran
from patrolgeo.hotspots.autocorrelation import geary as geary
from patrolgeo.hotspots.autocorrelation import general_g as general_g
from patrolgeo.hotspots.autocorrelation import GlobalStatistic as GlobalStatistic
from patrolgeo.hotspots.connectivity import distance_neighbors as distance_neighbors
from patrolgeo.hotspots.near_repeat import knox as knox
from patrolgeo.hotspots.near_repeat import KnoxResult as KnoxResult
from patrolgeo.hotspots.mantel import mantel as mantel
from patrolgeo.hotspots.chains import near_repeat as near_repeat
from patrolgeo.hotspots.chains import follow_on_risk as follow_on_risk
from patrolgeo.hotspots.chains import NearRepeats as NearRepeats
from patrolgeo.hotspots.concentration import concentration as concentration
from patrolgeo.hotspots.concentration import Concentration as Concentration
from patrolgeo.hotspots.concentration import eighty_twenty as eighty_twenty
from patrolgeo.hotspots.repeat_places import repeat_places as repeat_places
from patrolgeo.hotspots.repeat_places import RepeatPlaces as RepeatPlaces
from patrolgeo.hotspots.repeat_rates import repeat_rates as repeat_rates
from patrolgeo.hotspots.facilities import risky_facilities as risky_facilities
from patrolgeo.hotspots.facilities import RiskyFacilities as RiskyFacilities
from patrolgeo.hotspots.network_density import network_density as network_density
from patrolgeo.hotspots.spots import HotSpots as HotSpots
from patrolgeo.hotspots.spots import join_hot_spots as join_hot_spots
from patrolgeo.hotspots.problem import describe_spots as describe_spots
from patrolgeo.hotspots.problem_sheet import problem_sheets as problem_sheets
from patrolgeo.hotspots.problem_sheet import ProblemSheet as ProblemSheet
from patrolgeo.hotspots.funnel import funnel as funnel
from patrolgeo.hotspots.weeks import weekly_band as weekly_band
from patrolgeo.hotspots.change import compare_counts as compare_counts
from patrolgeo.hotspots.change import compare_periods as compare_periods
from patrolgeo.hotspots.scan import scan_statistic as scan_statistic
from patrolgeo.hotspots.space_time_scan import space_time_scan as space_time_scan
from patrolgeo.hotspots.scan_result import ScanResult as ScanResult
from patrolgeo.hotspots.clusters import IncidentClusters as IncidentClusters
from patrolgeo.hotspots.clusters import cluster_incidents as cluster_incidents
from patrolgeo.hotspots.hierarchical import HierarchicalClusters as HierarchicalClusters
from patrolgeo.hotspots.hierarchical import nearest_neighbor_clusters as nearest_neighbor_clusters
from patrolgeo.hotspots.centrography import Centrography as Centrography
from patrolgeo.hotspots.centrography import centrography as centrography
from patrolgeo.hotspots.point_pattern import NearestNeighborIndex as NearestNeighborIndex
from patrolgeo.hotspots.point_pattern import RipleyK as RipleyK
from patrolgeo.hotspots.point_pattern import nearest_neighbor_index as nearest_neighbor_index
from patrolgeo.hotspots.point_pattern import ripley_k as ripley_k
from patrolgeo.hotspots.rates import empirical_bayes_rates as empirical_bayes_rates
from patrolgeo.hotspots.trend import trend_test as trend_test
from patrolgeo.hotspots.emerging import SpaceTimeHotspots as SpaceTimeHotspots
from patrolgeo.hotspots.emerging import classify_change as classify_change
from patrolgeo.hotspots.emerging import space_time_hotspots as space_time_hotspots
from patrolgeo.risk.protocol import BaseRisk as BaseRisk
from patrolgeo.risk.protocol import RiskModel as RiskModel
from patrolgeo.risk.history import next_periods as next_periods
from patrolgeo.risk.baselines import HistoricalMean as HistoricalMean
from patrolgeo.risk.baselines import Ewma as Ewma
from patrolgeo.risk.baselines import ExposureMap as ExposureMap
from patrolgeo.risk.baselines import naive_maps as naive_maps
from patrolgeo.risk.kernel import KernelRisk as KernelRisk
from patrolgeo.risk.promap import ProMap as ProMap
from patrolgeo.risk.hawkes import Hawkes as Hawkes
from patrolgeo.risk.hawkes import fit_hawkes as fit_hawkes
from patrolgeo.risk.regression import PoissonRegression as PoissonRegression
from patrolgeo.risk.terrain import RiskTerrain as RiskTerrain
from patrolgeo.risk.negative_binomial import NegativeBinomialRegression as NegativeBinomialRegression
from patrolgeo.risk.stack import RiskStack as RiskStack
from patrolgeo.risk.boosted import BoostedStack as BoostedStack
from patrolgeo.risk.harm import rank_by_harm as rank_by_harm
from patrolgeo.risk.storage import save_model as save_model
from patrolgeo.risk.storage import load_model as load_model
from patrolgeo.alerts.detector import Detector as Detector
from patrolgeo.alerts.ears import Ears as Ears
from patrolgeo.alerts.farrington import Farrington as Farrington
from patrolgeo.alerts.negbin_ewma import NegBinEwma as NegBinEwma
from patrolgeo.alerts.prospective_scan import ProspectiveScan as ProspectiveScan
from patrolgeo.alerts.sequential import Cusum as Cusum
from patrolgeo.alerts.sequential import Glr as Glr
from patrolgeo.alerts.raise_alerts import raise_alerts as raise_alerts
from patrolgeo.alerts.arrived_share import arrived_share as arrived_share
from patrolgeo.risk.likelihood import log_score as log_score
from patrolgeo.evaluation.hits import hit_rate as hit_rate
from patrolgeo.evaluation.hits import pai as pai
from patrolgeo.evaluation.hits import penalised_pai as penalised_pai
from patrolgeo.evaluation.hits import ser as ser
from patrolgeo.evaluation.efficiency import best_pai as best_pai
from patrolgeo.evaluation.efficiency import pei as pei
from patrolgeo.evaluation.efficiency import pei_any_area as pei_any_area
from patrolgeo.evaluation.efficiency import pei_equal_cells as pei_equal_cells
from patrolgeo.evaluation.efficiency import pei_ceiling as pei_ceiling
from patrolgeo.evaluation.recapture import rri as rri
from patrolgeo.evaluation.recapture import predicted_over_observed as predicted_over_observed
from patrolgeo.evaluation.curves import accuracy_curve as accuracy_curve
from patrolgeo.evaluation.curves import area_under_curve as area_under_curve
from patrolgeo.evaluation.calibration import calibration_table as calibration_table
from patrolgeo.evaluation.calibration import randomised_pit as randomised_pit
from patrolgeo.evaluation.calibration import brier_score as brier_score
from patrolgeo.evaluation.calibration import crps as crps
from patrolgeo.evaluation.backtest import backtest as backtest
from patrolgeo.evaluation.measures import metric_table as metric_table
from patrolgeo.evaluation.evaluate import evaluate as evaluate
from patrolgeo.evaluation.compare import compare as compare
from patrolgeo.evaluation.compare import summarise_scores as summarise_scores
from patrolgeo.evaluation.external import read_forecasts as read_forecasts
from patrolgeo.evaluation.external import flag_units as flag_units
from patrolgeo.evaluation.external import score_flagged as score_flagged
from patrolgeo.evaluation.nij import nij_scores as nij_scores
from patrolgeo.evaluation.nij import nij_challenge as nij_challenge
from patrolgeo.evaluation.impact.effect import Effect as Effect
from patrolgeo.evaluation.impact.weighted_displacement import weighted_displacement as weighted_displacement
from patrolgeo.evaluation.impact.e_test import e_test as e_test
from patrolgeo.evaluation.impact.e_test import exact_ratio as exact_ratio
from patrolgeo.evaluation.impact.difference_in_differences import Impact as Impact
from patrolgeo.evaluation.impact.difference_in_differences import difference_in_differences as difference_in_differences
from patrolgeo.evaluation.impact.synthetic_control import SyntheticControl as SyntheticControl
from patrolgeo.evaluation.impact.synthetic_control import synthetic_control as synthetic_control
from patrolgeo.evaluation.impact.interrupted_time_series import InterruptedSeries as InterruptedSeries
from patrolgeo.evaluation.impact.interrupted_time_series import interrupted_time_series as interrupted_time_series
from patrolgeo.evaluation.impact.displacement_rings import displacement_rings as displacement_rings
from patrolgeo.evaluation.impact.displacement_rings import spillover as spillover
from patrolgeo.evaluation.impact.hot_place_change import HotPlaceChange as HotPlaceChange
from patrolgeo.evaluation.impact.hot_place_change import hot_place_change as hot_place_change
from patrolgeo.evaluation.impact.hot_place_change import before_after as before_after
from patrolgeo.evaluation.impact.effect_per_dose import effect_per_dose as effect_per_dose
from patrolgeo.evaluation.trial.trial_power import trial_power as trial_power
from patrolgeo.evaluation.trial.trial_power import smallest_cut as smallest_cut
from patrolgeo.evaluation.trial.trial_power import change_dispersion as change_dispersion
from patrolgeo.evaluation.trial.assign_treatment import Assignment as Assignment
from patrolgeo.evaluation.trial.assign_treatment import assign_treatment as assign_treatment
from patrolgeo.evaluation.trial.registration import register_trial as register_trial
from patrolgeo.evaluation.trial.registration import hold_to_registration as hold_to_registration
from patrolgeo.evaluation.cost import CostBenefit as CostBenefit
from patrolgeo.evaluation.cost import cost_benefit as cost_benefit
from patrolgeo.evaluation.cost import marginal_value as marginal_value
from patrolgeo.evaluation.cost import yearly_costs as yearly_costs
from patrolgeo.evaluation.delivery.dose import patrol_dose as patrol_dose
from patrolgeo.evaluation.delivery.dose import patrol_account as patrol_account
from patrolgeo.evaluation.delivery.dose import patrol_panel as patrol_panel
from patrolgeo.evaluation.delivery.dose import thinning_change as thinning_change
from patrolgeo.evaluation.delivery.compare import Delivery as Delivery
from patrolgeo.evaluation.delivery.compare import compare_delivery as compare_delivery
from patrolgeo.evaluation.delivery.compare import delivered_per_head as delivered_per_head
from patrolgeo.evaluation.delivery.forces import dose_by_force as dose_by_force
from patrolgeo.evaluation.equity.exposure import ExposureAudit as ExposureAudit
from patrolgeo.evaluation.equity.exposure import exposure_audit as exposure_audit
from patrolgeo.evaluation.equity.strata import stratum_audit as stratum_audit
from patrolgeo.evaluation.equity.frontier import equity_frontier as equity_frontier
from patrolgeo.evaluation.equity.feedback import FeedbackAudit as FeedbackAudit
from patrolgeo.evaluation.equity.feedback import feedback_audit as feedback_audit
from patrolgeo.evaluation.equity.feedback import simulate_feedback as simulate_feedback
from patrolgeo.evaluation.equity.under_reporting import under_reporting as under_reporting
from patrolgeo.pipeline.audit import verify_audit as verify_audit
from patrolgeo.pipeline.audit import write_audit as write_audit
from patrolgeo.roads.hexagons import CellGraph as CellGraph
from patrolgeo.roads.hexagons import hexagon_graph as hexagon_graph
from patrolgeo.roads.hexagons import unit_graph as unit_graph
from patrolgeo.plan.areas.rules import AreaRules as AreaRules
from patrolgeo.plan.areas.goals import AreaGoals as AreaGoals
from patrolgeo.plan.areas.shifts import ShiftAreas as ShiftAreas
from patrolgeo.plan.areas.shifts import design_shift_areas as design_shift_areas
from patrolgeo.plan.areas.pareto import ParetoAreas as ParetoAreas
from patrolgeo.plan.areas.pareto import pareto_areas as pareto_areas
from patrolgeo.plan.areas.curve import areas_curve as areas_curve
from patrolgeo.plan.areas.curve import fewest_areas as fewest_areas
from patrolgeo.plan.areas.draft import AreaDraft as AreaDraft
from patrolgeo.plan.areas.draft import draft_areas as draft_areas
from patrolgeo.plan.areas.hierarchy import AreaHierarchy as AreaHierarchy
from patrolgeo.plan.areas.hierarchy import nest_areas as nest_areas
from patrolgeo.plan.areas.robustness import AreaRobustness as AreaRobustness
from patrolgeo.plan.areas.robustness import area_robustness as area_robustness
from patrolgeo.plan.areas.robustness import bootstrap_workload as bootstrap_workload
from patrolgeo.plan.areas.objective import AreaObjective as AreaObjective
from patrolgeo.plan.areas.design import AreaPlan as AreaPlan
from patrolgeo.plan.areas.design import design_areas as design_areas
from patrolgeo.plan.areas.design_by_cost import design_areas_by_cost as design_areas_by_cost
from patrolgeo.plan.areas.reform import reform_curve as reform_curve
from patrolgeo.plan.areas.measures import AreaMeasures as AreaMeasures
from patrolgeo.plan.areas.measures import measure_areas as measure_areas
from patrolgeo.plan.areas.compare import compare_areas as compare_areas
from patrolgeo.plan.areas.names import name_areas as name_areas
from patrolgeo.plan.areas.borders import describe_borders as describe_borders
from patrolgeo.plan.workload import call_rates as call_rates
from patrolgeo.plan.areas.sensitivity import workload_sensitivity as workload_sensitivity
from patrolgeo.tasks.task_list import make_tasks as make_tasks
from patrolgeo.tasks.task_list import write_tasks as write_tasks
from patrolgeo.tasks.shares import task_shares as task_shares
from patrolgeo.maps.cells import map_cells as map_cells
from patrolgeo.maps.cells import shared_bins as shared_bins
from patrolgeo.maps.plans import map_plan as map_plan
from patrolgeo.maps.flows import map_flows as map_flows
from patrolgeo.charts.clock import plot_calendar as plot_calendar
from patrolgeo.charts.clock import plot_hour_week as plot_hour_week
from patrolgeo.charts.curves import plot_weeks as plot_weeks
from patrolgeo.charts.curves import plot_lorenz as plot_lorenz
from patrolgeo.charts.curves import plot_funnel as plot_funnel
from patrolgeo.charts.tables import plot_knox as plot_knox
from patrolgeo.charts.tables import plot_top_ten as plot_top_ten
from patrolgeo.words.note import Note as Note
from patrolgeo.pages.edition import Edition as Edition
from patrolgeo.pages.findings import Findings as Findings
from patrolgeo.pages.plan_page.page import write_plan_page as write_plan_page
from patrolgeo.pages.borders import spoken_borders as spoken_borders
from patrolgeo.maps.exports import write_layer as write_layer
from patrolgeo.maps.offline import save_html as save_html
from patrolgeo.pages.report.report import write_report as write_report
from patrolgeo.pages.sheets.print_sheets import print_sheets as print_sheets
from patrolgeo.roads.graph import RoadGraph as RoadGraph
from patrolgeo.roads.travel import TravelGraph as TravelGraph
from patrolgeo.roads.travel import travel_time as travel_time
from patrolgeo.roads.calendar import open_roads as open_roads
from patrolgeo.roads.stretches import cut_stretches as cut_stretches
from patrolgeo.roads.joined import JoinedGraph as JoinedGraph
from patrolgeo.roads.joined import join_graphs as join_graphs
from patrolgeo.roads.joined import from_edges as from_edges
from patrolgeo.roads.gravity import gravity_flows as gravity_flows
from patrolgeo.roads.gravity import hourly_flows as hourly_flows
from patrolgeo.roads.gravity import market_attraction as market_attraction
from patrolgeo.roads.paths import FlowPaths as FlowPaths
from patrolgeo.roads.paths import flow_paths as flow_paths
from patrolgeo.roads.gates import calibrate_flows as calibrate_flows
from patrolgeo.plan.routes.design_routes import design_routes as design_routes
from patrolgeo.plan.routes.route_plan import RoutePlan as RoutePlan
from patrolgeo.plan.routes.risk_windows import risk_windows as risk_windows
from patrolgeo.plan.routes.route_rules import RouteRules as RouteRules
from patrolgeo.plan.routes.route_pool import RoutePool as RoutePool
from patrolgeo.plan.routes.watcher import Watcher as Watcher
from patrolgeo.plan.routes.watcher import watch_routes as watch_routes
from patrolgeo.plan.routes.street_routes import StreetPlan as StreetPlan
from patrolgeo.plan.routes.street_routes import street_routes as street_routes
from patrolgeo.plan.sites.site_plan import SiteModel as SiteModel
from patrolgeo.plan.sites.site_plan import SitePlan as SitePlan
from patrolgeo.plan.sites.rules import SiteRules as SiteRules
from patrolgeo.plan.sites.rules import outside_zones as outside_zones
from patrolgeo.plan.sites.rules import pairs_within as pairs_within
from patrolgeo.plan.sites.shifts import by_shift as by_shift
from patrolgeo.plan.sites.max_coverage import max_coverage as max_coverage
from patrolgeo.plan.sites.max_coverage import backup_coverage as backup_coverage
from patrolgeo.plan.sites.p_median import p_median as p_median
from patrolgeo.plan.checkpoints.interception import InterceptionPlan as InterceptionPlan
from patrolgeo.plan.checkpoints.interception import intercept_flows as intercept_flows
from patrolgeo.plan.checkpoints.evasion import intercept_evasive_flows as intercept_evasive_flows
from patrolgeo.plan.checkpoints.cordon.plan import CordonPlan as CordonPlan
from patrolgeo.plan.checkpoints.cordon.plan import seal_cordon as seal_cordon
from patrolgeo.plan.sites.p_center import p_center as p_center
from patrolgeo.plan.sites.set_cover import set_cover as set_cover
from patrolgeo.plan.sites.weak_points import blind_spots as blind_spots
from patrolgeo.plan.sites.weak_points import weak_roads as weak_roads
from patrolgeo.plan.sites.weak_points import weak_units as weak_units
from patrolgeo.plan.sites.marginal_curve import marginal_curve as marginal_curve
from patrolgeo.plan.sites.posts import PostRule as PostRule
from patrolgeo.plan.sites.posts import plan_posts as plan_posts
from patrolgeo.plan.sites.cameras import camera_places as camera_places
from patrolgeo.plan.sites.cameras import camera_sheets as camera_sheets
from patrolgeo.plan.sites.cameras import camera_view as camera_view
from patrolgeo.plan.sites.capacitated import capacitated_p_median as capacitated_p_median
from patrolgeo.plan.response.hypercube import hypercube as hypercube
from patrolgeo.plan.response.hypercube_result import HypercubeResult as HypercubeResult
from patrolgeo.plan.response.hypercube_service import hypercube_service as hypercube_service
from patrolgeo.plan.response.sample_calls import sample_calls as sample_calls
from patrolgeo.plan.response.simulate import simulate_dispatch as simulate_dispatch
from patrolgeo.plan.response.dispatch_result import DispatchResult as DispatchResult
from patrolgeo.plan.response.fit_response import ResponseModel as ResponseModel
from patrolgeo.plan.response.fit_response import fit_response as fit_response
from patrolgeo.plan.response.response_plan import ResponsePlan as ResponsePlan
from patrolgeo.plan.response.response_plan import plan_response as plan_response
from patrolgeo.plan.response.response_table import response_table as response_table
from patrolgeo.plan.response.response_table import response_change as response_change
from patrolgeo.plan.response.response_table import replay_dispatch as replay_dispatch
from patrolgeo.plan.checkpoints.shared_borders import JointPlan as JointPlan
from patrolgeo.plan.checkpoints.shared_borders import border_places as border_places
from patrolgeo.plan.checkpoints.shared_borders import joint_coverage as joint_coverage
from patrolgeo.plan.checkpoints.border_help import border_proposals as border_proposals
from patrolgeo.plan.checkpoints.duty_levels import NestedTiers as NestedTiers
from patrolgeo.plan.checkpoints.duty_levels import nested_tiers as nested_tiers
from patrolgeo.plan.checkpoints.traffic import Traffic as Traffic
from patrolgeo.plan.checkpoints.traffic import county_traffic as county_traffic
from patrolgeo.plan.checkpoints.key_places import Defence as Defence
from patrolgeo.plan.checkpoints.key_places import defend_places as defend_places
from patrolgeo.plan.checkpoints.key_places import space_checkpoints as space_checkpoints
from patrolgeo.plan.checkpoints.county import CheckpointPlan as CheckpointPlan
from patrolgeo.plan.checkpoints.county import plan_checkpoints as plan_checkpoints
from patrolgeo.plan.staffing.demand import hourly_calls as hourly_calls
from patrolgeo.plan.staffing.units import staff_units as staff_units
from patrolgeo.plan.staffing.units import measure_units as measure_units
from patrolgeo.plan.staffing.shifts import staff_shifts as staff_shifts
from patrolgeo.plan.staffing.shift_plan import ShiftPlan as ShiftPlan
from patrolgeo.plan.staffing.roster_sheet import roster_sheet as roster_sheet
from patrolgeo.plan.staffing.events import bind_units as bind_units
from patrolgeo.pipeline.bulletin import bulletin as bulletin
from patrolgeo.pipeline.plan import run_plan as run_plan
from patrolgeo.pipeline.new import new_plan as new_plan
from patrolgeo.pipeline.watch.run import run_watch as run_watch
from patrolgeo.pipeline.brief import write_brief as write_brief
from patrolgeo.pipeline.study.run import run_study as run_study
from patrolgeo.pipeline.study.verify import verify_study as verify_study
from patrolgeo.pipeline.trial.run import run_trial as run_trial
from patrolgeo.pipeline.trial.run import verify_trial as verify_trial

__version__: str
__all__: list[str]

@overload
def read_incidents(
    source: Any,
    *,
    preset: str | None = ...,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    tz: str | None = ...,
    encoding: str | None = ...,
    day_first: bool | None = ...,
    area: Any = ...,
    places: Any = ...,
    keep: Iterable[str] = ...,
    duplicates: str = ...,
    place_bound: bool = ...,
    return_ledger: Literal[False] = ...,
    **more: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_incidents(
    source: Any,
    *,
    preset: str | None = ...,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    tz: str | None = ...,
    encoding: str | None = ...,
    day_first: bool | None = ...,
    area: Any = ...,
    places: Any = ...,
    keep: Iterable[str] = ...,
    duplicates: str = ...,
    place_bound: bool = ...,
    return_ledger: Literal[True],
    **more: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_calls(
    source: Any,
    *,
    preset: str | None = ...,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    tz: str | None = ...,
    encoding: str | None = ...,
    day_first: bool | None = ...,
    area: Any = ...,
    places: Any = ...,
    return_ledger: Literal[False] = ...,
    **more: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_calls(
    source: Any,
    *,
    preset: str | None = ...,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    tz: str | None = ...,
    encoding: str | None = ...,
    day_first: bool | None = ...,
    area: Any = ...,
    places: Any = ...,
    return_ledger: Literal[True],
    **more: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_area(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    encoding: str | None = ...,
    return_ledger: Literal[False] = ...,
    **where: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_area(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    encoding: str | None = ...,
    return_ledger: Literal[True],
    **where: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_polygons(
    source: Any,
    *,
    what: str = ...,
    columns: Mapping[str, str] | None = ...,
    encoding: str | None = ...,
    return_ledger: Literal[False] = ...,
    **where: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_polygons(
    source: Any,
    *,
    what: str = ...,
    columns: Mapping[str, str] | None = ...,
    encoding: str | None = ...,
    return_ledger: Literal[True],
    **where: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_population(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    encoding: str | None = ...,
    return_ledger: Literal[False] = ...,
    **where: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_population(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    encoding: str | None = ...,
    return_ledger: Literal[True],
    **where: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_places(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    encoding: str | None = ...,
    return_ledger: Literal[False] = ...,
    **where: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_places(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    encoding: str | None = ...,
    return_ledger: Literal[True],
    **where: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_forces(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    encoding: str | None = ...,
    return_ledger: Literal[False] = ...,
    **where: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_forces(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    encoding: str | None = ...,
    return_ledger: Literal[True],
    **where: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_shifts(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    encoding: str | None = ...,
    return_ledger: Literal[False] = ...,
    **where: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_shifts(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    encoding: str | None = ...,
    return_ledger: Literal[True],
    **where: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_gates(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    encoding: str | None = ...,
    return_ledger: Literal[False] = ...,
    **where: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_gates(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    encoding: str | None = ...,
    return_ledger: Literal[True],
    **where: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_patrols(
    source: Any,
    *,
    key: str | None = ...,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    tz: str | None = ...,
    encoding: str | None = ...,
    day_first: bool | None = ...,
    max_kmh: float = ...,
    set_aside: Iterable[str] = ...,
    return_ledger: Literal[False] = ...,
    **where: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_patrols(
    source: Any,
    *,
    key: str | None = ...,
    columns: Mapping[str, str] | None = ...,
    datum: str = ...,
    tz: str | None = ...,
    encoding: str | None = ...,
    day_first: bool | None = ...,
    max_kmh: float = ...,
    set_aside: Iterable[str] = ...,
    return_ledger: Literal[True],
    **where: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_roads(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    encoding: str | None = ...,
    return_ledger: Literal[False] = ...,
    **where: Any,
) -> gpd.GeoDataFrame: ...
@overload
def read_roads(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    encoding: str | None = ...,
    return_ledger: Literal[True],
    **where: Any,
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def locate_addresses(
    table: pd.DataFrame,
    *,
    streets: Any = ...,
    points: Any = ...,
    column: str | None = ...,
    return_ledger: Literal[False] = ...,
) -> gpd.GeoDataFrame: ...
@overload
def locate_addresses(
    table: pd.DataFrame,
    *,
    streets: Any = ...,
    points: Any = ...,
    column: str | None = ...,
    return_ledger: Literal[True],
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def workload_index(
    population: pd.Series | None = ...,
    risk: pd.Series | None = ...,
    roads: pd.Series | None = ...,
    *,
    weights: Mapping[str, float],
    area: pd.Series | None = ...,
    visits: pd.Series | None = ...,
    parts: Literal[False] = ...,
) -> pd.Series: ...
@overload
def workload_index(
    population: pd.Series | None = ...,
    risk: pd.Series | None = ...,
    roads: pd.Series | None = ...,
    *,
    weights: Mapping[str, float],
    area: pd.Series | None = ...,
    visits: pd.Series | None = ...,
    parts: Literal[True],
) -> pd.DataFrame: ...
@overload
def workload_minutes(
    rates: pd.DataFrame | None = ...,
    kinds: pd.DataFrame | None = ...,
    *,
    travel_minutes: pd.Series | float = ...,
    visits: pd.Series | None = ...,
    inhabited: pd.Series | None = ...,
    stop_minutes: float = ...,
    floor_days: float = ...,
    shift_hours: float = ...,
    road_km: pd.Series | None = ...,
    passes: float = ...,
    speed_kmh: float = ...,
    parts: Literal[False] = ...,
) -> pd.Series: ...
@overload
def workload_minutes(
    rates: pd.DataFrame | None = ...,
    kinds: pd.DataFrame | None = ...,
    *,
    travel_minutes: pd.Series | float = ...,
    visits: pd.Series | None = ...,
    inhabited: pd.Series | None = ...,
    stop_minutes: float = ...,
    floor_days: float = ...,
    shift_hours: float = ...,
    road_km: pd.Series | None = ...,
    passes: float = ...,
    speed_kmh: float = ...,
    parts: Literal[True],
) -> pd.DataFrame: ...
@overload
def read_tasks(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    return_ledger: Literal[False] = ...,
) -> gpd.GeoDataFrame: ...
@overload
def read_tasks(
    source: Any,
    *,
    columns: Mapping[str, str] | None = ...,
    return_ledger: Literal[True],
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
@overload
def read_reports(
    source: Any,
    tasks: pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = ...,
    return_ledger: Literal[False] = ...,
) -> gpd.GeoDataFrame: ...
@overload
def read_reports(
    source: Any,
    tasks: pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = ...,
    return_ledger: Literal[True],
) -> tuple[gpd.GeoDataFrame, Ledger]: ...
