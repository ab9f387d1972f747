"""Tests mirror the rooms; `rules` holds one file per rule, `journeys` drives a real browser."""
