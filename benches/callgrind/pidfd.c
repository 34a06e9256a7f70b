/* Lets a mold run under a valgrind that does not know pidfd_open(2), as that of Debian 12 does not.
 *
 * Preloaded into the mold, it answers with a descriptor that never becomes readable. So the mold never
 * sees a worker end, and the master cannot signal one: whoever uses this ends the worker himself.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

long syscall(long number, ...)
{
    long argument[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        argument[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_pidfd_open)
        return eventfd(0, EFD_CLOEXEC);
    long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return real(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}
