"""The proxy in front of the UI: who gets in, which of the two UIs they get, and who stays out."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.dagster_installation import DEPLOY, free_port, wait_for

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
OWN_SITE = "https://funnel.example.com"
MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/lead-funnel.conf;
}}
"""

pytestmark = pytest.mark.skipif(
    NGINX is None, reason="no nginx; on Debian: apt-get install nginx-light"
)


@pytest.fixture(scope="module")
def uis() -> Iterator[dict[str, str]]:
    """Places of the two UIs: each says its name, and whether it was shown a password."""
    servers = {name: web_server(name) for name in ("viewer", "operators")}
    yield {name: f"127.0.0.1:{server.server_port}" for name, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()


def web_server(name: str) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            told = [name, self.headers.get("Authorization", ""), self.headers.get("Upgrade", "")]
            self.wfile.write("|".join(told).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def proxy(uis: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the example of deploy/ listens; `ada` is an operator, `bob` may only look."""
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    (folder / "htpasswd").write_text("ada:{PLAIN}lovelace\nbob:{PLAIN}babbage\n")
    make_certificate(folder)
    site = (DEPLOY / "nginx" / "lead-funnel.conf").read_text()
    for example, here in {
        "listen 443": f"listen 127.0.0.1:{port}",
        "127.0.0.1:3001": uis["viewer"],
        "127.0.0.1:3000": uis["operators"],
        "/etc/ssl/certs/lead-funnel.pem": str(folder / "cert.pem"),
        "/etc/ssl/private/lead-funnel.key": str(folder / "key.pem"),
        "/etc/nginx/lead-funnel.htpasswd": str(folder / "htpasswd"),
    }.items():
        assert example in site
        site = site.replace(example, here)
    (folder / "lead-funnel.conf").write_text(site)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    process = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"])  # type: ignore[list-item]
    try:
        wait_for("nginx", (folder / "nginx.pid").is_file, seconds=20)
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def make_certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"),
        ],
        cwd=folder,
        capture_output=True,
        check=True,
    )


def get(proxy: str, user: tuple[str, str] | None, path: str = "", **headers: str) -> httpx.Response:
    return httpx.get(f"{proxy}{path}", auth=user, headers=headers, verify=False, timeout=20)


ADA, BOB = ("ada", "lovelace"), ("bob", "babbage")


def test_strangers_stay_out(proxy: str) -> None:
    assert get(proxy, None).status_code == 401
    assert get(proxy, ("ada", "babbage")).status_code == 401


def test_operators_run_and_others_look(proxy: str) -> None:
    assert get(proxy, ADA).text.startswith("operators|")
    assert get(proxy, BOB).text.startswith("viewer|")


def test_passwords_end_at_the_proxy(proxy: str) -> None:
    assert get(proxy, ADA).text == "operators||"


def test_other_sites_cannot_use_a_remembered_password(proxy: str) -> None:
    assert get(proxy, ADA, Origin="https://elsewhere.example.com").status_code == 403
    assert get(proxy, ADA, Origin=OWN_SITE).status_code == 200


def test_websockets_pass(proxy: str) -> None:
    assert get(proxy, ADA, Upgrade="websocket", Connection="Upgrade").text == "operators||websocket"


@pytest.mark.parametrize(
    "path",
    [
        "/graphql?query=mutation{launchRun{__typename}}",
        "/graphql?variables={}&qu%65ry=mutation{launchRun{__typename}}",
        "/%67raphql?query=mutation{launchRun{__typename}}",
        "/assets/../graphql?query=mutation{launchRun{__typename}}",
        # Dagster's router takes a path with a line feed at its end as the one without it
        "/graphql%0A?query=mutation{launchRun{__typename}}",
    ],
)
def test_no_query_in_a_url_is_executed(proxy: str, path: str) -> None:
    assert get(proxy, ADA, path).status_code == 405
    assert get(proxy, ADA, path, Upgrade="websocket", Connection="Upgrade").status_code == 405
    assert get(proxy, ADA, path, Origin=OWN_SITE).status_code == 405


def test_what_the_ui_asks_for_passes(proxy: str) -> None:
    assert get(proxy, ADA, "/assets?open-nodes=graphql").is_success
    assert get(proxy, ADA, "/locations/lead_funnel/graphql?tab=runs").is_success
    assert get(proxy, ADA, "/graphql").is_success
    websocket = get(proxy, ADA, "/graphql", Upgrade="websocket", Connection="Upgrade")
    assert websocket.text == "operators||websocket"
    url = f"{proxy}/graphql?op=LaunchRun"
    posted = httpx.post(url, auth=ADA, headers={"Origin": OWN_SITE}, json={}, verify=False)
    assert posted.is_success
    foreign = {"Origin": "https://elsewhere.example.com"}
    assert httpx.post(url, auth=ADA, headers=foreign, json={}, verify=False).status_code == 403
