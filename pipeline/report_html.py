"""A report as one HTML page that fetches and runs nothing: styles and charts are inside it."""

from pipeline.report import TEMPLATES, Report


def render(report: Report) -> bytes:
    """The page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html")
    return template.render(report=report, kind=lambda block: type(block).__name__).encode()
