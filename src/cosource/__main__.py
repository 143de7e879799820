"""The command `cosource`."""

import gc
import sys


def main() -> None:
    """Run the command line and turn an unusable setting into one line."""
    # What is loaded stays: to look through it again and again for garbage is a sixth of the time that a command takes to start.
    gc.set_threshold(50_000, 10, 10)
    # Imported late: an unusable setting must not come out as a stack trace.
    from cosource.config.cli import app
    from cosource.config.environment import BadSetting

    try:
        app(prog_name="cosource")
    except BadSetting as bad:
        print(f"cosource: {bad}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
