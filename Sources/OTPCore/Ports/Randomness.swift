/// Makes random numbers.
public protocol Randomness {
    /// `count` fresh random bytes.
    func bytes(_ count: Int) throws(StoreError) -> [UInt8]
}
