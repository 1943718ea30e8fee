import Glibc

extension String {
    /// Whether these bytes are in it, before any NUL. Foundation's `contains` compares characters of
    /// UTF-16, which takes long in logs and traces of many thousand lines.
    public func has(_ part: String) -> Bool { strstr(self, part) != nil }
}
