#pragma once
// libpam as Swift sees it. No logic: each wrapper says why it exists.

#include <security/pam_appl.h>
#include <security/pam_modules.h>
#include <stddef.h>
#include <stdint.h>

// A function pointer inside an imported struct cannot be called under Embedded Swift without
// bridging the double pointers by hand; this keeps the call in its C type. A program may have given
// pam_start(3) no function at all.
static inline int swiftotp_pam_converse(const struct pam_conv *_Nonnull conv,
                                        const struct pam_message *_Nonnull message,
                                        struct pam_response *_Nullable *_Nonnull response) {
    if (!conv->conv) return PAM_CONV_ERR;
    return conv->conv(1, &message, response, conv->appdata_ptr);
}

// What Memory.swift needs and Swift has no words for: much memory that nobody fills with zeros first,
// on the stack and of the module's own, and which thread is running (its pointer, without a call).

// What a login with a code takes is 23 KB; a program may have given its thread little stack.
struct swiftotp_room {
    char bytes[24576];
} __attribute__((aligned(16)));

static inline int swiftotp_with_room(
    int (*_Nonnull body)(struct swiftotp_room *_Nonnull, pam_handle_t *_Nonnull, int, int,
                         const char *_Nullable *_Nullable),
    pam_handle_t *_Nonnull handle, int flags, int count, const char *_Nullable *_Nullable arguments) {
    struct swiftotp_room room;
    return body(&room, handle, flags, count, arguments);
}

struct swiftotp_region {
    char bytes[131072];
} __attribute__((aligned(16)));

static inline uintptr_t swiftotp_thread(void) {
    uintptr_t thread;
#if defined(__x86_64__)
    __asm__("mov %%fs:0, %0" : "=r"(thread));
#elif defined(__aarch64__)
    __asm__("mrs %0, tpidr_el0" : "=r"(thread));
#else
#error "which thread is this?"
#endif
    return thread;
}

// The word that says whose the region is, in one step for all threads; 0 for nobody's.

static inline _Bool swiftotp_claim(uintptr_t *_Nonnull owner) {
    uintptr_t nobody = 0;
    return __atomic_compare_exchange_n(owner, &nobody, swiftotp_thread(), 0, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline _Bool swiftotp_is_claimed_here(uintptr_t *_Nonnull owner) {
    return __atomic_load_n(owner, __ATOMIC_RELAXED) == swiftotp_thread();
}

static inline void swiftotp_let_go(uintptr_t *_Nonnull owner) {
    __atomic_store_n(owner, 0, __ATOMIC_RELEASE);
}

// A system call, without the C library; the result is what the kernel gives, errors below zero.
static inline long swiftotp_system_call(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = e;
    register long sixth __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return number;
#else
    register long which __asm__("x8") = number;
    register long first __asm__("x0") = a;
    register long second __asm__("x1") = b;
    register long third __asm__("x2") = c;
    register long fourth __asm__("x3") = d;
    register long fifth __asm__("x4") = e;
    register long sixth __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(first)
                     : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "memory");
    return first;
#endif
}

// free(3) itself, where the linker sends calls of it to Memory.swift.
void __real_free(void *_Nullable memory);
