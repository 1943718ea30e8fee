import Glibc

// The service that everything which asks for a code talks to: see swiftotpd(8).

exit(Program.run(CommandLine.arguments.dropFirst()))
