"""Presets of the settings, by name.

A rural county weighs people, recorded risk and roads to be driven; a city weighs risk more, and its streets are
everywhere. "visits" is the service floor: every inhabited village or cell is owed one a week. The reach in minutes is a
planning value, not a standard.
"""

from typing import Any

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "county": {
        "areas": {
            "workload": {"population": 0.4, "risk": 0.3, "roads": 0.2, "visits": 0.1},
            "speed_kmh": 30.0,
            "nest_in": "township",
        },
        "sites": {"reach_minutes": 15.0},
    },
    "city": {
        "areas": {"workload": {"population": 0.3, "risk": 0.5, "area": 0.1, "visits": 0.1}, "speed_kmh": 25.0},
        "sites": {"reach_minutes": 5.0},
    },
}
