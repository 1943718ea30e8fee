#pragma once
// The system calls that the store needs, for both compilations: Embedded Swift has no Glibc
// module. No logic: each wrapper says why it exists.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// open(2) is variadic, which Swift cannot call.
static inline int swiftotp_openat(int directory, const char *_Nonnull path, int flags,
                                  unsigned int mode) {
    return openat(directory, path, flags, mode);
}

// errno is a macro over a function, which Swift cannot import.
static inline int swiftotp_errno(void) { return errno; }

// renameat2(2) without replacing: one step, and no wrapper in older C libraries' headers is
// imported by Swift under a stable name.
static inline int swiftotp_rename_noreplace(int directory, const void *_Nullable from,
                                            const void *_Nullable to) {
    return renameat2(directory, (const char *)from, directory, (const char *)to, RENAME_NOREPLACE);
}

// d_name is an array of 256 characters, which Swift imports as a tuple.
static inline const char *_Nonnull swiftotp_entry_name(const struct dirent *_Nonnull entry) {
    return entry->d_name;
}
