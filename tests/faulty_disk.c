/* A disk that fails on demand: put before the C library with LD_PRELOAD, armed by ctypes.
 *
 * Counts the calls that change files below a directory, whoever makes them (SQLite, Python), lets some pass,
 * then fails as many as it is told with an error number, or kills the process. A write that fails for lack of
 * room writes half of it the first time, as a real disk does. For tests only.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SYNC = 1, WRITE = 2, MAKE = 4, REMOVE = 8 };

static char prefix[4096];
static volatile int kinds, error, pass, left, half;

/* error 0 kills; left -1 fails for ever. */
void faulty_arm(const char *directory, int which, int number, int after, int times) {
    snprintf(prefix, sizeof prefix, "%s", directory);
    kinds = which, error = number, pass = after, half = 1, left = times;
}

void faulty_disarm(void) { left = 0; }

static int strikes(int kind, const char *path) {
    if (!left || !(kinds & kind) || strncmp(path, prefix, strlen(prefix)))
        return 0;
    if (pass > 0) {
        pass--;
        return 0;
    }
    if (!error)
        kill(getpid(), SIGKILL);
    if (left > 0)
        left--;
    errno = error;
    return 1;
}

static int strikes_fd(int kind, int fd) {
    char link[64], path[4096];
    if (!left || !(kinds & kind))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return 0;
    path[n] = 0;
    return strikes(kind, path);
}

#define REAL(name, ...) ((int (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

int fsync(int fd) { return strikes_fd(SYNC, fd) ? -1 : REAL("fsync", int)(fd); }
int fdatasync(int fd) { return strikes_fd(SYNC, fd) ? -1 : REAL("fdatasync", int)(fd); }
int ftruncate(int fd, off_t n) { return strikes_fd(WRITE, fd) ? -1 : REAL("ftruncate", int, off_t)(fd, n); }
int ftruncate64(int fd, off_t n) { return strikes_fd(WRITE, fd) ? -1 : REAL("ftruncate64", int, off_t)(fd, n); }

static size_t shortened(size_t n) {
    size_t some = error == ENOSPC && half ? n / 2 : 0;
    half = 0;
    return some;
}

ssize_t write(int fd, const void *data, size_t n) {
    ssize_t (*real)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (!strikes_fd(WRITE, fd))
        return real(fd, data, n);
    size_t some = shortened(n);
    return some ? real(fd, data, some) : -1;
}

ssize_t pwrite64(int fd, const void *data, size_t n, off_t at) {
    ssize_t (*real)(int, const void *, size_t, off_t) =
        (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    if (!strikes_fd(WRITE, fd))
        return real(fd, data, n, at);
    size_t some = shortened(n);
    return some ? real(fd, data, some, at) : -1;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at) { return pwrite64(fd, data, n, at); }

#define OPEN(name)                                                                                                  \
    int name(const char *path, int flags, ...) {                                                                    \
        va_list more;                                                                                               \
        va_start(more, flags);                                                                                      \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0;                                   \
        va_end(more);                                                                                               \
        if (flags & O_CREAT && strikes(MAKE, path))                                                                 \
            return -1;                                                                                              \
        return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name))(path, flags, mode);                       \
    }
OPEN(open)
OPEN(open64)

int link(const char *from, const char *to) { return strikes(MAKE, to) ? -1 : REAL("link", const char *, const char *)(from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
    return strikes(MAKE, to) ? -1 : REAL("linkat", int, const char *, int, const char *, int)(a, from, b, to, flags);
}
int rename(const char *from, const char *to) {
    return strikes(MAKE, to) ? -1 : REAL("rename", const char *, const char *)(from, to);
}
int unlink(const char *path) { return strikes(REMOVE, path) ? -1 : REAL("unlink", const char *)(path); }
int unlinkat(int at, const char *path, int flags) {
    return strikes(REMOVE, path) ? -1 : REAL("unlinkat", int, const char *, int)(at, path, flags);
}
