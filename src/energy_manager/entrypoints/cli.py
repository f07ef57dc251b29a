"""The command line: ``energy-manager`` = ``python -m energy_manager.entrypoints.cli``.

Little is imported here, so that signals are minded from the first moments on; the commands load what they need.
"""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from energy_manager.domain.errors import EnergyManagerError, Infeasible, OutOfTime
from energy_manager.entrypoints.running.shutdown import Stopper

EXIT_CODES: tuple[tuple[type[EnergyManagerError], int], ...] = (
    (Infeasible, 3),
    (OutOfTime, 4),
    (EnergyManagerError, 2),
)


NEEDED_MB = 400
"""Address space; on two cores numpy cannot be loaded below it. A loop with its API takes more than twice that."""


def _let_pythonpath_win() -> None:
    """``python -m`` puts the working directory first; a module on ``PYTHONPATH`` is meant to replace what is there."""
    entries = [str(Path(entry).resolve()) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    here = str(Path.cwd())
    if entries and not sys.flags.safe_path and sys.path[0] in {"", here}:
        del sys.path[0]
        if here not in entries:
            sys.path.append(here)


def _fail(code: int, sentence: str) -> NoReturn:
    from energy_manager.entrypoints.command_line.terminal import folded, printable, width_of  # noqa: PLC0415

    lines = folded(f"energy-manager: {printable(sentence)}", width_of(sys.stderr))
    with suppress(OSError):
        print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201 - meant to go there
    sys.exit(code)


def _leave_without_memory() -> NoReturn:
    """At once: ending in order needs memory and threads too, and a process that neither works nor ends helps nobody."""
    os.write(2, b"energy-manager: the machine gives no memory or no more threads: see ulimit -v and -u\n")
    os._exit(2)


def _refuse_little_memory() -> None:
    """Before anything is loaded: compiled parts end the process in words of their own, or with none."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < NEEDED_MB * 1_000_000:
        megabytes = limit // 1_000_000
        _fail(2, f"only {megabytes} MB of memory may be used (ulimit -v), and at least {NEEDED_MB} MB are needed")


def _fail_to_print(error: OSError) -> NoReturn:
    """Standard output takes no more, and must not be tried again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _fail(2, f"standard output cannot be written: {error.strerror}")


def main() -> None:
    """Run the command line; errors are one line on stderr and an exit code."""
    stopper = Stopper()
    stopper.install()
    _let_pythonpath_win()
    _refuse_little_memory()
    import typer  # noqa: PLC0415 - takes a while, see above

    from energy_manager.entrypoints.commands import app  # noqa: PLC0415

    try:
        sys.exit(app(standalone_mode=False, obj=stopper) or 0)
    except typer.TyperException as error:
        _fail(2, str(getattr(error, "format_message", error.__str__)()))
    except typer.Abort:
        _fail(2, "the input ended before an answer; nothing was done")
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "thread" not in str(error):
            raise
        _leave_without_memory()
    except OSError as error:
        if error.filename is not None:
            raise
        _fail_to_print(error)
    except EnergyManagerError as error:
        _fail(next(code for kind, code in EXIT_CODES if isinstance(error, kind)), str(error))


if __name__ == "__main__":
    main()
