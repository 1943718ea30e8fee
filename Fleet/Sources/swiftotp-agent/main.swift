import Glibc

// Keeps a host's connections to the servers of its fleet: see swiftotp-agent(8).

// People wait while a name server does not answer; resolv.conf(5) says five seconds, twice.
setenv("RES_OPTIONS", "timeout:1 attempts:2", 0)
exit(Program.run(CommandLine.arguments.dropFirst()))
