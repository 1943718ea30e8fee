import Glibc

/// An open file, closed with its owner.
public struct OpenFile: ~Copyable {
    public let number: CInt

    public init(_ number: CInt) { self.number = number }

    deinit { _ = close(number) }
}
