/** What Python code of attacks starts with: raw system calls, and children that cannot hurt their kernel. */
import { judged, machineOf, refused } from '../seccomp.ts';

const column = machineOf(process.arch) === 'x64' ? 0 : 1;

/** The number of a system call of the filter's tables on this machine. */
export function numberOf(call: string): number {
  const number = (refused[call] ?? judged[call])?.[column];
  if (number === null || number === undefined) throw new Error(`no number for ${call}`);
  return number;
}

/** `call(number, …)` returns the result, or the error as a negative number; `child(f)` what f returned in a fork. */
export const prelude = `
import ctypes, json, mmap, os, signal, socket, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(number, *words):
    ctypes.set_errno(0)
    words = [word if isinstance(word, (bytes, ctypes.Array, ctypes.Structure)) or hasattr(word, 'contents') else ctypes.c_long(word) for word in words]
    words = [ctypes.byref(word) if isinstance(word, ctypes.Structure) else word for word in words]
    returned = libc.syscall(ctypes.c_long(number), *words)
    return -ctypes.get_errno() if returned == -1 else returned
def child(work):
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing, str(work()).encode()[:4000])
        except BaseException as error:
            os.write(writing, ('error: ' + repr(error)).encode()[:4000])
        os._exit(0)
    os.close(writing)
    said = b''
    while chunk := os.read(reading, 4096):
        said += chunk
    os.close(reading)
    status = os.waitpid(pid, 0)[1]
    return said.decode() if not os.WIFSIGNALED(status) else 'signal %d' % os.WTERMSIG(status)
def tried(work):
    try:
        return str(work())
    except BaseException as error:
        return 'refused: ' + repr(error)
`;
