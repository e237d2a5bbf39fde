from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from web_server import Server, running

from helpline.channels import earlier_scripts, pages

pytestmark = pytest.mark.asyncio(loop_scope="module")
SCRIPT = b"console.log('built');\n" * 100


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server with pages and a built widget of its own."""
    folder = tmp_path_factory.mktemp("pages")
    for name in ("page", "dist"):
        (folder / name).mkdir()
    for name in pages.PAGES.values():
        (folder / "page" / name).write_text(
            '<script src="$script" integrity="$integrity"></script>$origin $15 $unknown'
        )
    (folder / "page" / "look.css").write_text("body { color: black }")
    (folder / "page" / "notes.py").write_text("secret")
    (folder / "dist" / pages.SCRIPTS["en"]).write_bytes(SCRIPT)
    (folder / "secret.css").write_text("secret")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "PAGE", folder / "page")
        patch.setattr(pages, "WIDGET", folder / "dist")
        async with running(tmp_path_factory.mktemp("web")) as server:
            yield server


async def fetch(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
    async with (
        aiohttp.ClientSession(server.url, headers=headers, auto_decompress=False) as http,
        http.request(method, path, headers={"Accept-Encoding": "identity", **headers}) as answer,
    ):
        return answer, await answer.read()


@pytest.mark.parametrize("path", ["/", "/chat", "/embed"])
async def test_pages_are_served_with_headers_that_keep_others_out(server: Server, path: str) -> None:
    answer, body = await fetch(server, path)
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    hashed = base64.b64encode(hashlib.sha384(SCRIPT).digest()).decode()
    assert f'integrity="sha384-{hashed}"'.encode() in body
    assert f"{server.url} $15 $unknown".encode() in body
    answer, body = await fetch(server, path, "HEAD")
    assert (answer.status, body) == (200, b"")


@pytest.mark.parametrize(("path", "method", "status"), [("/nothing", "GET", 404), ("/embed", "DELETE", 405)])
async def test_where_there_is_nothing_the_numbers_are(server: Server, path: str, method: str, status: int) -> None:
    answer, body = await fetch(server, path, method)
    assert answer.status == status
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert b"call or text 988" in body


async def test_what_is_too_large_is_refused_in_our_words(server: Server) -> None:
    async with (
        aiohttp.ClientSession(server.url) as http,
        http.post("/chat", data=b"x" * 1_000_001) as answer,
    ):
        assert answer.status == 413
        assert "call or text 988" in await answer.text()


async def test_an_address_with_the_hash_is_kept_for_a_year_and_another_is_asked_for_again(server: Server) -> None:
    address, _ = pages.script("en")
    answer, body = await fetch(server, address)
    assert (answer.status, body) == (200, SCRIPT)
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == f"public, max-age={365 * 24 * 3600}, immutable"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for path in ("/widget/iop-chat.js", "/widget/iop-chat.js?v=0000"):
        answer, _ = await fetch(server, path)
        assert answer.headers["Cache-Control"] == "no-cache"
    answer, body = await fetch(server, "/widget/iop-chat.js", **{"If-None-Match": f"W/{answer.headers['ETag']}"})
    assert (answer.status, body) == (304, b"")


async def test_a_site_that_names_the_script_from_before_an_update_by_its_hash_still_gets_it(server: Server) -> None:
    address, _ = pages.script("en")
    file = pages.WIDGET / pages.SCRIPTS["en"]
    file.write_bytes(b"updated();")
    try:
        answer, body = await fetch(server, address)
        assert (answer.status, body) == (200, SCRIPT)
        assert answer.headers["Cache-Control"] == f"public, max-age={365 * 24 * 3600}, immutable"
        # Without a hash, or with one that never was, it is the newest.
        for path in ("/widget/iop-chat.js", "/widget/iop-chat.js?v=0123456789abcdef", "/widget/iop-chat.js?v=../x"):
            answer, body = await fetch(server, path)
            assert (body, answer.headers["Cache-Control"]) == (b"updated();", "no-cache")
    finally:
        file.write_bytes(SCRIPT)


async def test_scripts_are_kept_once_and_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    script = tmp_path / "iop-chat.js"
    script.write_bytes(SCRIPT)
    (tmp_path / "file").write_text("")
    for folder in ("kept", "kept", "file"):
        earlier_scripts.keep(tmp_path / folder, [script, tmp_path / "none.js"])
    assert [path.read_bytes() for path in (tmp_path / "kept").iterdir()] == [SCRIPT]


async def test_files_are_packed_for_who_wants_it(server: Server) -> None:
    answer, body = await fetch(server, "/widget/iop-chat.js", **{"Accept-Encoding": "br, gzip;q=0.8"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert len(body) < len(SCRIPT) / 5


@pytest.mark.parametrize(
    "path",
    [
        "/page/chat.html",
        "/page/notes.py",
        "/page/none.css",
        "/page/..%2Fsecret.css",
        "/page/%2e%2e/secret.css",
        "/widget/../secret.css",
        "/widget/..%2f..%2fsecret.css",
        "/widget/.hidden.css",
        "/widget/",
        "/widget/iop-chat",
        "/page/look.css%00.css",
        "/page/" + "x" * 300 + ".css",
    ],
)
async def test_nothing_else_can_be_reached(server: Server, path: str) -> None:
    answer, body = await fetch(server, path)
    assert answer.status == 404
    assert b"secret" not in body.replace(b"secret.css", b"")


async def test_a_changed_file_is_served_at_once(server: Server) -> None:
    before = pages.script("en")
    file = pages.WIDGET / pages.SCRIPTS["en"]
    file.write_bytes(SCRIPT + b"changed")
    assert pages.script("en") != before
    file.unlink()
    assert pages.script("en") == ("", "")
    assert (await fetch(server, "/"))[0].status == 200
    file.write_bytes(SCRIPT)
    assert pages.script("en")[1] == before[1]


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({"Host": "chat.example.org"}, b"http://chat.example.org"),
        ({"Host": "chat.example.org", "X-Forwarded-Proto": "https"}, b"https://chat.example.org"),
        ({"X-Forwarded-Host": "chat.example.org", "X-Forwarded-Proto": "x"}, b"http://chat.example.org"),
        ({"X-Forwarded-Host": '"><script>'}, b" $15"),
    ],
)
async def test_the_address_of_the_server_is_shown_as_the_client_wrote_it(
    server: Server, headers: dict[str, str], shown: bytes
) -> None:
    _, body = await fetch(server, "/embed", **headers)
    assert body.partition(b"</script>")[2].startswith(shown)


async def test_every_page_is_there() -> None:
    folder = Path(pages.__file__).parent / "page"
    assert [name for name in pages.PAGES.values() if not (folder / name).is_file()] == []
