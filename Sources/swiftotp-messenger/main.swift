import Glibc

// Sends mails and text messages for swiftotpd: see swiftotp-messenger(8).

exit(Program.run(CommandLine.arguments.dropFirst()))
