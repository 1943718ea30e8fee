import Glibc

// Keeps a host's connections to the servers of its fleet: see swiftotp-agent(8).

exit(Program.run(CommandLine.arguments.dropFirst()))
