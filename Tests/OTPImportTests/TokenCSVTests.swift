import OTPCore
import Testing

@testable import OTPImport

/// The columns are those of Microsoft's "Upload hardware OATH tokens in CSV format"; Deepnet's lists
/// have no upn, and call one timeinterval.
@Suite("Lists of hardware tokens, and CSV")
struct TokenCSVTests {
    private func tokens(_ text: String) throws -> ImportResult {
        try read(ascii(text), as: .tokenCSV)
    }

    @Test("A list with a byte order mark, CRLF, quotes and empty fields is read wrong")
    func entra() throws {
        let result = try read(try file("tokens-entra.csv"), as: .tokenCSV)
        #expect(result.tokens.map { $0.owner?.printable } == ["alice@example.com", "bob", nil])
        #expect(result.tokens.map { $0.serial?.printable } == ["1234567", "10001001", "10001002"])
        #expect(result.tokens.map { $0.name?.text } == ["1234567", "10001001", "10001002"])
        #expect(result.tokens.map(\.period) == [30, 60, 30])
        #expect(result.tokens.map(\.place) == [.line(2), .line(3), .line(4)])
        #expect(result.tokens.allSatisfy { $0.keyBytes == exampleKey && $0.digits == 6 })
        #expect(result.notes.isEmpty)
        #expect(
            result.problems.map(\.description) == [
                "line 6: the key is not written in Base32",
                "line 7: the time interval is not a number: ten",
            ])
        for token in result.tokens {
            #expect(try token.code(noonStep) == token.codeOfDevice(noonStep))
        }
    }

    @Test("A list with semicolons and other spellings of the names is read wrong")
    func semicolons() throws {
        let result = try read(try file("tokens-semicolon.csv"), as: .tokenCSV)
        #expect(result.tokens.map { $0.serial?.printable } == ["2308,7"])
        #expect(result.problems.map(\.description) == ["line 3: it has no key"])
        #expect(result.notes == ["a column is not read: batch"])
        let tabs = try tokens("upn\tserial number\tsecret key\na\tb\t\(exampleBase32)\n")
        #expect(tabs.tokens.map { $0.owner?.printable } == ["a"])
    }

    @Test("A list with unclear columns is read")
    func headers() throws {
        for (text, problem) in [
            (
                "a,1,\(exampleBase32),30,,\n",
                "line 1: no column is called secret key: the first line has to name them"
            ),
            ("secret key,secret key\nx,y\n", "line 1: the column is there twice: secretkey"),
            ("upn,secret key\n\"a\"b,x\n", "line 2: text behind a quoted field"),
            ("upn,secret key\n\"a,x\n", "line 2: a quote is not closed"),
            (
                "upn,secret key\n" + String(repeating: ",", count: 64),
                "line 2: more than 64 columns"
            ),
            (
                "upn,secret key\n\"a\u{1b}\",\(exampleBase32)\n",
                #"line 2: the user name has control characters: a\x1b"#
            ),
        ] as [(String, String)] {
            #expect(try tokens(text).problems.map(\.description) == [problem])
            #expect(try tokens(text).tokens.isEmpty)
        }
    }

    @Test("A row of CSV is split in the wrong place")
    func rows() throws {
        func rows(_ text: String, quotes: Bool = true) throws -> [[String]] {
            let bytes = ascii(text)
            var reader = CSVReader(hasQuotes: quotes)
            var rows: [[String]] = []
            while let row = try reader.next(in: bytes.span) {
                rows.append((0..<row.count).map { String(decoding: row[$0], as: UTF8.self) })
            }
            return rows
        }
        #expect(try rows("a,b\r\nc,d") == [["a", "b"], ["c", "d"]])
        #expect(try rows("a,,\n,\n\n") == [["a", "", ""], ["", ""], [""]])
        #expect(try rows("\"a,\"\"b\"\"\nc\" , d\n") == [["a,\"b\"\nc", "d"]])
        #expect(try rows("\"\"\"\",\"\"\n") == [["\"", ""]])
        #expect(try rows("a \"b\", \"c\"\n") == [["a \"b\"", "c"]])
        #expect(try rows("\"a,b\"\n", quotes: false) == [["\"a", "b\""]])
        #expect(try rows("") == [])
    }
}
