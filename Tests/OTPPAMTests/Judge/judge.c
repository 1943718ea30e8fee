// What the real libpam does with many sets of PAM files, each in turn.
//
//     judge CASES RESULTS DEFAULT-FOLDER ISA-FOLDER MODULES PATH...
//
// MODULES is a folder with pam_X.so for the letters of FIRST and SECOND; PATH... are what a case may
// put a file at. The forms of CASES and RESULTS are in PAMJudge.swift. It works in a mount namespace
// of its own, with an empty /etc and /usr/lib, and each stretch of cases in a child: a case in which
// libpam crashes or never ends says so, and the next ones go on in another child.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <security/pam_appl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const char FIRST[] = "abcs", SECOND[] = "i";

// libpam's words go nowhere: only what it does counts. These take the C library's place.
void syslog(int priority, const char *format, ...) { (void)priority, (void)format; }
void vsyslog(int priority, const char *format, va_list words) {
    (void)priority, (void)format, (void)words;
}
void __syslog_chk(int priority, int flag, const char *format, ...) {
    (void)priority, (void)flag, (void)format;
}
void __vsyslog_chk(int priority, int flag, const char *format, va_list words) {
    (void)priority, (void)flag, (void)format, (void)words;
}
// As where the kernel has no audit.
int audit_open(void) {
    errno = EPROTONOSUPPORT;
    return -1;
}

static void fail(const char *what) {
    perror(what);
    exit(2);
}

// MARK: What is shared with the child

enum { ROOM = 64 << 20 };
struct shared {
    uint32_t done;
    size_t used;
    uint8_t bytes[ROOM];
};
static struct shared *shared;

static void put(const void *bytes, size_t count) {
    if (shared->used + count > ROOM) fail("too many results");
    memcpy(shared->bytes + shared->used, bytes, count);
    shared->used += count;
}

static void put_byte(int byte) {
    uint8_t one = (uint8_t)byte;
    put(&one, 1);
}

static void put_number(uint32_t number) { put(&number, sizeof number); }

// MARK: The modules

// In the order of their numbers.
static const char *const answers[] = {
    "success", "open_err", "symbol_err", "service_err", "system_err", "buf_err", "perm_denied",
    "auth_err", "cred_insufficient", "authinfo_unavail", "user_unknown", "maxtries",
    "new_authtok_reqd", "acct_expired", "session_err", "cred_unavail", "cred_expired", "cred_err",
    "no_module_data", "conv_err", "authtok_err", "authtok_recover_err", "authtok_lock_busy",
    "authtok_disable_aging", "try_again", "ignore", "abort", "authtok_expired", "module_unknown",
    "bad_item", "conv_again", "incomplete",
};

int judge_called(char function, char module, int flags, int argc, const char **argv) {
    put_byte(1);
    put_byte(function);
    put_byte(module);
    put_number((uint32_t)flags);
    put_number((uint32_t)argc);
    for (int index = 0; index < argc; index++) {
        put_number((uint32_t)strlen(argv[index]));
        put(argv[index], strlen(argv[index]));
    }
    for (size_t index = 0; argc > 0 && index < sizeof answers / sizeof *answers; index++)
        if (!strcmp(argv[0], answers[index])) return (int)index;
    return PAM_SUCCESS;
}

// MARK: Cases

static uint8_t *cases;
static size_t length, position;

static const uint8_t *take(size_t count) {
    if (length - position < count) fail("the cases end too early");
    position += count;
    return cases + position - count;
}

static uint8_t take_byte(void) { return *take(1); }

static uint32_t take_number(void) {
    uint32_t number;
    memcpy(&number, take(sizeof number), sizeof number);
    return number;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **replies,
                    void *data) {
    (void)count, (void)messages, (void)replies, (void)data;
    return PAM_CONV_ERR;
}

static void write_file(const char *path, const void *bytes, size_t count) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || write(file, bytes, count) != (ssize_t)count) fail(path);
    close(file);
}

