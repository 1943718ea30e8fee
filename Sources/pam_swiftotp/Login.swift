import CLinux
import OTPCore
import OTPStore

/// One call of pam_sm_authenticate: puts the parts together, runs the flow, logs one line.
struct Login {
    let pam: PAMHandle

    func run(_ arguments: [[UInt8]]?) -> ResultCode {
        let service = pam.item(.service) ?? []
        let address = pam.clientAddress
        let place = Place(service: service, address: address, methods: pam.sshMethods)
        let name = pam.user() ?? []
        let result = login(name, from: place, arguments)
        let log = PAMLog(pam: pam, user: name, place: place)
        log.write(result)
        return ResultCode(result)
    }

    private func login(
        _ name: [UInt8], from place: Place, _ arguments: [[UInt8]]?
    ) -> LoginResult {
        let conversation = PAMConversation(pam: pam)
        do throws(StoreError) {
            guard let arguments else {
                throw StoreError(
                    .configuration, Array("arguments".utf8), "too many, or one is too long")
            }
            let options = try ConfigurationFile.options(arguments)
            if options.debug { PAMLog(pam: pam, user: name, place: place).write(options) }
            // Only root can read the store of this system; a store of one's own is another matter.
            if options.store == nil && swiftotp_geteuid() != 0 {
                let judge = HelperJudge(path: options.helper)
                let flow = RemoteLogin(
                    conversation: conversation, clock: SystemClock(), users: SystemUsers(),
                    judge: judge, options: options)
                return flow.run(name, by: place.service)
            }
            let flow = LoginFlow(
                conversation: conversation, clock: SystemClock(), users: SystemUsers(),
                random: SystemRandom(), codes: QRLibrary(), options: options,
                hostName: SystemHost.name,
                openStore: { () throws(StoreError) -> Store in try Store(path: options.store) })
            return flow.run(name, from: place)
        } catch {
            conversation.say(UserText.unavailable)
            return .unavailable(error)
        }
    }
}
