import CPAM
import OTPCore
import OTPStore

@c(pam_sm_authenticate)
public func authenticate(_ h: OpaquePointer?, _ flags: CInt, _ argc: CInt, _ argv: UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> CInt {
    do { let n = try st(); 
    if let h = unsafe h {
      unsafe swiftotp_pam_syslog(h, LOG_INFO, "hi \(n)") }
    return PAM_SUCCESS } catch { return PAM_AUTH_ERR }
}
