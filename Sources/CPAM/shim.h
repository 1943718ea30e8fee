#pragma once
// libpam as Swift sees it. No logic: each wrapper says why it exists.

#include <security/pam_appl.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stddef.h>
#include <stdint.h>

// Under Embedded Swift, a function pointer in an imported struct cannot be called without bridging the
// double pointers by hand; this makes the call with its C type. A program may have passed pam_start(3)
// no function at all.
static inline int swiftotp_pam_converse(const struct pam_conv *_Nonnull conv,
                                        const struct pam_message *_Nonnull message,
                                        struct pam_response *_Nullable *_Nonnull response) {
    if (!conv->conv) return PAM_CONV_ERR;
    return conv->conv(1, &message, response, conv->appdata_ptr);
}

// pam_syslog(3) is variadic, which Swift cannot call. The format is fixed here, so that no text from
// outside can ever be one.
static inline void swiftotp_pam_syslog(const pam_handle_t *_Nonnull handle, int priority,
                                       const char *_Nonnull line) {
    pam_syslog(handle, priority, "%s", line);
}
