import OTPCore

/// Numbers for codes of a test.
struct Numbers: Randomness {
    func bytes(_ count: Int) throws(StoreError) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255) }
    }
}
