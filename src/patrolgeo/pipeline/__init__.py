"""A TOML file in, everything together out."""

from patrolgeo.pipeline.plan import run_plan

__all__ = ["run_plan"]
