"""A process that reads the current release and prints the generation that it finds.

usage: reader.py DATABASE hold         open it once, answer for each line of input
       reader.py DATABASE reopen N     reopen it for each of N answers
"""

import sys

import duckdb
from support.generations import read_generation


def hold(database: str) -> None:
    with duckdb.connect(database, read_only=True) as connection:
        for _ in sys.stdin:
            print(read_generation(connection), flush=True)


def reopen(database: str, times: int) -> None:
    for _ in range(times):
        with duckdb.connect(database, read_only=True) as connection:
            print(read_generation(connection), flush=True)


if __name__ == "__main__":
    if sys.argv[2] == "hold":
        hold(sys.argv[1])
    else:
        reopen(sys.argv[1], int(sys.argv[3]))
