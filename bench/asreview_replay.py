"""Run inside ASReview's own environment: replays a labelled pool with its ELAS u4 learner.

Reads ``{"texts", "labels", "priors"}`` from standard input; prints, for each pair of prior rows, the order in
which everything was read until the last positive, and the CPU seconds that took.
"""

import importlib
import json
import sys
import time
from typing import Any


def replay(texts: list[str], labels: list[int], prior: list[int]) -> tuple[list[int], float]:
    """Row numbers as read, one a step, and CPU seconds, feature extraction included."""
    asreview: Any = importlib.import_module("asreview")
    models: Any = importlib.import_module("asreview.models.models")
    pandas: Any = importlib.import_module("pandas")
    start = time.process_time()
    cycle = asreview.ActiveLearningCycle.from_meta(models.get_ai_config("elas_u4")["value"])
    # the extractor joins title and abstract; here the whole text is the title
    pool = pandas.DataFrame({"title": texts, "abstract": [""] * len(texts)})
    run = asreview.Simulate(pool, labels, cycle, print_progress=False)
    run.label(prior)
    run.review()
    read = [int(row) for row in run._results["record_id"]]  # noqa: SLF001 -- its only way to the order
    return read, time.process_time() - start


def main() -> None:
    """Print one JSON object."""
    given = json.load(sys.stdin)
    runs = [replay(given["texts"], given["labels"], prior) for prior in given["priors"]]
    print(json.dumps({"orders": [order for order, _ in runs], "seconds": [spent for _, spent in runs]}))


if __name__ == "__main__":
    main()
