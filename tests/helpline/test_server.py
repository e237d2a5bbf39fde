from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests

from helpline.server import allow_open_files
from helpline.settings import ROOT

# Each test needs an interpreter of its own: in this one TensorFlow is loaded.
PYTHON = [sys.executable, "-W", "ignore", "-c"]

_PUT_OFF = """
import sys
from helpline.server import put_off_tensorflow
put_off_tensorflow()
put_off_tensorflow()
import rasa.core.run, rasa.core.agent, rasa.engine.recipes.default_recipe
import helpline.nlu.sentence_encoder, helpline.nlu.topic_classifier
assert not {"tensorflow", "matplotlib"} & set(sys.modules)
import rasa.utils.plotting
assert callable(rasa.utils.plotting.plot_curve)
assert "matplotlib" in sys.modules
import rasa.utils.train_utils
assert callable(rasa.utils.train_utils.rank_and_mask)
assert "tensorflow" in sys.modules
"""

_SERVE = """
import sys
from pathlib import Path
from helpline.server import serve
from helpline.settings import load
serve(load(), Path(sys.argv[1]))
"""


def test_tensorflow_is_loaded_when_it_is_needed_and_not_before() -> None:
    result = subprocess.run([*PYTHON, _PUT_OFF], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server without a model: everything but answers can be seen of it, and it starts soonest."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    environment = {**os.environ, "PORT": str(port), "DATABASE_URL": f"sqlite:///{folder / 'c.db'}"}
    log = (folder / "log").open("w+")
    command = [*PYTHON, _SERVE, str(folder / "no-model.tar.gz")]
    with log, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 40
        while not answers(url):
            assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        yield url
        process.terminate()


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("path", ["/", "/chat", "/embed"])
def test_the_pages_are_served_with_headers_that_keep_others_out(address: str, path: str) -> None:
    answer = requests.get(address + path, timeout=5)
    assert answer.status_code == 200
    assert "text/html" in answer.headers["Content-Type"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies


def test_the_web_channel_listens(address: str) -> None:
    assert requests.get(f"{address}/webhooks/web/", timeout=5).status_code == 503
    handshake = requests.get(f"{address}/webhooks/web/socket.io/?EIO=4&transport=polling", timeout=5)
    assert handshake.status_code == 200
    assert "websocket" in handshake.text
    assert not handshake.cookies


def test_without_a_model_the_chat_page_gives_the_numbers(address: str) -> None:
    page = requests.post(f"{address}/chat", data={"message": "hi"}, timeout=5)
    assert page.status_code == 200
    assert "technical problem" in page.text


@pytest.mark.parametrize(
    "path",
    ["/conversations/a/tracker", "/domain", "/model/parse", "/page/../server.py", "/page/index.html", "/index.html"],
)
def test_transcripts_domain_and_files_cannot_be_reached(address: str, path: str) -> None:
    assert requests.get(address + path, timeout=5).status_code in (404, 405)


def test_without_a_model_the_health_check_fails_and_messages_get_the_numbers(address: str) -> None:
    assert requests.get(f"{address}/webhooks/rest/", timeout=5).status_code == 503
    body = {"sender": "a", "message": "hi"}
    replies = requests.post(f"{address}/webhooks/rest/webhook", json=body, timeout=5).json()
    assert all(number in replies[0]["text"] for number in ("911", "988", "1-800-662-HELP (4357)"))


def test_more_files_may_be_opened() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        assert allow_open_files(300) == 300
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
        assert allow_open_files(200) == 300
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
