import CLinux

// The one privileged door for people who are not root (docs/PROTOCOL.md): a process for each
// connection, started by systemd's socket unit or by any inetd.

let status = Helper.run()
// As deep as no connection goes.
swiftotp_wipe_stack(131_072)
exit(status)
