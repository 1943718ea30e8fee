import CNettle
public enum XErr: Error { case bad(UInt8) }
public func hmac(_ key: [UInt8], _ msg: [UInt8]) throws(XErr) -> [UInt8] {
    if key.isEmpty { throw .bad(1) }
    var ctx = hmac_sha1_ctx()
    var out = [UInt8](repeating: 0, count: 20)
    // SAFETY: x
    unsafe key.withUnsafeBufferPointer { k in unsafe nettle_hmac_sha1_set_key(&ctx, k.count, k.baseAddress) }
    unsafe msg.withUnsafeBufferPointer { k in unsafe nettle_hmac_sha1_update(&ctx, k.count, k.baseAddress) }
    unsafe out.withUnsafeMutableBufferPointer { o in unsafe nettle_hmac_sha1_digest(&ctx, o.count, o.baseAddress) }
    return out
}
