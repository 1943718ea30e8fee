import Foundation
import TestSupport

/// A security key in software: an agent that signs as a FIDO authenticator does (OpenSSH's
/// PROTOCOL.u2f), so that the real ssh and sshd take it for one.
final class SecurityKey: Sendable {
    /// The file of the public key, without `.pub`.
    let file: String
    private let socket: String
    private let agent: Terminal

    /// Makes one whose signatures have these flags: 1 for a touch, 4 for a PIN.
    init(_ name: String, flags: Int = 1, in scratch: Scratch) async throws {
        file = scratch.file(name)
        socket = file + ".agent"
        agent = try Terminal([
            "/usr/bin/python3", "-c", SecurityKey.program, socket, file, "\(flags)",
        ])
        let socket = socket
        _ = try await patiently("an agent") { access(socket, F_OK) == 0 ? true : nil }
    }

    deinit { agent.child.signal(SIGTERM) }

    /// What the client is told to use it.
    var options: [String] {
        let certificate = file + "-cert.pub"
        let isCertified = access(certificate, F_OK) == 0
        return ["-o", "IdentityAgent=\(socket)"]
            + (isCertified ? ["-o", "CertificateFile=\(certificate)"] : [])
    }

    private static let program = """
        import base64, hashlib, os, socket, struct, sys, threading
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        def text(data): return struct.pack(">I", len(data)) + data

        path, name, flags = sys.argv[1], sys.argv[2], int(sys.argv[3])
        key, kind = Ed25519PrivateKey.generate(), b"sk-ssh-ed25519@openssh.com"
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        blob, count = text(kind) + text(public) + text(b"ssh:"), 0
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
