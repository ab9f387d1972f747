"""`kiemchung check --jsonl` against segmenting the same texts with `underthesea.word_tokenize`, same run.

`--texts FILE` takes a TSV or plain file, one text a line (`--column NAME` for a TSV); without it the titles,
leads and paragraphs of the sample province are read.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from demo import content


def texts_of(file: Path | None, column: str | None) -> list[str]:
    """The texts to read."""
    if file is None:
        return [
            text for page in content.pages() for text in (page.title, page.lead, *page.paragraphs) if text
        ]
    if column is None:
        return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    with file.open(encoding="utf-8", newline="") as handle:
        return [row[column] for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)]


def product(texts: list[str], repeat: int) -> tuple[float, int]:
    """Seconds for all texts through the command line, its start taken off, and how many were in scope."""
    lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts * repeat)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pipeline.cli.main", "check", "--jsonl"]
        start = perf_counter()
        subprocess.run(
            command, input='{"text": "a"}\n', text=True, capture_output=True, check=True, cwd=folder
        )
        idle = perf_counter() - start
        start = perf_counter()
        done = subprocess.run(command, input=lines, text=True, capture_output=True, check=True, cwd=folder)
        seconds = perf_counter() - start - idle
    inside = sum(json.loads(line)["in_scope"] for line in done.stdout.splitlines())
    return seconds, inside


def reference(texts: list[str]) -> float:
    """Seconds for segmenting the same texts into words."""
    from underthesea import word_tokenize

    word_tokenize("khởi động")
    start = perf_counter()
    for text in texts:
        word_tokenize(text)
    return perf_counter() - start


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--column")
    parser.add_argument("--repeat", type=int, default=10)
    given = parser.parse_args()
    texts = texts_of(given.texts, given.column)
    segmenting = reference(texts)
    seconds, inside = product(texts, given.repeat)
    ours, theirs = len(texts) * given.repeat / seconds, len(texts) / segmenting
    print(
        json.dumps(
            {
                "benchmark": "check_speed",
                "texts": len(texts),
                "in_scope": inside // given.repeat,
                "ours_texts_s": round(ours),
                "word_tokenize_texts_s": round(theirs),
                "ratio": round(ours / theirs, 1),
                "target_ratio": 10,
            }
        )
    )


if __name__ == "__main__":
    main()
