"""Gather: source registry, safe fetching, feeds, sitemaps, pages, extraction, tips, ClaimReview import.

Knows `models` alone; what reads a text is handed in by the composition root (see `ports`).
"""
