"""Benchmarks: each prints one JSON object; figures are ratios against a named reference in the same run."""
