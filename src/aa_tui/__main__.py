"""`aa-tui` and `python -m aa_tui`."""

# Without `from __future__`, which is an import too: the first ones here must be of what Python has loaded already.
import os
import sys


def main() -> int:
    """Run the command line and return its exit code: 0 done, 1 failure, 2 wrong usage, 130 interrupted."""
    leave_current_folder()
    from aa_tui.cli.main import run

    return run(sys.argv[1:])


def leave_current_folder(*, as_module: bool = False) -> None:
    """Import nothing from the user's current folder, and start no program in it.

    Python looks there for modules after `-m` (`as_module`) and where PYTHONPATH has `.` or an empty entry, the system
    for programs where PATH has. Where this very package lies there it stays, behind everything else.
    """
    try:
        here = os.getcwd()  # noqa: PTH109
    except OSError:  # it was deleted: nothing can be imported from it
        return
    asked = os.environ.get("PYTHONPATH", "")
    named = {os.path.normpath(one) for one in asked.split(os.pathsep)} if asked else set()
    places = sys.path[1:] if as_module and not sys.flags.safe_path else sys.path[:]
    if "." in named:  # normpath("") is "." too
        places = [one for one in places if one not in ("", here) or one == os.path.dirname(os.__file__)]  # noqa: PTH120
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    sys.path[:] = places if own in places or own not in sys.path else [*places, own]
    path = os.environ.get("PATH", "").split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(one for one in path if os.path.isabs(one)) or os.defpath  # noqa: PTH117


if __name__ == "__main__":
    leave_current_folder(as_module=True)
    sys.exit(main())
