"""How long people wait: Kursbuch's pages next to a bare Flask page, measured in one run. `python -m benchmarks`."""
