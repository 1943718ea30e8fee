import CLinux

// The one privileged door for people who are not root (docs/PROTOCOL.md): a process for each
// connection, started by systemd's socket unit or by any inetd.

exit(Helper.run())
