import CLinux
import OTPCore
public func st() throws(XErr) -> Int { try hmac([1], [2]).count + Int(getpid()) }
