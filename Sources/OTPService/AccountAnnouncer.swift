import OTPCore
import OTPWire

/// Sends users what they are told outside of a reply.
public protocol AccountAnnouncer {
    /// Sends a code that shows that a new contact is the user's; whether it is on its way. It is of
    /// no use after `end`.
    func send(
        _ code: String, to contact: Contact, of user: User, in language: Language?,
        until end: UInt64
    ) -> Bool
    /// Sends a temporary code; it is of no use after `end`. Throws if it is not on its way.
    func send(
        temporaryCode code: String, of user: User, in language: Language?,
        to address: MailAddress, until end: UInt64
    ) throws(MessengerClient.Problem)
    /// Sends a report to an admin. Throws if it is not on its way.
    func send(report: String, to address: MailAddress) throws(MessengerClient.Problem)
    /// Tells an address or number that it gets no codes any more.
    func tell(old contact: Contact, of user: User, in language: Language?, at now: UInt64)
    /// Has an event told that could not be recorded, such as that a key has left.
    func note(_ event: Event, of user: User)
}
