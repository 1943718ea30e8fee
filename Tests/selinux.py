#!/usr/bin/env python3
"""What a whole SELinux policy with our module lets login programs do: `Tests/selinux` calls it.

libsepol decides, with constraints and the booleans' defaults, as the kernel would.
"""

import ctypes
import re
import sys

# Programs that ask for codes through PAM: user, role and type, where the policy has them.
DOORS = [
    ("system_u", "system_r", name)
    for name in (
        "sshd_t sshd_session_t local_login_t remote_login_t xdm_t cockpit_session_t"
        " policykit_auth_t saslauthd_t openvpn_t ftpd_t radiusd_t dovecot_auth_t"
    ).split()
] + [
    (f"{user}_u", f"{user}_r", name)
    for user in ("user", "staff", "sysadm")
    for name in (f"{user}_sudo_t", f"{user}_su_t", "vlock_t", "newrole_t", "xscreensaver_t",
                 "xscreensaver_helper_t")
]
# People, who ask at otp-enroll, and what else must not get at the store.
PEOPLE = [
    ("user_u", "user_r", "user_t"),
    ("staff_u", "staff_r", "staff_t"),
]
STRANGERS = [("system_u", "system_r", name) for name in ("httpd_t", "ntpd_t", "sshd_net_t")]
UNCONFINED = ("unconfined_u", "unconfined_r", "unconfined_t")
SERVICE = ("system_u", "system_r", "swiftotp_t")
FILES = ("swiftotp_var_t", "swiftotp_key_t")
# Who reads all files of a system, in the policies' own words: packages, backups, integrity.
READERS = (
    "aide_t amanda_t backup_t bacula_t fapolicyc_t fapolicyd_t pegasus_openlmi_logicalfile_t"
    " portage_t quota_t rhc_worker_playbook_t rpm_script_t rpm_t samhain_t samhaind_t sectoolm_t"
    " siggen_t snapperd_t tripwire_t sysadm_t"
).split()


class Decision(ctypes.Structure):
    """struct sepol_av_decision"""

    _fields_ = [(name, ctypes.c_uint32) for name in
                ("allowed", "decided", "auditallow", "auditdeny", "seqno")]


class Policy:
    """A compiled policy, which libsepol has in memory: one for each process."""

    def __init__(self, path):
        self.sepol = ctypes.CDLL("libsepol.so.2")
        libc = ctypes.CDLL("libc.so.6")
        libc.fopen.restype = ctypes.c_void_p
        file = libc.fopen(path.encode(), b"r")
        if not file or self.sepol.sepol_set_policydb_from_file(ctypes.c_void_p(file)) != 0:
            sys.exit(f"{path} cannot be loaded")
        # Contexts that are not there are answers here.
        self.sepol.sepol_debug(0)

    def sid(self, context):
        """The number of a context; None where the policy has no such context."""
        user, role, kind = context
        text = f"{user}:{role}:{kind}:s0".encode()
        number = ctypes.c_uint32()
        found = self.sepol.sepol_context_to_sid(text, ctypes.c_size_t(len(text) + 1),
                                                ctypes.byref(number))
        return number.value if found == 0 else None

    def allowed(self, source, target, kind, names):
        """Those of the permissions that are given."""
        number, bit, decision = ctypes.c_uint16(), ctypes.c_uint32(), Decision()
        if self.sepol.sepol_string_to_security_class(kind.encode(), ctypes.byref(number)) != 0:
            sys.exit(f"there is no class {kind}")
        sources = (self.sid(source), self.sid(target))
        if None in sources:
            sys.exit(f"there is no {source} or {target}")
        given = set()
        for name in names.split():
            if self.sepol.sepol_string_to_av_perm(number, name.encode(), ctypes.byref(bit)) != 0:
                sys.exit(f"there is no {kind} {name}")
            if self.sepol.sepol_compute_av(*sources, number, bit, ctypes.byref(decision)) != 0:
                sys.exit("libsepol does not decide")
            if decision.allowed & bit.value:
                given.add(name)
        return given

    def is_unconfined(self, source):
        """Whether the policy gives a type everything: who writes /etc/shadow needs no store."""
        shadow = ("system_u", "object_r", "shadow_t")
        return "write" in self.allowed(source, shadow, "file", "write")


