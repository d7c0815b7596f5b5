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
    from msc_meta.effects.measures import MEASURES, EffectSize, effect_size
    from msc_meta.effects.summaries import mean_sd
    from msc_meta.errors import ArgumentError, DataError, MscMetaError, PluginError, Problem, UsageError
    from msc_meta.evidence import Evidence
    from msc_meta.figures.forest import forest
    from msc_meta.figures.funnel import funnel
    from msc_meta.hookspecs import hookimpl
    from msc_meta.loading import load_studies
    from msc_meta.pooling.beta_binomial import beta_binomial
    from msc_meta.pooling.glmm import glmm
    from msc_meta.pooling.mantel_haenszel import mantel_haenszel
    from msc_meta.pooling.one_stage import OneStageResult
    from msc_meta.pooling.peto import peto
    from msc_meta.pooling.random_effects import pool
    from msc_meta.pooling.rare_events import RareEvents, rare_events
    from msc_meta.pooling.results import Interval, PooledResult
    from msc_meta.protocol import Protocol, load_protocol
    from msc_meta.records.study import Study
    from msc_meta.synthesis import OutcomeSynthesis, Synthesis, synthesize

    __version__: str

# public name -> module; a name is imported when it is first used, so that importing the package costs nothing
_HOMES = {
    "MEASURES": "effects.measures",
    "ArgumentError": "errors",
    "DataError": "errors",
    "EffectSize": "effects.measures",
    "Evidence": "evidence",
    "Interval": "pooling.results",
    "MscMetaError": "errors",
    "OneStageResult": "pooling.one_stage",
    "OutcomeSynthesis": "synthesis",
    "PluginError": "errors",
    "PooledResult": "pooling.results",
    "Problem": "errors",
    "Protocol": "protocol",
    "RareEvents": "pooling.rare_events",
    "Study": "records.study",
    "Synthesis": "synthesis",
    "UsageError": "errors",
    "beta_binomial": "pooling.beta_binomial",
    "effect_size": "effects.measures",
    "forest": "figures.forest",
    "funnel": "figures.funnel",
    "glmm": "pooling.glmm",
    "hookimpl": "hookspecs",
    "load_protocol": "protocol",
    "load_studies": "loading",
    "mantel_haenszel": "pooling.mantel_haenszel",
    "mean_sd": "effects.summaries",
    "peto": "pooling.peto",
    "pool": "pooling.random_effects",
    "rare_events": "pooling.rare_events",
    "synthesize": "synthesis",
}

__all__ = [
    "MEASURES",
    "ArgumentError",
    "DataError",
    "EffectSize",
    "Evidence",
    "Interval",
    "MscMetaError",
    "OneStageResult",
    "OutcomeSynthesis",
    "PluginError",
    "PooledResult",
    "Problem",
    "Protocol",
    "RareEvents",
    "Study",
    "Synthesis",
    "UsageError",
    "beta_binomial",
    "effect_size",
    "forest",
    "funnel",
    "glmm",
    "hookimpl",
    "load_protocol",
    "load_studies",
    "mantel_haenszel",
    "mean_sd",
    "peto",
    "pool",
    "rare_events",
    "synthesize",
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
