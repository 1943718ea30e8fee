#pragma once
// What Swift's own Glibc module lacks; Embedded Swift, in which the PAM module is written, has no
// such module at all. No logic: each wrapper says why it exists.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/fs.h>
#include <linux/prctl.h>
#include <linux/stat.h>
#include <malloc.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

// The environment, for the tests' PAM application; <unistd.h> declares it under _GNU_SOURCE only.
extern char *_Nullable *_Nullable environ;

// A search in bytes; <string.h> declares it under _GNU_SOURCE only.
extern void *_Nullable memmem(const void *_Nonnull, size_t, const void *_Nonnull, size_t);

// errno is a macro over a function, which Swift cannot import.
static inline int swiftotp_errno(void) { return errno; }

// MARK: Files

// openat(2) is variadic, which Embedded Swift cannot call: for the tests' PAM application.
static inline int swiftotp_openat(int directory, const char *_Nonnull path, int flags,
                                  unsigned int mode) {
    return openat(directory, path, flags, mode);
}

// renameat2(2) without replacing. By its number, because <stdio.h> declares it under
// _GNU_SOURCE only, which would make the C library's types differ from those of other modules.
static inline int swiftotp_rename_noreplace(int directory, const void *_Nullable from,
                                            const void *_Nullable to) {
    return (int)syscall(SYS_renameat2, directory, from, directory, to, RENAME_NOREPLACE);
}

// The same, replacing any file that has the new name.
static inline int swiftotp_rename(int directory, const void *_Nullable from,
                                  const void *_Nullable to) {
    return (int)syscall(SYS_renameat2, directory, from, directory, to, 0);
}

// Entries of a folder as the kernel returns them (getdents64(2)): inode number, offset (8 bytes each),
// length of the entry (2), type (1), and the name with a NUL. <dirent.h> declares it under _GNU_SOURCE
// only.
static inline ssize_t swiftotp_getdents(int folder, void *_Nullable bytes, size_t count) {
    return syscall(SYS_getdents64, folder, bytes, count);
}

// pwritev(2) of some bytes followed by zeros, in one call, which a killed process has made or not.
// Here because Swift does not allow an array of pointers into its arrays.
static inline ssize_t swiftotp_pwrite_padded(int file, const void *_Nullable bytes, size_t count,
                                             size_t zeros, off_t offset) {
    static const char zero[4096];
    struct iovec parts[2] = {
        {(void *)bytes, count}, {(void *)zero, zeros < sizeof zero ? zeros : sizeof zero}};
    return pwritev(file, parts, 2, offset);
}

// Has btrfs overwrite a file in place, which must be requested while the file is empty; otherwise each
// write needs new space. Other file systems refuse, or do so anyway. ioctl(2) is variadic; both
// requests take an int, whatever their names say.
static inline void swiftotp_overwrite_in_place(int file) {
    unsigned int flags = 0;
    if (syscall(SYS_ioctl, file, FS_IOC_GETFLAGS, &flags) != 0) return;
    flags |= FS_NOCOW_FL;
    syscall(SYS_ioctl, file, FS_IOC_SETFLAGS, &flags);
}

// The attributes of a file, such as STATX_ATTR_IMMUTABLE, without opening it (statx(2)); 0 if the file
// system does not report them. <sys/stat.h> declares it under _GNU_SOURCE only.
static inline uint64_t swiftotp_attributes(const char *_Nonnull path) {
    struct statx status = {0};
    if (syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) != 0)
        return 0;
    return status.stx_attributes & status.stx_attributes_mask;
}
static const uint64_t swiftotp_unchangeable = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;

// Whether the limits let this process grow a file to `end`: a write cut off by the limit would leave
// half of the old bytes. <sys/resource.h> has types that differ under _GNU_SOURCE.
static inline int swiftotp_may_write_to(off_t end) {
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur >= (rlim_t)end;
}

// MARK: Sockets

// For send(2) and recv(2): never wait, and get an error, not a signal, if nobody is at the other end.
// The constants are of an enumeration, which Swift cannot combine.
static const int swiftotp_send_flags = MSG_NOSIGNAL | MSG_DONTWAIT;

