"""Doors: a page that names no one does not open.

`@allow(Role.LEADER)` and `@public` only label a view, `@allow(…, token=Scope.STATISTICS)` also for programs with a token. One `before_request` reads the label; `seal` stops the start when a
view has none. Templates ask `may("enrolment.enrol")`, which reads the same label, so a link stands exactly where it opens.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, TypeVar

from flask import Flask, Request, abort, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, current_user
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import TooManyRequests, Unauthorized
from werkzeug.wrappers import Response

import clock
from auth import actions, proving, trace
from auth.emergency.queries import open_emergency
from auth.models import User
from auth.queries import failures_at, owner_of_token, user_of_session
from auth.rules import SEEN_EVERY, Role, Scope, idle_for, needs_two_factors, seconds_to_wait
from database import SAFE_METHODS

View = TypeVar("View", bound=Callable[..., Any])
Built = TypeVar("Built")
PUBLIC: frozenset[Role] = frozenset()
LABEL, TOKEN_LABEL, RECENT_LABEL = "_who_may_open", "_tokens_that_open", "_asks_again"
EVERYONE = tuple(Role)
REALM = "Kursbuch API"

login_manager = LoginManager()


@dataclass(frozen=True)
class Viewer:
    """Who asks, in which roles, on which day. Every query of private rows takes one.

    `id` 0 with no roles is the public; the office itself (command line) reads as `Viewer.office()`.
    """

    id: int
    roles: frozenset[Role]
    today: dt.date = field(compare=False)
    is_office: bool = False

    @classmethod
    def office(cls) -> Viewer:
        """The command line: sees everything, because who holds the machine holds the data."""
        return cls(0, frozenset(Role), clock.today(), is_office=True)

    @classmethod
    def anyone(cls) -> Viewer:
        """The public: somebody who holds nothing but a code."""
        return cls(0, frozenset(), clock.today())

    @property
    def coordinates(self) -> bool:
        return Role.COORDINATOR in self.roles

    @property
    def leads(self) -> bool:
        return Role.LEADER in self.roles


def built_once(build: Callable[[Viewer], Built]) -> Callable[[Viewer], Built]:
    """Keep the statement or condition that is built for a viewer and a day: to put it together takes longer than to run it."""

    @lru_cache(maxsize=512)
    def kept(viewer: Viewer, today: dt.date) -> Built:
        return build(viewer)

    @wraps(build)
    def of(viewer: Viewer) -> Built:
        return kept(viewer, viewer.today)

    return of


def viewer() -> Viewer:
    """The viewer of this request. In an emergency it sees what the office sees; only a page that reads is opened so."""
    if current_user.is_authenticated:
        return Viewer(current_user.id, current_user.roles, clock.today(), is_office="emergency" in g)
    return Viewer.anyone()


def look_for_an_emergency() -> None:
    """Let an administrator who has opened the way in (auth/emergency/) read as a coordinator of everything, and change nothing."""
    if Role.ADMINISTRATOR not in current_user.roles or request.method not in SAFE_METHODS:
        return
    opened = open_emergency(current_user.id, clock.now())
    if opened is not None:
        g.emergency = opened
        current_user.roles |= {Role.COORDINATOR}


def allow(*roles: Role, token: Scope | None = None, recent: bool = False) -> Callable[[View], View]:
    """Label a view: these roles may open it, and programs with a token of this scope in their name.

    `recent`: what it does is sensitive, so it asks for the password again when that was given more than ten minutes ago.
    """

    def label(view: View) -> View:
        setattr(view, LABEL, frozenset(roles))
        setattr(view, TOKEN_LABEL, token)
        setattr(view, RECENT_LABEL, recent)
        return view

    return label


def public(view: View) -> View:
    """Label a view: everybody may open it."""
    setattr(view, LABEL, PUBLIC)
    return view


def door(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """The roles for which an endpoint opens; empty for everybody; None when it carries no label."""
    return getattr(app.view_functions.get(endpoint), LABEL, None)


def scope_of(app: Flask, endpoint: str | None) -> Scope | None:
    """The scope whose tokens open an endpoint; None for nearly all of them."""
    return getattr(app.view_functions.get(endpoint or ""), TOKEN_LABEL, None)


def asks_again(app: Flask, endpoint: str | None) -> bool:
    """Whether a door opens only to whoever has proved lately who they are."""
    return bool(getattr(app.view_functions.get(endpoint or ""), RECENT_LABEL, False))


def may(endpoint: str) -> bool:
    """Whether the present viewer could open this door."""
    roles = door(current_app, endpoint)
    if roles is None:
        return False
    return roles == PUBLIC or bool(current_user.is_authenticated and roles & current_user.roles)


def doors(app: Flask) -> list[tuple[str, str, str, str]]:
    """The table of all doors: address, methods, endpoint, who may open it."""
    table = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        roles = door(app, rule.endpoint)
        who = "?" if roles is None else ", ".join(sorted(roles)) or "public"
        methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        table.append((rule.rule, methods, rule.endpoint, who))
    return table


def seal(app: Flask) -> None:
    """The last line of `create_app`: stop the start if any view names no one."""
    app.view_functions["static"] = public(app.view_functions["static"])
    unlabelled = sorted(endpoint for endpoint in app.view_functions if door(app, endpoint) is None)
    if unlabelled:
        raise RuntimeError(
            "These views name no one who may open them: "
            + ", ".join(unlabelled)
            + ". Put @allow(Role.…) or @public under their route."
        )


def init_app(app: Flask) -> None:
    """Stand at every door."""
    login_manager.init_app(app)

    @login_manager.user_loader
    def by_cookie(session_token: str) -> User | None:
        user = user_of_session(session_token, clock.now()) if token_sent() is None else None
        if user is None or user.login_session is None:
            return None
        # Whoever gets a role that needs two factors signs in anew.
        return user if user.login_session.by_two_factors or not must_have_two_factors(user.roles) else None

    @login_manager.request_loader
    def by_token(asking: Request) -> User | None:
        sent, scope = token_sent(), scope_of(app, asking.endpoint)
        return owner_of_token(sent, scope, clock.now()) if sent is not None and scope is not None else None

    app.before_request(stand_at_the_door)


def stand_at_the_door() -> proving.Answer | None:
    """Read the label of the door that somebody knocks at, and answer in its place unless it opens."""
    if request.endpoint is None:
        return None  # no such address: Flask answers 404 or 405
    refuse_other_sites()
    roles = door(current_app, request.endpoint)
    if roles is None:
        abort(404)
    scope = scope_of(current_app, request.endpoint)
    if token_sent() is not None:
        hear_a_program(roles, scope)
        return None
    if roles == PUBLIC:
        return None
    if not current_user.is_authenticated:
        return ask_to_sign_in(scope)
    if somebody_acts():
        actions.seen(current_user.login_session, clock.now())
    look_for_an_emergency()
    if not roles & current_user.roles:
        abort(404)  # not yours and not there are the same answer
    g.acts_as = roles & current_user.roles
    if asks_again(current_app, request.endpoint) and not proving.is_recent():
        return proving.ask()
    return None


def ask_to_sign_in(scope: Scope | None) -> Response:
    """Lead to the page to sign in, and from there on; programs are told in their own way."""
    session.pop("_user_id", None)
    if scope is not None:
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": REALM}))
    if wants_json():
        abort(401)
    target = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
    return redirect(url_for("auth.login", next=target))


def must_have_two_factors(roles: frozenset[Role]) -> bool:
    """Whether this installation wants two factors of these roles."""
    return bool(current_app.config["SETTINGS"].second_factor) and needs_two_factors(roles)


def somebody_acts() -> bool:
    """Whether a person asks for a page, rather than a script that looks again by itself (security.md SE-4)."""
    return not wants_json() and request.headers.get("Sec-Fetch-Dest", "document") == "document"


def seconds_left(*, still_there: bool = True) -> int:
    """For how long this browser stays signed in, if nobody does anything from now on; or if nobody has done anything now."""
    login, now = current_user.login_session, clock.now()
    seen = now if still_there and now - login.seen_at >= SEEN_EVERY else login.seen_at
    return int((min(seen + idle_for(current_user.roles), login.expires_at) - now).total_seconds())


def token_sent() -> str | None:
    """The token with which a program asks, whatever it is worth. With one, a cookie that came along does not count."""
    sent = request.authorization
    return sent.token or "" if sent is not None and sent.type == "bearer" else None


def hear_a_program(roles: frozenset[Role], scope: Scope | None) -> None:
    """A token opens the doors that are labelled for it, in its owner's roles of today; no other door is there for it.

    Wrong tokens are counted by the address they come from, which changes the answer to them alone: nobody guesses 222 bits,
    and a forgotten program must neither fill the trace nor shut out the rest of its house.
    """
    if scope is None:
        abort(404)
    if not current_user.is_authenticated:
        subject = trace.subject("token")
        wait = seconds_to_wait(failures_at(subject, clock.now()), clock.now())
        if wait:
            raise TooManyRequests(retry_after=wait)
        trace.note("token refused", status=401, subject_hash=subject)
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": REALM, "error": "invalid_token"}))
    if not roles & current_user.roles:
        abort(403)
    g.acts_as = roles & current_user.roles
    actions.token_used(current_user.access_token, clock.today())


def wants_json() -> bool:
    """Whether a program asks, such as the phone's, to which no page can be shown."""
    if token_sent() is not None or request.path.startswith("/api/"):
        return True
    return (
        request.is_json or request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    )


def refuse_other_sites() -> None:
    """A change must come from our own pages; the CSRF token is the second lock (security.md SE-6)."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        abort(403)
