"""What happens when a server dies, a port is taken, or Ctrl-C is pressed."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from assistant import ROOT, Assistant, environment, free_port, is_free, new_sender, start, stop, wait_for

ACTION_SERVER = "rasa_sdk"
RASA_SERVER = "serve"


@pytest.fixture
def whole(assistant: Assistant) -> Iterator[Assistant]:
    """The running assistant, with both servers up before and after."""
    assistant.wait_until_whole()
    yield assistant
    assistant.wait_until_whole()


def kill(server: psutil.Process) -> None:
    server.kill()
    psutil.wait_procs([server], timeout=5)


def test_without_the_action_server_questions_are_answered_and_it_is_restarted(whole: Assistant) -> None:
    before = whole.printed.count("The action server stopped")
    old = whole.child(ACTION_SERVER)
    kill(old)
    assert not whole.answers(whole.action_port)
    reply = whole.say(new_sender(), "how long does the whole program last")
    assert reply.topics == ["program_length"]
    assert "988" in whole.say(new_sender(), "i want to kill myself").text
    wait_for(lambda: whole.answers(whole.action_port), "the action server", 60)
    assert whole.child(ACTION_SERVER).pid != old.pid
    assert whole.printed.count("The action server stopped (exit code -9); starting it again") == before + 1
    assert "Receipt" in whole.say(new_sender(), "delete my chat").text


def test_a_deletion_without_the_action_server_is_not_promised(whole: Assistant) -> None:
    sender = new_sender()
    whole.say(sender, "what is an iop")
    kill(whole.child(ACTION_SERVER))
    reply = whole.say(sender, "delete my chat")
    assert whole.stored(sender) > 0
    assert "Receipt" not in reply.text
    assert any(word in reply.text for word in ("could not", "can't", "problem", "try again")), reply.text


def test_after_the_rasa_server_was_killed_the_conversation_goes_on(whole: Assistant) -> None:
    sender = new_sender()
    assert whole.say(sender, "do they teach coping skills").topics == ["coping_skills"]
    stored = whole.stored(sender)
    old = whole.child(RASA_SERVER)
    kill(old)
    assert whole.stored(sender) == stored > 0
    wait_for(whole.answers, "the Rasa server", 90)
    assert whole.child(RASA_SERVER).pid != old.pid
    assert "The Rasa server stopped (exit code -9); starting it again" in whole.printed
    assert whole.say(sender, "like what").topics == ["coping_skills"]
    assert whole.stored(sender) > stored


@pytest.mark.parametrize("taken", ["PORT", "ACTION_PORT"])
def test_a_taken_port_gives_a_clear_error(taken: str, tmp_path: Path) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        variables = {**environment(tmp_path, free_port(), free_port()), taken: str(port)}
        command = [sys.executable, "-m", "helpline", "run"]
        result = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert f"Port {port} is taken" in result.stderr
    assert f"{taken}=" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("variable", "value"), [("PORT", "many"), ("PORT", "0"), ("ACTION_PORT", "70000"), ("RETENTION_HOURS", "-1")]
)
def test_a_setting_that_cannot_be_used_gives_a_clear_error(variable: str, value: str) -> None:
    command = [sys.executable, "-m", "helpline", "run"]
    variables = {**os.environ, variable: value}
    result = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert variable in result.stderr
    assert "Traceback" not in result.stderr


def test_ctrl_c_ends_all_processes_and_frees_the_ports(tmp_path: Path) -> None:
    running = start(tmp_path)
    try:
        children = running.children()
        assert len(children) >= 2
        sender = new_sender()
        running.say(sender, "what is an iop")
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(10) == 0
        assert psutil.wait_procs(children, timeout=0.5)[1] == []
        assert is_free(running.port)
        assert is_free(running.action_port)
        assert "Stopping." in running.printed
        assert "Traceback" not in running.printed
        assert running.stored(sender) > 0
    finally:
        stop(running)
