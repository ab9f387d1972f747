"""`kiemchung demo`: the whole desk on the sample province, opened on its queue."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import bar, emit, examples, note, say

if TYPE_CHECKING:
    from pipeline.demo import Demo

FOLDER = Path("var/demo")
ROLES_VI = {
    "analyst": "thẩm định viên: xem xét, cho ý kiến",
    "lead": "trưởng nhóm: ý kiến thứ hai, công bố",
    "auditor": "kiểm định viên: xem mọi thứ, không quyết định",
    "admin": "quản trị: tài khoản và nguồn tin",
}
EXAMPLES = examples(
    "kiemchung demo",
    "kiemchung demo --port 8080 --no-browser",
    "kiemchung demo --fill-only --json      fill the desk, say what happened, serve nothing",
)


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command(epilog=EXAMPLES)(demo)


def demo(
    port: Annotated[int, typer.Option(help="port of the desk", min=0, max=65535)] = 8000,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="only print the address")] = False,
    fill_only: Annotated[bool, typer.Option("--fill-only", help="fill the desk and stop")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="answer with one JSON object")] = False,
) -> None:
    """Open the whole desk on sample data: six invented publishers, crawled for real, and 60 tips.

    The desk is made anew in var/demo each time. Everything in it is invented.
    """
    # the desk pulls in Scrapy, SQLAlchemy and the web server: never before this command runs
    from pipeline import demo as sample
    from pipeline.cli.web import free_port

    chosen = free_port("127.0.0.1", port)
    with sample.sample_sites() as sites:
        made = sample.fill(FOLDER, sites, note, bar())
        try:
            _announce(made, f"http://127.0.0.1:{chosen}", as_json=as_json)
            if not fill_only:
                _serve(made, chosen, browser=not no_browser)
        finally:
            made.desk.close()


def _announce(made: "Demo", address: str, *, as_json: bool) -> None:
    if as_json:
        accounts = {name: {"role": role, "password": word} for name, (role, word) in made.passwords.items()}
        emit({"address": address, "accounts": accounts, "report": made.report.as_dict()})
        return
    kept = made.report.outcomes.get("kept", 0)
    dropped = made.report.outcomes.get("not_ours", 0)
    say("")
    say("Kiểm Chứng — dữ liệu mẫu: mọi tổ chức, con người và sự việc đều là hư cấu.")
    say(f"Đã đọc {kept + dropped} trang: giữ {kept}, bỏ {dropped}.")
    say(f"{made.report.queued} tin đang chờ kiểm chứng.")
    say("")
    say(f"  Bàn làm việc   {address}/ban-lam-viec")
    say(f"  Trang công khai {address}/")
    say("")
    say("Tài khoản (mật khẩu mới cho mỗi lần mở):")
    for name, (role, word) in made.passwords.items():
        say(f"  {name:6} {word}   {ROLES_VI[role]}")
    say("")
    say("Nhấn Ctrl+C để dừng.")


def _serve(made: "Demo", port: int, *, browser: bool) -> None:
    from pipeline.cli.web import serve_here
    from pipeline.demo import BANNER, keep_reading

    stop = threading.Event()
    reading = threading.Thread(target=keep_reading, args=(made.desk, stop), daemon=True)
    reading.start()
    try:
        serve_here(made.desk, port, banner=BANNER, open_path="/ban-lam-viec" if browser else None)
    finally:
        stop.set()
        reading.join(timeout=10)