// recv(2) with the real user of the sender, if the kernel reports it; otherwise `sender` is unchanged.
// Swift cannot use the control message and struct ucred (pid, uid, gid). SCM_CREDENTIALS is 2. Files
// sent along are closed: a few fit into the room for the one message.
static inline ssize_t swiftotp_receive(int file, void *_Nullable bytes, size_t count,
                                       unsigned int *_Nonnull sender) {
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(3 * sizeof(unsigned int))];
    } control;
    struct iovec part = {bytes, count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t received = recvmsg(file, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct cmsghdr *head = received >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (!head || head->cmsg_level != SOL_SOCKET) return received;
    if (head->cmsg_type == 2 && head->cmsg_len == CMSG_LEN(3 * sizeof(unsigned int))) {
        unsigned int credentials[3];
        memcpy(credentials, CMSG_DATA(head), sizeof(credentials));
        *sender = credentials[1];
    }
    if (head->cmsg_type == SCM_RIGHTS) {
        for (size_t end = CMSG_LEN(sizeof(int)); end <= head->cmsg_len; end += sizeof(int)) {
            int sent;
            memcpy(&sent, (char *)head + end - sizeof(int), sizeof(int));
            close(sent);
        }
    }
    return received;
}

// MARK: Processes

// syslog(3) is variadic, which Swift cannot call. The format is fixed here, so that no text from
// outside can ever be one.
static inline void swiftotp_syslog(int priority, const char *_Nonnull message) {
    syslog(priority, "%s", message);
}

// Closes what a started program must not inherit; <spawn.h> declares it under _GNU_SOURCE only.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *_Nonnull actions,
                                                    int from);

// No core file and no debugger of the same user: <sys/resource.h> has types that differ under
// _GNU_SOURCE, and <sys/prctl.h>'s function is variadic.
static inline int swiftotp_keep_memory_private(void) {
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
    return (int)syscall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// free(3) and realloc(3) of the C library itself, for programs that replace them by their own.
void __libc_free(void *_Nullable memory);
void *_Nullable __libc_malloc(size_t count);

// Zeros the stack that earlier functions used, below the frame of this one's caller, and the registers,
// which later code may save there. `depth` is at least 8192. memmove(3) uses vector registers that the
// compiler knows nothing of, so blocks of each size class are moved; from 512 bytes on, all sizes use
// the same registers.
__attribute__((noinline, unused, zero_call_used_regs("all"))) static void
swiftotp_wipe_stack(size_t depth) {
    char stack[depth];
    explicit_bzero(stack, depth);
    for (size_t size = 16; size <= 1024; size *= 2) {
        __asm__ volatile("" : "+r"(size) : "r"(stack) : "memory");
        memmove(stack, stack + 4096, size);
    }
    __asm__ volatile("" : : "r"(stack) : "memory");
}

// MARK: What the module does

// Only through syscall(2). Most of the C library's functions for these calls are cancellation points:
// if the program cancelled its thread there (pthread_cancel(3)), whatever the module holds would be
// left behind. Others must not run in a copy of a program that had threads (OwnService.swift): they
// would signal those, or wait for a lock that one of them held. It also keeps all of the module's
// system calls in one place.

static inline void swiftotp_close(int file) { syscall(SYS_close, file); }

// A Unix socket's address has its path as an array, which Swift imports as a tuple. If the queue of
// connections is full, it waits for two seconds at most, and then returns EAGAIN.
static inline int swiftotp_connect(const char *_Nonnull path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = 0;
    while (path[length] != 0 && length + 1 < sizeof(address.sun_path)) {
        address.sun_path[length] = path[length];
        length++;
    }
    if (path[length] != 0) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int file = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0) return -1;
    const struct timeval patience = {2, 0};
    syscall(SYS_setsockopt, file, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (syscall(SYS_connect, file, &address, sizeof(address)) == 0) return file;
    int error = errno;
    swiftotp_close(file);
    errno = error;
    return -1;
}

// A socket that listens at `path`, for its owner alone; what is left there of an earlier one is removed,
// unless somebody listens on it. Nobody can connect before it listens, so the mode is never too wide.
static inline int swiftotp_listen(const char *_Nonnull path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, length);
    int earlier = swiftotp_connect(path);
    if (earlier >= 0) {
        swiftotp_close(earlier);
        errno = EADDRINUSE;
        return -1;
    }
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode)) unlink(path);
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0) return -1;
    if (bind(file, (struct sockaddr *)&address, sizeof(address)) == 0 && chmod(path, 0600) == 0 &&
        listen(file, SOMAXCONN) == 0)
        return file;
    int error = errno;
    close(file);
    errno = error;
    return -1;
}

