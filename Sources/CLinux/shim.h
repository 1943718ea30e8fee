#pragma once
// The system calls that the store needs, for both compilations: Embedded Swift has no Glibc
// module. No logic: each wrapper says why it exists.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <linux/prctl.h>
#include <pwd.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

// The environment, for the tests' PAM application; <unistd.h> declares it under _GNU_SOURCE only.
extern char *_Nullable *_Nullable environ;

// errno is a macro over a function, which Swift cannot import.
static inline int swiftotp_errno(void) { return errno; }

// renameat2(2) without replacing. By its number, because <stdio.h> declares it under
// _GNU_SOURCE only, which would make the C library's types differ from those of other modules.
static inline int swiftotp_rename_noreplace(int directory, const void *_Nullable from,
                                            const void *_Nullable to) {
    return (int)syscall(SYS_renameat2, directory, from, directory, to, RENAME_NOREPLACE);
}

// syslog(3) is variadic, which Swift cannot call. The format is fixed here, so that no text from
// outside can ever be one.
static inline void swiftotp_syslog(int priority, const char *_Nonnull message) {
    syslog(priority, "%s", message);
}

// Closes what a started program is not to have; <spawn.h> declares it under _GNU_SOURCE only.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *_Nonnull actions,
                                                    int from);

// The calls of a login, by their numbers. Each function that the module imports is looked up by
// name whenever sshd loads it, which takes longer than most of these calls themselves; all of
// them through syscall(2) are one name. Their arguments are as here on 64-bit systems only.
_Static_assert(sizeof(long) == 8, "system calls by number are written for 64 bits");

static inline int swiftotp_openat(int directory, const char *_Nonnull path, int flags,
                                  unsigned int mode) {
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

static inline int swiftotp_close(int file) { return (int)syscall(SYS_close, file); }

static inline int swiftotp_fstat(int file, struct stat *_Nonnull status) {
    return (int)syscall(SYS_fstat, file, status);
}

static inline ssize_t swiftotp_pread(int file, void *_Nullable bytes, size_t count, off_t offset) {
    return syscall(SYS_pread64, file, bytes, count, offset);
}

static inline int swiftotp_flock(int file, int operation) {
    return (int)syscall(SYS_flock, file, operation);
}

static inline int swiftotp_mkdirat(int directory, const char *_Nonnull name, unsigned int mode) {
    return (int)syscall(SYS_mkdirat, directory, name, mode);
}

static inline int swiftotp_unlinkat(int directory, const char *_Nonnull name) {
    return (int)syscall(SYS_unlinkat, directory, name, 0);
}

// Entries of a folder as the kernel gives them (getdents64(2)): number, offset (8 bytes each),
// length of the entry (2), kind (1), and the name with a NUL.
static inline ssize_t swiftotp_getdents(int folder, void *_Nullable bytes, size_t count) {
    return syscall(SYS_getdents64, folder, bytes, count);
}

static inline int swiftotp_fsync(int file) { return (int)syscall(SYS_fsync, file); }

static inline int swiftotp_fdatasync(int file) { return (int)syscall(SYS_fdatasync, file); }

static inline ssize_t swiftotp_getrandom(void *_Nullable bytes, size_t count) {
    return syscall(SYS_getrandom, bytes, count, 0);
}

static inline unsigned int swiftotp_geteuid(void) { return (unsigned int)syscall(SYS_geteuid); }

static inline void swiftotp_sleep(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    syscall(SYS_nanosleep, &time, NULL);
}

// pwritev(2) of some bytes and zeros behind them. The zeros are a constant here, because Swift
// would have to make and fill an array for them at every login.
static inline ssize_t swiftotp_pwrite_padded(int file, const void *_Nullable bytes, size_t count,
                                             size_t zeros, off_t offset) {
    static const char zero[4096];
    struct iovec parts[2] = {
        {(void *)bytes, count}, {(void *)zero, zeros < sizeof zero ? zeros : sizeof zero}};
    return syscall(SYS_pwritev, file, parts, 2, offset, 0);
}

// Has btrfs overwrite a file in place, which it has to be told while the file is empty: else each write
// takes room anew. Others say no, or do so anyway. Both requests are of an int, whatever their names say.
static inline void swiftotp_overwrite_in_place(int file) {
    unsigned int flags = 0;
    if (syscall(SYS_ioctl, file, FS_IOC_GETFLAGS, &flags) != 0) return;
    flags |= FS_NOCOW_FL;
    syscall(SYS_ioctl, file, FS_IOC_SETFLAGS, &flags);
}

// Whether the caller's limit lets a file be written up to `end`: a write that it cuts off in the
// middle would leave half of the old bytes. RLIMIT_FSIZE is 1.
static inline int swiftotp_may_write_to(off_t end) {
    unsigned long limit[2];
    return syscall(SYS_prlimit64, 0, 1, NULL, limit) != 0 || limit[0] >= (unsigned long)end;
}

// Ends the process at once; a trap that Swift would print about.
static inline void swiftotp_trap(void) { __builtin_trap(); }

// explicit_bzero(3) without one more name to look up at every load: the compiler must take the
// memory for read after this, and so cannot leave the zeros out. In pieces that memset(3) fills with
// vector stores, which are quicker than its string instruction for so little; what is short and of a
// known length takes no call.
__attribute__((noinline, unused)) static void swiftotp_wipe_pieces(char *_Nonnull memory,
                                                                   size_t count) {
    for (size_t start = 0; start < count; start += 1024)
        memset(memory + start, 0, count - start < 1024 ? count - start : 1024);
    __asm__ volatile("" : : "r"(memory) : "memory");
}

static inline void swiftotp_wipe(void *_Nonnull memory, size_t count) {
    if (!__builtin_constant_p(count) || count > 256) {
        swiftotp_wipe_pieces((char *)memory, count);
        return;
    }
    memset(memory, 0, count);
    __asm__ volatile("" : : "r"(memory) : "memory");
}

// Zeros where the functions before had their stack, which is what the caller of this has below it,
// and in the registers, which whoever runs next may save there. `depth` is at least 8192. memmove(3)
// has vector registers that the compiler knows nothing of: pieces of each size go through them; from
// 512 bytes on, all sizes go through the same.
__attribute__((noinline, unused, zero_call_used_regs("all"))) static void
swiftotp_wipe_stack(size_t depth) {
    char stack[depth];
    swiftotp_wipe(stack, depth);
    for (size_t size = 16; size <= 1024; size *= 2) {
        __asm__ volatile("" : "+r"(size) : "r"(stack) : "memory");
        memmove(stack, stack + 4096, size);
    }
    __asm__ volatile("" : : "r"(stack) : "memory");
}

// free(3) and realloc(3) of the C library itself, for otp-enroll, which has its own before them, and
// how much room a piece of theirs has. <malloc.h> has the last one, and much else.
void __libc_free(void *_Nullable memory);
void *_Nullable __libc_malloc(size_t count);
size_t malloc_usable_size(void *_Nullable memory);

// The calls of swiftotp-helper's connection, by their numbers as above.

// A Unix socket's address has its path as an array, which Swift imports as a tuple. Without
// blocking: connect(2) would wait for ever where too many wait already, and gives EAGAIN instead.
static inline int swiftotp_connect(const char *_Nonnull path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = 0;
    while (path[length] != 0 && length + 1 < sizeof(address.sun_path)) {
        address.sun_path[length] = path[length];
        length++;
    }
    int file = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file < 0) return -1;
    if (syscall(SYS_connect, file, &address, sizeof(address)) == 0) return file;
    int error = errno;
    syscall(SYS_close, file);
    errno = error;
    return -1;
}

