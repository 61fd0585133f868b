"""Stops one thread of a process for six seconds: stop_thread.py PROCESS NAME, where NAME is "main" or the thread's own.

A debugger's way (ptrace(2)): SIGSTOP would stop all of them."""

import ctypes
import os
import sys
import time

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, thread):
    if libc.ptrace(request, thread, None, None) != 0:
        sys.exit(f"ptrace: {os.strerror(ctypes.get_errno())}")


def thread_of(process, name):
    if name == "main":
        return process
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/comm") as comm:
            if comm.read().strip() == name:
                return int(thread)
    sys.exit(f"process {process} has no thread {name}")


thread = thread_of(int(sys.argv[1]), sys.argv[2])
ptrace(PTRACE_SEIZE, thread)
ptrace(PTRACE_INTERRUPT, thread)
time.sleep(6)
