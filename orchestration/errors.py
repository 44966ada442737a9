"""The base of every error that a person can act on."""


class FunnelError(Exception):
    """An expected failure: its message says what is wrong, where, and what to do next.

    The command line prints the message alone, without a traceback, and exits with `exit_code`.
    """

    exit_code = 1
