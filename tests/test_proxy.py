"""Behind a proxy that ends TLS: what the README's examples for nginx and Caddy set up, on the real server.

Browsers without Sec-Fetch-Site (Safari before 16.4) are known by their Origin alone, which names the address people type.
"""

import http.client
import secrets
from pathlib import Path

from tests.tools.server import Server, temporary_folder

HOST = "kursbuch.kreis.example"
HEADERS = {"Host": HOST, "Origin": f"https://{HOST}", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


def post_login(server: Server) -> int:
    """Without a CSRF token, so the best answer is 400: the guard lets it pass, and the form asks for its token."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("POST", "/login", headers=HEADERS | {"Content-Length": "0"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_trusted_proxy_says_how_people_came() -> None:
    environment = {"DEMO": "0", "SECRET_KEY": secrets.token_urlsafe(48), "PUBLIC_URL": f"https://{HOST}"}
    with temporary_folder() as folder:
        for trusted, answer in (("1", 400), ("0", 403)):
            with Server(Path(folder), environment | {"TRUSTED_PROXIES": trusted}) as server:
                assert post_login(server) == answer
