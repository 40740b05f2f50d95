"""Plan files: a TOML file as dataclasses; it knows no room, only what may be asked and in which words.

Every table of a plan file is a dataclass in a file of its own here, and every key says what it does where it stands
(`toml_tables.key`): messages, the page docs/plan-file.md and new plan files are made from these words. A key is checked
when the file is read: an unknown one is an error that names the nearest known one, a missing one is named with its
meaning. Paths are relative to the plan file; ``${NAME}`` is taken from the environment (``${PATROLGEO_DATA}`` defaults
to ``../shared/data`` beside the folder that holds ``pyproject.toml``).
"""

from patrolgeo.config.plan import Plan
from patrolgeo.config.presets import PRESETS
from patrolgeo.config.read import parse_plan, read_plan
from patrolgeo.config.source import Source

__all__ = ["PRESETS", "Plan", "Source", "parse_plan", "read_plan"]
