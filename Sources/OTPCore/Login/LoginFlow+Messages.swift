// Codes that are sent to users who have no app at hand.

extension LoginFlow {
    /// Whether a user may ask for a code at this login: after a first factor that root's program
    /// vouches for, if the admin has allowed it. Otherwise the answers that ask for one are wrong
    /// codes, for everybody: a stranger learns nothing.
    func mayAskForCode(_ user: User?, at place: LoginOrigin) -> Bool {
        guard let user, options.deliver != nil, place.isBelieved, place.verifier == nil,
            !options.forwardsPass, !options.usesFirstPass, conversation.isHeard,
            isProven(at: place)
        else { return false }
        guard let group = options.deliverFor else { return true }
        // Without the directory, logins go on with what needs no message.
        return (try? users.isMember(user, of: group)) ?? false
    }

    /// What the prompt does about the answers of a user who may ask for a code.
    func help(_ user: User, at place: LoginOrigin) -> CodePrompt<Talk>.Help {
        { (typed) throws(StoreError) in
            switch typed.withBytes({ Wish($0) }) {
            case nil: nil
            case .list: try self.accounts.offers(to: user)
            case .code(let kind):
                try self.accounts.sendCode(by: kind, to: user, from: place)
            }
        }
    }

    /// What somebody asks for instead of giving a code.
    private enum Wish {
        case list
        case code(MessageKind)

        init?(_ typed: Span<UInt8>) {
            var word: UInt8?
            // It may be a code, so nothing is copied.
            for index in typed.indices where typed[index] != UInt8(ascii: " ") {
                guard word == nil else { return nil }
                word = typed[index]
            }
            switch word {
            case nil: self = .list
            case UInt8(ascii: "?"): self = .list
            case UInt8(ascii: "m"), UInt8(ascii: "M"): self = .code(.mail)
            case UInt8(ascii: "s"), UInt8(ascii: "S"): self = .code(.sms)
            default: return nil
            }
        }
    }
}
