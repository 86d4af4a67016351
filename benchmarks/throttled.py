"""How long a leader waits for the roll call on a slow phone: `python -m benchmarks.throttled`.

Real Chromium with its processor slowed down four times; the phone has been here before (worker, lists and files are there).
The network is slowed down by a proxy of our own, because Chromium's own brake does not reach the requests of a service worker:
half of the latency in each direction, and no more kilobits a second than the network has. *Something to do* is the moment in which
there is a page that asks for something: the roll call, or for the PIN, with which the phone opens its own because the network takes its time.
*Usable* is the moment in which a tap would be recorded; the script types a PIN in no time, a person takes two seconds. *Transferred* is what
came through the proxy.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks import figures
from demo.accounts import PASSWORD, address
from tests.tools import machine
from tests.tools.server import Server

PAGE = Path(__file__).with_name("throttled.md")
ROUNDS, SLOWER, PIN = 5, 4, "271828"
MOST_BYTES, MOST_SECONDS = 60_000, 1.0
PAUSE = 0.05  # seconds
HEAD = "| Network | Something to do after (s, median) | Usable after (s, median) | Transferred (kB, most) |"
TAPPABLE = "form[data-live=on]"


@dataclass(frozen=True)
class Network:
    """Milliseconds until something comes back, and kilobits per second; as Chromium's developer tools name them; 0: no limit."""

    name: str
    latency: int
    down: float
    up: float


NETWORKS = (
    Network("fast", 0, 0, 0),
    Network("slow 4G (as Lighthouse)", 150, 1600, 750),
    Network("slow 3G", 2000, 400, 400),
)


class Proxy:
    """Stands between Chromium and the server and makes them wait; counts what the server sends."""

    def __init__(self, target: int) -> None:
        self.target, self.network, self.received = target, NETWORKS[0], 0
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()  # Playwright has the main thread's loop
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.server = asyncio.run_coroutine_threadsafe(starting, self.loop).result()
        self.port: int = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer, counts=True), return_exceptions=True)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, counts: bool = False) -> None:
        quiet_since = 0.0
        while data := await source.read(4096):
            self.received += len(data) if counts else 0
            speed = self.network.down if counts else self.network.up
            begins = self.loop.time() - quiet_since > PAUSE  # what follows at once is under way already
            latency = self.network.latency / 2000 if begins else 0.0
            await asyncio.sleep(latency + (len(data) * 8 / (speed * 1000) if speed else 0))
            quiet_since = self.loop.time()
            sink.write(data)
            await sink.drain()
        sink.close()


def measure(context: BrowserContext, path: str, proxy: Proxy, network: Network) -> tuple[float, float, int]:
    """Seconds until there is something to do and until usable, and bytes over the network, of one visit."""
    proxy.network, proxy.received = network, 0
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    started = time.perf_counter()
    page.goto(path, wait_until="commit")
    page.locator(TAPPABLE).or_(page.locator("#pin")).first.wait_for()
    begun = time.perf_counter() - started
    if page.locator("#pin").is_visible():  # too slow: the phone's own page asks for the PIN, and a person types it
        page.locator("#pin").fill(PIN)
        page.locator(TAPPABLE).wait_for()
    seconds = time.perf_counter() - started
    page.wait_for_timeout(3 * network.latency + 1000)
    page.close()
    return begun, seconds, proxy.received


def prepare(context: BrowserContext) -> str:
    """Sign in, choose a PIN, wait for lists and worker; the address of today's roll call."""
    page: Page = context.new_page()
    page.goto("/login")
    page.locator("[name=email]").fill(address("leitung-ra"))
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").click()
    page.locator("#new-pin-field").fill(PIN)
    page.get_by_role("button", name="PIN speichern").click()
    page.wait_for_timeout(3000)
    page.locator("main .meetings .today a.button").first.click()
    page.locator(TAPPABLE).wait_for()
    path = re.sub(r"^https?://[^/]+", "", page.url)
    page.wait_for_timeout(2000)
    page.close()
    return path


def main() -> int:
    """Measure, print, write throttled.md; 1 when more than the bytes allowed came over the network."""
    rows, fine = [], True
    with tempfile.TemporaryDirectory() as name, Server(Path(name)) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=list(machine.CHROMIUM_ARGUMENTS))
        proxy = Proxy(server.port)
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{proxy.port}", viewport={"width": 360, "height": 740}, has_touch=True
        )
        path = prepare(context)
        for network in NETWORKS:
            visits = [measure(context, path, proxy, network) for _ in range(ROUNDS)]
            begun, seconds = (median(visit[which] for visit in visits) for which in (0, 1))
            received = max(visit[2] for visit in visits)
            fine = fine and received <= MOST_BYTES
            rows.append(f"| {network.name} | {begun:.2f} | {seconds:.2f} | {received / 1000:.1f} |")
        browser.close()
    table = "\n".join([HEAD, "| --- | --: | --: | --: |", *rows])
    PAGE.write_text(
        f"# The roll call on a slow phone\n\n{__doc__}\nThe aim is {MOST_SECONDS:g} s and {MOST_BYTES // 1000} kB.\n\n{table}\n\n"
        f"{ROUNDS} visits each. {figures.machine()}.\n",
        encoding="utf-8",
    )
    print(table)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
