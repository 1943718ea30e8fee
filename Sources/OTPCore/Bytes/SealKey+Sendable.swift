// The threads of a fleet's server share keys.

// A value that cannot be copied has one owner, and nothing else refers to its buffer.
extension Secret: @unchecked Sendable {}

// Id and key never change, and reading them changes nothing.
extension SealKey: @unchecked Sendable {}
