//! fork, exec, wait, pidfd, signals, sockets, shared memory: the kernel, behind safe functions.