// Whether somebody listens at `path` for messages from syslog(3), which also tries both kinds of
// socket.
static inline int swiftotp_log_listens(const char *_Nonnull path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    for (int kind = 0; kind < 2; kind++) {
        int file = socket(AF_UNIX, (kind == 0 ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
        int result = connect(file, (struct sockaddr *)&address, sizeof(address));
        int is_other = result != 0 && errno == EPROTOTYPE;
        close(file);
        if (!is_other) return result == 0;
    }
    return 0;
}

static inline ssize_t swiftotp_receive_some(int file, void *_Nonnull bytes, size_t count) {
    return syscall(SYS_recvfrom, file, bytes, count, MSG_DONTWAIT, NULL, NULL);
}

// Waits until there is something to read, or room to write, for at most that many milliseconds; returns
// what poll(2) does.
static inline int swiftotp_wait(int file, int to_write, long milliseconds) {
    struct pollfd one = {.fd = file, .events = to_write ? POLLOUT : POLLIN};
    const struct timespec patience = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    return (int)syscall(SYS_ppoll, &one, 1, &patience, NULL, 0);
}

// send(2) of some bytes followed by others, without the first `done`, which were sent already. In one
// call, so that the receiver is woken once.
static inline ssize_t swiftotp_send_two(int file, const void *_Nullable first, size_t first_count,
                                        const void *_Nullable second, size_t count, size_t done) {
    size_t of_first = done < first_count ? done : first_count;
    size_t of_second = done - of_first;
    struct iovec parts[2] = {{(char *)first + of_first, first_count - of_first},
                             {(char *)second + of_second, count - of_second}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return syscall(SYS_sendmsg, file, &message, swiftotp_send_flags);
}

// struct ucred is declared under _GNU_SOURCE only: pid, uid and gid.
static inline int swiftotp_peer(int file, int *_Nonnull pid, unsigned int *_Nonnull uid) {
    unsigned int credentials[3] = {0, ~0u, ~0u};
    socklen_t length = sizeof(credentials);
    if (syscall(SYS_getsockopt, file, SOL_SOCKET, SO_PEERCRED, credentials, &length) != 0)
        return -1;
    *pid = (int)credentials[0];
    *uid = credentials[1];
    return 0;
}

// Has the kernel report who sends something on this socket (unix(7), SO_PASSCRED).
static inline int swiftotp_pass_credentials(int file) {
    const int yes = 1;
    return (int)syscall(SYS_setsockopt, file, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes));
}

static inline int swiftotp_process(void) { return (int)syscall(SYS_getpid); }

static inline int swiftotp_user(void) { return (int)syscall(SYS_getuid); }

static inline int swiftotp_effective_user(void) { return (int)syscall(SYS_geteuid); }

static inline void swiftotp_sleep(long microseconds) {
    const struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
    syscall(SYS_nanosleep, &time, NULL);
}

// For starting a service for one login (OwnService.swift).

// clone(2), like fork(2), but with this signal, or none, to the parent when the process ends.
static inline int swiftotp_clone(int exit_signal) {
    return (int)syscall(SYS_clone, exit_signal, 0, 0, 0, 0);
}

// Two connected Unix sockets; the type of a socket is of an enumeration, which Swift cannot combine.
static inline int swiftotp_socketpair(int pair[_Nonnull 2]) {
    return (int)syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
}

// Blocks all signals, even the C library's own, and restores those of `before`.
static inline void swiftotp_block_signals(uint64_t *_Nonnull before) {
    const uint64_t every = ~(uint64_t)0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &every, before, sizeof(every));
}

static inline void swiftotp_restore_signals(uint64_t before) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
}

