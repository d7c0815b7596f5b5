"""Meta-analysis of mesenchymal stromal cell therapy in acute respiratory distress syndrome.

One YAML file per trial goes in; forest plots, funnel plots, tables and results come out.

Examples
--------
>>> import msc_meta as mm
>>> evidence = mm.load_studies("studies/")
>>> synthesis = mm.synthesize(evidence, mm.load_protocol())
>>> synthesis["mortality"].result.measure
'RR'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msc_meta.certainty.absolute_effects import absolute_effects
    from msc_meta.certainty.missing_evidence import missing_evidence
    from msc_meta.certainty.summary_of_findings import summary_of_findings
    from msc_meta.effects.measures import MEASURES, EffectSize, effect_size
    from msc_meta.effects.medians import mean_sd
    from msc_meta.effects.skewness import SkewnessTest, skewness_test
    from msc_meta.errors import ArgumentError, DataError, MscMetaError, PluginError, Problem, UsageError
    from msc_meta.evidence import Evidence
    from msc_meta.figures.baujat_plot import baujat_plot
    from msc_meta.figures.bubble_plot import bubble_plot
    from msc_meta.figures.drapery_plot import drapery_plot
    from msc_meta.figures.evidence_map import evidence_map
    from msc_meta.figures.flow_diagram import flow_diagram
    from msc_meta.figures.forest import forest
    from msc_meta.figures.forest_figure import figure_size_for
    from msc_meta.figures.funnel import funnel
    from msc_meta.figures.influence_plot import influence_plot
    from msc_meta.figures.labbe_plot import labbe_plot
    from msc_meta.figures.radial_plot import radial_plot
    from msc_meta.figures.style import load_style, style
    from msc_meta.figures.timeline_plot import timeline_plot
    from msc_meta.hookspecs import hookimpl
    from msc_meta.loading import load_studies
    from msc_meta.pooling.batch import PooledBatch, pool_batch
    from msc_meta.pooling.bayesian import BayesResult, bayes, prior_sensitivity
    from msc_meta.pooling.beta_binomial import beta_binomial
    from msc_meta.pooling.glmm import glmm
    from msc_meta.pooling.mantel_haenszel import mantel_haenszel
    from msc_meta.pooling.one_stage import OneStageResult
    from msc_meta.pooling.peto import peto
    from msc_meta.pooling.random_effects import pool
    from msc_meta.pooling.rare_events import RareEvents, rare_events
    from msc_meta.pooling.regression import Regression, meta_regression
    from msc_meta.pooling.results import Interval, PooledResult
    from msc_meta.pooling.shared_control import pool_multivariate, shared_control_covariance
    from msc_meta.pooling.subgroups import Subgroups, subgroups
    from msc_meta.pooling.tau_priors import TauPrior, rhodes, tau_prior, turner
    from msc_meta.protocol import Protocol
    from msc_meta.protocol_choices import multiverse
    from msc_meta.protocol_files import load_protocol
    from msc_meta.records.study import Study
    from msc_meta.robustness.asymmetry import small_study_effects
    from msc_meta.robustness.bootstrap import Bootstrap, bootstrap, bootstrap_regression
    from msc_meta.robustness.gosh import Gosh, gosh
    from msc_meta.robustness.group_sequential import boundaries
    from msc_meta.robustness.henmi_copas import henmi_copas
    from msc_meta.robustness.influence import baujat, influence
    from msc_meta.robustness.leave_one_out import cumulative, leave_one_out
    from msc_meta.robustness.limit_estimate import limit_estimate
    from msc_meta.robustness.next_trial import (
        NextTrial,
        extended_funnel,
        next_trial,
        power_curve,
        smallest_trial,
    )
    from msc_meta.robustness.required_information import required_information
    from msc_meta.robustness.selection_model import selection_model
    from msc_meta.robustness.sequential import SequentialAnalysis, sequential_analysis
    from msc_meta.robustness.simulated_trial import Trial
    from msc_meta.robustness.small_study import begg, egger, harbord, peters
    from msc_meta.robustness.specification_curve import SpecificationCurve
    from msc_meta.robustness.trim_and_fill import trim_and_fill
    from msc_meta.screening.screening_file import Screening, load_screening
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis, synthesize

    __version__: str

# public name -> module; a name is imported when it is first used, so that importing the package costs nothing
_HOMES = {
    "ArgumentError": "errors",
    "BayesResult": "pooling.bayesian",
    "Bootstrap": "robustness.bootstrap",
    "DataError": "errors",
    "EffectSize": "effects.measures",
    "Evidence": "evidence",
    "Gosh": "robustness.gosh",
    "Interval": "pooling.results",
    "MEASURES": "effects.measures",
    "MscMetaError": "errors",
    "NextTrial": "robustness.next_trial",
    "OneStageResult": "pooling.one_stage",
    "OutcomeSynthesis": "synthesis",
    "PluginError": "errors",
    "PooledBatch": "pooling.batch",
    "PooledResult": "pooling.results",
    "Problem": "errors",
    "Protocol": "protocol",
    "RareEvents": "pooling.rare_events",
    "Regression": "pooling.regression",
    "Screening": "screening.screening_file",
    "SequentialAnalysis": "robustness.sequential",
    "SkewnessTest": "effects.skewness",
    "SpecificationCurve": "robustness.specification_curve",
    "Study": "records.study",
    "Subgroups": "pooling.subgroups",
    "Synthesis": "synthesis",
    "TauPrior": "pooling.tau_priors",
    "Trial": "robustness.simulated_trial",
    "UsageError": "errors",
    "absolute_effects": "certainty.absolute_effects",
    "baujat": "robustness.influence",
    "baujat_plot": "figures.baujat_plot",
    "bayes": "pooling.bayesian",
    "begg": "robustness.small_study",
    "beta_binomial": "pooling.beta_binomial",
    "bootstrap": "robustness.bootstrap",
    "bootstrap_regression": "robustness.bootstrap",
    "boundaries": "robustness.group_sequential",
    "bubble_plot": "figures.bubble_plot",
    "cumulative": "robustness.leave_one_out",
    "drapery_plot": "figures.drapery_plot",
    "effect_size": "effects.measures",
    "egger": "robustness.small_study",
    "evidence_map": "figures.evidence_map",
    "extended_funnel": "robustness.next_trial",
    "figure_size_for": "figures.forest_figure",
    "flow_diagram": "figures.flow_diagram",
    "forest": "figures.forest",
    "funnel": "figures.funnel",
    "glmm": "pooling.glmm",
    "gosh": "robustness.gosh",
    "harbord": "robustness.small_study",
    "henmi_copas": "robustness.henmi_copas",
    "hookimpl": "hookspecs",
    "influence": "robustness.influence",
    "influence_plot": "figures.influence_plot",
    "labbe_plot": "figures.labbe_plot",
    "leave_one_out": "robustness.leave_one_out",
    "limit_estimate": "robustness.limit_estimate",
    "load_protocol": "protocol_files",
    "load_screening": "screening.screening_file",
    "load_studies": "loading",
    "load_style": "figures.style",
    "mantel_haenszel": "pooling.mantel_haenszel",
    "mean_sd": "effects.medians",
    "meta_regression": "pooling.regression",
    "missing_evidence": "certainty.missing_evidence",
    "multiverse": "protocol_choices",
    "next_trial": "robustness.next_trial",
    "peters": "robustness.small_study",
    "peto": "pooling.peto",
    "pool": "pooling.random_effects",
    "pool_batch": "pooling.batch",
    "pool_multivariate": "pooling.shared_control",
    "power_curve": "robustness.next_trial",
    "prior_sensitivity": "pooling.bayesian",
    "radial_plot": "figures.radial_plot",
    "rare_events": "pooling.rare_events",
    "required_information": "robustness.required_information",
    "rhodes": "pooling.tau_priors",
    "selection_model": "robustness.selection_model",
    "sequential_analysis": "robustness.sequential",
    "shared_control_covariance": "pooling.shared_control",
    "skewness_test": "effects.skewness",
    "small_study_effects": "robustness.asymmetry",
    "smallest_trial": "robustness.next_trial",
    "style": "figures.style",
    "subgroups": "pooling.subgroups",
    "summary_of_findings": "certainty.summary_of_findings",
    "synthesize": "synthesis",
    "tau_prior": "pooling.tau_priors",
    "timeline_plot": "figures.timeline_plot",
    "trim_and_fill": "robustness.trim_and_fill",
    "turner": "pooling.tau_priors",
}

__all__ = [
    "MEASURES",
    "ArgumentError",
    "BayesResult",
    "Bootstrap",
    "DataError",
    "EffectSize",
    "Evidence",
    "Gosh",
    "Interval",
    "MscMetaError",
    "NextTrial",
    "OneStageResult",
    "OutcomeSynthesis",
    "PluginError",
    "PooledBatch",
    "PooledResult",
    "Problem",
    "Protocol",
    "RareEvents",
    "Regression",
    "Screening",
    "SequentialAnalysis",
    "SkewnessTest",
    "SpecificationCurve",
    "Study",
    "Subgroups",
    "Synthesis",
    "TauPrior",
    "Trial",
    "UsageError",
    "absolute_effects",
    "baujat",
    "baujat_plot",
    "bayes",
    "begg",
    "beta_binomial",
    "bootstrap",
    "bootstrap_regression",
    "boundaries",
    "bubble_plot",
    "cumulative",
    "drapery_plot",
    "effect_size",
    "egger",
    "evidence_map",
    "extended_funnel",
    "figure_size_for",
    "flow_diagram",
    "forest",
    "funnel",
    "glmm",
    "gosh",
    "harbord",
    "henmi_copas",
    "hookimpl",
    "influence",
    "influence_plot",
    "labbe_plot",
    "leave_one_out",
    "limit_estimate",
    "load_protocol",
    "load_screening",
    "load_studies",
    "load_style",
    "mantel_haenszel",
    "mean_sd",
    "meta_regression",
    "missing_evidence",
    "multiverse",
    "next_trial",
    "peters",
    "peto",
    "pool",
    "pool_batch",
    "pool_multivariate",
    "power_curve",
    "prior_sensitivity",
    "radial_plot",
    "rare_events",
    "required_information",
    "rhodes",
    "selection_model",
    "sequential_analysis",
    "shared_control_covariance",
    "skewness_test",
    "small_study_effects",
    "smallest_trial",
    "style",
    "subgroups",
    "summary_of_findings",
    "synthesize",
    "tau_prior",
    "timeline_plot",
    "trim_and_fill",
    "turner",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "__version__":
        from importlib.metadata import version

        return version("msc-meta")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
