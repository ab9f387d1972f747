"""The network address that a limit counts by: the connection's, or the one that the desk's own proxy names.

It is looked at for one request and never written (rule 1); `throttle` turns it into a salted prefix.
"""

from fastapi import Request

from review_ui.pages import desk_of


def address_of(request: Request) -> str | None:
    """Whose address a request comes from, as far as limits need it.

    With `web.proxy_header` the last entry of that header counts: it is the one that the proxy itself wrote,
    while everything before it may have been sent by the reader.
    """
    header = desk_of(request).settings.text("web.proxy_header")
    if header:
        entries = ",".join(request.headers.getlist(header)).split(",")
        return entries[-1].strip()[:64] or None
    return request.client.host if request.client else None