// The real, effective and saved user and group, and no other groups.
static inline int swiftotp_become_root(void) {
    if (syscall(SYS_setgroups, 0, NULL) != 0 || syscall(SYS_setresgid, 0, 0, 0) != 0) return -1;
    return (int)syscall(SYS_setresuid, 0, 0, 0);
}

static inline void swiftotp_begin_session(void) { syscall(SYS_setsid); }

static inline void swiftotp_set_umask(unsigned int mask) { syscall(SYS_umask, mask); }

static inline int swiftotp_close_from(unsigned int first) {
    return (int)syscall(SYS_close_range, first, ~0u, 0);
}

static inline int swiftotp_duplicate(int file, int least) {
    return (int)syscall(SYS_fcntl, file, F_DUPFD, least);
}

static inline int swiftotp_duplicate_as(int file, int number) {
    return (int)syscall(SYS_dup3, file, number, 0);
}

static inline int swiftotp_open_null(void) {
    return (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
}

static const int swiftotp_limit_files = RLIMIT_NOFILE;
static const int swiftotp_limit_stack = RLIMIT_STACK;

// Sets a limit; if that is not allowed, raises it as far as possible.
static inline void swiftotp_lift_limit(int resource, uint64_t value) {
    uint64_t limit[2] = {value, value};
    if (syscall(SYS_prlimit64, 0, resource, limit, NULL) == 0) return;
    if (syscall(SYS_prlimit64, 0, resource, NULL, limit) != 0) return;
    limit[0] = limit[1];
    syscall(SYS_prlimit64, 0, resource, limit, NULL);
}

// execve(2) with an empty environment; the arguments are an array of pointers, which Swift would have
// to build.
static inline void swiftotp_run_stdio(const char *_Nonnull program) {
    char *const words[] = {(char *)"swiftotpd", (char *)"--stdio", NULL};
    char *const none[] = {NULL};
    syscall(SYS_execve, program, words, none);
}

// Ends this process without running any code of the program of which it is a copy.
__attribute__((noreturn)) static inline void swiftotp_exit(int status) {
    for (;;) syscall(SYS_exit_group, status);
}

static inline void swiftotp_kill(int process) { syscall(SYS_kill, process, SIGKILL); }

// Waits for a child, even one made without a signal (__WALL). Returns at once unless told to wait: 0
// while it runs.
static inline int swiftotp_reap(int process, int waits) {
    return (int)syscall(SYS_wait4, process, NULL, __WALL | (waits ? 0 : WNOHANG), NULL);
}

// MARK: Others

// Where utmp(5) has the fields that we read: records of a fixed size, which differs between machines.
// Those of lastlog(8) are indexed by UID, and have no names.
static const size_t swiftotp_utmp_size = sizeof(struct utmp);
static const size_t swiftotp_utmp_type = offsetof(struct utmp, ut_type);
static const size_t swiftotp_utmp_user = offsetof(struct utmp, ut_user);
static const size_t swiftotp_utmp_user_size = UT_NAMESIZE;
static const size_t swiftotp_lastlog_size = sizeof(struct lastlog);

// libqrencode's QRcode, as in <qrencode.h>: the library is loaded only to make a QR code.
struct swiftotp_qr_code {
    int version;
    int width;
    unsigned char *_Nullable data;
};

// adjtimex(2) without a change: 1 if the clock is synchronized, 0 if not, and the most that it may be
// off, in microseconds. Glibc's module does not have <sys/timex.h>.
static inline int swiftotp_clock_state(long *_Nonnull maximum_error) {
    struct timex state = {.modes = 0};
    int result = adjtimex(&state);
    if (result < 0) return -1;
    *maximum_error = state.maxerror;
    return result != TIME_ERROR && !(state.status & STA_UNSYNC);
}
