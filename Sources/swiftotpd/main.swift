import Glibc

// The service that all programs which ask for a code use: see swiftotpd(8).

exit(Program.run(CommandLine.arguments.dropFirst()))
