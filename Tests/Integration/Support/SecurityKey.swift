import Foundation
import TestSupport

/// A security key in software: an agent that signs like a FIDO authenticator (OpenSSH's
/// PROTOCOL.u2f), accepted as one by the real ssh and sshd.
final class SecurityKey: Sendable {
    /// The kinds, as ssh-keygen calls them.
    enum Kind: String, CaseIterable { case ed25519 = "ed25519-sk", ecdsa = "ecdsa-sk" }

    /// The file of the public key, without `.pub`.
    let file: String
    private let socket: String
    private let agent: Terminal

    /// Makes one whose signatures have these flags: 1 for a touch, 4 for a PIN.
    init(
        _ name: String, _ kind: Kind = .ed25519, flags: Int = 1, in scratch: Scratch
    ) async throws {
        file = scratch.file(name)
        socket = file + ".agent"
        agent = try Terminal([
            "/usr/bin/python3", "-c", SecurityKey.program, socket, file, kind.rawValue,
            "\(flags)",
        ])
        let socket = socket
        _ = try await patiently("an agent") { access(socket, F_OK) == 0 ? true : nil }
    }

    deinit { agent.child.signal(SIGTERM) }

    /// The client's options for using it.
    var options: [String] {
        let certificate = file + "-cert.pub"
        let isCertified = access(certificate, F_OK) == 0
        return ["-o", "IdentityAgent=\(socket)"]
            + (isCertified ? ["-o", "CertificateFile=\(certificate)"] : [])
    }

    private static let program = """
        import base64, hashlib, os, socket, struct, sys, threading
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        def text(data): return struct.pack(">I", len(data)) + data

        class Ed25519:
            kind = b"sk-ssh-ed25519@openssh.com"
            def __init__(self):
                self.key = Ed25519PrivateKey.generate()
                public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
                self.public = text(public)
            def sign(self, message): return self.key.sign(message)

        class ECDSA:
            kind = b"sk-ecdsa-sha2-nistp256@openssh.com"
            def __init__(self):
                self.key = ec.generate_private_key(ec.SECP256R1())
                form = Encoding.X962, PublicFormat.UncompressedPoint
                point = self.key.public_key().public_bytes(*form)
                self.public = text(b"nistp256") + text(point)
            def sign(self, message):
                pair = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
                return b"".join(text(n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in pair)

        path, name, flags = sys.argv[1], sys.argv[2], int(sys.argv[4])
        key = {"ed25519-sk": Ed25519, "ecdsa-sk": ECDSA}[sys.argv[3]]()
        kind = key.kind
        blob, count = text(kind) + key.public + text(b"ssh:"), 0
        with open(name + ".pub", "wb") as file:
            file.write(kind + b" " + base64.b64encode(blob) + b" software\\n")

        def identities():
            yield blob
            if os.path.exists(name + "-cert.pub"):
                yield base64.b64decode(open(name + "-cert.pub").read().split()[1])

        def sign(data):
            global count
            count += 1
            extra = struct.pack(">BI", flags, count)
            message = hashlib.sha256(b"ssh:").digest() + extra + hashlib.sha256(data).digest()
            return text(kind) + text(key.sign(message)) + extra

        def answer(request):
            if request[0] == 11:
                known = list(identities())
                keys = b"".join(text(key) + text(b"software") for key in known)
                return b"\\x0c" + struct.pack(">I", len(known)) + keys
            if request[0] == 13:
                rest = request[5 + struct.unpack(">I", request[1:5])[0]:]
                return b"\\x0e" + text(sign(rest[4:4 + struct.unpack(">I", rest[:4])[0]]))
            return b"\\x05"

        def serve(client):
            with client, client.makefile("rb") as stream:
                while len(head := stream.read(4)) == 4:
                    client.sendall(text(answer(stream.read(struct.unpack(">I", head)[0]))))

        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
        while True:
            threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
        """
}