// struct ucred is declared under _GNU_SOURCE only: pid, uid and gid.
static inline int swiftotp_peer(int file, unsigned int *_Nonnull uid) {
    unsigned int credentials[3] = {0, ~0u, ~0u};
    socklen_t length = sizeof(credentials);
    if (syscall(SYS_getsockopt, file, SOL_SOCKET, SO_PEERCRED, credentials, &length) != 0) return -1;
    *uid = credentials[1];
    return 0;
}

// The path that a Unix socket is bound to, without a NUL; its length, 0 where it has none.
static inline size_t swiftotp_socket_path(int file, char path[_Nonnull 108]) {
    struct sockaddr_un address = {0};
    socklen_t length = sizeof(address);
    if (syscall(SYS_getsockname, file, &address, &length) != 0) return 0;
    if (address.sun_family != AF_UNIX) return 0;
    size_t count = 0;
    while (count < sizeof(address.sun_path) && address.sun_path[count] != 0) {
        path[count] = address.sun_path[count];
        count++;
    }
    return count;
}

// fcntl(2) is variadic, and its F_OFD_SETLK (37) is declared under _GNU_SOURCE only.
static inline int swiftotp_lock_byte(int file, long offset) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
    return (int)syscall(SYS_fcntl, file, 37, &lock);
}

static inline ssize_t swiftotp_send(int file, const void *_Nullable bytes, size_t count) {
    return syscall(SYS_sendto, file, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
}

static inline ssize_t swiftotp_receive(int file, void *_Nullable bytes, size_t count) {
    return syscall(SYS_read, file, bytes, count);
}

static inline int swiftotp_poll(int file, int to_write, long milliseconds) {
    struct pollfd one = {file, to_write ? POLLOUT : POLLIN, 0};
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    return (int)syscall(SYS_ppoll, &one, 1, &time, NULL, 0);
}

// No core file and no debugger of the same user: <sys/resource.h> has types that differ under
// _GNU_SOURCE, and <sys/prctl.h>'s function is variadic. RLIMIT_CORE is 4.
static inline int swiftotp_keep_memory_private(void) {
    const unsigned long none[2] = {0, 0};
    if (syscall(SYS_prlimit64, 0, 4, none, NULL) != 0) return -1;
    return (int)syscall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// libqrencode's QRcode, as <qrencode.h> has it. CQREncode, which includes that header, links the
// library; the module opens it itself, and only while it shows a QR code.
struct swiftotp_qr_code {
    int version;
    int width;
    unsigned char *_Nullable data;
};

// adjtimex(2) that changes nothing: 1 where the clock is synchronized, 0 where it is not, and the
// most that it may be off, in microseconds. Glibc's module is without <sys/timex.h>.
static inline int swiftotp_clock_state(long *_Nonnull maximum_error) {
    struct timex state = {.modes = 0};
    long result = syscall(SYS_adjtimex, &state);
    if (result < 0) return -1;
    *maximum_error = state.maxerror;
    return result != TIME_ERROR && !(state.status & STA_UNSYNC);
}
