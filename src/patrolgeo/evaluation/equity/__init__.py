"""Who bears the patrols, what records feed back, where little is told: areas and their shares, never persons."""
