"""Every benchmark that needs no data from outside, one JSON object a line."""

import subprocess
import sys

NAMES = (
    "start_speed",
    "check_speed",
    "crawl_speed",
    "frontier",
    "coverage",
    "report_speed",
    "replay_growth",
    "stopping",
    "web_speed",
)


def main() -> int:
    """Run them one after the other; 1 if one of them could not run."""
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode for name in NAMES
    ]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
