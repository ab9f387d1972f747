"""The bookmarklet for tips: it opens the tip form with the selected words and the site's registered domain.

The words travel in the fragment of the address, which a browser sends to no server (RFC 3986, 3.5), so they
are in no log; a script of the form takes them out of the address at once. The address of the page stays where
it is (rule 4), no Referer goes along, and of `trang.facebook.com/nguoi/bai` only `facebook.com` comes along.
"""

from fastapi import Request
from starlette.responses import Response

from review_ui.guard import Routes
from review_ui.pages import base_url, language_of, public_page
from review_ui.templating import addresses

routes = Routes()
LONGEST = 4000
"""Characters of a selection that are taken along."""


@routes.page("/tip/bookmarklet")
def bookmarklet(request: Request) -> Response:
    """What the bookmarklet does, and the link to drag to the bookmarks."""
    form = base_url(request) + addresses(language_of(request))("/gui-tin", dan="1")
    return public_page(request, "public/bookmarklet.html", code=code(form))


def code(form: str) -> str:
    """The bookmarklet that opens the form at this address.

    The registered domain is the last two labels of the host, or three under second-level domains such as
    .com.vn; of a host that a person rents (nguoi.blogspot.com) this leaves the landlord, which is the point.
    """
    return (
        "javascript:(()=>{const h=location.hostname.split('.'),"
        "n=/^(com|net|org|gov|edu|info|ac|co|name|pro|health|biz|int)$/.test(h[h.length-2])"
        "&&h[h.length-1].length===2?3:2;"
        f"open('{form}#text='+encodeURIComponent(String(getSelection()).slice(0,{LONGEST}))"
        "+'&site='+encodeURIComponent(h.slice(-n).join('.')),'_blank','noopener,noreferrer')})()"
    )
