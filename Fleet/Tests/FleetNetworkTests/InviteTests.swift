import Testing

@testable import FleetNetwork

@Suite("An invite is a secret and the authority's hash, and survives typing", .serialized)
struct InviteTests {
    @Test("A printed invite cannot be read again")
    func printed() throws {
        let token = InviteToken(of: try FleetAuthority.make("lab").trust)
        #expect(token.text.count == 89)
        for spelling in [
            token.text, token.text.lowercased(), token.text.replacing("-", with: ""),
            token.text.replacing("-", with: " "), token.text + "\n",
        ] {
            #expect(InviteToken(spelling) == token)
        }
        #expect(token.secret.count == 16)
        #expect(token.secretHash == InviteToken.hash(of: token.secret))
        let other = InviteToken(of: try FleetAuthority.make("lab").trust)
        #expect(other.secret != token.secret)
        #expect(other.authority != token.authority)
    }

    @Test("A mistyped invite is taken")
    func mistyped() {
        // A fixed one: what is noticed must not depend on chance.
        let token = InviteToken(secret: Array(0...15), authority: Array(0...31))
        let symbols = Array(token.text.utf8)
        for index in symbols.indices where symbols[index] != UInt8(ascii: "-") {
            for wrong in [UInt8(ascii: "A"), UInt8(ascii: "X"), UInt8(ascii: "7")] {
                guard symbols[index] != wrong else { continue }
                var changed = symbols
                changed[index] = wrong
                let isTaken = InviteToken(String(decoding: changed, as: UTF8.self)) != nil
                #expect(!isTaken)
            }
            if index + 1 < symbols.count, symbols[index] != symbols[index + 1],
                symbols[index + 1] != UInt8(ascii: "-")
            {
                var swapped = symbols
                swapped.swapAt(index, index + 1)
                let isTaken = InviteToken(String(decoding: swapped, as: UTF8.self)) != nil
                #expect(!isTaken)
            }
        }
        let wrong = [
            "", "-", String(token.text.dropLast()), token.text + "A",
            String(repeating: "A", count: 80),
            token.text + token.text, String(repeating: "\u{1F511}", count: 80),
            String(repeating: "A", count: 100_000),
        ]
        for text in wrong { #expect(InviteToken(text) == nil) }
    }
}
