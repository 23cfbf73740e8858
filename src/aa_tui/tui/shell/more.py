"""What the palette alone has: it is asked for by name, so that the app needs no action for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aa_tui.tui.core.host import Host


def _start_waiting(host: Host) -> None:
    from aa_tui.tui.runs import requests

    requests.start_waiting(host)


def _tidy(host: Host) -> None:
    from aa_tui.tui.runs import requests

    requests.tidy(host)


def _sync(host: Host) -> None:
    from aa_tui.tui.shell.sync_dialog import SyncDialog

    host.ask(SyncDialog(host))


def _import(host: Host) -> None:
    from aa_tui.tui.runs import requests

    requests.import_logs(host)


MORE: Mapping[str, Callable[[Host], None]] = {
    "start-waiting": _start_waiting,
    "import": _import,
    "tidy": _tidy,
    "sync": _sync,
}
"""By the names that the commands have for them."""
