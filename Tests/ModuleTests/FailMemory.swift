import Foundation
import TestSupport

/// A library in front of the C library's, in which allocations of a login fail: those of libpam,
/// of the module and of what they call, and none of the host's own.
struct FailMemory {
    private let library: String
    private let scratch: Scratch

    /// Compiles it, with the C compiler that comes with Swift's.
    init() async throws {
        scratch = try Scratch()
        library = scratch.file("memory.so")
        try await Command.output([
            "clang", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-fuse-ld=lld", "-o", library,
            try scratch.write(Self.source, to: "memory.c"),
        ])
    }

    /// The words before a program in which the allocations in this range fail, from the first that
    /// pam_authenticate(3) leads to.
    func words(failing range: ClosedRange<Int>) -> [String] {
        [
            "env", "LD_PRELOAD=\(library)", "FAIL_FIRST=\(range.lowerBound)",
            "FAIL_LAST=\(range.upperBound)",
        ]
    }

    /// The words before a program that only counts, and writes to this file how many there were.
    func words(countingTo file: String) -> [String] {
        ["env", "LD_PRELOAD=\(library)", "FAIL_COUNT=\(file)"]
    }

    private static let source = #"""
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <link.h>
        #include <pwd.h>
        #include <stdio.h>
        #include <stdlib.h>

        void *__libc_malloc(size_t);
        void *__libc_calloc(size_t, size_t);
        void *__libc_realloc(void *, size_t);
        void *__libc_memalign(size_t, size_t);

        static unsigned long first, last, number;
        static int is_login;
        static char *program_start, *program_end;

        static int note_program(struct dl_phdr_info *info, size_t size, void *data) {
            for (int i = 0; i < info->dlpi_phnum; i++) {
                const ElfW(Phdr) *part = &info->dlpi_phdr[i];
                if (part->p_type != PT_LOAD) continue;
                char *start = (char *)info->dlpi_addr + part->p_vaddr;
                if (!program_start || start < program_start) program_start = start;
                if (start + part->p_memsz > program_end) program_end = start + part->p_memsz;
            }
            return 1;  // The first is the program itself.
        }

        __attribute__((constructor)) static void begin(void) {
            if (getenv("FAIL_FIRST")) first = strtoul(getenv("FAIL_FIRST"), 0, 10);
            if (getenv("FAIL_LAST")) last = strtoul(getenv("FAIL_LAST"), 0, 10);
            dl_iterate_phdr(note_program, 0);
        }

        static int fails(void *caller) {
            if (!is_login) return 0;
            if ((char *)caller >= program_start && (char *)caller < program_end) return 0;
            number++;
            if (number < first || number > last) return 0;
            errno = ENOMEM;
            return 1;
        }

        #define FAILS fails(__builtin_return_address(0))
        void *malloc(size_t size) { return FAILS ? 0 : __libc_malloc(size); }
        void *calloc(size_t count, size_t size) { return FAILS ? 0 : __libc_calloc(count, size); }
        void *realloc(void *old, size_t size) { return FAILS ? 0 : __libc_realloc(old, size); }
        void *memalign(size_t edge, size_t size) { return FAILS ? 0 : __libc_memalign(edge, size); }
        void *aligned_alloc(size_t edge, size_t size) {
            return FAILS ? 0 : __libc_memalign(edge, size);
        }
        int posix_memalign(void **result, size_t edge, size_t size) {
            if (FAILS || !(*result = __libc_memalign(edge, size))) return ENOMEM;
            return 0;
        }

        int pam_authenticate(void *handle, int flags) {
            int (*real)(void *, int) = dlsym(RTLD_NEXT, "pam_authenticate");
            // As sshd, sudo and the others have done by now. glibc 2.36 itself ends the process
            // where memory runs out in its very first look-up of a name.
            getpwnam("root");
            is_login = 1;
            int result = real(handle, flags);
            is_login = 0;
            if (getenv("FAIL_COUNT")) {
                FILE *file = fopen(getenv("FAIL_COUNT"), "w");
                fprintf(file, "%lu", number);
                fclose(file);
            }
            return result;
        }

        """#
}
