"""Memory that is freed is taken again without the system, in every thread, until it is given back."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

MEASURE = """
import ctypes, json, resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.heap import give_memory_back

exec(sys.argv[1])
PAGE, MIB, library = resource.getpagesize(), 2**20, ctypes.CDLL(None)
library.sbrk.restype = library.malloc.restype = ctypes.c_void_p
library.malloc.argtypes, library.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE // MIB

def cleared(size):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = library.malloc(size * MIB)
    ctypes.memset(block, 1, size * MIB)
    library.free(block)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * PAGE // MIB

def measured():
    give_memory_back()
    end = library.sbrk(0)
    first, again, held = cleared(384), cleared(384), resident()
    grown = (library.sbrk(0) - end) // MIB
    give_memory_back()
    return {"first": first, "again": again, "grown": grown, "given_back": held - resident()}

with ThreadPoolExecutor(1) as pool:
    print(json.dumps({"main": measured(), "another": pool.submit(measured).result()}))
"""
"""Counts the MiB that the system has cleared, page by page, for a block and for the next one."""

OWN = "from core.heap import keep_freed_memory; keep_freed_memory()"
OF_THE_PROGRAM = "from app.__main__ import main; main(['--version'])"

if sys.platform == "linux":  # of glibc, which others do not have

    @pytest.mark.parametrize("start", [OWN, OF_THE_PROGRAM])
    def test_a_block_takes_what_the_one_before_has_left_until_that_is_given_back(start: str) -> None:
        told = subprocess.run([sys.executable, "-c", MEASURE, start], capture_output=True, text=True, check=True)
        for thread, found in json.loads(told.stdout.splitlines()[-1]).items():
            assert found["first"] >= 384, thread
            assert found["again"] <= 1, thread
            assert found["grown"] >= 384 + 256, thread  # so that it is asked for seldom
            assert found["given_back"] >= 380, thread
