"""What stands beside a figure, in each language of the public door: its value, its state, its method."""

from functools import partial

from pipeline import chartwords, figures, methodwords
from pipeline.figures import Figure
from review_ui.language import FIRST, say


def shown(figure: Figure, language: str = FIRST) -> str:
    """Value and interval; where there is no value, why in a few words."""
    if figure.value is None and language not in {FIRST, "en"}:
        return say(language, figures.shown(figure))
    text = figures.shown(figure, language)
    return text if language in {FIRST, "en"} else text.replace("from", say(language, "từ"))


def state(said: str, language: str = FIRST) -> str:
    """A state, its number filled in."""
    return said if language == "en" else figures.state_vi(said, partial(say, language))


def told(method: str, language: str = FIRST) -> str:
    """A method, or the reason why a figure is missing."""
    return methodwords.told(method, language, partial(say, language))


def brief(name: str, language: str = FIRST) -> str:
    """A count in a few words, for the head of a column."""
    return say(language, chartwords.brief(name, FIRST))
