/// Which release this is; the Makefile's VERSION, as a test has it.
enum Version {
    static let text = "otp-enroll (swiftotp) 0.1.0"
}
