from __future__ import annotations

import socket
import subprocess
import sys

from helpline.channels.servers import others_alive, this_server


def test_a_server_is_no_other_to_itself_and_a_dead_one_is_none() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = socket.gethostname()[:100]
    assert others_alive([this_server(), f"{host} {gone.pid}"]) == []


def test_a_living_process_and_one_elsewhere_may_be_others() -> None:
    names = [f"{socket.gethostname()[:100]} 1", "elsewhere 7", "nonsense"]
    assert others_alive(names) == names
