"""Run: the composition root, settings, stages, schedule, sampling, metrics, exports and the command line.

It joins `crawlers` (through its ports) with `classify`, and is all that `review_ui` talks to.
"""