class Trial:
    """Questions to a policy, and how many were answered otherwise than they should be."""

    def __init__(self, policy):
        self.policy, self.faults, self.asked = policy, 0, 0
        self.unconfined = set()

    def is_there(self, context):
        return self.policy.sid(context) is not None

    def must(self, source, target, kind, names):
        missing = set(names.split()) - self.policy.allowed(source, target, kind, names)
        self._tell(missing, f"{source[2]} lacks {target[2]}:{kind}", missing)

    def must_not(self, source, target, kind, names):
        given = self.policy.allowed(source, target, kind, names)
        self._tell(given, f"{source[2]} has {target[2]}:{kind}", given)

    def tell_readers(self, names):
        self._tell(names, "the store is read by", names)

    def _tell(self, is_wrong, words, names):
        self.asked += 1
        if is_wrong:
            self.faults += 1
            print(f"  WRONG: {words} {{ {' '.join(sorted(names))} }}")

    def asks(self, source):
        """That a program reaches the service, and nothing of what it keeps."""
        self.must(source, source, "unix_stream_socket", "create connect read write getopt setopt")
        self.must(source, ("system_u", "object_r", "var_run_t"), "dir", "search")
        self.must(source, ("system_u", "object_r", "swiftotp_run_t"), "dir", "search")
        self.must(source, ("system_u", "object_r", "swiftotp_run_t"), "sock_file", "write")
        self.must(source, SERVICE, "unix_stream_socket", "connectto")
        self.is_kept_out(source)

    def is_kept_out(self, source):
        if self.policy.is_unconfined(source):
            self.unconfined.add(source[2])
            return
        for name in FILES:
            target = ("system_u", "object_r", name)
            self.must_not(source, target, "file", "open read write append create unlink rename")
            self.must_not(source, target, "dir", "write add_name remove_name")

    def starts(self, source):
        """That a program may start the service for one login, in the service's own domain."""
        program = ("system_u", "object_r", "swiftotp_exec_t")
        self.must(source, program, "file", "open read execute")
        self.must(source, (source[0], source[1], "swiftotp_t"), "process", "transition")


def readers(policy, files):
    """All types that may read what the service keeps."""
    types = set()
    for file in files:
        with open(file, encoding="utf-8", errors="replace") as text:
            types |= set(re.findall(r"^\s*\(type (\w+)\)", text.read(), re.MULTILINE))
    targets = [("system_u", "object_r", name) for name in FILES]
    contexts = (("system_u", "object_r", name) for name in sorted(types))
    return [
        context for context in contexts
        if policy.sid(context) is not None and any(
            policy.allowed(context, target, "file", "open read") == {"open", "read"}
            for target in targets)]


def main():
    policy = Policy(sys.argv[1])
    trial = Trial(policy)
    doors = [door for door in DOORS if trial.is_there(door)]
    print("Login programs:", *(f"{door[2]} ({door[1]})" for door in doors))
    for door in doors:
        trial.asks(door)
    for door in doors:
        if re.search("ssh|login|xdm|sudo|_su_", door[2]):
            trial.starts(door)
    for person in filter(trial.is_there, PEOPLE):
        trial.asks(person)
    trial.must(UNCONFINED, SERVICE, "unix_stream_socket", "connectto")
    for stranger in filter(trial.is_there, STRANGERS):
        trial.is_kept_out(stranger)
        trial.must_not(stranger, SERVICE, "unix_stream_socket", "connectto")
    init = ("system_u", "system_r", "init_t")
    trial.must(init, SERVICE, "process", "transition")
    trial.must(init, SERVICE, "unix_stream_socket", "create bind listen")
    for name in FILES:
        target = ("system_u", "object_r", name)
        trial.must(SERVICE, target, "file", "create open read write lock rename unlink")
        trial.must(SERVICE, target, "dir", "search open read write add_name remove_name")
    found = readers(policy, sys.argv[2:])
    unconfined = {context[2] for context in found if policy.is_unconfined(context)}
    others = {context[2] for context in found} - unconfined - {SERVICE[2]}
    print("Login programs that the policy confines in nothing:", *sorted(trial.unconfined))
    print("Read the store as they read all files:", *sorted(others & set(READERS)))
    print("Read it as they write /etc/shadow:", *sorted(unconfined))
    trial.tell_readers(others - set(READERS))
    print(f"{trial.asked} questions, {trial.faults} answered wrong")
    sys.exit(1 if trial.faults else 0)


if __name__ == "__main__":
    main()
