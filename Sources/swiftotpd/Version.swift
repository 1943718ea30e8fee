/// Which release this is; the Makefile's VERSION, as a test has it.
enum Version {
    static let text = "swiftotpd 0.1.0"
}
