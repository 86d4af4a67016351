"""What holds for every page and every answer, whoever sees it. A law that is broken names its cure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from tests.tools.page import CONTROLS, WITHOUT_LABEL, Page, attribute, kind_of, tag_of

REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "form", "list", "headers")
LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "use": "href"}


def broken_laws(page: Page) -> list[str]:
    """Everything that is wrong with a page."""
    laws = (_heading, _language, _labels, _ids, _nothing_inline, _nothing_foreign, _forms)
    return [complaint for law in laws for complaint in law(page)]


def _heading(page: Page) -> Iterator[str]:
    headings = page.all("h1")
    if len(headings) != 1:
        yield f"has {len(headings)} h1 instead of one"
    elif not page.h1:
        yield "has an empty h1"
    elif not page.title.startswith(page.h1):
        yield f"title {page.title!r} does not begin with its h1 {page.h1!r}"
    if len(page.all("main")) != 1:
        yield "needs exactly one <main>"


def _language(page: Page) -> Iterator[str]:
    if not page.tree.get("lang"):
        yield "does not say its language: <html lang=…>"


def _labels(page: Page) -> Iterator[str]:
    for control in page.all(*CONTROLS):
        if kind_of(control) not in WITHOUT_LABEL and not page.label_of(control):
            yield f"field {attribute(control, 'name') or attribute(control, 'id')!r} has no label"
    for button in page.all("button", "a"):
        if not page.button_text(button):
            yield f"a {tag_of(button)} to {attribute(button, 'href') or attribute(button, 'value')!r} has no text"
    for image in page.all("img"):
        if image.get("alt") is None:
            yield f"picture {attribute(image, 'src')!r} has no alt"


def _ids(page: Page) -> Iterator[str]:
    counted = Counter(value for _, name, value in page.attributes if name == "id")
    for name, times in counted.items():
        if times > 1:
            yield f"id {name!r} is used {times} times"
    for element, reference, value in page.attributes:
        if reference in REFERENCES:
            for name in value.split():
                if name not in counted:
                    yield f"<{tag_of(element)} {reference}={name!r}> points to no element"


def _nothing_inline(page: Page) -> Iterator[str]:
    for element, name, value in page.attributes:
        if name == "style" or name.startswith("on") or value.strip().lower().startswith("javascript:"):
            yield f"<{tag_of(element)} {name}=…>: the Content-Security-Policy blocks it; use a class or a script"
    for script in page.all("script"):
        if not script.get("src") and attribute(script, "type") not in {"application/json", "application/ld+json"}:
            yield "has a script in the page: the Content-Security-Policy blocks it; use a file"
    if page.all("style"):
        yield "has a <style> in the page: the Content-Security-Policy blocks it; use the stylesheet"


def _nothing_foreign(page: Page) -> Iterator[str]:
    for tag, name in LOADING.items():
        for element in page.all(tag):
            parts = urlsplit(attribute(element, name))
            loads = tag != "link" or attribute(element, "rel") not in {"canonical", "alternate"}
            if loads and parts.netloc:
                yield f"<{tag}> loads from another host: {parts.netloc}"


def _forms(page: Page) -> Iterator[str]:
    for form in page.forms:
        names = {attribute(control, "name") for control in form.controls}
        if form.method == "POST" and "csrf_token" not in names:
            yield f"the form to {form.action} has no csrf_token"
        if form.method == "GET" and "csrf_token" in names:
            yield f"the form to {form.action} puts its csrf_token into the address"


def broken_headers(headers: Mapping[str, str], cookies: list[str], *, signed_in: bool) -> list[str]:
    """Everything that is wrong with the headers of an answer."""
    return [
        *_policy(headers),
        *(f"needs {name}: {value}" for name, value in FIXED.items() if headers.get(name, "").lower() != value),
        *([] if headers.get("Referrer-Policy") in REFERRERS else ["needs Referrer-Policy: same-origin"]),
        *([] if "camera=()" in headers.get("Permissions-Policy", "") else ["needs Permissions-Policy: camera=(), …"]),
        *(complaint for cookie in cookies for complaint in _cookie(cookie)),
        *(["says what it is built with in Server"] if "python" in headers.get("Server", "").lower() else []),
        *(
            ["a page of someone who is signed in must not be stored: Cache-Control: no-store"]
            if signed_in and "no-store" not in headers.get("Cache-Control", "")
            else []
        ),
    ]


FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "deny",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
REFERRERS = {"same-origin", "no-referrer", "strict-origin", "strict-origin-when-cross-origin"}


def _policy(headers: Mapping[str, str]) -> Iterator[str]:
    policy = headers.get("Content-Security-Policy", "")
    directives = {words[0]: words[1:] for part in policy.split(";") if (words := part.split())}
    for name, sources in directives.items():
        for source in sources:
            if source.startswith("'unsafe") or source in {"*", "http:", "https:"}:
                yield f"Content-Security-Policy: {name} allows {source}"
    for name in ("default-src", "frame-ancestors", "form-action", "base-uri"):
        if name not in directives:
            yield f"Content-Security-Policy has no {name}"


def _cookie(cookie: str) -> Iterator[str]:
    name, attributes = cookie.split("=", 1)[0], cookie.lower()
    for wanted in ("httponly", "samesite"):
        if wanted not in attributes:
            yield f"cookie {name} is not {wanted}"
