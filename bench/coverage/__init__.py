"""How often the intervals of the two targets hold the truth, and how often a target is claimed wrongly.

`python -m bench.coverage` runs a slice, `--full` the grids of the specification, `--part` one of the parts.
Simulated weeks go through the product's own strata, allocation, limits and rules of claiming.
"""
