"""What becomes of hostile text, and what two scanners find: `make security`, or `python -m benchmarks.intruders [--part NAME]`.

The demo office on SQLite, on this machine. **Requests**: 20,000 of random and strange values over all doors, methods and roles: none is
answered 500 or more, but 503. **Scripts**: a probe is written into every column of text
in the database that takes one, and a real Chromium opens every kind of page of every role: nothing may run, no page may complain about
what the content policy forbids, no element of the probe may be on a page. **Formulas**: the same with `=1+1337`, and LibreOffice
opens every file that can be fetched: nothing may be computed. **wapiti** looks through the whole site, signed in as a coordinator;
**sqlmap** (level 3, risk 2) tries every parameter of an address that a page offers. The reports lie in docs/security/. That cookies are
not `Secure` is no finding here: the office is served without TLS; over TLS a test sees to it.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, urlsplit

import sqlalchemy as sa
from flask.testing import FlaskClient
from playwright.sync_api import ConsoleMessage, Dialog, Page, sync_playwright
from sqlalchemy.exc import DBAPIError

import demo
import schema
from benchmarks import figures
from benchmarks.county import postgres
from benchmarks.serving import HOST, ROOT, Server, kursbuch
from benchmarks.visitor import Visitor, fields_of
from database import Base, db
from demo.accounts import PASSWORD, STAFF
from tests.tools import machine

PAGES = ROOT / "docs" / "security"
PAGE = PAGES / "intruders.md"
SCANNERS = ROOT / ".tools" / "scanners"  # a virtual environment of their own: they need other versions than we do
SCRIPT = "'\"><img src=x id=probe onerror=alert(1)>"
FORMULA = "=1+1337"
COMPUTED = "1338"
# Columns in which code, not people, writes: what stands there is looked up, compared or shown nowhere.
CODE = re.compile(
    r"hash|token|prefix|(^|_)(key|kind|state|act|endpoint|lease|instrument|language|address_key|encoding)$|sha256|^sound$|^search$|^sort_key$|^email$|^code$|^number$|^text_version$|^version$|^(old|new|pack)$"
)
REQUESTS, SEED = 20_000, 2003
STRANGE = (
    "", "0", "-1", "9223372036854775808", "1e999", "NaN", "../../etc/passwd", "%00", "a\x00b", "\u202eevil", "x" * 1000, "'\"><script>", "{{7*7}}", "' OR 1=1 --",
    "2026-02-30", "9999-12-31", "24:61", "=1+1337", "\r\nSet-Cookie: a=b", "//evil.example", "javascript:alert(1)", "true", "[]", "مرحبا", "👩‍👧", "1,2,3",
)  # fmt: skip
WORDS = (
    "given_name", "family_name", "birth_date", "entry_date", "reason", "starts_on", "ends_on", "date", "starts_at", "ends_at", "first", "last", "by", "then",
    "programme", "course", "status", "children", "email", "password", "code", "language", "version", "purpose", "weekdays", "units", "room_id", "lang", "account",
)  # fmt: skip
OF_A_KIND = 3  # pages of one address that are opened
LEFT_ALONE = ("/logout", "/account", "/second-factor")  # of the account that scans: it would sign itself out
# What it tries; none that calls home. What takes time to find is left to sqlmap.
WAPITI = "xss,permanentxss,sql,exec,file,crlf,redirect,csrf,csp,cookieflags,http_headers,methods,upload,xxe,htaccess"
SQLMAP = "# sqlmap, level 3, risk 2\n\n| Database | Address | Not injectable | Found |\n| --- | --- | --- | --- |\n"
# Served without TLS here, so cookies are not Secure: over TLS tests/test_security.py::test_over_https_the_cookie_goes_over_https_only.
EXPLAINED = {"Secure Flag cookie"}
LONGEST_ATTACK = 600  # seconds for each of its modules
PROVE_EVERY = 240.0  # seconds; once is enough for ten minutes
FILE = re.compile(r"\.(csv|xlsx)$")


@dataclass
class Findings:
    """What was tried, and what went wrong."""

    counts: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@contextmanager
def office(text: str | None, told: Findings) -> Iterator[Server]:
    """The demo office, served; with a text in every column that takes it."""
    with tempfile.TemporaryDirectory(prefix="kursbuch-intruders-") as name:
        folder = Path(name)
        app = kursbuch(folder)
        schema.migrate(app)
        with app.app_context():
            demo.fill_if_empty(app)
            if text is not None:
                told.counts["columns with a probe"] = write_everywhere(text)
            db.session.remove()
            db.engine.dispose()
        with Server("kursbuch", folder, threads=4) as server:
            yield server


def write_everywhere(text: str) -> int:
    """Into every column of text that people write into; how many took it. A row is numbered where each must be another."""
    written = 0
    for table in Base.metadata.sorted_tables:
        keys = {column.name for column in table.primary_key}
        for column in table.columns:
            kind = column.type
            if not isinstance(kind, sa.String) or isinstance(kind, sa.Enum) or column.foreign_keys:
                continue
            if column.name in keys or CODE.search(column.name) or (kind.length or 99) < len(text):
                continue
            with db.engine.connect().execution_options(writes=True) as connection:
                try:
                    connection.execute(sa.update(table).values({column.name: text}))
                    connection.commit()
                    written += 1
                except DBAPIError:  # the database itself refuses: an issued paper, a trace, a constraint
                    connection.rollback()
    return written


def pattern(link: str) -> str:
    """Addresses of one kind."""
    return re.sub(r"/\d+(?=/|$)", "/N", urlsplit(link).path)


def links_of(page: Page) -> list[str]:
    """Where a page leads to on this site."""
    found: list[str] = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    return [link for link in found if urlsplit(link).netloc == urlsplit(page.url).netloc]


def listen(page: Page, told: Findings) -> None:
    """Note every script that runs, and whatever the browser was forbidden to do."""

    def ran(dialog: Dialog) -> None:
        told.faults.append(f"a script ran: {dialog.message}")
        dialog.dismiss()

    def said(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            told.faults.append(f"{pattern(page.url)}: {line.text[:200]}")

    page.on("dialog", ran)
    page.on("console", said)
    page.on("pageerror", lambda error: told.faults.append(f"{pattern(page.url)}: {str(error)[:200]}"))


def scripts() -> Findings:
    """Stored scripts in a real browser."""
    told = Findings()
    with office(SCRIPT, told) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=list(machine.CHROMIUM_ARGUMENTS))
        for account in STAFF:
            page = browser.new_page(base_url=f"http://{HOST}:{server.port}")
            listen(page, told)
            page.goto("/login")
            page.fill("[name=email]", account.email)
            page.fill("[name=password]", PASSWORD)
            page.click("main button[type=submit], main form button")
            opened = Counter[str]()
            queue, known = [page.url], {page.url}
            while queue:
                answer = page.goto(queue.pop(0))
                told.counts["pages opened"] = told.counts.get("pages opened", 0) + 1
                if answer is not None and answer.status >= 500:
                    told.faults.append(f"{pattern(page.url)} answers {answer.status}")
                if page.locator("#probe").count():
                    told.faults.append(f"{pattern(page.url)} has an element of the probe")
                if "id=probe" in (page.text_content("body") or ""):
                    told.counts["pages that show a probe as text"] = (
                        told.counts.get("pages that show a probe as text", 0) + 1
                    )
                for link in links_of(page):
                    link = link.partition("#")[0]
                    if link in known or re.search(r"\.\w+$|^/(static|fonts)/", urlsplit(link).path):
                        continue
                    known.add(link)
                    opened[pattern(link)] += 1
                    if opened[pattern(link)] <= OF_A_KIND:
                        queue.append(link)
            page.context.close()
        browser.close()
    return told


def files_of(visitor: Visitor) -> Iterator[str]:
    """The addresses of all files with rows that somebody finds by following links, one of each kind."""
    queue, known, kinds = ["/today"], {"/today"}, Counter[str]()
    while queue:
        answer = visitor.get(queue.pop(0), **{"Accept-Encoding": "identity"})
        if answer.status != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        for link in re.findall(r'href="(/[^"#]*)', answer.body.decode()):
            link = link.replace("&amp;", "&")
            if link in known:
                continue
            known.add(link)
            kinds[pattern(link)] += 1
            if FILE.search(urlsplit(link).path):
                if kinds[pattern(link)] == 1:
                    yield link
            elif kinds[pattern(link)] <= OF_A_KIND and not re.search(r"\.\w+$", urlsplit(link).path):
                queue.append(link)


def formulas() -> Findings:
    """Formulas in every file, opened by LibreOffice."""
    told = Findings()
    soffice = shutil.which("soffice")
    if soffice is None:
        told.faults.append("LibreOffice is not there: apt-get install libreoffice-calc-nogui")
        return told
    with office(FORMULA, told) as server, tempfile.TemporaryDirectory(prefix="kursbuch-files-") as name:
        folder = Path(name)
        fetched: list[Path] = []
        for account in STAFF:
            visitor = Visitor(HOST, server.port)
            visitor.sign_in(account.key)
            for link in files_of(visitor):
                answer = visitor.get(link, **{"Accept-Encoding": "identity"})
                if answer.status != 200:
                    continue
                file = folder / f"{len(fetched)}-{Path(urlsplit(link).path).name}"
                file.write_bytes(answer.body)
                fetched.append(file)
        order = [soffice, "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to",
                 "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", str(folder / "opened")]  # fmt: skip
        subprocess.run([*order, *map(str, fetched)], check=True, capture_output=True, timeout=600)
        opened = sorted((folder / "opened").glob("*.csv"))
        told.counts["files opened with LibreOffice"] = len(fetched)
        told.counts["sheets read"] = len(opened)
        told.counts["cells with the formula as text"] = sum(
            file.read_text(encoding="utf-8", errors="replace").count(FORMULA) for file in opened
        )
        for file in opened:
            if re.search(rf"(?<!\d){COMPUTED}(?!\d)", file.read_text(encoding="utf-8", errors="replace")):
                told.faults.append(f"{file.name}: a formula was computed")
        if not told.counts["cells with the formula as text"]:
            told.faults.append("no file holds the formula: nothing was tried")
    return told


def requests() -> Findings:
    """Random requests over all doors and roles, with a token of the session where something is sent: no answer of 500 and more but 503,
    no traceback in the log. What is sent wrong here is mostly refused; tests/test_bad_input.py tries what gets further."""
    told, rng = Findings(), random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="kursbuch-intruders-") as name:
        app = kursbuch(Path(name))
        schema.migrate(app)
        with app.app_context():
            demo.fill_if_empty(app)
        rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in {"auth.logout", "static"}]
        people: list[tuple[FlaskClient, str]] = []
        for account in (None, *STAFF):
            http = app.test_client()
            if account is not None:
                token = token_in(http.get("/login").text)
                http.post("/login", data={"csrf_token": token, "email": account.email, "password": PASSWORD})
            people.append((http, token_in(http.get("/today" if account else "/login").text)))
        names = sorted({"q", "page", "from", "to", "id", "sort", "next", *WORDS})
        for number in range(REQUESTS):
            http, token = people[number % len(people)]
            rule = rng.choice(rules)
            path = re.sub(
                r"<(int:)?[^>]+>",
                lambda part: str(rng.randrange(1, 400)) if part[1] and rng.random() < 0.7 else strange(rng),
                rule.rule,
            )
            sent = {rng.choice(names): strange(rng) for _ in range(rng.randrange(4))}
            method = rng.choice(sorted(rule.methods or {"GET"}))
            try:
                answer = http.open(quote(path), method=method, query_string=sent if method != "POST" else None,
                                   data={"csrf_token": token, **sent} if method == "POST" else None)  # fmt: skip
            except Exception as failure:  # noqa: BLE001  whatever it is, it is what we look for
                told.faults.append(f"{method} {rule.rule}: {type(failure).__name__}")
                continue
            told.counts[f"answers {answer.status_code // 100}xx"] = (
                told.counts.get(f"answers {answer.status_code // 100}xx", 0) + 1
            )
            if answer.status_code >= 500 and answer.status_code != 503:
                told.faults.append(f"{method} {rule.rule} answers {answer.status_code}")
            answer.close()
    return told


def token_in(page: str) -> str:
    """The token of a page's first form."""
    found = re.search(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"', page)
    return found[1] if found else ""


def strange(rng: random.Random) -> str:
    """A value that nobody should send, or any letters at all."""
    if rng.random() < 0.5:
        return rng.choice(STRANGE)
    return "".join(
        chr(rng.choice((rng.randrange(32, 127), rng.randrange(0xA0, 0xD7FF)))) for _ in range(rng.randrange(1, 40))
    )


def kinds_of_pages(visitor: Visitor) -> list[str]:
    """One address of each kind that pages link to, with parameters and without; files are none."""
    queue, known, found = ["/today"], set[tuple[str, ...]](), list[str]()
    while queue:
        address = queue.pop(0)
        answer = visitor.get(address, **{"Accept-Encoding": "identity"})
        if answer.status != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        found.append(address)
        for link in re.findall(r'href="(/[^"#]*)', answer.body.decode()):
            link = link.replace("&amp;", "&")
            path, _, query = link.partition("?")
            kind = (pattern(path), *sorted(re.findall(r"(\w+)=", query)))
            if kind not in known and not path.startswith(LEFT_ALONE) and not re.search(r"\.\w+$", path):
                known.add(kind)
                queue.append(link)
    return found


@contextmanager
def signed_in(server: Server) -> Iterator[tuple[list[str], str]]:
    """A coordinator whose pages a scanner is given, with the cookie it needs. They prove every few minutes who they are, or every form that
    is sensitive would only ask for that."""
    visitor = Visitor(HOST, server.port)
    visitor.sign_in("koordination-ra")
    addresses = kinds_of_pages(visitor)  # the session knows its secret for forms only after a page with one
    over = Event()

    def prove() -> None:
        while not over.wait(PROVE_EVERY):
            visitor.connection.close()  # the server has closed its end of a connection that was quiet so long
            form = fields_of(visitor.read("/account/confirm"))
            visitor.post("/account/confirm", form | {"proof": PASSWORD})

    keeper = Thread(target=prove)
    keeper.start()
    try:
        yield addresses, "; ".join(f"{name}={morsel.value}" for name, morsel in visitor.cookies.items())
        visitor.connection.close()
        if visitor.get("/today").status != 200:
            raise RuntimeError("the scanner was signed out on its way")
    finally:
        over.set()
        keeper.join()


def keep_one_of_a_kind(store: sqlite3.Connection) -> dict[str, int]:
    """Of the addresses and forms that wapiti found, one of each kind: the same page about somebody else answers in the same way."""
    asks: dict[int, set[str]] = {}
    for number, name in store.execute("SELECT path_id, name FROM params"):
        asks.setdefault(number, set()).add(name)
    kinds: dict[tuple[str, ...], int] = {}
    for number, method, path in store.execute("SELECT path_id, method, path FROM paths ORDER BY depth, path_id"):
        kinds.setdefault((method, pattern(path), *sorted(asks.get(number, ()))), number)
    kept = ",".join(map(str, kinds.values()))
    store.execute(f"DELETE FROM params WHERE path_id NOT IN ({kept})")
    store.execute(f"DELETE FROM paths WHERE path_id NOT IN ({kept})")
    methods = Counter(kind[0] for kind in kinds)
    return {"addresses": methods["GET"], "forms": methods["POST"]}


def in_short(report: dict[str, Any], site: str) -> dict[str, Any]:
    """wapiti's report without what it says of faults that it did not find, and without whole requests."""
    found = [
        {"kind": kind}
        | {name: str(one[name]).replace(site, "") for name in ("module", "method", "path", "parameter", "info")}
        for part in ("vulnerabilities", "anomalies")
        for kind, some in report[part].items()
        for one in some
    ]
    return {"scan": report["infos"] | {"target": "/today"}, "modules": WAPITI.split(","), "found": found}


def wapiti() -> Findings:
    """wapiti on one page of each kind and on all their forms. It says itself of each module what it found, and when its time was up."""
    told = Findings()
    with (
        office(None, told) as server,
        signed_in(server) as (addresses, cookie),
        tempfile.TemporaryDirectory() as folder,
    ):
        site = f"http://{HOST}:{server.port}"
        report, kept = PAGES / "wapiti.json", Path(folder)
        order = [
            str(SCANNERS / "bin" / "wapiti"), "--url", f"{site}/today", *(f"--start={site}{one}" for one in addresses), "--scope", "domain", "--depth", "1",
            "--max-links-per-page", "1", "--cookie-value", cookie, "--header", "Sec-Fetch-Site: same-origin", "--tasks", "4",
            *(f"--exclude={site}{path}*" for path in LEFT_ALONE), "--max-attack-time", str(LONGEST_ATTACK), "--store-session", folder, "--no-bugreport",
            "--format", "json", "--output", str(report), "--verbose", "1",
        ]  # fmt: skip
        subprocess.run([*order, "--module", ""], check=True, capture_output=True)  # looks for pages and forms, and ends
        with closing(sqlite3.connect(next(kept.glob("*.db")))) as store, store:
            told.counts |= keep_one_of_a_kind(store)
        attack = [*order, "--skip-crawl", "--module", WAPITI]
        said = subprocess.run(attack, check=True, capture_output=True, text=True).stdout
        with closing(sqlite3.connect(next(kept.glob("*.db")))) as store:
            tried = dict(store.execute("SELECT module, count(*) FROM attack_logs GROUP BY module"))
        for module in re.findall(r"Max attack time was reached for module (\w+)", said):
            told.counts[f"requests that {module} attacked before its time was up"] = tried.pop(module, 0)
        told.counts["modules that came to their end"] = len(re.findall(r"Launching module", said)) - said.count(
            "Max attack time"
        )
        said_of = in_short(json.loads(report.read_text(encoding="utf-8")), site)
        report.write_text(json.dumps(said_of, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        told.faults += [
            f"{one['kind']}: {one['method']} {one['path']} {one['info']}"
            for one in said_of["found"]
            if one["kind"] not in EXPLAINED
        ]
    return told


def sqlmap() -> Findings:
    """sqlmap, level 3, risk 2, on every parameter of every address that pages offer; one that several pages of a kind have, once. On both
    databases."""
    told = Findings({"addresses": 0, "parameters": 0})
    report = PAGES / "sqlmap.md"
    report.write_text(SQLMAP, encoding="utf-8")
    for dbms, there in (("sqlite", nullcontext()), ("postgresql", postgres())):
        with there, office(None, told) as server, signed_in(server) as (addresses, cookie):
            for path, asked in asked_once(["/participants?q=a", "/courses?q=a", "/certificates?q=a", *addresses]):
                order = [
                    str(SCANNERS / "bin" / "sqlmap"), "--batch", "--level", "3", "--risk", "2", "--dbms", dbms, "--threads", "4", "--flush-session",
                    "--cookie", cookie, "-p", ",".join(sorted(asked)), "--url", f"http://{HOST}:{server.port}{path}", "--disable-coloring",
                ]  # fmt: skip
                said = subprocess.run(order, check=True, capture_output=True, text=True).stdout
                tried = set(re.findall(r"GET parameter '(\w+)' does not seem to be injectable", said))
                told.counts["addresses"] += 1
                told.counts["parameters"] += len(tried)
                found = "nothing" if tried == asked else "**look**"
                with report.open("a", encoding="utf-8") as page:
                    page.write(f"| {dbms} | `{path}` | {', '.join(sorted(tried))} | {found} |\n")
                if tried != asked:
                    told.faults.append(f"{path}: {said[-2000:]}")
    return told


def asked_once(addresses: list[str]) -> Iterator[tuple[str, set[str]]]:
    """Each address with those of its parameters that no earlier page of its area has."""
    known = set[tuple[str, str]]()
    for path in addresses:
        area = path.split("/")[1].partition("?")[0]
        asked = {name for name in re.findall(r"[?&](\w+)=", path) if (area, name) not in known}
        known |= {(area, name) for name in asked}
        if asked:
            yield path, asked


PARTS: dict[str, Callable[[], Findings]] = {
    "requests": requests, "scripts": scripts, "formulas": formulas, "wapiti": wapiti, "sqlmap": sqlmap,
}  # fmt: skip


def page(rows: dict[str, str]) -> str:
    """The page, with a row for each part that has run."""
    lines = [rows.get(name, f"| {name} | not run | – |") for name in PARTS]
    return (
        f"# Intruders\n\n{__doc__}\n| Part | Tried | Found |\n| --- | --- | --- |\n"
        + "\n".join(lines)
        + f"\n\n{figures.machine()}.\n"
    )


def main() -> int:
    """Try, print, write the figures; 1 when something was found. A part that does not run this time keeps its row."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intruders", description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append")
    parts = parser.parse_args().part or list(PARTS)
    there = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []
    rows = {line.split()[1]: line for line in there if line.startswith("| ") and line.split()[1] in PARTS}
    faults = 0
    for name in parts:
        told = PARTS[name]()
        counted = ", ".join(f"{count:,} {what}" for what, count in told.counts.items())
        faults += len(told.faults)
        rows[name] = f"| {name} | {counted} | {len(told.faults) or 'nothing'} |"
        print(rows[name], *sorted(set(told.faults)), sep="\n  ", flush=True)
        PAGE.write_text(page(rows), encoding="utf-8")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