// Reads a case, and where it is to be done, does it.
static void judge(char **paths, size_t count, int is_done) {
    int is_skipped = take_byte(), folders = take_byte(), flags = take_byte();
    uint32_t name = take_number();
    char service[64] = "";
    if (name >= sizeof service) fail("a long name");
    memcpy(service, take(name), name);
    is_done = is_done && !is_skipped;
    if (is_done) {
        for (size_t index = 0; index < count; index++)
            if (unlink(paths[index]) && (errno == EISDIR || errno == EPERM)) rmdir(paths[index]);
        rmdir("/etc/pam.d");
        rmdir("/usr/lib/pam.d");
        if (folders & 1) mkdir("/etc/pam.d", 0755);
        if (folders & 2) mkdir("/usr/lib/pam.d", 0755);
    }
    for (int files = take_byte(); files > 0; files--) {
        size_t path = take_byte();
        int kind = take_byte();
        uint32_t size = take_number();
        const uint8_t *bytes = take(size);
        if (path >= count) fail("no such path");
        if (!is_done) continue;
        if (kind == 0) write_file(paths[path], bytes, size);
        if (kind == 1) mkdir(paths[path], 0755);
        if (kind == 2 && symlink("/nonexistent", paths[path])) fail(paths[path]);
    }
    if (!is_done) return;
    struct pam_conv conversation = {converse, NULL};
    pam_handle_t *handle = NULL;
    put_byte(0);
    // It reads the files at once, and gives up here.
    int started = pam_start(service, "nobody", &conversation, &handle);
    if (started) {
        put_byte(2);
        put_byte(started);
        put_byte(3);
        return;
    }
    int both = (flags & 1 ? PAM_DISALLOW_NULL_AUTHTOK : 0) | (flags & 2 ? PAM_SILENT : 0);
    int result = pam_authenticate(handle, both);
    put_byte(2);
    put_byte(result);
    // What an incomplete login would have to be continued with.
    if (result != PAM_INCOMPLETE) {
        result = pam_acct_mgmt(handle, both);
        put_byte(2);
        put_byte(result);
    }
    pam_end(handle, result);
    put_byte(3);
}

static void work(char **paths, size_t count) {
    struct rlimit none = {0, 0}, few = {256, 256};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_NOFILE, &few);
    position = 0;
    for (uint32_t number = 0; position < length; number++) {
        int is_new = number >= shared->done;
        // Processor time: how busy the machine is does not count.
        struct itimerval limit = {{0, 0}, {0, 100000}};
        if (is_new) setitimer(ITIMER_VIRTUAL, &limit, NULL);
        size_t before = shared->used;
        judge(paths, count, is_new);
        if (is_new && shared->used == before) put_byte(4);
        if (is_new) shared->done++;
    }
    _exit(0);
}

// MARK: The machine

static void *read_file(const char *path, size_t *count) {
    FILE *file = fopen(path, "re");
    if (!file) fail(path);
    fseek(file, 0, SEEK_END);
    *count = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*count + 1);
    if (!bytes || fread(bytes, 1, *count, file) != *count) fail(path);
    fclose(file);
    return bytes;
}

static void make_folders(const char *path) {
    char *copy = strdup(path);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(copy, 0755);
        *slash = '/';
    }
    mkdir(copy, 0755);
    free(copy);
}

static void install(const char *folder, const char *from, const char *letters) {
    make_folders(folder);
    for (; *letters; letters++) {
        char path[4096];
        size_t count;
        snprintf(path, sizeof path, "%s/pam_%c.so", from, *letters);
        void *bytes = read_file(path, &count);
        snprintf(path, sizeof path, "%s/pam_%c.so", folder, *letters);
        write_file(path, bytes, count);
        free(bytes);
        // Loaded once for all: libpam's own call finds it by its name.
        if (!dlopen(path, RTLD_NOW)) fail(dlerror());
    }
}

int main(int argc, char **argv) {
    if (argc < 7) return 2;
    Dl_info library;
    if (dladdr((void *)pam_start, &library)) puts(library.dli_fname);
    fflush(stdout);
    cases = read_file(argv[1], &length);
    int results = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (results < 0) fail(argv[2]);
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) fail("unshare");
    if (mount("judge", "/usr/lib", "tmpfs", 0, NULL) || mount("judge", "/etc", "tmpfs", 0, NULL))
        fail("mount");
    install(argv[3], argv[5], FIRST);
    install(argv[4], argv[5], SECOND);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("mmap");
    for (;;) {
        pid_t child = fork();
        if (child < 0) fail("fork");
        if (child == 0) work(argv + 6, (size_t)argc - 6);
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFEXITED(status)) {
            if (WEXITSTATUS(status)) return WEXITSTATUS(status);
            break;
        }
        put_byte(WTERMSIG(status) == SIGVTALRM ? 6 : 5);
        shared->done++;
    }
    if (write(results, shared->bytes, shared->used) != (ssize_t)shared->used) fail("write");
    return 0;
}
