// A PAM module that says what it was called with, and answers what its first argument says.
#include <security/pam_modules.h>

extern int judge_called(char function, char module, int flags, int argc, const char **argv);

#ifndef SESSION_ONLY
int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    (void)pamh;
    return judge_called('a', NAME, flags, argc, argv);
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    (void)pamh;
    return judge_called('c', NAME, flags, argc, argv);
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    (void)pamh;
    return judge_called('m', NAME, flags, argc, argv);
}
#endif

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    (void)pamh;
    return judge_called('o', NAME, flags, argc, argv);
}
